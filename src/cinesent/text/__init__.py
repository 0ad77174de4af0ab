"""Text: from a raw string to token ids, one-hot vectors or a bag of words."""

"""When a prediction should not be trusted: the band of uncertain probabilities, and reasons."""

"""Self-contained web pages about an evaluation and about a scored file."""

"""Self-contained web pages about an evaluation."""

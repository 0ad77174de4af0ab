"""Training: from reviews to a bundle."""

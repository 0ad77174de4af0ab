"""Comparison: baselines and presets on the same reviews, in one table."""

"""Comparison: baselines, presets and trained models on the same reviews, in one table."""

"""Evaluation: how good a model is, in numbers and plots."""

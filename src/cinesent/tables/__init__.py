"""Reads tables of every format: one reader for all commands."""

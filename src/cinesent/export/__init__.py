"""Models for other runtimes: a file, its tokenizer and a page that says how to call it."""

from cinesent.export.export import Export, export_model
from cinesent.export.targets import FORMATS

__all__ = ["FORMATS", "Export", "export_model"]

"""Models for other runtimes: a model file, its tokenizer, and a README that explains their use."""

from cinesent.export.export import Export, export_model
from cinesent.export.targets import FORMATS

__all__ = ["FORMATS", "Export", "export_model"]

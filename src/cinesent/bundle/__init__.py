"""The bundle: the folder that training writes and predicting reads.

=====================  ========================================================================
``config.json``        format version, name, model settings, precision, labels, thresholds,
                       temperature
``tokenizer.json``     the tokenizer
``model.safetensors``  the weights by the names of :meth:`ModelConfig.weight_shapes`, float32; with
                       precision int8 the word vectors as integers and ``embedding.scale``
``model.onnx``         the prediction graph (:mod:`cinesent.network`)
``metrics.json``       what training and evaluation measured
``history.csv``        one row per epoch
``plots/``             figures, PNG
``README.md``          the model card
``manifest.json``      size and SHA-256 of every file above, time, versions, data, seed, command
=====================  ========================================================================

Loading checks everything and executes nothing. The checksums find damage, not forgery: whoever can
change a file can change the manifest. A forged model gives wrong answers, but it cannot run code,
read other files or take more time and memory than an honest one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cinesent.deferred import deferred

if TYPE_CHECKING:
    from cinesent.bundle.layout import FORMAT_VERSION, is_bundle
    from cinesent.bundle.loading import Bundle, load_bundle, open_bundle, open_files
    from cinesent.bundle.provenance import DataSource, ParentModel, Provenance
    from cinesent.bundle.saving import record_metrics, save_bundle

# Each is imported when it is first used: predicting needs few of them.
_HOMES = {
    "Bundle": "cinesent.bundle.loading",
    "DataSource": "cinesent.bundle.provenance",
    "FORMAT_VERSION": "cinesent.bundle.layout",
    "ParentModel": "cinesent.bundle.provenance",
    "Provenance": "cinesent.bundle.provenance",
    "is_bundle": "cinesent.bundle.layout",
    "load_bundle": "cinesent.bundle.loading",
    "open_bundle": "cinesent.bundle.loading",
    "open_files": "cinesent.bundle.loading",
    "record_metrics": "cinesent.bundle.saving",
    "save_bundle": "cinesent.bundle.saving",
}

__all__ = [
    "FORMAT_VERSION",
    "Bundle",
    "DataSource",
    "ParentModel",
    "Provenance",
    "is_bundle",
    "load_bundle",
    "open_bundle",
    "open_files",
    "record_metrics",
    "save_bundle",
]

__getattr__ = deferred(globals(), _HOMES)

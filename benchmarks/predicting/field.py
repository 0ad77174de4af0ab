"""The field: what each contestant is called, needs, and is measured at. Imports no framework."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Spec:
    """A contestant, before it is opened.

    Attributes:
        name: on the command line and in the JSON.
        title: in tables, where its ways do not matter.
        modules: what must be installed, by the names they are imported by.
        one: what a single review is asked with: way to title in the table.
        many: what all reviews are asked with, likewise.
        one_threads: threads that a single review may use; 0: all cores.
        many_threads: how the cores share the work on many.
        sample: reviews that are measured at most, for what is slow; None: all.
        same_weights: whether it is the very network that this project predicts with.
        backend: Keras's.
        note: what a reader must know of its numbers.
        accurate: whether its answers mean anything.
    """

    name: str
    title: str
    modules: tuple[str, ...]
    one: dict[str, str]
    many: dict[str, str]
    one_threads: int
    many_threads: dict[str, str]
    sample: dict[str, int] = field(default_factory=dict)
    same_weights: bool = False
    backend: str = ""
    note: str = ""
    accurate: bool = True

    def missing(self) -> str:
        """Return the first module that is not installed, or nothing."""
        absent = (name for name in self.modules if importlib.util.find_spec(name) is None)
        return next(absent, "")

    def versions(self) -> dict[str, str]:
        """Return the version of each distribution that its modules come from."""
        found = importlib.metadata.packages_distributions()
        names = {found[module][0] for module in self.modules if module in found}
        return {name: importlib.metadata.version(name) for name in sorted(names)}


FIELD = (
    Spec(
        "cinesent",
        "cinesent",
        ("cinesent",),
        {"predict": "cinesent"},
        {"predict": "cinesent"},
        1,
        {"predict": "a thread a core"},
        same_weights=True,
    ),
    Spec(
        "cinesent-onnxruntime",
        "cinesent, ONNX Runtime",
        ("cinesent", "onnxruntime"),
        {"predict": "cinesent, ONNX Runtime"},
        {"predict": "cinesent, ONNX Runtime"},
        1,
        {"predict": "a thread a core"},
        same_weights=True,
    ),
    Spec(
        "keras-tensorflow",
        "Keras, TensorFlow",
        ("keras", "tensorflow"),
        {
            "predict": "Keras predict, TensorFlow",
            "predict_on_batch": "Keras predict_on_batch, TensorFlow",
            "tf.function": "Keras in tf.function, TensorFlow",
            "xla": "Keras in tf.function with XLA, TensorFlow",
        },
        {
            "predict_on_batch": "Keras predict_on_batch, TensorFlow",
            "xla": "Keras in tf.function with XLA, TensorFlow",
        },
        0,
        {"predict_on_batch": "TensorFlow's own", "xla": "TensorFlow's own, a caller a core"},
        sample={"predict_on_batch": 5000},
        same_weights=True,
        backend="tensorflow",
    ),
    Spec(
        "keras-jax",
        "Keras, JAX",
        ("keras", "jax"),
        {
            "predict": "Keras predict, JAX",
            "predict_on_batch": "Keras predict_on_batch, JAX",
            "xla": "Keras in jax.jit, JAX",
        },
        {
            "predict_on_batch": "Keras predict_on_batch, JAX",
            "xla": "Keras in jax.jit, JAX",
        },
        0,
        {"predict_on_batch": "JAX's own", "xla": "JAX's own, a caller a core"},
        sample={"predict_on_batch": 5000},
        same_weights=True,
        backend="jax",
    ),
    Spec(
        "vader",
        "VADER",
        ("vaderSentiment",),
        {"": "VADER"},
        {"": "VADER"},
        1,
        {"": "a process a core"},
        sample={"": 5000},
        note="a word list with rules",
    ),
    Spec(
        "textblob",
        "TextBlob",
        ("textblob",),
        {"": "TextBlob"},
        {"": "TextBlob"},
        1,
        {"": "a process a core"},
        sample={"": 2500},
        note="a word list with rules",
    ),
    Spec(
        "fasttext",
        "fastText",
        ("fasttext",),
        {"": "fastText"},
        {"": "fastText"},
        1,
        {"": "1: it has no more"},
        note="bigrams, trained on the training reviews",
    ),
    Spec(
        "distilbert",
        "DistilBERT, random weights",
        ("transformers", "torch"),
        {"": "DistilBERT, random weights"},
        {"": "DistilBERT, random weights"},
        0,
        {"": "torch's own"},
        sample={"": 64},
        note="66 million random weights and random ids, at most 512: its speed only",
        accurate=False,
    ),
)

"""All settings: of the network, of its training, and of its pretraining."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from cinesent.errors import ConfigError
from cinesent.recipes.fields import Settings, setting

Pooling = Literal["last", "max", "mean", "max+mean", "last+max+mean"]
Side = Literal["left", "right"]
#: How a bundle stores its word vectors and n-grams: as trained, or with eight bits per number.
Precision = Literal["float32", "int8"]

#: Number of n-gram weights in a row, which share one scale in int8.
NGRAM_ROW = 64


@dataclass(frozen=True)
class ModelConfig(Settings):
    """The network: all that is needed to build it and to prepare its input.

    Raises:
        ConfigError: a value is of the wrong type or out of its bounds.
    """

    vocabulary_size: int = setting(
        30_000, "size of the vocabulary at most, padding and unknown word included", 3, 2_000_000
    )
    embedding_dim: int = setting(128, "length of a word vector", 1, 4096)
    units: int = setting(64, "units of the LSTM per direction", 1, 8192)
    bidirectional: bool = setting(True, "add a second LSTM that reads the review backwards")
    pooling: Pooling = setting(
        "max",
        "how the LSTM states become one vector: last, max, mean, max+mean or last+max+mean",
    )
    sequence_length: int = setting(
        0,
        "pad and cut every review to this many tokens, also for prediction; 0: any length",
        0,
        100_000,
    )
    padding: Side = setting(
        "right", "side that is padded, left or right (only with sequence_length)"
    )
    truncation: Side = setting(
        "right", "side that is cut, left or right (only with sequence_length)"
    )
    ngrams: int = setting(
        0,
        "add n-grams of 2 to this many words, each with a weight, beside the LSTM; 0: none",
        0,
        4,
    )
    ngram_buckets: int = setting(
        2**20, "number of n-gram weights, shared by hashing; a multiple of 64", 64, 2**22
    )
    embedding_dropout: float = setting(0.0, "dropout rate of word-vector dimensions", 0, 0.95)
    word_dropout: float = setting(
        0.0, "share of tokens replaced by the unknown word in training", 0, 0.95
    )
    head_dropout: float = setting(0.0, "dropout rate of the pooled features", 0, 0.95)

    def __post_init__(self) -> None:
        """Check each field, and the combinations."""
        super().__post_init__()
        if self.pooling == "last" and self.padding == "right" and self.sequence_length:
            raise ConfigError(
                "pooling 'last' with padding 'right' would read the padding, not the review. "
                "Use padding=left, or another pooling."
            )

        if self.pooling == "last+max+mean" and self.sequence_length:
            raise ConfigError(
                "pooling 'last+max+mean' is for reviews of any length. "
                "Use sequence_length=0, or another pooling."
            )

        if self.ngrams == 1:
            raise ConfigError(
                "ngrams is 1, but single words are read by the LSTM. Use ngrams=0, or 2 to 4."
            )

        if self.ngram_buckets % NGRAM_ROW:
            raise ConfigError(
                f"ngram_buckets is {self.ngram_buckets}; expected a multiple of {NGRAM_ROW}."
            )

        if self.bidirectional and self.padding == "left" and self.sequence_length:
            raise ConfigError(
                "bidirectional needs padding on the right, because the backward LSTM starts at the "
                "last word. Use padding=right, or bidirectional=false."
            )

    @property
    def directions(self) -> tuple[str, ...]:
        """The names of the LSTMs, which are the prefixes of their weights."""
        return ("forward", "backward") if self.bidirectional else ("forward",)

    @property
    def poolings(self) -> tuple[str, ...]:
        """The pooled vectors of each direction, in the order of the head's input."""
        return tuple(self.pooling.split("+"))

    @property
    def num_features(self) -> int:
        """The length of the head's input."""
        return self.units * len(self.directions) * len(self.poolings)

    def weight_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the name and shape of every weight, as a bundle stores them.

        The head's input is ordered by direction, then by pooling. The gates of an LSTM are in the
        order of Keras: input, forget, cell, output. The weight of n-gram bucket b is in row b // 64
        and column b % 64.
        """
        shapes: dict[str, tuple[int, ...]] = {
            "embedding": (self.vocabulary_size, self.embedding_dim)
        }
        for name in self.directions:
            shapes[f"{name}.kernel"] = (self.embedding_dim, 4 * self.units)
            shapes[f"{name}.recurrent_kernel"] = (self.units, 4 * self.units)
            shapes[f"{name}.bias"] = (4 * self.units,)
        shapes["head.kernel"] = (self.num_features, 1)
        shapes["head.bias"] = (1,)
        if self.ngrams:
            shapes["ngrams"] = (self.ngram_buckets // NGRAM_ROW, NGRAM_ROW)
        return shapes


@dataclass(frozen=True)
class TrainingConfig(Settings):
    """How the network is trained.

    Raises:
        ConfigError: a value is of the wrong type or out of its bounds.
    """

    epochs: int = setting(3, "epochs at most", 1, 1000)
    patience: int = setting(
        2, "epochs without a lower validation loss before stopping early", 1, 1000
    )
    validation: float = setting(
        0.1, "share of the training reviews held out for validation", 0.001, 0.5
    )
    optimizer: Literal["adam", "rmsprop"] = setting("adam", "optimizer: adam or rmsprop")
    learning_rate: float = setting(2e-3, "learning rate, at its peak", 1e-8, 10)
    schedule: Literal["constant", "linear"] = setting(
        "linear", "learning rate schedule: constant, or linear: a short warm-up, then down to zero"
    )
    warmup_steps: int = setting(200, "steps of the warm-up (only with schedule linear)", 0)
    clip_norm: float = setting(1.0, "largest norm of the gradients; 0: no clipping", 0)
    batch_size: int = setting(
        0, "reviews per batch, all padded to one length; 0: by batch_tokens", 0, 65_536
    )
    batch_tokens: int = setting(
        16_000,
        "tokens per batch, padding included; reviews of similar length share one",
        1,
        10_000_000,
    )
    max_length: int = setting(
        400, "longer training reviews are cut to this many tokens, from the middle; 0: no cut", 0
    )
    sentences: float = setting(
        0.0,
        "single sentences per training review that are added as examples, for short texts (not "
        "with sequence_length)",
        0,
        100,
    )
    min_count: int = setting(
        2, "words that occur less often are unknown (not with an initial model)", 1
    )
    adversarial: float = setting(
        0.0,
        "adversarial training: learn each batch also with word vectors perturbed by this length; "
        "0: off",
        0,
        100,
    )
    word_vectors: Literal["random", "ppmi"] = setting(
        "ppmi",
        "initial word vectors: random, or ppmi: from word co-occurrence in all the text (not with "
        "an initial model)",
    )
    teacher: Literal["none", "ngrams", "ngrams+lstm"] = setting(
        "ngrams",
        "teachers that give the unlabelled reviews pseudo-labels: none, an n-gram model, or that "
        "together with networks",
    )
    teacher_networks: int = setting(
        1, "networks per round, whose predictions are averaged (only with ngrams+lstm)", 1, 100
    )
    teacher_rounds: int = setting(
        1,
        "rounds of teaching: the networks of the first learn from the labels, those of each "
        "further round also from the pseudo-labels of the round before (only with ngrams+lstm)",
        1,
        100,
    )
    teacher_epochs: int = setting(
        3,
        "epochs of a network that teaches; in further rounds, with more reviews, about as many "
        "steps (only with ngrams+lstm)",
        1,
        1000,
    )
    precision: Literal["auto", "float32", "int8"] = setting(
        "auto",
        "how word vectors and n-grams are stored: float32, int8 (a quarter of the size), or auto: "
        "int8 unless it changes the labels of 1 in 1,000 validation reviews or more",
    )


@dataclass(frozen=True)
class PretrainingConfig(Settings):
    """How word vectors and LSTMs are trained as a language model, on text without labels.

    Raises:
        ConfigError: a value is of the wrong type or out of its bounds.
    """

    epochs: int = setting(
        0,
        "epochs of a language model before training; 0: no language model (not with an initial "
        "model)",
        0,
        1000,
    )
    patience: int = setting(2, "epochs without a lower perplexity before stopping early", 1, 1000)
    optimizer: Literal["adam", "rmsprop"] = setting("adam", "optimizer: adam or rmsprop")
    learning_rate: float = setting(4e-3, "learning rate, at its peak", 1e-8, 10)
    schedule: Literal["constant", "linear"] = setting(
        "linear", "learning rate schedule: constant, or linear: a short warm-up, then down to zero"
    )
    warmup_steps: int = setting(200, "steps of the warm-up (only with schedule linear)", 0)
    clip_norm: float = setting(1.0, "largest norm of the gradients; 0: no clipping", 0)
    batch_size: int = setting(0, "pieces of text per batch; 0: by batch_tokens", 0, 65_536)
    batch_tokens: int = setting(16_000, "tokens per batch, padding included", 1, 10_000_000)
    max_length: int = setting(400, "longer reviews are split into pieces of this many tokens", 8)
    negatives: int = setting(512, "sampled words that the right one competes with", 1, 1_000_000)
    embedding_dropout: float = setting(0.1, "dropout rate of word-vector dimensions", 0, 0.95)


@dataclass(frozen=True)
class SourcesConfig(Settings):
    """What is learned beside the reviews of the dataset: outside data and the labels of a teacher.

    Each number says how often a text is learned per epoch: 0.5 draws half of them, 2 takes each
    twice.

    Raises:
        ConfigError: a value is of the wrong type or out of its bounds.
    """

    sentences: float = setting(
        0.0, "sentences of the Stanford Sentiment Treebank per epoch, times each; 0: none", 0, 100
    )
    phrases: float = setting(
        0.0, "phrases of two words or more of the treebank per epoch, times each; 0: none", 0, 100
    )
    edits: float = setting(
        0.0, "reviews edited so that their label flips (cad) per epoch, times each; 0: none", 0, 100
    )
    labels: float = setting(
        0.0,
        "unlabelled reviews and passages with a teacher's label per epoch, times each; 0: none",
        0,
        100,
    )
    augmented: float = setting(
        0.0,
        "augmented sentences with a teacher's label per epoch, times each; 0: none",
        0,
        100,
    )
    padded: float = setting(
        0.0,
        "short texts that are learned, put among neutral sentences, per epoch, times each of up to "
        "40,000; 0: none",
        0,
        100,
    )

    @property
    def any(self) -> bool:
        """Whether anything is learned beside the dataset."""
        return self.needs_labels or max(self.sentences, self.phrases, self.edits, self.padded) > 0

    @property
    def needs_labels(self) -> bool:
        """Whether labels of a teacher are learned."""
        return max(self.labels, self.augmented) > 0


# Settings that older models lack; the default means that they do not have the part.
_ADDED = frozenset({"ngrams", "ngram_buckets"})


def model_config_from_dict(payload: Mapping[str, Any]) -> ModelConfig:
    """Build a :class:`ModelConfig` from what `asdict` made of one.

    Raises:
        ConfigError: a key is unknown or missing, or a value is wrong.
    """
    known = {item.name for item in fields(ModelConfig)}
    strange, missing = sorted(set(payload) - known), sorted(known - set(payload) - _ADDED)
    if strange or missing:
        raise ConfigError(
            f"the settings of the model have unknown keys {strange} and lack {missing}."
        )
    return ModelConfig(**payload)

"""Every setting: what the network is, how it is trained, what comes before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from cinesent.errors import ConfigError
from cinesent.recipes.fields import Settings, setting

Pooling = Literal["last", "max", "mean", "max+mean", "last+max+mean"]
Side = Literal["left", "right"]
#: How a bundle holds its word vectors: as they were trained, or in eight bits a number.
Precision = Literal["float32", "int8"]

#: Weights of n-grams in a row, which share a scale in eight bits.
NGRAM_ROW = 64


@dataclass(frozen=True)
class ModelConfig(Settings):
    """What the network is: all that is needed to build it again and to feed it.

    Raises:
        ConfigError: a value is of the wrong type or out of its bounds.
    """

    vocabulary_size: int = setting(30_000, "token ids, padding and unknown included", 3, 2_000_000)
    embedding_dim: int = setting(128, "numbers in a word vector", 1, 4096)
    units: int = setting(64, "units of the LSTM, per direction", 1, 8192)
    bidirectional: bool = setting(True, "read the review backwards as well")
    pooling: Pooling = setting(
        "max", "how the states become one vector: last, max, mean, max+mean, last+max+mean"
    )
    sequence_length: int = setting(
        0,
        "pad and cut every review to this many tokens, when predicting too; 0: any length",
        0,
        100_000,
    )
    padding: Side = setting("right", "the side that is padded (matters with sequence_length)")
    truncation: Side = setting("right", "the side that is cut (matters with sequence_length)")
    ngrams: int = setting(
        0,
        "words of the longest n-gram, from two words on, that has a weight of its own beside the "
        "LSTM; 0: none",
        0,
        4,
    )
    ngram_buckets: int = setting(
        2**20, "weights that the n-grams share, by hashing; a multiple of 64", 64, 2**22
    )
    embedding_dropout: float = setting(0.0, "share of word-vector dimensions dropped", 0, 0.95)
    word_dropout: float = setting(0.0, "share of tokens read as unknown in training", 0, 0.95)
    head_dropout: float = setting(0.0, "share of pooled features dropped", 0, 0.95)

    def __post_init__(self) -> None:
        """Check each field, and the ones that only make sense together."""
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
                "ngrams is 1, but the LSTM reads the words already. Use ngrams=0, or 2 to 4."
            )

        if self.ngram_buckets % NGRAM_ROW:
            raise ConfigError(
                f"ngram_buckets is {self.ngram_buckets}; expected a multiple of {NGRAM_ROW}."
            )

        if self.bidirectional and self.padding == "left" and self.sequence_length:
            raise ConfigError(
                "bidirectional reading needs padding on the right: the backward LSTM begins at the "
                "last word. Use padding=right, or bidirectional=false."
            )

    @property
    def directions(self) -> tuple[str, ...]:
        """The names of the LSTMs: the prefixes of their weights."""
        return ("forward", "backward") if self.bidirectional else ("forward",)

    @property
    def poolings(self) -> tuple[str, ...]:
        """The pooled vectors of each direction, in the order the head reads them."""
        return tuple(self.pooling.split("+"))

    @property
    def num_features(self) -> int:
        """The length of the vector that the head reads."""
        return self.units * len(self.directions) * len(self.poolings)

    def weight_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the name and shape of every weight, as a bundle holds them.

        The weight of bucket b lies in row b // 64 of the n-grams, in column b % 64.
        The head reads direction by direction, and within one pooling by pooling. The gates of an
        LSTM lie in the order of Keras: input, forget, cell, output.
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

    epochs: int = setting(3, "passes over the training reviews at most", 1, 1000)
    patience: int = setting(2, "epochs without a better validation loss before stopping", 1, 1000)
    validation: float = setting(0.1, "share of the training reviews held out", 0.001, 0.5)
    optimizer: Literal["adam", "rmsprop"] = setting("adam", "the optimizer")
    learning_rate: float = setting(2e-3, "its peak", 1e-8, 10)
    schedule: Literal["constant", "linear"] = setting(
        "linear", "constant, or a short warm-up and then linear to zero"
    )
    warmup_steps: int = setting(200, "steps until the peak (schedule linear)", 0)
    clip_norm: float = setting(1.0, "gradients are scaled down to this norm; 0: as they are", 0)
    batch_size: int = setting(
        0, "reviews a batch, all padded to one length; 0: by batch_tokens", 0, 65_536
    )
    batch_tokens: int = setting(
        16_000, "tokens a batch, reviews of like length together, padding included", 1
    )
    max_length: int = setting(
        400, "longer training reviews lose their middle; 0: nothing is cut", 0
    )
    sentences: float = setting(
        0.0,
        "sentences of each training review that are learnt as reviews of their own, for the sake "
        "of short texts; of no effect with sequence_length",
        0,
        100,
    )
    min_count: int = setting(2, "words seen less often are unknown; of no effect with --from", 1)
    adversarial: float = setting(
        0.0,
        "learn each batch a second time, word vectors moved by this length against the network; "
        "0: once",
        0,
        100,
    )
    word_vectors: Literal["random", "ppmi"] = setting(
        "ppmi",
        "where word vectors begin: at random, or from the words' company in all the text; "
        "of no effect with --from",
    )
    teacher: Literal["none", "ngrams", "ngrams+lstm"] = setting(
        "ngrams",
        "who labels the unlabelled reviews: nobody, the n-gram model of the same split, or that "
        "model together with networks that are trained to teach",
    )
    teacher_networks: int = setting(
        1, "networks that teach in a round, whose opinions are averaged (ngrams+lstm)", 1, 100
    )
    teacher_rounds: int = setting(
        1,
        "rounds of such networks: the first learn from the labels alone, those of each further "
        "round from the labels and the round before (ngrams+lstm)",
        1,
        100,
    )
    teacher_epochs: int = setting(
        3,
        "passes of such a network over the labelled reviews; those of further rounds, which see "
        "more, take about as many steps",
        1,
        1000,
    )
    precision: Literal["auto", "float32", "int8"] = setting(
        "auto",
        "how word vectors are stored: int8 is a quarter of the size; auto: int8, unless that "
        "changes the labels of 1 in 1,000 validation reviews or more",
    )


@dataclass(frozen=True)
class PretrainingConfig(Settings):
    """How a language model learns the words and the LSTMs from text alone, before training.

    Raises:
        ConfigError: a value is of the wrong type or out of its bounds.
    """

    epochs: int = setting(
        0,
        "passes of a language model over all the text before training; 0: none; of no effect "
        "with --from",
        0,
        1000,
    )
    patience: int = setting(2, "passes without a better perplexity before stopping", 1, 1000)
    optimizer: Literal["adam", "rmsprop"] = setting("adam", "the optimizer")
    learning_rate: float = setting(4e-3, "its peak", 1e-8, 10)
    schedule: Literal["constant", "linear"] = setting(
        "linear", "constant, or a short warm-up and then linear to zero"
    )
    warmup_steps: int = setting(200, "steps until the peak (schedule linear)", 0)
    clip_norm: float = setting(1.0, "gradients are scaled down to this norm; 0: as they are", 0)
    batch_size: int = setting(0, "pieces of text a batch; 0: by batch_tokens", 0, 65_536)
    batch_tokens: int = setting(16_000, "tokens a batch, padding included", 1)
    max_length: int = setting(400, "longer reviews are read in pieces of this many tokens", 8)
    negatives: int = setting(512, "words that a right one has to win against", 1, 1_000_000)
    embedding_dropout: float = setting(0.1, "share of word-vector dimensions dropped", 0, 0.95)


# What settings of older models lack; the default means that they have no such thing.
_ADDED = frozenset({"ngrams", "ngram_buckets"})


def model_config_from_dict(payload: Mapping[str, Any]) -> ModelConfig:
    """Build a :class:`ModelConfig` from what `asdict` made of one.

    Raises:
        ConfigError: a key is unknown or missing, or a value is wrong.
    """
    known = {item.name for item in fields(ModelConfig)}
    strange, missing = sorted(set(payload) - known), sorted(known - set(payload) - _ADDED)
    if strange or missing:
        raise ConfigError(f"the model's settings have unknown keys {strange} and lack {missing}.")
    return ModelConfig(**payload)

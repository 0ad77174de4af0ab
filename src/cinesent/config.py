"""Presets: every setting of a model and of its training, in two frozen dataclasses.

A recipe is a preset with some settings overlaid, by a TOML file (`[model]` and `[training]` tables)
or by ``key=value`` pairs:

    >>> recipe = Recipe.from_preset("default").overlay({"units": "96", "training.epochs": 2})
    >>> recipe.model.units, recipe.training.epochs
    (96, 2)
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from cinesent.errors import ConfigError, nearest

Pooling = Literal["last", "max", "mean", "max+mean"]
Side = Literal["left", "right"]
#: How a bundle holds its word vectors: as they were trained, or in eight bits a number.
Precision = Literal["float32", "int8"]


def _setting(default: Any, help_: str, low: float | None = None, high: float | None = None) -> Any:
    """Make a field that knows what it means and between which bounds it lies, both included."""
    return field(default=default, metadata={"help": help_, "low": low, "high": high})


class _Settings:
    """Checks each field against its type and bounds."""

    def __post_init__(self) -> None:
        hints = get_type_hints(type(self))
        for item in fields(self):  # type: ignore[arg-type]
            _check(item.name, getattr(self, item.name), hints[item.name], item.metadata)


@dataclass(frozen=True)
class ModelConfig(_Settings):
    """What the network is: all that is needed to build it again and to feed it.

    Raises:
        ConfigError: a value is of the wrong type or out of its bounds.
    """

    vocabulary_size: int = _setting(30_000, "token ids, padding and unknown included", 3, 2_000_000)
    embedding_dim: int = _setting(128, "numbers in a word vector", 1, 4096)
    units: int = _setting(64, "units of the LSTM, per direction", 1, 8192)
    bidirectional: bool = _setting(True, "read the review backwards as well")
    pooling: Pooling = _setting("max", "how the states become one vector: last, max, mean or both")
    sequence_length: int = _setting(
        0,
        "pad and cut every review to this many tokens, when predicting too; 0: any length",
        0,
        100_000,
    )
    padding: Side = _setting("right", "the side that is padded (matters with sequence_length)")
    truncation: Side = _setting("right", "the side that is cut (matters with sequence_length)")
    embedding_dropout: float = _setting(0.0, "share of word-vector dimensions dropped", 0, 0.95)
    word_dropout: float = _setting(0.0, "share of tokens read as unknown in training", 0, 0.95)
    head_dropout: float = _setting(0.0, "share of pooled features dropped", 0, 0.95)

    def __post_init__(self) -> None:
        """Check each field, and the ones that only make sense together."""
        super().__post_init__()
        if self.pooling == "last" and self.padding == "right" and self.sequence_length:
            raise ConfigError(
                "pooling 'last' with padding 'right' would read the padding, not the review. "
                "Use padding=left, or another pooling."
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
        return shapes


@dataclass(frozen=True)
class TrainingConfig(_Settings):
    """How the network is trained.

    Raises:
        ConfigError: a value is of the wrong type or out of its bounds.
    """

    epochs: int = _setting(3, "passes over the training reviews at most", 1, 1000)
    patience: int = _setting(2, "epochs without a better validation loss before stopping", 1, 1000)
    validation: float = _setting(0.1, "share of the training reviews held out", 0.001, 0.5)
    optimizer: Literal["adam", "rmsprop"] = _setting("adam", "the optimizer")
    learning_rate: float = _setting(2e-3, "its peak", 1e-8, 10)
    schedule: Literal["constant", "linear"] = _setting(
        "linear", "constant, or a short warm-up and then linear to zero"
    )
    warmup_steps: int = _setting(200, "steps until the peak (schedule linear)", 0)
    clip_norm: float = _setting(1.0, "gradients are scaled down to this norm; 0: as they are", 0)
    batch_size: int = _setting(
        0, "reviews a batch, all padded to one length; 0: by batch_tokens", 0, 65_536
    )
    batch_tokens: int = _setting(
        16_000, "tokens a batch, reviews of like length together, padding included", 1
    )
    max_length: int = _setting(
        400, "longer training reviews lose their middle; 0: nothing is cut", 0
    )
    min_count: int = _setting(2, "words seen less often are unknown; of no effect with --from", 1)
    word_vectors: Literal["random", "ppmi"] = _setting(
        "ppmi",
        "where word vectors begin: at random, or from the words' company in all the text; "
        "of no effect with --from",
    )
    teacher: Literal["none", "ngrams", "ngrams+lstm"] = _setting(
        "ngrams",
        "who labels the unlabelled reviews: nobody, the n-gram model of the same split, or that "
        "model together with a first network that learns from the labels alone",
    )
    teacher_scale: float = _setting(
        0.65, "the n-gram teacher's logit is multiplied by this", 0.01, 10
    )
    teacher_lstm_scale: float = _setting(
        0.35, "and the first network's by this (teacher ngrams+lstm)", 0.0, 10
    )
    teacher_epochs: int = _setting(3, "epochs of the first network (teacher ngrams+lstm)", 1, 1000)
    precision: Literal["auto", "float32", "int8"] = _setting(
        "auto",
        "how word vectors are stored: int8 is a quarter of the size; auto: int8, unless that "
        "changes the labels of 1 in 1,000 validation reviews or more",
    )


@dataclass(frozen=True)
class Recipe:
    """A model and its training, under a name.

    Attributes:
        name: the preset it began as, or the stem of the TOML file.
        model: what the network is.
        training: how it is trained.
    """

    name: str
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)

    @classmethod
    def from_preset(cls, name: str) -> Recipe:
        """Return a preset by its name.

        Raises:
            ConfigError: there is no such preset; the message names the nearest.
        """
        if name not in PRESETS:
            raise ConfigError(f"there is no preset '{name}'. {nearest(name, PRESETS)}")
        return PRESETS[name]

    @classmethod
    def from_toml(
        cls, path: Path, preset: str | None = None, model: ModelConfig | None = None
    ) -> Recipe:
        """Read a recipe: `preset = "name"` at the top, then `[model]` and `[training]`.

        Args:
            path: the TOML file.
            preset: what to begin from where the file names none.
            model: the settings of a trained network, to train that one further.

        Raises:
            ConfigError: the file cannot be read, or holds an unknown key or a wrong value.
        """
        try:
            payload = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path} is not TOML: {error}.") from error
        base = payload.pop("preset", preset or "default")
        payload.pop("description", None)
        settings: dict[str, Any] = {}
        for key, value in payload.items():
            if isinstance(value, dict):
                settings.update({f"{key}.{inner}": entry for inner, entry in value.items()})
            else:
                settings[key] = value
        try:
            begin = cls.from_preset(str(base))
            recipe = (begin.for_fine_tuning(model) if model else begin).overlay(settings)
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from error
        return replace(recipe, name=path.stem)

    def for_fine_tuning(self, model: ModelConfig) -> Recipe:
        """Return the recipe that trains a trained network further.

        Its learning rate is a third of this one's, a compromise: the full rate learns more of the
        new reviews and forgets more of the old ones, a tenth learns little (docs/experiments.md).

        Args:
            model: the network's settings, which replace those of this recipe.
        """
        gentle = replace(self.training, learning_rate=self.training.learning_rate / 3)
        return replace(self, model=model, training=gentle)

    def overlay(self, settings: Mapping[str, Any]) -> Recipe:
        """Return this recipe with some settings changed.

        Args:
            settings: `key` or `model.key` or `training.key` to value; a string is read as the type
                of its key ("0.5", "true").

        Raises:
            ConfigError: an unknown key, or a value of the wrong type or out of bounds.
        """
        changes: dict[str, dict[str, Any]] = {"model": {}, "training": {}}
        for key, value in settings.items():
            table, name = _locate(key)
            hint = get_type_hints(type(getattr(self, table)))[name]
            changes[table][name] = _parse(name, value, hint) if isinstance(value, str) else value
        return replace(
            self,
            model=replace(self.model, **changes["model"]),
            training=replace(self.training, **changes["training"]),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the recipe as nested dictionaries that JSON and TOML can hold."""
        return asdict(self)


def parse_assignments(pairs: Iterable[str]) -> dict[str, str]:
    """Turn ``key=value`` strings into a dictionary.

    Raises:
        ConfigError: a pair holds no "=".
    """
    settings = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ConfigError(f"'{pair}' is not of the form key=value, such as units=96.")
        settings[key.strip()] = value.strip()
    return settings


def model_config_from_dict(payload: Mapping[str, Any]) -> ModelConfig:
    """Build a :class:`ModelConfig` from what `asdict` made of one.

    Raises:
        ConfigError: a key is unknown or missing, or a value is wrong.
    """
    known = {item.name for item in fields(ModelConfig)}
    if set(payload) != known:
        strange, missing = sorted(set(payload) - known), sorted(known - set(payload))
        raise ConfigError(f"the model's settings have unknown keys {strange} and lack {missing}.")
    return ModelConfig(**payload)


def _locate(key: str) -> tuple[str, str]:
    """Say in which table a key lies: "units" and "model.units" are ("model", "units")."""
    tables = {
        "model": [item.name for item in fields(ModelConfig)],
        "training": [item.name for item in fields(TrainingConfig)],
    }
    table, dot, name = key.rpartition(".")
    for candidate, names in tables.items():
        if name in names and (not dot or table == candidate):
            return candidate, name
    raise ConfigError(
        f"there is no setting '{key}'. {nearest(name, tables['model'] + tables['training'])}"
    )


def _parse(name: str, text: str, hint: Any) -> Any:
    """Read a string as a value of type `hint`."""
    if get_origin(hint) is Literal:
        return text
    if hint is bool:
        truth = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if text.lower() not in truth:
            raise ConfigError(f"{name} is '{text}'; expected true or false.")
        return truth[text.lower()]
    try:
        return hint(text.replace("_", "")) if hint is int else hint(text)
    except ValueError:
        kind = "a whole number" if hint is int else "a number"
        raise ConfigError(f"{name} is '{text}'; expected {kind}.") from None


def _check(name: str, value: Any, hint: Any, metadata: Mapping[str, Any]) -> None:
    """Raise ConfigError unless `value` fits the type `hint` and the bounds in `metadata`."""
    if get_origin(hint) is Literal:
        choices = get_args(hint)
        if value not in choices:
            raise ConfigError(f"{name} is {value!r}. {nearest(str(value), choices)}")
        return
    allowed = (int, float) if hint is float else (hint,)
    if not isinstance(value, allowed) or (isinstance(value, bool) and hint is not bool):
        raise ConfigError(f"{name} is {value!r}; expected a value of type {hint.__name__}.")
    low, high = metadata["low"], metadata["high"]
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        bounds = f"at least {low}" if high is None else f"between {low} and {high}"
        raise ConfigError(f"{name} is {value}; expected {bounds}.")


#: The recipes that come with cinesent. Where their numbers come from: docs/results.md.
PRESETS: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        # The textbook's recipe: the last state of one LSTM over reviews padded on the left, as
        # keras.utils.pad_sequences does, trained on the labels alone.
        Recipe(
            "classic",
            ModelConfig(
                vocabulary_size=20_000,
                embedding_dim=64,
                units=64,
                bidirectional=False,
                pooling="last",
                sequence_length=300,
                padding="left",
                truncation="left",
            ),
            TrainingConfig(
                epochs=6,
                optimizer="rmsprop",
                learning_rate=1e-3,
                schedule="constant",
                clip_norm=0.0,
                batch_size=64,
                max_length=0,
                word_vectors="random",
                teacher="none",
            ),
        ),
        # What two CPU cores can do in half an hour.
        Recipe(
            "default",
            ModelConfig(
                units=96,
                pooling="max+mean",
                embedding_dropout=0.2,
                word_dropout=0.1,
                head_dropout=0.3,
            ),
            TrainingConfig(batch_tokens=32_000, learning_rate=3e-3, teacher="ngrams+lstm"),
        ),
    )
}

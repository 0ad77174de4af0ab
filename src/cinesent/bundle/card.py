"""The model card: what a model is, how well it does, and where it comes from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cinesent.recipes import ModelConfig

_INTRODUCTION = """\
Predicts whether a movie review is positive or negative: a label, a probability, and what each word
contributes to it.

{network}

```python
import cinesent

classifier = cinesent.load("model")  # the path of this folder
classifier.predict(["A quiet triumph."])
```

```
cinesent predict --model model --explain "A quiet triumph."
```
"""

_LIMITS = """\
The model was trained on movie reviews in English. Its answers for other text can be confident, but
they mean nothing. Irony misleads it, and so does praise for another film than the one under review.
It must not be used to judge the people who write reviews.
"""

# Shown first, in this order; other numbers follow in their own order.
_FIRST = ("num_reviews", "accuracy", "f1", "precision", "recall", "roc_auc", "loss", "brier", "ece")


@dataclass(frozen=True)
class Storage:
    """How the model is stored.

    Attributes:
        precision: of the word vectors, "float32" or "int8".
        size: of the prediction graph, in bytes.
    """

    precision: str
    size: int


def model_card(
    name: str,
    config: ModelConfig,
    metrics: Mapping[str, Any],
    manifest: Mapping[str, Any],
    storage: Storage,
    thresholds: tuple[float, float] = (0.5, 0.5),
) -> str:
    """Write the card as Markdown, with the front matter that Hugging Face reads.

    Args:
        name: of the recipe.
        config: what the network is.
        metrics: a dictionary in it contains the metrics on one set of reviews.
        manifest: where the model comes from.
        storage: how it is stored.
        thresholds: below the first negative, from the second on positive.
    """
    stored = _stored(storage, metrics.get("int8"), config.ngrams > 0)
    sections = [
        _front_matter(name, metrics, manifest),
        f"# {_line(name)}\n",
        _INTRODUCTION.format(network=f"{_network(config)} {stored}"),
        "## Evaluation\n",
        _uncertain(metrics.get("band"), thresholds),
        *_measured(metrics),
        *_behavior(metrics.get("behavior")),
        "## Training\n",
        _table(("", ""), _origin(manifest)),
        "## Limitations\n",
        _LIMITS,
    ]
    return "\n".join(sections)


def _front_matter(name: str, metrics: Mapping[str, Any], manifest: Mapping[str, Any]) -> str:
    """Return the YAML block; its values are written as JSON, which YAML includes."""
    fields: dict[str, Any] = {
        "language": "en",
        "library_name": "cinesent",
        "pipeline_tag": "text-classification",
        "tags": ["sentiment-analysis", "lstm", "movie-reviews", "onnx"],
    }
    data = _data_name(manifest)
    if data.startswith("imdb"):
        fields["datasets"] = ["stanfordnlp/imdb"]
    test = metrics.get("test")
    if isinstance(test, Mapping):
        values = [
            {"type": key, "value": test[key]}
            for key in ("accuracy", "f1", "roc_auc")
            if _is_number(test.get(key))
        ]
        if values:
            fields["model-index"] = [
                {
                    "name": name,
                    "results": [
                        {
                            "task": {"type": "text-classification"},
                            "dataset": {"name": data or "unknown", "type": data or "unknown"},
                            "metrics": values,
                        }
                    ],
                }
            ]
    lines = (f"{key}: {json.dumps(value, default=str)}" for key, value in fields.items())
    return "\n".join(["---", *lines, "---", ""])


def _network(config: ModelConfig) -> str:
    reads = "one LSTM in each direction" if config.bidirectional else "one LSTM"
    pooled = " and ".join(config.poolings)
    text = (
        f"The network has {config.vocabulary_size:,} word vectors of {config.embedding_dim} "
        f"numbers, {reads} with {config.units} units, pooling of the states over the review "
        f"({pooled}), and a linear head."
    )
    if config.ngrams:
        text += (
            f" N-grams of 2 to {config.ngrams} words add to the logit, with "
            f"{config.ngram_buckets:,} weights that they share by hashing."
        )
    if config.sequence_length:
        text += f" It reads at most {config.sequence_length} tokens of a review."
    return text


def _stored(storage: Storage, comparison: Any, ngrams: bool) -> str:
    """Describe the size of the model, and what its precision changed."""
    text = f"The prediction graph takes {storage.size / 1e6:.1f} MB; "
    if storage.precision == "float32":
        return text + "all weights are stored in float32."
    what = "word vectors and n-gram weights" if ngrams else "word vectors"
    text += f"{what} are stored in int8, the other weights in float32."
    if isinstance(comparison, Mapping) and {"labels_changed", "reviews"} <= comparison.keys():
        text += (
            f" Quantization changed the labels of {comparison['labels_changed']:,} of "
            f"{comparison['reviews']:,} validation reviews."
        )
    return text


def _uncertain(band: Any, thresholds: tuple[float, float]) -> str:
    """Describe the band of uncertain probabilities, if training or calibration looked for one."""
    if not isinstance(band, Mapping) or not {"target", "decided", "num_reviews"} <= band.keys():
        return "Every review is labelled positive or negative.\n"
    aim = f"{band['target']:.0%} of the labelled reviews to be labelled correctly"
    if not band.get("reached"):
        return (
            f"No band of uncertain probabilities allows {aim}, on {band['num_reviews']:,} reviews; "
            "every review is labelled positive or negative.\n"
        )
    low, high = thresholds
    return (
        f"Probabilities from {low:g} to {high:g} are labelled uncertain, and so is text that is "
        "not English, has no words or mostly unknown ones. The band is the smallest that allows "
        f"{aim}: on {band['num_reviews']:,} reviews that were held out, {band['decided']:.1%} are "
        f"decided, {band['accuracy']:.1%} of these correctly. On other text, such as single "
        "sentences, fewer are decided: see *decided share* in the tables below.\n"
    )


def _measured(metrics: Mapping[str, Any]) -> Iterator[str]:
    """Yield a heading and a table for each set of reviews."""
    apart = ("int8", "behavior", "band")
    metrics = {key: value for key, value in metrics.items() if key not in apart}
    groups = {key: value for key, value in metrics.items() if isinstance(value, Mapping)}
    loose = {key: value for key, value in metrics.items() if key not in groups}
    if not metrics:
        yield "The model was not evaluated.\n"
    for key, group in groups.items():
        yield f"### {_line(key.replace('_', ' '))}\n"
        yield _table(("", "value"), _rows(group))
    if _rows(loose):
        yield _table(("", "value"), _rows(loose))


def _behavior(summary: Any) -> Iterator[str]:
    """Yield the pass rates of the behavior suite, if it was run; see :mod:`cinesent.behavior`."""
    if not isinstance(summary, Mapping) or not isinstance(summary.get("kinds"), list):
        return
    yield "## Behavior\n"
    yield (
        f"Small texts with a known answer, by kind: {summary.get('num_passed', 0):,} of "
        f"{summary.get('num_cases', 0):,} passed. `cinesent evaluate --behavior --json` lists the "
        "others.\n"
    )
    rows = []
    for kind in summary["kinds"]:
        name = f"{kind['name']} (hard)" if kind.get("hard") else str(kind["name"])
        share = f"{kind['num_passed'] / kind['num_cases']:.0%}"
        rows.append((name, f"{kind['num_passed']} of {kind['num_cases']}", share))
    yield _table(("kind", "passed", "share"), rows)


def _rows(group: Mapping[str, Any]) -> list[tuple[str, str]]:
    keys = [key for key in _FIRST if key in group] + [key for key in group if key not in _FIRST]
    return [
        (key.replace("_", " "), _number(value) if _is_number(value) else value)
        for key in keys
        if _is_number(value := group[key]) or isinstance(value, str)
    ]


def _number(value: float) -> str:
    return f"{value:.4f}" if isinstance(value, float) else f"{value:,}"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _data_name(manifest: Mapping[str, Any]) -> str:
    data = manifest.get("data", "")
    return str(data.get("name", "") if isinstance(data, Mapping) else data)


def _origin(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the entries of the manifest, except nested settings, which only the manifest has."""
    rows = []
    for key, value in manifest.items():
        if key == "versions":
            text = ", ".join(f"{package} {version}" for package, version in value.items())
        elif key == "data" and isinstance(value, Mapping):
            text = ", ".join(f"{inner}: {entry}" for inner, entry in value.items())
        elif isinstance(value, (Mapping, list)) or key == "format_version":
            continue
        else:
            text = str(value)
        rows.append((key, text))
    return rows


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(header)} |", f"|{'---|' * len(header)}"]
    lines += [f"| {' | '.join(map(_line, row))} |" for row in rows]
    return "\n".join([*lines, ""])


def _line(text: str) -> str:
    """Return `text` as one line that cannot break a table."""
    return " ".join(text.split()).replace("|", "\\|")

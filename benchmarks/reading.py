"""What models of every kind make of reviews, sentences, edited reviews and the behavior suite.

python -m benchmarks.reading --model student=runs/distilled --model packaged=packaged \
    --teacher teacher --peers --out benchmarks/results/reading-validation.json

Without --test, the validation reviews by movie and the validation sentences of SST-2 are scored:
choose on those. With --test, once per published result: the official test reviews, the test
sentences of SST-2, and the sentences of rotten-tomatoes that are not in SST's training part. Both
score the pairs of edited reviews that training held out, the behavior suite, and how far text
without an opinion and names move a probability.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import cinesent
from benchmarks.predicting.contestants import (
    FastText,
    Lexicon,
    Settings,
    fasttext_line,
    textblob_probability,
    vader_probability,
)
from cinesent.behavior.pairs import generated_kinds
from cinesent.behavior.suite import load_kinds, suite_texts
from cinesent.data import Dataset, Reviews, load_dataset
from cinesent.data.duplicates import similar_rows
from cinesent.data.split import split_reviews
from cinesent.distillation.outside import OutsideData, load_outside
from cinesent.environment import usable_cores
from cinesent.evaluation.metrics import binary_metrics, both_right
from cinesent.probability import sigmoid
from cinesent.text.tokenizer import tokenize

#: Returns the probability of positive of each text.
Predict = Callable[[Sequence[str]], NDArray[Any]]

_SEED, _SHARE = 0, 0.1
_BLAME, _PRAISE = "Hated it.", "Loved it."
_NUM_FILLERS = 20
_NAME_FRAMES = ("I recommend this film with {}.", "{} is in this dreary film. Avoid it.")


def main() -> None:
    """Parse the arguments, score every model on every set, and write the results."""
    arguments = _arguments()
    imdb = load_dataset(arguments.imdb)
    outside = load_outside(arguments.sst, arguments.cad)
    labelled = imdb.train.labelled()
    train, held = (labelled.take(rows) for rows in split_reviews(labelled, _SHARE, _SEED))
    sets = _test_sets(imdb, outside) if arguments.test else _validation_sets(held, outside)
    sets["cad/held out"] = outside.split_pairs(held)[1]
    found = {}
    for name, predict in _models(arguments, train):
        found[name] = _measure(predict, sets)
        print(f"{name}: {_line(found[name])}", flush=True)
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {usable_cores()} cores, {platform.platform()}",
        "cinesent": cinesent.__version__,
        "command": " ".join(["python -m benchmarks.reading", *sys.argv[1:]]),
        "sets": {name: len(reviews) for name, reviews in sets.items()},
        "models": found,
    }
    if arguments.out:
        arguments.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--imdb", default="imdb")
    parser.add_argument("--sst", default="sst")
    parser.add_argument("--cad", default="cad")
    parser.add_argument("--model", action="append", default=[], metavar="NAME=DIR")
    parser.add_argument("--teacher", metavar="DIR")
    parser.add_argument("--peers", action="store_true", help="VADER, TextBlob, fastText, n-grams")
    parser.add_argument("--test", action="store_true", help="score the test sets: once, at the end")
    parser.add_argument("--out", type=Path)
    return parser.parse_args()


def _validation_sets(held: Reviews, outside: OutsideData) -> dict[str, Reviews]:
    return {"imdb/validation": held, "sst/validation": _part(outside.sst.validation)}


def _test_sets(imdb: Dataset, outside: OutsideData) -> dict[str, Reviews]:
    rotten = load_dataset("rotten-tomatoes").train
    sentences = Reviews(
        [sentence.text for sentence in outside.sentences],
        np.full(len(outside.sentences), -1, dtype=np.int8),
        "sst/sentences",
    )
    kept = np.setdiff1d(np.arange(len(rotten)), similar_rows(rotten, sentences))
    return {
        "imdb/test": _part(imdb.test),
        "sst/test": _part(outside.sst.test),
        "rotten-tomatoes, not in SST train": rotten.take(kept),
    }


def _part(reviews: Reviews | None) -> Reviews:
    if reviews is None:
        raise SystemExit("a dataset has no such part; give the official imdb and sst")
    return reviews


def _models(arguments: argparse.Namespace, train: Reviews) -> Iterator[tuple[str, Predict]]:
    for pair in arguments.model:
        name, _, folder = pair.partition("=")
        classifier = cinesent.load(None if folder == "packaged" else folder)
        yield name, partial(_positive, classifier)
    if arguments.teacher:
        from cinesent.augmentation import teacher_text
        from cinesent.encoder.encoder_teacher import open_teacher

        teacher = open_teacher(arguments.teacher)
        yield (
            "teacher",
            lambda texts: sigmoid(
                teacher.predict_logits([teacher_text(text) for text in texts]).astype(np.float64)
            ),
        )
    if arguments.peers:
        yield from _peers(train)


def _positive(classifier: cinesent.Classifier, texts: Sequence[str]) -> NDArray[Any]:
    return classifier.predict_proba(texts)[:, 1]


def _peers(train: Reviews) -> Iterator[tuple[str, Predict]]:
    from cinesent.models.linear import NBLogisticRegression

    for name, answer in (("VADER", vader_probability), ("TextBlob", textblob_probability)):
        lexicon = Lexicon(answer)
        yield name, partial(lexicon.many, way="")
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder) / "train.txt"
        rows = zip(train.labels.tolist(), train.texts, strict=True)
        lines.write_text(
            "\n".join(f"__label__{label} {fasttext_line(text)}" for label, text in rows)
        )
        fasttext = FastText(Settings(model="", train=str(lines), seed=_SEED))
        yield "fastText", lambda texts: fasttext.many(texts, "")
    with ProcessPoolExecutor() as pool:
        tokens = list(pool.map(tokenize, train.texts, chunksize=500))
    linear = NBLogisticRegression(seed=_SEED).fit(tokens, train.labels)
    yield "NB n-grams", lambda texts: linear.predict_proba([tokenize(t) for t in texts])[:, 1]


def _measure(predict: Predict, sets: Mapping[str, Reviews]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, reviews in sets.items():
        probabilities = np.asarray(predict(reviews.texts), dtype=np.float64)
        metrics = binary_metrics(reviews.labels, probabilities)
        found[name] = {"accuracy": metrics.accuracy, "loss": metrics.loss, "ece": metrics.ece}
        if name.startswith("cad"):
            found[name]["both_right"] = both_right(reviews.labels, probabilities)
    found["behavior"] = _behavior(predict)
    found["drift"] = _drift(predict)
    return found


def _behavior(predict: Predict) -> dict[str, str]:
    """Return "passed/cases" of each kind of the behavior suite."""
    texts = suite_texts()
    known = dict(zip(texts, np.asarray(predict(texts), dtype=np.float64).tolist(), strict=True))
    found = {}
    for kind in (*load_kinds(), *generated_kinds()):
        passed = sum(
            case.passes(known[case.text], known[case.changed] if case.changed else None)
            for case in kind.cases
        )
        found[kind.name] = f"{passed}/{len(kind.cases)}"
    return found


def _drift(predict: Predict) -> dict[str, float]:
    """Return how far neutral sentences move an opinion, and names a recommendation."""
    from cinesent.augmentation.draws import Draws
    from cinesent.augmentation.grammar import load_grammar

    draws, grammar = Draws("drift"), load_grammar()
    fillers = [grammar.sentence("no_opinion", draws) for _ in range(_NUM_FILLERS)]
    one = "It was shown on Tuesday."
    blame = [f"{_BLAME} {' '.join(fillers)}", f"{_BLAME} {' '.join([one] * _NUM_FILLERS)}"]
    praise = [f"{_PRAISE} {' '.join(fillers)}", f"{_PRAISE} {' '.join([one] * _NUM_FILLERS)}"]
    names = [grammar.expand("name", draws) for _ in range(50)]
    spreads = []
    for frame in _NAME_FRAMES:
        probabilities = predict([frame.format(name) for name in names])
        spreads.append(float(np.ptp(probabilities)))
    return {
        "highest after blame and 20 neutral sentences": float(np.max(predict(blame))),
        "lowest after praise and 20 neutral sentences": float(np.min(predict(praise))),
        "largest spread over 50 names": max(spreads),
    }


def _line(found: Mapping[str, Any]) -> str:
    parts = [f"{name} {each['accuracy']:.4f}" for name, each in found.items() if "accuracy" in each]
    counts = [share.split("/") for share in found["behavior"].values()]
    passed, cases = (sum(int(pair[place]) for pair in counts) for place in (0, 1))
    parts.append(f"pairs {found['cad/held out']['both_right']:.4f}")
    parts.append(f"behavior {passed}/{cases}")
    parts += [f"{name} {value:.2f}" for name, value in found["drift"].items()]
    return ", ".join(parts)


if __name__ == "__main__":
    main()

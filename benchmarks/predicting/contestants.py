"""Who takes part, each behind the same three methods. Opened in a process of its own (`worker`)."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinesent.bundle import load_bundle
from cinesent.environment import Runtime, usable_cores
from cinesent.text.batching import fit_length, length_batches, pad_ids
from cinesent.text.tokenizer import tokenize

Answer = Callable[[str], float]

#: Widths that batches are padded to where every new shape is compiled anew.
WIDTHS = (*range(64, 513, 64), *range(768, 4097, 256))
#: Rows of such a batch, and of one without XLA: the fastest on two cores. Reviews a processor
#: second on JAX: 16 rows 556, 32 rows 406, 64 rows 422; on TensorFlow with XLA: 582, 533; without,
#: reviews a second: 32 rows 324, 64 rows 403, 256 rows 149.
XLA_ROWS = 16
GRAPH_ROWS = 64


@dataclass(frozen=True)
class Settings:
    """What a contestant is opened with: the model folder, training text of the peers, a seed."""

    model: str
    train: str
    seed: int


class Contestant:
    """Answers how positive reviews are, 0 to 1, from raw text."""

    def one(self, way: str) -> Answer:
        """Return what answers a single review, in one of the ways of its :class:`Spec`."""
        raise NotImplementedError

    def many(self, texts: Sequence[str], way: str) -> NDArray[Any]:
        """Answer all `texts` with every core, as fast as it can."""
        raise NotImplementedError

    def warm_up(self, texts: Sequence[str], way: str) -> None:
        """Do once what only the first call pays for."""
        self.many(texts, way)

    def gauge(self, texts: Sequence[str], way: str) -> None:
        """Answer `texts` in this very process, whose memory is measured."""
        self.many(texts, way)


class Cinesent(Contestant):
    """The Classifier of this project."""

    def __init__(self, settings: Settings, runtime: Runtime | None = None) -> None:
        import cinesent

        self.classifier = cinesent.load(settings.model, runtime=runtime)

    def one(self, way: str) -> Answer:
        """Answer one review."""
        return lambda text: self.classifier.predict([text])[0].probability

    def many(self, texts: Sequence[str], way: str) -> NDArray[Any]:
        """Answer all reviews."""
        return np.array([found.probability for found in self.classifier.predict(texts)])


class KerasModel(Contestant):
    """The same weights in Keras, behind the same tokenizer."""

    def __init__(self, settings: Settings) -> None:
        import keras

        from cinesent.models.lstm import build_model, set_weights

        bundle = load_bundle(settings.model)
        self.backend = str(keras.backend.backend())
        self.config, self.tokenizer = bundle.config, bundle.tokenizer
        self.model = build_model(bundle.config)
        set_weights(self.model, bundle.weights())
        compiled = self._for_tensorflow() if self.backend == "tensorflow" else self._for_jax()
        self.calls: dict[str, Callable[[NDArray[Any]], Any]] = {
            "predict": lambda ids: self.model.predict(ids, verbose=0),
            "predict_on_batch": self.model.predict_on_batch,
            **compiled,
        }

    def _for_tensorflow(self) -> dict[str, Any]:
        tf = importlib.import_module("tensorflow")
        any_shape = [tf.TensorSpec([None, None], tf.int32)]

        def call(ids: Any) -> Any:
            return self.model(ids, training=False)

        graph = tf.function(call, input_signature=any_shape)
        xla = tf.function(call, jit_compile=True)
        return {
            "tf.function": lambda ids: graph(tf.constant(ids)).numpy(),
            "xla": lambda ids: xla(tf.constant(ids)).numpy(),
        }

    def _for_jax(self) -> dict[str, Any]:
        jax = importlib.import_module("jax")

        @jax.jit  # type: ignore[untyped-decorator, unused-ignore]
        def call(trained: Any, others: Any, ids: Any) -> Any:
            return self.model.stateless_call(trained, others, ids, training=False)[0]

        def values() -> tuple[list[Any], list[Any]]:
            # Anew for each call: Keras's own methods donate these arrays and make others.
            variables = self.model.trainable_variables, self.model.non_trainable_variables
            return [v.value for v in variables[0]], [v.value for v in variables[1]]

        return {"xla": lambda ids: np.asarray(call(*values(), ids))}

    def _encode(self, text: str) -> list[int]:
        return fit_length(self.tokenizer.encode(text), self.config)

    def one(self, way: str) -> Answer:
        """Answer one review, unpadded."""
        call = self.calls[way]
        return lambda text: float(call(np.array([self._encode(text)], np.int32))[0, 0])

    def many(self, texts: Sequence[str], way: str) -> NDArray[Any]:
        """Answer batches of reviews of like length, padded on the right."""
        rows = [self._encode(text) for text in texts]
        fixed = self._shapes_are_fixed(way)
        size = XLA_ROWS if fixed else GRAPH_ROWS
        found = np.empty(len(rows), np.float32)

        def run(batch: NDArray[np.intp]) -> None:
            ids = self._pad([rows[index] for index in batch], fixed)
            found[batch] = np.asarray(self.calls[way](ids))[: len(batch), 0]

        batches = length_batches([len(row) for row in rows], 2**40, size)
        # XLA leaves cores idle at these sizes: two threads are faster by half.
        with ThreadPoolExecutor(usable_cores() if way == "xla" else 1) as pool:
            list(pool.map(run, reversed(batches)))
        return found

    def _shapes_are_fixed(self, way: str) -> bool:
        """Say whether each new shape is compiled anew."""
        return way == "xla" or self.backend == "jax"

    def _pad(self, rows: Sequence[list[int]], fixed: bool) -> NDArray[Any]:
        """Pad on the right, to one of a few shapes if they are to be `fixed`."""
        if not fixed:
            return pad_ids(rows, dtype=np.int32)
        longest = max(len(row) for row in rows)
        width = next((width for width in WIDTHS if width >= longest), longest)
        filler = [[1]] * (XLA_ROWS - len(rows))
        return pad_ids([*rows, *filler], self.config.sequence_length or width, dtype=np.int32)

    def warm_up(self, texts: Sequence[str], way: str) -> None:
        """Build the graph; with fixed shapes, one for each width that may come."""
        if not self._shapes_are_fixed(way):
            self.many(texts[:256], way)
            return
        # The review with the most tokens is among those with the most characters.
        longest = max(len(self._encode(text)) for text in sorted(texts, key=len)[-50:])
        for width in [width for width in WIDTHS if width < longest] + [longest]:
            self.calls[way](self._pad([[1] * width], fixed=True))

    def gauge(self, texts: Sequence[str], way: str) -> None:
        """Answer with the method that Keras users call."""
        self.many(texts, "predict_on_batch")


def vader_probability(text: str) -> float:
    """Return VADER's compound score of a text, scaled to 0 to 1."""
    return (1.0 + float(_vader_analyzer().polarity_scores(text)["compound"])) / 2.0


@lru_cache(maxsize=1)
def _vader_analyzer() -> Any:
    return importlib.import_module("vaderSentiment.vaderSentiment").SentimentIntensityAnalyzer()


def textblob_probability(text: str) -> float:
    """Return TextBlob's polarity of a text, scaled to 0 to 1."""
    blob = importlib.import_module("textblob").TextBlob(text)
    return (1.0 + float(blob.sentiment.polarity)) / 2.0


class Lexicon(Contestant):
    """A word list with rules, in Python: a process for each core does the many."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.answer("A quiet triumph.")
        self.pool = ProcessPoolExecutor(usable_cores())

    def one(self, way: str) -> Answer:
        """Answer one review."""
        return self.answer

    def many(self, texts: Sequence[str], way: str) -> NDArray[Any]:
        """Answer all reviews."""
        return np.array(list(self.pool.map(self.answer, texts, chunksize=25)))

    def gauge(self, texts: Sequence[str], way: str) -> None:
        """Answer here, not in the pool."""
        for text in texts:
            self.answer(text)


_FASTTEXT_MARKS = re.compile(r"([.!?,'/()])")


def fasttext_line(text: str) -> str:
    """Prepare a text as fastText's tutorial does: lower case, marks apart, one line."""
    return _FASTTEXT_MARKS.sub(r" \1 ", text.lower().replace("<br />", " ").replace("\n", " "))


def train_fasttext(train: str, model: str, seed: int) -> None:
    """Train on lines of `__label__1 text`: ten units, bigrams, five epochs."""
    fasttext = importlib.import_module("fasttext")
    options = {"dim": 10, "wordNgrams": 2, "epoch": 5, "lr": 0.25, "verbose": 0, "seed": seed}
    fasttext.train_supervised(train, thread=usable_cores(), **options).save_model(model)


class FastText(Contestant):
    """fastText, trained on the training reviews (in another process: its memory is not counted)."""

    def __init__(self, settings: Settings) -> None:
        path = Path(settings.train).with_suffix(".bin")
        with ProcessPoolExecutor(1) as pool:
            pool.submit(train_fasttext, settings.train, str(path), settings.seed).result()
        fasttext = importlib.import_module("fasttext")
        fasttext.FastText.eprint = lambda *_: None
        self.model = fasttext.load_model(str(path))

    def one(self, way: str) -> Answer:
        """Answer one review."""
        return lambda text: float(self.many([text], way)[0])

    def many(self, texts: Sequence[str], way: str) -> NDArray[Any]:
        """Answer all reviews."""
        labels, shares = self.model.predict([fasttext_line(text) for text in texts])
        return np.array(
            [
                float(share[0]) if label[0] == "__label__1" else 1.0 - float(share[0])
                for label, share in zip(labels, shares, strict=True)
            ]
        )


class DistilBert(Contestant):
    """A transformer of the usual small size with random weights: its speed, not its answers."""

    rows = 16

    def __init__(self, settings: Settings) -> None:
        self.torch = importlib.import_module("torch")
        transformers = importlib.import_module("transformers")
        self.torch.manual_seed(settings.seed)
        self.torch.set_num_threads(usable_cores())
        self.config = transformers.DistilBertConfig()
        self.model = transformers.DistilBertForSequenceClassification(self.config).eval()
        self.rng = np.random.default_rng(settings.seed)

    def _encode(self, text: str) -> list[int]:
        # Word pieces would be more than words: this count is generous.
        count = min(len(tokenize(text)) + 2, self.config.max_position_embeddings)
        ids: list[int] = self.rng.integers(1000, self.config.vocab_size, count).tolist()
        return ids

    def _answer(self, rows: Sequence[list[int]]) -> NDArray[Any]:
        ids = self.torch.from_numpy(pad_ids(rows))
        with self.torch.inference_mode():
            logits = self.model(input_ids=ids, attention_mask=(ids != 0).long()).logits
        return np.asarray(logits.softmax(-1)[:, 1].numpy())

    def one(self, way: str) -> Answer:
        """Answer one review."""
        return lambda text: float(self._answer([self._encode(text)])[0])

    def many(self, texts: Sequence[str], way: str) -> NDArray[Any]:
        """Answer all reviews."""
        rows = [self._encode(text) for text in texts]
        found = np.empty(len(rows), np.float32)
        for batch in length_batches([len(row) for row in rows], 2**40, self.rows):
            found[batch] = self._answer([rows[index] for index in batch])
        return found

    def warm_up(self, texts: Sequence[str], way: str) -> None:
        """Answer a few."""
        self.many(texts[:4], way)

    def gauge(self, texts: Sequence[str], way: str) -> None:
        """Answer one batch."""
        self.many(texts[: self.rows], way)


def open_contestant(name: str, settings: Settings) -> Contestant:
    """Load a contestant into this process."""
    openers: dict[str, Callable[[], Contestant]] = {
        "cinesent": lambda: Cinesent(settings),
        "cinesent-onnxruntime": lambda: Cinesent(settings, "onnxruntime"),
        "keras-tensorflow": lambda: KerasModel(settings),
        "keras-jax": lambda: KerasModel(settings),
        "vader": lambda: Lexicon(vader_probability),
        "textblob": lambda: Lexicon(textblob_probability),
        "fasttext": lambda: FastText(settings),
        "distilbert": lambda: DistilBert(settings),
    }
    return openers[name]()

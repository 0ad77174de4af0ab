"""The textbook network without word order: one hidden layer over multi-hot words."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cinesent.errors import require
from cinesent.models.backend import import_keras
from cinesent.models.baseline import LogOdds, TokenLists, check_fitted, check_labels
from cinesent.text.tokenizer import Tokenizer
from cinesent.text.vectorize import multi_hot


class MultiHotDense(LogOdds):
    """A Keras network: multi-hot words -> Dense(relu) -> Dense(1), trained with rmsprop.

    The last layer predicts log-odds; their sigmoid is `predict_proba`. Reviews are vectorized batch
    by batch, so memory does not grow with their number.

    Args:
        vocabulary_size: number of token ids, padding and unknown word included.
        units: of the hidden layer.
        epochs: passes over the reviews; after about four it overfits.
        batch_size: reviews per step.
        learning_rate: of rmsprop.
        seed: of the initial weights and of the order of reviews.
        backend: "tensorflow", "jax" or "torch"; None takes the one in use.

    Source:
        Chollet, "Deep Learning with Python", the IMDB example: top 10,000 words, 16 units, batches
        of 512 and 4 epochs.

    Example:
        >>> model = MultiHotDense(vocabulary_size=100, epochs=30, learning_rate=0.01)
        >>> model = model.fit([["good"], ["bad"]], [1, 0])
        >>> model.predict_proba([["good"], ["bad"]]).argmax(axis=1).tolist()
        [1, 0]
    """

    def __init__(
        self,
        vocabulary_size: int = 10_000,
        units: int = 16,
        epochs: int = 4,
        batch_size: int = 512,
        learning_rate: float = 1e-3,
        seed: int = 0,
        backend: str | None = None,
    ) -> None:
        self.vocabulary_size = vocabulary_size
        self.units = units
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.seed = seed
        self.backend = backend

    def fit(self, token_lists: TokenLists, labels: ArrayLike) -> Self:
        """Learn from n tokenized reviews and their labels (n,), 0 or 1.

        Raises:
            MissingExtraError: Keras or its backend is not installed.
            DataError: labels and reviews differ in number, a label is neither 0 nor 1, or one class
                is missing.
            ConfigError: the vocabulary size is below 3, or there is no such backend.
        """
        require("keras", "train", "The multi-hot-dense baseline")
        targets = check_labels(token_lists, labels).astype(np.float32)[:, None]
        self.tokenizer_ = Tokenizer.fit_tokens(token_lists, self.vocabulary_size)
        rows = [self.tokenizer_.encode_tokens(tokens) for tokens in token_lists]
        self.model_ = self._build(len(self.tokenizer_))
        generator = np.random.default_rng(self.seed)
        for _ in range(self.epochs):
            order = generator.permutation(len(rows))
            for start in range(0, len(rows), self.batch_size):
                batch = order[start : start + self.batch_size]
                vectors = multi_hot([rows[i] for i in batch], len(self.tokenizer_))
                self.model_.train_on_batch(vectors, targets[batch])
        return self

    def decision_function(self, token_lists: TokenLists) -> NDArray[np.float64]:
        """Return the log-odds of positive, float64 (n,).

        Raises:
            TrainingError: `fit` was not called.
        """
        check_fitted(self, "model_")
        logits = np.zeros(len(token_lists))
        for start in range(0, len(token_lists), self.batch_size):
            tokens = token_lists[start : start + self.batch_size]
            rows = [self.tokenizer_.encode_tokens(row) for row in tokens]
            vectors = multi_hot(rows, len(self.tokenizer_))
            output = np.asarray(self.model_.predict_on_batch(vectors))
            logits[start : start + len(rows)] = output[:, 0]
        return logits

    @property
    def num_parameters(self) -> int:
        """Number of trained parameters."""
        check_fitted(self, "model_")
        return int(self.model_.count_params())

    def _build(self, num_inputs: int) -> Any:
        keras = import_keras(self.backend)
        # Seeded layer by layer: no global seed is touched.
        first, second = (keras.initializers.GlorotUniform(self.seed + i) for i in range(2))
        model = keras.Sequential(
            [
                keras.Input((num_inputs,)),
                keras.layers.Dense(self.units, activation="relu", kernel_initializer=first),
                keras.layers.Dense(1, kernel_initializer=second),
            ]
        )
        model.compile(
            optimizer=keras.optimizers.RMSprop(self.learning_rate),
            loss=keras.losses.BinaryCrossentropy(from_logits=True),
        )
        return model

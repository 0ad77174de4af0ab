"""Stage: the weights that networks start from.

They come from the initial model if there is one; else from word co-occurrence, a language model
trained on top of it, or at random, as the recipe says.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cinesent.network.reference import Weights
from cinesent.recipes import ModelConfig
from cinesent.text.tokenizer import UNKNOWN_ID
from cinesent.training.corpus import Corpus
from cinesent.training.engine.run import Run
from cinesent.training.initial import Initial
from cinesent.training.language import learn_language
from cinesent.training.vectors import ppmi_vectors

if TYPE_CHECKING:
    from keras import Model


@dataclass(frozen=True)
class InitialNetwork:
    """How the networks of a run begin, those that teach and the final one.

    Attributes:
        config: of the networks: that of the recipe, without n-grams where their weights are fitted
            in a stage of their own.
        weights: to start from, by the names of a bundle; what is missing starts at random.
    """

    config: ModelConfig
    weights: Weights

    def build(self, seed: int) -> Model:
        """Return a new network.

        Args:
            seed: of the random weights and the dropouts.
        """
        from cinesent.models.lstm import build_model, set_weights

        model = build_model(self.config, seed)
        set_weights(model, self.weights)
        return model


def initial_network(corpus: Corpus, initial: Initial | None, run: Run) -> InitialNetwork:
    """Return how the networks of a run begin.

    Args:
        corpus: the reviews, and the recipe.
        initial: a trained model or a language model to start from; None starts as the recipe says.
        run: of the training.

    Raises:
        DataError: a language model is wanted, and there is no text for it.
        KeyboardInterrupt: after Ctrl-C in the language model.
    """
    if initial is None:
        weights = _recipe_weights(corpus, run)
    else:
        weights = initial.weights
        run.reporter.message(_coverage(corpus, initial))
    config = corpus.recipe.model
    return InitialNetwork(config if "ngrams" in weights else replace(config, ngrams=0), weights)


def _recipe_weights(corpus: Corpus, run: Run) -> Weights:
    """Return the weights of word co-occurrence and of a language model, as the recipe says."""
    vectors = word_vectors(corpus, run)
    if not corpus.recipe.pretraining.epochs:
        return vectors
    return learn_language(corpus, vectors, run.part("language-model")).best_weights


def word_vectors(corpus: Corpus, run: Run) -> Weights:
    """Return word vectors from word co-occurrence; nothing where the recipe starts at random."""
    if corpus.recipe.training.word_vectors == "random":
        return {}

    def factorize() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        run.reporter.message("word vectors from word co-occurrence (PPMI)")
        ids = corpus.train.ids + corpus.unlabelled.ids
        rows = [np.asarray(row, dtype=np.int32) for row in ids]
        model = corpus.recipe.model
        return ppmi_vectors(rows, model.vocabulary_size, model.embedding_dim, run.seed)

    return {"embedding": run.checkpoint.cached("word-vectors", factorize)}


def _coverage(corpus: Corpus, initial: Initial) -> str:
    """Say how well the vocabulary of the initial model covers the training reviews."""
    tokens = np.concatenate([np.asarray(ids, dtype=np.int64) for ids in corpus.train.ids])
    known = float(np.mean(tokens != UNKNOWN_ID)) if len(tokens) else 0.0
    return f"starting from {initial.path}, which knows {known:.1%} of the training tokens"

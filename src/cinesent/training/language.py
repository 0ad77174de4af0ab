"""Stage: the language model, which learns word vectors and LSTMs from text without labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cinesent.errors import DataError
from cinesent.network.reference import Weights
from cinesent.training.corpus import Corpus
from cinesent.training.engine.language_objective import LanguageObjective
from cinesent.training.engine.loop import fit
from cinesent.training.engine.records import FitState
from cinesent.training.engine.run import Run

#: Held-out tokens on which perplexity is measured, each against the whole vocabulary.
HELD_OUT_TOKENS = 60_000

# A shorter piece of text has no word to predict.
_SHORTEST = 2


def learn_language(corpus: Corpus, start: Weights, run: Run) -> FitState:
    """Train a language model on the training and unlabelled reviews of a corpus.

    Args:
        corpus: the text, and the recipe.
        start: weights to start from, such as word vectors.
        run: of the language model.

    Returns:
        The state; its best weights are the embedding and the LSTMs.

    Raises:
        DataError: there is no text to learn from, or none to measure perplexity on.
        KeyboardInterrupt: after Ctrl-C; the checkpoint holds the state.
    """
    from cinesent.models.language_model import build_language_model
    from cinesent.models.lstm import set_weights

    recipe, settings = corpus.recipe, corpus.recipe.pretraining
    pieces = text_pieces(corpus.train.ids + corpus.unlabelled.ids, settings.max_length)
    validation = text_pieces(corpus.validation.ids, settings.max_length)
    held_out = _sample(validation, HELD_OUT_TOKENS, run.seed)
    if not pieces or not held_out:
        raise DataError(
            "a language model needs reviews of two or more words, both to learn from and to "
            "measure perplexity on; the data has none."
        )
    counts = np.bincount(np.concatenate(pieces), minlength=recipe.model.vocabulary_size)
    run.reporter.message(
        f"language model: {counts.sum():,} tokens, {settings.epochs} epochs; perplexity on "
        f"{sum(map(len, held_out)):,} held-out tokens"
    )
    model = build_language_model(recipe.model, settings, counts, run.seed)
    set_weights(model, start)
    state = fit(model, LanguageObjective(settings, pieces, held_out), run)
    run.stop_if_interrupted()
    return state


def text_pieces(rows: Sequence[Sequence[int]], max_length: int) -> list[NDArray[np.int32]]:
    """Cut reviews into pieces of at most `max_length` tokens, and leave out single words."""
    pieces = [
        np.asarray(row[start : start + max_length], dtype=np.int32)
        for row in rows
        for start in range(0, len(row), max_length)
    ]
    return [piece for piece in pieces if len(piece) >= _SHORTEST]


def _sample(pieces: list[NDArray[np.int32]], num_tokens: int, seed: int) -> list[NDArray[np.int32]]:
    """Draw pieces until they have `num_tokens` tokens."""
    order = np.random.default_rng(seed).permutation(len(pieces))
    total = np.cumsum([len(pieces[index]) for index in order])
    return [pieces[index] for index in order[: int(np.searchsorted(total, num_tokens)) + 1]]

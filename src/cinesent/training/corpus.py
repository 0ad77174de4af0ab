"""The text of a training: split, tokenized, encoded; and the word vectors that it gives."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cinesent.data.duplicates import without_duplicates
from cinesent.data.reviews import Dataset, Reviews
from cinesent.data.split import split_reviews
from cinesent.errors import DataError
from cinesent.recipes import Recipe
from cinesent.text.tokenizer import Tokenizer, tokenize
from cinesent.training.checkpoint import Checkpoint
from cinesent.training.initial import Initial
from cinesent.training.vectors import ppmi_vectors

TokenLists = list[list[str]]


@dataclass(frozen=True)
class Corpus:
    """The text of a training: split, tokenized, encoded.

    Attributes:
        recipe: the recipe, its vocabulary no larger than the one that was found.
        tokenizer: fitted on the training reviews and the unlabelled ones, no others; or that of
            the model that the training starts from.
        train: the labelled reviews.
        validation: those held out.
        tokens: of the labelled reviews.
        unlabelled_texts: the unlabelled reviews; empty where there is no use for them.
        unlabelled_tokens: theirs.
        encoded: token ids of the labelled reviews.
        unlabelled: token ids of the unlabelled ones.
    """

    recipe: Recipe
    tokenizer: Tokenizer
    train: Reviews
    validation: Reviews
    tokens: TokenLists
    unlabelled_texts: Sequence[str]
    unlabelled_tokens: TokenLists
    encoded: list[list[int]]
    unlabelled: list[list[int]]


def read_corpus(
    dataset: Dataset,
    recipe: Recipe,
    seed: int,
    say: Callable[[str], None],
    initial: Initial | None = None,
    *,
    taught: bool = False,
) -> Corpus:
    """Split, tokenize and encode a dataset for a recipe.

    Args:
        dataset: its test reviews are only used to keep copies of them out.
        recipe: says what share to hold out, and what for the unlabelled reviews are wanted.
        seed: of the split.
        say: hears a line a stage.
        initial: what the training starts from, whose vocabulary is taken instead of a new one.
        taught: whether trained models will judge the unlabelled reviews.

    Raises:
        DataError: too few labelled reviews, or only one label among them.
    """
    labelled = _usable(dataset.train.labelled())
    train_rows, validation_rows = split_reviews(
        labelled, validation=recipe.training.validation, seed=seed
    )
    train, validation = labelled.take(train_rows), labelled.take(validation_rows)
    wanted = taught or _wants_unlabelled(recipe, initial)
    unlabelled = _unlabelled_reviews(dataset, validation) if wanted else None
    extra = f", {len(unlabelled):,} unlabelled" if unlabelled else ""
    say(f"{dataset.name}: {len(train):,} reviews to train on, {len(validation):,} held out{extra}")

    tokens = tokenize_all(train.texts)
    extra_tokens = tokenize_all(unlabelled.texts) if unlabelled else []
    if initial is None:
        tokenizer = Tokenizer.fit_tokens(
            tokens + extra_tokens, recipe.model.vocabulary_size, recipe.training.min_count
        )
        recipe = recipe.overlay({"vocabulary_size": len(tokenizer)})
    else:
        tokenizer = initial.tokenizer
    say(f"vocabulary: {len(tokenizer):,} tokens")
    return Corpus(
        recipe=recipe,
        tokenizer=tokenizer,
        train=train,
        validation=validation,
        tokens=tokens,
        unlabelled_texts=unlabelled.texts if unlabelled else [],
        unlabelled_tokens=extra_tokens,
        encoded=[tokenizer.encode_tokens(row) for row in tokens],
        unlabelled=[tokenizer.encode_tokens(row) for row in extra_tokens],
    )


def tokenize_all(texts: Sequence[str]) -> TokenLists:
    """Tokenize many texts, equal tokens sharing their memory."""
    return [[sys.intern(token) for token in tokenize(text)] for text in texts]


def _usable(labelled: Reviews) -> Reviews:
    counts = np.bincount(labelled.labels, minlength=2)
    if counts.min() < 2:
        raise DataError(
            f"{labelled.name} has {counts[0]} negative and {counts[1]} positive reviews; "
            "training needs at least two of each."
        )
    return labelled


def _wants_unlabelled(recipe: Recipe, initial: Initial | None) -> bool:
    """Say whether a recipe has a use for unlabelled reviews: to teach by, or to read."""
    reads = recipe.training.word_vectors != "random" or recipe.pretraining.epochs > 0
    return recipe.training.teacher != "none" or (initial is None and reads)


def _unlabelled_reviews(dataset: Dataset, validation: Reviews) -> Reviews | None:
    """Return the unlabelled reviews, less those that repeat a review held out."""
    if dataset.unlabelled is None:
        return None
    unlabelled = dataset.unlabelled.take(without_duplicates(dataset.unlabelled, of=validation))
    if dataset.test is not None:
        unlabelled = unlabelled.take(without_duplicates(unlabelled, of=dataset.test))
    return unlabelled


def word_vectors(
    corpus: Corpus, seed: int, checkpoint: Checkpoint, say: Callable[[str], None]
) -> dict[str, NDArray[np.float32]]:
    """Return pre-trained word vectors, nothing where the recipe starts from random ones."""
    if corpus.recipe.training.word_vectors == "random":
        return {}
    vectors = checkpoint.recall("vectors")
    if vectors is None:
        say("word vectors from the words' company (PPMI)")
        rows = [np.asarray(ids, dtype=np.int32) for ids in corpus.encoded + corpus.unlabelled]
        model = corpus.recipe.model
        vectors = ppmi_vectors(rows, model.vocabulary_size, model.embedding_dim, seed)
        checkpoint.store("vectors", vectors)
    return {"embedding": vectors}

"""From a dataset to encoded examples: split, vocabulary, word vectors, the n-gram teacher."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cinesent.config import Recipe
from cinesent.data.duplicates import without_duplicates
from cinesent.data.reviews import Dataset, Reviews
from cinesent.data.split import split_reviews
from cinesent.errors import DataError
from cinesent.text.tokenizer import UNKNOWN_ID, Tokenizer, tokenize
from cinesent.training.batches import Examples, training_row
from cinesent.training.checkpoint import Checkpoint
from cinesent.training.initial import Initial
from cinesent.training.teacher import ngram_logits
from cinesent.training.vectors import ppmi_vectors

TokenLists = list[list[str]]


@dataclass(frozen=True)
class Prepared:
    """What the network is trained on.

    Attributes:
        recipe: the recipe, its vocabulary no larger than the one that was found.
        tokenizer: fitted on the training reviews and the unlabelled ones, no others; or that of
            the model that is trained further.
        train: the labelled reviews.
        unlabelled: token ids of the reviews a teacher judges; empty without a teacher.
        ngram_logits: float32 (unlabelled,), what the n-gram teacher thinks of them, None without.
        validation: encoded as for predicting: nothing cut that the network would not cut.
        validation_reviews: the same reviews as text.
        initial_weights: to start from, by the names of a bundle: the word vectors, or all of a
            model's, or none.
    """

    recipe: Recipe
    tokenizer: Tokenizer
    train: Examples
    unlabelled: Sequence[NDArray[np.int32]]
    ngram_logits: NDArray[np.float32] | None
    validation: Examples
    validation_reviews: Reviews
    initial_weights: Mapping[str, NDArray[np.float32]]


def prepare(
    dataset: Dataset,
    recipe: Recipe,
    seed: int,
    checkpoint: Checkpoint,
    say: Callable[[str], None],
    initial: Initial | None = None,
) -> Prepared:
    """Split, tokenize and encode a dataset for a recipe.

    Args:
        dataset: its test reviews are only used to keep copies of them out.
        recipe: says what share to hold out, which vectors, which teacher.
        seed: of the split and the vectors.
        checkpoint: results of slow stages are looked up there first.
        say: hears a line a stage.
        initial: a trained model, whose vocabulary and weights are taken instead of new ones.

    Raises:
        DataError: too few labelled reviews, or only one label among them.
    """
    labelled = _usable(dataset.train.labelled())
    train_rows, validation_rows = split_reviews(
        labelled, validation=recipe.training.validation, seed=seed
    )
    train, validation = labelled.take(train_rows), labelled.take(validation_rows)
    unlabelled = _unlabelled_reviews(dataset, recipe, validation, initial)
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

    logits = _ngram_logits(recipe, train, tokens, extra_tokens, checkpoint, say)
    encoded = [tokenizer.encode_tokens(row) for row in tokens]
    encoded_extra = [tokenizer.encode_tokens(row) for row in extra_tokens]
    say(_cut_line(encoded + (encoded_extra if logits is not None else []), recipe))
    if initial is None:
        weights = _vectors(recipe, encoded + encoded_extra, seed, checkpoint, say)
    else:
        say(_known_line(encoded, initial))
        weights = initial.weights
    return Prepared(
        recipe=recipe,
        tokenizer=tokenizer,
        train=Examples(
            [training_row(ids, recipe) for ids in encoded], train.labels.astype(np.float32)
        ),
        unlabelled=([] if logits is None else [training_row(ids, recipe) for ids in encoded_extra]),
        ngram_logits=logits,
        validation=encode_reviews(validation, tokenizer, recipe),
        validation_reviews=validation,
        initial_weights=weights,
    )


def tokenize_all(texts: Sequence[str]) -> TokenLists:
    """Tokenize many texts, equal tokens sharing their memory."""
    return [[sys.intern(token) for token in tokenize(text)] for text in texts]


def encode_reviews(reviews: Reviews, tokenizer: Tokenizer, recipe: Recipe) -> Examples:
    """Encode labelled reviews whole, as they are read when predicting."""
    uncut = recipe.overlay({"max_length": 0})
    return Examples(
        [training_row(tokenizer.encode(text), uncut) for text in reviews.texts],
        reviews.labels.astype(np.float32),
    )


def _usable(labelled: Reviews) -> Reviews:
    counts = np.bincount(labelled.labels, minlength=2)
    if counts.min() < 2:
        raise DataError(
            f"{labelled.name} has {counts[0]} negative and {counts[1]} positive reviews; "
            "training needs at least two of each."
        )
    return labelled


def _unlabelled_reviews(
    dataset: Dataset, recipe: Recipe, validation: Reviews, initial: Initial | None
) -> Reviews | None:
    """Return the unlabelled reviews a recipe uses, less those that repeat a review held out."""
    vectors_wanted = initial is None and recipe.training.word_vectors != "random"
    if dataset.unlabelled is None or (recipe.training.teacher == "none" and not vectors_wanted):
        return None
    unlabelled = dataset.unlabelled.take(without_duplicates(dataset.unlabelled, of=validation))
    if dataset.test is not None:
        unlabelled = unlabelled.take(without_duplicates(unlabelled, of=dataset.test))
    return unlabelled


def _cut_line(encoded: list[list[int]], recipe: Recipe) -> str:
    """Say how many training reviews are shortened, and by how much in all."""
    limit = recipe.model.sequence_length or recipe.training.max_length
    lengths = np.array([len(ids) for ids in encoded])
    if not limit or lengths.max() <= limit:
        return "no training review is cut"
    reviews = np.mean(lengths > limit)
    tokens = np.maximum(lengths - limit, 0).sum() / lengths.sum()
    return (
        f"cut to {limit} tokens: {reviews:.1%} of the training reviews, {tokens:.1%} of the tokens"
    )


def _known_line(encoded: list[list[int]], initial: Initial) -> str:
    """Say how well the vocabulary of a trained model covers the new reviews."""
    tokens = np.concatenate([np.asarray(ids) for ids in encoded])
    known = np.mean(tokens != UNKNOWN_ID)
    return f"starting from {initial.path}, which knows {known:.1%} of the new reviews' tokens"


def _ngram_logits(
    recipe: Recipe,
    train: Reviews,
    tokens: TokenLists,
    extra_tokens: TokenLists,
    checkpoint: Checkpoint,
    say: Callable[[str], None],
) -> NDArray[np.float32] | None:
    """Return what the n-gram teacher thinks, float32 (unlabelled,), None without one or pupils."""
    if recipe.training.teacher == "none" or not extra_tokens:
        return None
    logits = checkpoint.recall("ngram-logits")
    if logits is None:
        say("the n-gram teacher reads the labelled reviews and judges the unlabelled ones")
        logits = ngram_logits(tokens, train.labels, extra_tokens)
        checkpoint.store("ngram-logits", logits)
    return logits


def _vectors(
    recipe: Recipe,
    encoded: list[list[int]],
    seed: int,
    checkpoint: Checkpoint,
    say: Callable[[str], None],
) -> dict[str, NDArray[np.float32]]:
    """Return pre-trained word vectors, nothing where the recipe starts from random ones."""
    if recipe.training.word_vectors == "random":
        return {}
    vectors = checkpoint.recall("vectors")
    if vectors is None:
        say("word vectors from the words' company (PPMI)")
        rows = [np.asarray(ids, dtype=np.int32) for ids in encoded]
        vectors = ppmi_vectors(rows, recipe.model.vocabulary_size, recipe.model.embedding_dim, seed)
        checkpoint.store("vectors", vectors)
    return {"embedding": vectors}

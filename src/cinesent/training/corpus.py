"""Stage: the corpus, that is the reviews of a run: split, tokenized and encoded."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cinesent.data.duplicates import without_duplicates
from cinesent.data.reviews import UNLABELLED, Dataset, Reviews
from cinesent.data.split import split_reviews
from cinesent.distillation.student_texts import StudentTexts, gather_student_texts
from cinesent.errors import DataError, option
from cinesent.models.baseline import TokenLists
from cinesent.recipes import Recipe
from cinesent.text.tokenizer import RULES, Tokenizer, tokenize
from cinesent.training.engine.batches import Examples, training_row
from cinesent.training.engine.run import Run
from cinesent.training.initial import Initial
from cinesent.training.outside_sources import Outside


@dataclass(frozen=True)
class EncodedReviews:
    """Reviews as text, as tokens and as token ids.

    Attributes:
        reviews: the n reviews.
        tokens: of each review.
        ids: of each review, uncut.
    """

    reviews: Reviews
    tokens: TokenLists
    ids: list[list[int]]

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, recipe: Recipe) -> list[NDArray[np.int32]]:
        """Return the ids as a network of `recipe` is trained on them, int32 (time,) each."""
        return [training_row(ids, recipe) for ids in self.ids]

    def examples(self, recipe: Recipe) -> Examples:
        """Return the rows with the labels as targets."""
        return Examples(self.rows(recipe), self.reviews.labels.astype(np.float32))


@dataclass(frozen=True)
class Corpus:
    """The reviews of a run.

    Attributes:
        recipe: the recipe, its vocabulary size lowered to the number of words found.
        tokenizer: fitted on the training and the unlabelled reviews, or that of the initial model.
        train: the labelled reviews to learn from.
        validation: the labelled reviews to choose the epoch and to measure on.
        unlabelled: the unlabelled reviews; empty where the recipe does not use them.
        outside: what is learned beside the reviews: outside data and texts with a teacher's label.
        outside_validation: labelled reviews of outside data that are held out.
    """

    recipe: Recipe
    tokenizer: Tokenizer
    train: EncodedReviews
    validation: EncodedReviews
    unlabelled: EncodedReviews
    outside: Examples
    outside_validation: Sequence[EncodedReviews]

    @cached_property
    def labelled_examples(self) -> Examples:
        """The training reviews, cut as the recipe says, with their labels."""
        return self.train.examples(self.recipe)

    @cached_property
    def validation_examples(self) -> Examples:
        """The validation reviews with their labels, cut only if prediction would cut them."""
        return self.validation.examples(self.recipe.overlay({"max_length": 0}))

    @cached_property
    def choice_examples(self) -> Examples:
        """The reviews that the epoch is chosen on: the validation reviews of all sources."""
        uncut = self.recipe.overlay({"max_length": 0})
        found = self.validation_examples
        for reviews in self.outside_validation:
            found = found.joined(reviews.examples(uncut))
        return found

    @cached_property
    def unlabelled_rows(self) -> list[NDArray[np.int32]]:
        """The unlabelled reviews, cut as the recipe says."""
        return self.unlabelled.rows(self.recipe)


def read_corpus(
    dataset: Dataset,
    recipe: Recipe,
    run: Run,
    *,
    initial: Initial | None = None,
    validation: Reviews | None = None,
    taught: bool = False,
    outside: Outside | None = None,
) -> Corpus:
    """Split, tokenize and encode a dataset for a recipe.

    Args:
        dataset: its test reviews are used only to remove copies of them from the unlabelled ones.
        recipe: decides the share to hold out, and whether unlabelled reviews are used.
        run: its seed decides the split.
        initial: a model whose vocabulary is kept; None fits a new one.
        validation: labelled reviews to validate on; None holds out some of the dataset.
        taught: whether saved models label the unlabelled reviews.
        outside: data beside it, where the recipe wants any.

    Raises:
        DataError: there are too few labelled reviews, or none of one label; or `taught`, and there
            are no unlabelled reviews.
    """
    train, held_out = _split(dataset.train.labelled(), recipe, run, validation)
    wanted = taught or _wants_unlabelled(recipe, initial)
    unlabelled = _unlabelled_reviews(dataset, held_out) if wanted else _no_reviews()
    if taught and not len(unlabelled):
        raise DataError(
            f"{option('teachers')} names a model, but {dataset.name} has no unlabelled reviews for "
            f"it to label. Leave out {option('teachers')}, or use data with unlabelled reviews, "
            "such as imdb."
        )
    more = f", {len(unlabelled):,} unlabelled" if len(unlabelled) else ""
    run.reporter.message(
        f"{dataset.name}: {len(train):,} training reviews, {len(held_out):,} validation reviews"
        f"{more}"
    )
    more_texts = _outside_texts(outside, recipe, dataset, train, held_out, run)
    rules = RULES if initial is None else initial.tokenizer.rules
    tokens, unlabelled_tokens, held_out_tokens, more_tokens = (
        tokenize_all(texts, rules)
        for texts in (train.texts, unlabelled.texts, held_out.texts, more_texts.texts)
    )
    if initial is None:
        tokenizer = Tokenizer.fit_tokens(
            [*tokens, *unlabelled_tokens, *more_tokens],
            recipe.model.vocabulary_size,
            recipe.training.min_count,
        )
        recipe = recipe.overlay({"model.vocabulary_size": len(tokenizer)})
    else:
        tokenizer = initial.tokenizer
    run.reporter.message(f"vocabulary: {len(tokenizer):,} tokens")
    return Corpus(
        recipe=recipe,
        tokenizer=tokenizer,
        train=_encode(train, tokens, tokenizer),
        validation=_encode(held_out, held_out_tokens, tokenizer),
        unlabelled=_encode(unlabelled, unlabelled_tokens, tokenizer),
        outside=Examples(
            [training_row(tokenizer.encode_tokens(row), recipe) for row in more_tokens],
            more_texts.targets,
            more_texts.passes,
        ),
        outside_validation=[
            _encode(reviews, tokenize_all(reviews.texts, rules), tokenizer)
            for reviews in more_texts.validation
        ],
    )


def _outside_texts(
    outside: Outside | None,
    recipe: Recipe,
    dataset: Dataset,
    train: Reviews,
    held_out: Reviews,
    run: Run,
) -> StudentTexts:
    """Return what is learned beside the reviews of the dataset; nothing without `outside`."""
    if outside is None:
        return StudentTexts()
    found = gather_student_texts(
        recipe.sources, dataset, train, held_out, outside.data, outside.labels
    )
    run.reporter.message(
        f"beside them: {len(found):,} texts of outside data or with a teacher's label, "
        f"{found.passes.sum():,.0f} per epoch"
    )
    return found


def tokenize_all(texts: Sequence[str], rules: int = RULES) -> list[list[str]]:
    """Tokenize many texts by a version of the rules; equal tokens share their memory."""
    return [[sys.intern(token) for token in tokenize(text, rules)] for text in texts]


def _split(
    labelled: Reviews, recipe: Recipe, run: Run, validation: Reviews | None
) -> tuple[Reviews, Reviews]:
    """Return the reviews to train on and those to validate on."""
    if validation is None:
        _check_labels(labelled, 2)
        train_rows, held_out_rows = split_reviews(
            labelled, validation=recipe.training.validation, seed=run.seed
        )
        return labelled.take(train_rows), labelled.take(held_out_rows)
    held_out = validation.labelled()
    _check_labels(held_out, 1)
    kept = without_duplicates(labelled, of=held_out)
    if len(kept) < len(labelled):
        run.reporter.warning(
            f"{len(labelled) - len(kept):,} training reviews are left out: their text is among the "
            "validation reviews"
        )
    train = labelled.take(kept)
    _check_labels(train, 2)
    return train, held_out


def _check_labels(reviews: Reviews, least: int) -> None:
    counts = np.bincount(reviews.labels, minlength=2)
    if counts.min() < least:
        needs = "training needs at least two" if least > 1 else "validation needs at least one"
        raise DataError(
            f"{reviews.name} has {counts[0]} negative and {counts[1]} positive reviews; "
            f"{needs} of each."
        )


def _wants_unlabelled(recipe: Recipe, initial: Initial | None) -> bool:
    """Return whether a recipe uses unlabelled reviews: for pseudo-labels, or as text."""
    reads = recipe.training.word_vectors != "random" or recipe.pretraining.epochs > 0
    return recipe.training.teacher != "none" or (initial is None and reads)


def _unlabelled_reviews(dataset: Dataset, held_out: Reviews) -> Reviews:
    """Return the unlabelled reviews without copies of validation and test reviews."""
    if dataset.unlabelled is None:
        return _no_reviews()
    unlabelled = dataset.unlabelled.take(without_duplicates(dataset.unlabelled, of=held_out))
    if dataset.test is not None:
        unlabelled = unlabelled.take(without_duplicates(unlabelled, of=dataset.test))
    return unlabelled


def _no_reviews() -> Reviews:
    return Reviews([], np.full(0, UNLABELLED, dtype=np.int8), "no reviews")


def _encode(reviews: Reviews, tokens: TokenLists, tokenizer: Tokenizer) -> EncodedReviews:
    return EncodedReviews(reviews, tokens, [tokenizer.encode_tokens(row) for row in tokens])

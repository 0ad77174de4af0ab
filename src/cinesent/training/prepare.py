"""From a dataset to encoded examples: first weights, n-grams, the n-gram teacher."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cinesent.classifier import Classifier
from cinesent.data.reviews import Dataset, Reviews
from cinesent.errors import DataError
from cinesent.recipes import Recipe
from cinesent.text.tokenizer import UNKNOWN_ID, Tokenizer
from cinesent.training.batches import Examples, training_row
from cinesent.training.checkpoint import Checkpoint
from cinesent.training.corpus import Corpus, read_corpus, tokenize_all, word_vectors
from cinesent.training.initial import Initial
from cinesent.training.language import learn_language
from cinesent.training.loop import Interrupt, Reporter
from cinesent.training.ngram_weights import fit_ngrams
from cinesent.training.teacher import Opinion, model_logits, ngram_opinion


@dataclass(frozen=True)
class Prepared:
    """What the network is trained on.

    Attributes:
        recipe: the recipe, its vocabulary no larger than the one that was found.
        tokenizer: see :class:`Corpus`.
        train: the labelled reviews.
        unlabelled: token ids of the reviews a teacher judges; empty without a teacher.
        ngram_opinion: what the n-gram teacher thinks, None without one or without pupils.
        teacher_logits: (unlabelled,), what trained models think of them, where those teach instead.
        validation: encoded as for predicting: nothing cut that the network would not cut.
        validation_reviews: the same reviews as text.
        ngrams: the weights of the n-grams beside the LSTM, learnt from whole reviews; None where
            the recipe has none, or the model that is trained further has its own.
        initial_weights: to start from, by the names of a bundle: the word vectors, or those of a
            language model, or all of a model's, or none.
    """

    recipe: Recipe
    tokenizer: Tokenizer
    train: Examples
    unlabelled: Sequence[NDArray[np.int32]]
    ngram_opinion: Opinion | None
    teacher_logits: NDArray[np.float64] | None
    validation: Examples
    validation_reviews: Reviews
    ngrams: NDArray[np.float32] | None
    initial_weights: Mapping[str, NDArray[np.float32]]


def prepare(
    dataset: Dataset,
    recipe: Recipe,
    seed: int,
    checkpoint: Checkpoint,
    reporter: Reporter,
    initial: Initial | None = None,
    interrupt: Interrupt | None = None,
    teachers: Sequence[Classifier] = (),
) -> Prepared:
    """Make what the network is trained on: reviews, teacher's opinions, weights to start from.

    Args:
        dataset: its test reviews are only used to keep copies of them out.
        recipe: says what share to hold out, which vectors, which teacher.
        seed: of the split and of what is trained on the way.
        checkpoint: results of slow stages are looked up there first.
        reporter: hears a line a stage, and the epochs of a language model.
        initial: what the training starts from, whose vocabulary and weights are taken.
        interrupt: stops a language model.
        teachers: trained models that judge the unlabelled reviews, in the recipe's teacher's place.

    Raises:
        DataError: too few labelled reviews, or only one label among them; or teachers, and nothing
            for them to judge.
    """
    corpus = read_corpus(dataset, recipe, seed, reporter.say, initial, taught=bool(teachers))
    recipe, tokenizer, train = corpus.recipe, corpus.tokenizer, corpus.train
    judged = _teacher_logits(corpus, teachers, checkpoint, reporter.say)
    opinion = _ngram_opinion(corpus, checkpoint, reporter.say) if judged is None else None
    pupils = corpus.unlabelled if opinion is not None or judged is not None else []
    taught = corpus.encoded + pupils
    reporter.say(_cut_line(taught, recipe))
    if initial is None:
        weights = _initial_weights(corpus, seed, checkpoint, reporter, interrupt)
    else:
        reporter.say(_known_line(corpus.encoded, initial))
        weights = initial.weights
    return Prepared(
        recipe=recipe,
        tokenizer=tokenizer,
        train=Examples(
            [training_row(ids, recipe) for ids in corpus.encoded], train.labels.astype(np.float32)
        ),
        unlabelled=[training_row(ids, recipe) for ids in pupils],
        ngram_opinion=opinion,
        teacher_logits=judged,
        validation=encode_reviews(corpus.validation, tokenizer, recipe),
        validation_reviews=corpus.validation,
        ngrams=_ngrams(corpus, seed, reporter.say) if "ngrams" not in weights else None,
        initial_weights=weights,
    )


def _initial_weights(
    corpus: Corpus,
    seed: int,
    checkpoint: Checkpoint,
    reporter: Reporter,
    interrupt: Interrupt | None = None,
) -> Mapping[str, NDArray[np.float32]]:
    """Return the weights that the recipe starts from: word vectors, or a language model's."""
    weights = word_vectors(corpus, seed, checkpoint, reporter.say)
    if not corpus.recipe.pretraining.epochs:
        return weights
    part = checkpoint.part("language-model")
    learnt = learn_language(corpus, weights, seed, part, reporter, interrupt)
    return learnt.best_weights


def encode_reviews(reviews: Reviews, tokenizer: Tokenizer, recipe: Recipe) -> Examples:
    """Encode labelled reviews whole, as they are read when predicting."""
    uncut = recipe.overlay({"max_length": 0})
    return Examples(
        [training_row(tokenizer.encode(text), uncut) for text in reviews.texts],
        reviews.labels.astype(np.float32),
    )


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


def _ngram_opinion(
    corpus: Corpus, checkpoint: Checkpoint, say: Callable[[str], None]
) -> Opinion | None:
    """Return what the n-gram teacher thinks, None without one or without pupils."""
    if corpus.recipe.training.teacher == "none" or not corpus.unlabelled_tokens:
        return None

    def judge() -> Opinion:
        say("the n-gram teacher reads the labelled reviews and judges the unlabelled ones")
        held_out = tokenize_all(corpus.validation.texts)
        return ngram_opinion(corpus.tokens, corpus.train.labels, held_out, corpus.unlabelled_tokens)

    return Opinion.remembered(checkpoint, "ngram", len(corpus.validation), judge)


def _teacher_logits(
    corpus: Corpus,
    teachers: Sequence[Classifier],
    checkpoint: Checkpoint,
    say: Callable[[str], None],
) -> NDArray[np.float64] | None:
    """Return what trained models think, (unlabelled,), None where none teach."""
    if not teachers:
        return None
    if not corpus.unlabelled_texts:
        raise DataError(
            "a model was named as teacher, but the data has no unlabelled reviews for it to judge. "
            "Leave out --teacher, or take data with unlabelled reviews, such as imdb."
        )
    logits = checkpoint.recall("teacher-logits")
    if logits is None:
        logits = model_logits(teachers, corpus.unlabelled_texts, say)
        checkpoint.store("teacher-logits", logits)
    return logits


def _ngrams(corpus: Corpus, seed: int, say: Callable[[str], None]) -> NDArray[np.float32] | None:
    """Learn the weights of the n-grams beside the LSTM from the labelled reviews, uncut."""
    config = corpus.recipe.model
    if not config.ngrams:
        return None
    say(f"n-grams of 2 to {config.ngrams} words learn from the labelled reviews")
    rows = [np.asarray(ids, dtype=np.int32) for ids in corpus.encoded]
    return fit_ngrams(rows, corpus.train.labels, config, seed)

"""Compares an export with the classifier it comes from, called as its README shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cinesent.classifier import Classifier
from cinesent.errors import ExportError
from cinesent.export.targets import Scorer
from cinesent.text.batching import fit_length, pad_ids
from cinesent.text.tokenizer import Tokenizer

#: The most that the probability of a review may differ.
TOLERANCE = 1e-5

# Reviews per batch and words of the longest of them: a single word, lengths like IMDB's (230 words
# on average), and a long review with a short one, so that there is much padding.
_BATCHES = ((1, 1), (3, 40), (16, 230), (2, 700))


def check_export(classifier: Classifier, score: Scorer, tokenizer_path: Path) -> tuple[int, float]:
    """Compare an export with the classifier on texts of random words.

    Args:
        classifier: of the model that was exported.
        score: the exported file, opened again.
        tokenizer_path: the exported tokenizer.

    Returns:
        The number of reviews compared, and the largest difference of a probability.

    Raises:
        ExportError: a probability differs by more than `TOLERANCE`, or is NaN.
    """
    tokenizer = Tokenizer.load(tokenizer_path)
    config = classifier.bundle.config
    count, largest = 0, 0.0
    for texts in _batches(tokenizer):
        token_ids = pad_ids([fit_length(tokenizer.encode(text), config) for text in texts])
        exported = score(token_ids)
        expected = classifier.predict_proba(texts)[:, 1]
        difference = float(np.max(np.abs(exported - expected)))
        # Negated, so that a NaN is caught as well.
        if not difference <= TOLERANCE:
            raise ExportError(
                f"the export differs from the model by {difference:.2g} in the probability of a "
                f"review, in a batch of shape {token_ids.shape}; expected at most {TOLERANCE:g}. "
                "Nothing was written. Run `cinesent doctor` to check the model and the packages."
            )
        count, largest = count + len(texts), max(largest, difference)
    return count, largest


def _batches(tokenizer: Tokenizer) -> Iterator[list[str]]:
    """Yield batches of random texts with the word frequencies of a language (Zipf 1949)."""
    rng = np.random.default_rng(0)
    words = tokenizer.vocabulary[2:]
    for num_reviews, longest in _BATCHES:
        lengths = [longest, *rng.integers(0, longest + 1, num_reviews - 1)]
        yield [
            " ".join(words[int(len(words) ** place) - 1] for place in rng.random(length))
            for length in lengths
        ]

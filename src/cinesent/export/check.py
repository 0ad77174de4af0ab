"""An export is held against the classifier it comes from, on the path that its README shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cinesent.classifier import Classifier
from cinesent.errors import BundleError
from cinesent.export.targets import Scorer
from cinesent.text.batching import fit_length, pad_ids
from cinesent.text.tokenizer import Tokenizer

#: What the probability of a review may differ by at most.
TOLERANCE = 1e-5

# Reviews of each batch, and words of the longest among them: one of a word, some of like those of
# IMDB (230 words on average), and a long one beside a short one, so that much is padded.
_BATCHES = ((1, 1), (3, 40), (16, 230), (2, 700))


def check_export(classifier: Classifier, score: Scorer, tokenizer_path: Path) -> tuple[int, float]:
    """Compare an export with the classifier on texts of random words.

    Args:
        classifier: of the model that was exported.
        score: the exported file, opened again.
        tokenizer_path: the exported tokenizer.

    Returns:
        How many reviews were compared, and the largest difference of a probability.

    Raises:
        BundleError: a probability differs by more than `TOLERANCE`, or is no number.
    """
    tokenizer = Tokenizer.load(tokenizer_path)
    config = classifier.bundle.config
    count, largest = 0, 0.0
    for texts in _batches(tokenizer):
        token_ids = pad_ids([fit_length(tokenizer.encode(text), config) for text in texts])
        said = score(token_ids)
        expected = classifier.predict_proba(texts)[:, 1]
        difference = float(np.max(np.abs(said - expected)))
        # Negated, so that a NaN is caught as well.
        if not difference <= TOLERANCE:
            raise BundleError(
                f"the export differs from the model: by {difference:.2g} in the probability of a "
                f"review, in a batch of shape {token_ids.shape}; expected {TOLERANCE:g} at most. "
                "Nothing was written. Does `cinesent doctor` find a damaged model or a strange "
                "version of a package?"
            )
        count, largest = count + len(texts), max(largest, difference)
    return count, largest


def _batches(tokenizer: Tokenizer) -> Iterator[list[str]]:
    """Yield batches of texts whose words are as frequent as those of a language (Zipf, 1949)."""
    rng = np.random.default_rng(0)
    words = tokenizer.vocabulary[2:]
    for num_reviews, longest in _BATCHES:
        lengths = [longest, *rng.integers(0, longest + 1, num_reviews - 1)]
        yield [
            " ".join(words[int(len(words) ** place) - 1] for place in rng.random(length))
            for length in lengths
        ]

"""The texts that a student learns beside the reviews of its dataset, with their targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cinesent.augmentation import pad_texts
from cinesent.data.reviews import Dataset, Reviews
from cinesent.data.sst import Phrase
from cinesent.distillation.label_texts import texts_to_label
from cinesent.distillation.outside import OutsideData, text_key
from cinesent.distillation.teacher_labels import Labels
from cinesent.errors import DataError
from cinesent.probability import sigmoid
from cinesent.recipes import SourcesConfig


@dataclass(frozen=True)
class StudentTexts:
    """Texts with targets.

    Attributes:
        texts: n texts.
        targets: probability of positive of each, float32 (n,), from 0 to 1.
        passes: how often each is learned per epoch, float32 (n,).
        validation: labelled reviews that are held out: sentences, and pairs.
    """

    texts: Sequence[str] = ()
    targets: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    passes: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    validation: Sequence[Reviews] = ()

    def __len__(self) -> int:
        return len(self.texts)


def gather_student_texts(
    sources: SourcesConfig,
    dataset: Dataset,
    train: Reviews,
    held_out: Reviews,
    outside: OutsideData,
    labels: Labels | None,
) -> StudentTexts:
    """Gather what a recipe learns beside its dataset.

    Args:
        sources: how often each kind is learned.
        dataset: the reviews whose unlabelled part was labelled by the teacher.
        train: its labelled reviews that are learned, with their own labels.
        held_out: its validation reviews; no text of theirs, and no pair of theirs, is learned.
        outside: the treebank and the pairs.
        labels: of a teacher; not None if `sources` wants them.

    Raises:
        DataError: labels are wanted, and the file has none of these texts.
    """
    parts = _Parts({text_key(text) for text in held_out.texts})
    parts.add_phrases(outside.sentences, sources.sentences)
    if labels is not None:
        found = texts_to_label(dataset, outside, labels.plan)
        known = parts.add_labels(found.short, labels, sources.augmented)
        parts.add_padded(sources.padded)
        known += parts.add_labels(found.reviews, labels, sources.labels)
        if not known:
            raise DataError(
                f"the file of labels has none of the texts of {dataset.name}: it was made with "
                "other reviews. Use the dataset that the teacher labelled, imdb."
            )
    else:
        parts.add_padded(sources.padded)
    parts.add_phrases([each for each in outside.phrases if " " in each.text], sources.phrases)
    edits = outside.learned_edits(train, held_out)
    parts.add(edits.texts, edits.labels.astype(np.float32), sources.edits)
    validation = (outside.sst.validation, outside.split_pairs(held_out)[1])
    return StudentTexts(
        texts=parts.texts,
        targets=np.concatenate(parts.targets).astype(np.float32),
        passes=np.repeat(
            np.array(parts.passes, dtype=np.float32), [len(each) for each in parts.targets]
        ),
        validation=[reviews for reviews in validation if reviews is not None and len(reviews)],
    )


# As many as a student can learn: making each takes a millisecond.
_MOST_PADDED = 40_000


class _Parts:
    """Collects texts, each kind with how often it is learned.

    Args:
        held_out: keys of texts that are left out, see :func:`text_key`.
    """

    def __init__(self, held_out: set[str]) -> None:
        self._held_out = held_out
        self.texts: list[str] = []
        self.targets: list[NDArray[np.float32]] = [np.zeros(0, dtype=np.float32)]
        self.passes: list[float] = [0.0]

    def add(self, texts: Sequence[str], targets: NDArray[np.float32], passes: float) -> None:
        if passes:
            kept = [n for n, text in enumerate(texts) if text_key(text) not in self._held_out]
            self.texts += [texts[n] for n in kept]
            self.targets.append(targets[kept])
            self.passes.append(passes)

    def add_phrases(self, phrases: Sequence[Phrase], passes: float) -> None:
        levels = np.array([phrase.level for phrase in phrases], dtype=np.float32)
        self.add([phrase.text for phrase in phrases], levels, passes)

    def add_padded(self, passes: float) -> None:
        """Add texts that were added before, among neutral sentences, with the same target.

        The teacher's own label of such a text is not used: it, too, reads much neutral text as a
        weak opinion.
        """
        if passes and self.texts:
            chosen = np.random.default_rng(0).permutation(len(self.texts))[:_MOST_PADDED]
            padded = pad_texts((self.texts[n] for n in chosen.tolist()), seed=0)
            self.add(list(padded), np.concatenate(self.targets)[chosen], passes)

    def add_labels(self, texts: Sequence[str], labels: Labels, passes: float) -> int:
        """Add the texts that have a label; return how many have one."""
        logits = labels.find(texts)
        known = np.flatnonzero(~np.isnan(logits))
        targets = sigmoid(logits[known].astype(np.float64)).astype(np.float32)
        self.add([texts[n] for n in known.tolist()], targets, passes)
        return len(known)

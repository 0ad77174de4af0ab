"""Labels many texts with a teacher; the labels are saved every few minutes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cinesent.augmentation import teacher_text
from cinesent.distillation.label_texts import LabelPlan
from cinesent.distillation.teacher_labels import Labels, save_labels
from cinesent.encoder.encoder_teacher import EncoderTeacher
from cinesent.errors import TrainingError, option
from cinesent.progress import SILENT, Reporter

#: Texts that are labelled together; the batches within are sorted by length.
_CHUNK = 8192


def label_texts(
    teacher: EncoderTeacher,
    texts: Sequence[str],
    out: Path,
    plan: LabelPlan,
    *,
    resume: bool = False,
    keep_seconds: float = 240.0,
    reporter: Reporter = SILENT,
) -> NDArray[np.float32]:
    """Write the labels of `texts` to `out`; return their logits, float32 (n,).

    The teacher reads emoji, stars and scores as words; the labels belong to the texts as they are.

    Args:
        teacher: what predicts.
        texts: distinct texts.
        out: a file of labels, written every few minutes.
        plan: which texts they are; it is written with the labels.
        resume: keep the labels that `out` has already.
        keep_seconds: time between two writes.
        reporter: told how far it is.

    Raises:
        TrainingError: `out` exists and `resume` is False, or has the labels of another teacher.
        DataError: it cannot be read or written.
    """
    logits = np.full(len(texts), np.nan, dtype=np.float32)
    if out.exists():
        if not resume:
            raise TrainingError(
                f"{out} exists. Continue it with {option('resume', True)}, or name another file."
            )
        known = Labels(out)
        if (known.teacher, known.plan) != (teacher.sha256, plan):
            what = "texts" if known.teacher == teacher.sha256 else "teacher"
            raise TrainingError(
                f"{out} holds the labels of another {'choice of ' * (what == 'texts')}{what}. Name "
                f"another file with {option('out')}."
            )
        logits = known.find(texts)
    missing = np.flatnonzero(np.isnan(logits)).tolist()
    kept = time.monotonic()
    done = len(texts) - len(missing)
    with reporter.task("labelling", total=len(texts), completed=done, unit="texts") as task:
        for start in range(0, len(missing), _CHUNK):
            rows = missing[start : start + _CHUNK]
            logits[rows] = teacher.predict_logits([teacher_text(texts[row]) for row in rows])
            task.update(done + start + len(rows))
            if time.monotonic() - kept > keep_seconds:
                _save(out, texts, logits, teacher, plan)
                kept = time.monotonic()
    _save(out, texts, logits, teacher, plan)
    return logits


def _save(
    out: Path,
    texts: Sequence[str],
    logits: NDArray[np.float32],
    teacher: EncoderTeacher,
    plan: LabelPlan,
) -> None:
    known = np.flatnonzero(~np.isnan(logits)).tolist()
    save_labels(out, [texts[row] for row in known], logits[known], teacher.sha256, plan)

from __future__ import annotations

import importlib.util
import sys

import matplotlib as mpl
import numpy as np
import pytest

from cinesent.errors import ConfigError, DataError, MissingExtraError
from cinesent.evaluation.metrics import binary_metrics
from cinesent.evaluation.plots import (
    plot_confusion_matrix,
    plot_history,
    plot_reliability,
    plot_roc,
    save_figure,
    save_figure_bytes,
)

HISTORY = [
    {"epoch": 1, "loss": 0.6, "accuracy": 0.7, "val_loss": 0.5, "val_accuracy": 0.75, "seconds": 9},
    {"epoch": 2, "loss": 0.4, "accuracy": 0.8, "val_loss": 0.3, "val_accuracy": 0.85, "seconds": 9},
    {"epoch": 3, "loss": 0.2, "accuracy": 0.9, "val_loss": 0.4, "val_accuracy": 0.86, "seconds": 9},
]
LABELS = np.array([0, 0, 0, 1, 1, 1, 1, 0])
PROBABILITIES = np.array([0.1, 0.4, 0.6, 0.9, 0.6, 0.3, 0.8, 0.5])


def _texts(axes):
    return [text.get_text() for text in axes.texts]


def _legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_history_shows_both_curves_and_the_best_epoch():
    loss, accuracy = plot_history(HISTORY).axes
    assert (loss.get_title(loc="left"), accuracy.get_title(loc="left")) == ("Loss", "Accuracy")
    lines = {line.get_label(): list(line.get_ydata()) for line in loss.lines}
    assert lines["training"] == [0.6, 0.4, 0.2]
    assert lines["validation"] == [0.5, 0.3, 0.4]
    # Best by validation loss, in both panels, though the third is more accurate.
    assert _legend(loss) == ["training", "validation", "best epoch 2: 0.3000"]
    assert _legend(accuracy) == ["training", "validation", "best epoch 2: 85.00%"]


def test_history_as_a_csv_holds_it_is_the_same_picture():
    as_text = [{key: str(value) for key, value in row.items()} for row in HISTORY]
    assert save_figure_bytes(plot_history(as_text)) == save_figure_bytes(plot_history(HISTORY))


def test_history_with_gaps():
    only_training = [{"epoch": row["epoch"], "loss": row["loss"]} for row in HISTORY]
    loss, accuracy = plot_history(only_training).axes
    assert _legend(loss) == ["training"]
    assert accuracy.get_legend() is None
    gaps = [HISTORY[0], {"epoch": 2, "loss": 0.4, "val_loss": ""}, {"epoch": 3, "val_loss": None}]
    figure = plot_history(gaps)
    assert _legend(figure.axes[0])[-1] == "best epoch 1: 0.5000"
    save_figure_bytes(figure)
    save_figure_bytes(plot_history(HISTORY[:1]))


def test_history_refuses():
    with pytest.raises(DataError, match="has no epochs"):
        plot_history([])
    with pytest.raises(DataError, match="history's loss is not a number"):
        plot_history([{"epoch": 1, "loss": "low"}])


def test_confusion_matrix_holds_counts_and_shares():
    axes = plot_confusion_matrix(binary_metrics(LABELS, PROBABILITIES)).axes[0]
    assert _texts(axes)[::2] == ["2", "2", "1", "3"]
    assert _texts(axes)[1::2] == [
        "50.0% of negative",
        "50.0% of negative",
        "25.0% of positive",
        "75.0% of positive",
    ]
    assert axes.get_title(loc="left") == "62.5% of 8 reviews correct"
    save_figure_bytes(plot_confusion_matrix(binary_metrics([0], [0.1])))


def test_roc_holds_the_curve_the_area_and_the_threshold():
    axes = plot_roc(LABELS, PROBABILITIES).axes[0]
    assert axes.get_title(loc="left") == "ROC curve: area 0.7812"
    curve = axes.lines[1]
    assert (curve.get_xdata()[0], curve.get_xdata()[-1]) == (0, 1)
    assert axes.lines[2].get_xydata().tolist() == [[0.5, 0.75]]
    with pytest.raises(DataError, match="needs both"):
        plot_roc([1, 1], [0.2, 0.3])


def test_reliability_counts_every_review():
    upper, lower = plot_reliability(LABELS, PROBABILITIES).axes
    assert upper.get_title(loc="left") == "Reliability: calibration error 27.5%"
    counted = [sum(bar.get_height() for bar in group) for group in lower.containers]
    assert counted == [4, 4]
    with pytest.raises(DataError, match="row 0 is nan"):
        plot_reliability([0], [np.nan])


@pytest.mark.parametrize(
    ("ending", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")]
)
def test_saved_figures_are_of_their_format_and_reproducible(tmp_path, ending, start):
    path = save_figure(plot_history(HISTORY), tmp_path / "new" / f"history.{ending}")
    assert path.read_bytes().startswith(start)
    if ending == "png":
        assert path.read_bytes() == save_figure_bytes(plot_history(HISTORY))


def test_unknown_format_and_unwritable_file(tmp_path):
    with pytest.raises(ConfigError, match="'pgn'. Did you mean 'png'"):
        save_figure(plot_history(HISTORY), tmp_path / "history.pgn")
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        save_figure(plot_history(HISTORY), tmp_path / "file" / "history.png")


def test_no_display_and_no_global_state_is_touched():
    before = dict(mpl.rcParams)
    save_figure_bytes(plot_roc(LABELS, PROBABILITIES))
    assert dict(mpl.rcParams) == before
    assert "matplotlib.pyplot" not in sys.modules or not mpl.pyplot.get_fignums()


def test_missing_matplotlib_names_the_command(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'cinesent\[train\]'"):
        plot_history(HISTORY)

"""The benchmark of prediction: that it runs, and that its numbers mean what they say."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundles import small_config, write_bundle

from cinesent.data import Reviews
from cinesent.text.tokenizer import tokenize

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT))  # `pytest` alone does not look there

from benchmarks.lstm_limits.ways import (  # noqa: E402
    lstm_operator,
    numpy_pool,
    projected,
    rearrange,
    scan_pool,
)
from benchmarks.predicting.field import FIELD, Spec  # noqa: E402
from benchmarks.predicting.limit import limit_row  # noqa: E402
from benchmarks.predicting.machine import products_per_token  # noqa: E402
from benchmarks.predicting.picture import draw, plot  # noqa: E402
from benchmarks.predicting.report import describe, find_targets, table  # noqa: E402
from benchmarks.predicting.samples import texts_of_length  # noqa: E402
from benchmarks.seeds import row  # noqa: E402


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks.predicting", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280)


@pytest.mark.parametrize("num_tokens", [20, 230, 2000])
def test_texts_have_exactly_the_tokens_they_should(imdb_train: Reviews, num_tokens: int) -> None:
    texts = texts_of_length(imdb_train.texts[:300], num_tokens, 8)
    assert [len(tokenize(text)) for text in texts] == [num_tokens] * 8
    assert len(set(texts)) == 8


def test_too_little_text_is_said() -> None:
    with pytest.raises(ValueError, match="too little text"):
        texts_of_length(["one two three"], 20, 1)


def test_products_are_counted_by_hand() -> None:
    # Two directions of 5 units on vectors of 6: 6 x 20 and 5 x 20 multiplications and additions.
    config = small_config(units=5, embedding_dim=6)
    assert products_per_token(config) == {"input": 2 * 2 * 120, "recurrent": 2 * 2 * 100}


def test_shares_of_the_limit() -> None:
    rates = {name: {"1": 10.0, "2": 20.0} for name in ("large", "input", "recurrent")}
    row = limit_row(
        products={"input": 600, "recurrent": 400},
        tokens=10**8,  # 10^11 operations: 5 s at 20 GFLOP/s, 10 s of one core at 10
        ours={"seconds": 10.0, "cpu_seconds": 20.0},
        rates=rates,
        text={"total": 1.0, "cleaning": 0.25, "splitting": 0.5, "encoding": 0.25},
        sampled=0.25,
    )
    assert row["share_of_large"] == pytest.approx(0.5)
    assert row["share_of_own_shapes"] == pytest.approx(0.5)
    assert row["text_share_of_cpu"] == pytest.approx(0.2)
    assert row["network_share_of_own_shapes"] == pytest.approx(10 / 16)


def test_targets_are_held_against_the_numbers() -> None:
    def row(title: str, milliseconds: float) -> dict[str, object]:
        return {"title": title, "tokens": 230, "p50_ms": milliseconds}

    found = find_targets({"latency": [row("cinesent", 4.1), row("Keras predict, JAX", 130.0)]})
    assert [(target["what"], target["met"]) for target in found] == [
        ("230 tokens", "no"),
        ("230 tokens, beside Keras predict on JAX", "yes"),
    ]
    assert find_targets({}) == []


def test_a_table_is_markdown() -> None:
    assert table(["a", "b"], [["x", "1"], ["yy", "22"]]).splitlines() == [
        "| a  |  b |",
        "|----|---:|",
        "| x  |  1 |",
        "| yy | 22 |",
    ]


@pytest.fixture
def committed() -> dict[str, Any]:
    path = ROOT / "benchmarks" / "results" / "predicting.json"
    return json.loads(path.read_text(encoding="utf-8"))


def texts_of(axes: Any) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_the_figure_shows_every_committed_measurement(committed: dict[str, Any]) -> None:
    latency, throughput = plot(committed).axes
    names = [label.get_text() for label in latency.get_yticklabels()]
    assert names[:3] == ["cinesent", "Same weights in Keras", "tf.function with XLA, TensorFlow"]
    assert names[-5:] == ["Other models", "fastText", "TextBlob", "VADER", FIELD[-1].title]
    assert len(names) == len({row["title"] for row in committed["sections"]["latency"]}) + 2
    assert latency.get_title(loc="left") == "Latency, 230-token review"
    assert {"2.74 ms", "65.4 ms", "0.053 ms"} < set(texts_of(latency))
    assert {"861", "14,304", "3.33", "Accuracy", "92.8%", "67.9%*", "\u2013"} < set(
        texts_of(throughput)
    )
    # Three ways to call Keras were timed on single reviews only.
    assert texts_of(throughput).count("not measured") == 3


def test_the_figure_has_dots_on_logarithmic_axes(committed: dict[str, Any]) -> None:
    for axes, section in zip(plot(committed).axes, ("latency", "throughput"), strict=True):
        assert axes.get_xscale() == "log"
        assert not axes.patches  # no bars
        key = {"latency": "p50_ms", "throughput": "reviews_per_s"}[section]
        rows = committed["sections"][section]
        expected = [row[key] for row in rows if row.get("tokens", 230) == 230]
        dots = [line for line in axes.lines if line.get_marker() != "None"]
        assert sorted(dot.get_xdata()[0] for dot in dots) == sorted(expected)


def test_the_figure_leaves_out_what_was_not_measured(
    committed: dict[str, Any], tmp_path: Path
) -> None:
    sections = committed["sections"]
    del sections["latency"]
    for measured in sections["throughput"]:
        measured["accuracy"] = None
    figure = plot(committed)
    assert len(figure.axes) == 1
    assert not {"Accuracy", "not measured"} & set(texts_of(figure.axes[0]))
    assert "*" not in figure.get_supxlabel()

    del sections["throughput"]
    assert plot(committed) is None
    draw(committed, tmp_path / "none.png")
    assert not (tmp_path / "none.png").exists()


def test_the_figure_needs_no_peers(committed: dict[str, Any], tmp_path: Path) -> None:
    for name in ("latency", "throughput"):
        rows = committed["sections"][name]
        committed["sections"][name] = [row for row in rows if row["contestant"] == "cinesent"]
    latency, _ = plot(committed).axes
    assert [label.get_text() for label in latency.get_yticklabels()] == ["cinesent"]
    draw(committed, tmp_path / "alone.png")
    assert (tmp_path / "alone.png").read_bytes().startswith(b"\x89PNG")


def test_a_peer_that_is_not_installed_is_found_out() -> None:
    spec = Spec("x", "x", ("json", "no_such_peer"), {}, {}, 1, {})
    assert spec.missing() == "no_such_peer"


def test_wrong_usage_and_a_missing_model(tmp_path: Path) -> None:
    assert run().returncode == 2
    finished = run("--model", tmp_path / "nowhere")
    assert finished.returncode == 1
    assert finished.stderr.startswith("error: ")
    assert "Traceback" not in finished.stderr


@pytest.mark.train
def test_ways_that_multiply_words_once_answer_as_the_graph_does(tmp_path: Path) -> None:
    from cinesent.bundle import load_bundle

    folder = write_bundle(tmp_path / "model", units=8, pooling="max+mean")
    bundle = load_bundle(folder)
    rng = np.random.default_rng(0)
    rows = [rng.integers(1, 60, length) for length in (1, 7, 30, 30, 12)]
    expected = lstm_operator((folder / "model.onnx").read_bytes())(rows)[1](rows)
    weights = bundle.weights()
    directions = [rearrange(bundle.config, weights, name) for name in bundle.config.directions]
    for make in (numpy_pool, scan_pool):
        pools = [(direction, make(direction)) for direction in directions]
        prepared, answer = projected(bundle.config, weights, pools)(rows)
        np.testing.assert_allclose(answer(prepared), expected, atol=1e-5)


@pytest.mark.train
@pytest.mark.timeout(300)
def test_stages_of_a_recipe_are_held_against_the_limits(tmp_path: Path) -> None:
    out = tmp_path / "limits.json"
    small = ["units=8", "embedding_dim=8", "vocabulary_size=500", "pretraining.negatives=4"]
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.training_limits", "--preset", "large"),
            *(word for setting in small for word in ("--set", setting)),
            *("--reviews", "100", "--steps", "1", "--out", str(out)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert finished.returncode == 0, finished.stderr
    results = json.loads(out.read_text(encoding="utf-8"))
    language, training = results["stages"]
    assert (language["stage"], training["stage"]) == ("language model", "training, adversarial")
    for stage in (language, training):
        assert stage["cudnn"] == results["machine"]["gpu"]
        assert 0 < stage["tokens_per_second"] < stage["arithmetic_limit"]
        assert stage["hours"] > 0
    # Two directions of 8 units on vectors of 8; twice as much backward as forward; an adversary.
    operations = 2 * 3 * 2 * (2 * 8 * 32 + 2 * 8 * 32)
    rate = results["rates"]["operations"]
    assert training["arithmetic_limit"] == pytest.approx(rate / operations)


@pytest.mark.slow
@pytest.mark.train
@pytest.mark.timeout(300)
def test_the_quick_run_measures_everything(tmp_path: Path) -> None:
    model = write_bundle(tmp_path / "model", units=8, pooling="max+mean")
    out, plot = tmp_path / "results.json", tmp_path / "results.png"
    peers = [spec.name for spec in FIELD if spec.name not in ("keras-jax", "distilbert")]
    command = ["--quick", "--model", model, "--data", "imdb-train", "--contestants", *peers]
    finished = run(*command, "--out", out, "--plot", plot)
    assert finished.returncode == 0, finished.stderr
    results = json.loads(out.read_text(encoding="utf-8"))

    assert finished.stdout.strip() == describe(results)
    assert "throughput, part 1" in finished.stderr
    assert plot.read_bytes().startswith(b"\x89PNG")
    expected = {
        name: f"not installed: {module}"
        for name, module in (
            ("vader", "vaderSentiment"),
            ("textblob", "textblob"),
            ("fasttext", "fasttext"),
        )
        if find_spec(module) is None
    }
    assert results["absent"] == expected
    sections = results["sections"]
    assert set(sections) == {"cold_start", "memory", "latency", "throughput", "limit"}
    measured = {row["contestant"] for row in sections["throughput"]}
    assert measured == {"cinesent", "keras-tensorflow", *peers} - set(expected)
    assert all(0 < row["p50_ms"] <= row["p99_ms"] for row in sections["latency"])
    keras = [row for row in sections["throughput"] if row["contestant"] == "keras-tensorflow"]
    # The same weights give the same probabilities: it is the same network that is timed.
    assert keras
    assert all(row["difference"] < 1e-4 for row in keras)
    # The model saw these reviews: no accuracy is claimed.
    assert all(row["accuracy"] is None for row in sections["throughput"])
    assert sections["limit"]["operations_per_token"] == 2 * 2 * (6 + 8) * 32

    again = run("--load", out)
    assert again.stdout == finished.stdout


def test_seeds_are_summed_up_as_mean_and_spread(tmp_path: Path) -> None:
    for seed, accuracy in enumerate((0.91, 0.92, 0.93)):
        metrics = {"accuracy": accuracy, "loss": 0.2, "ece": 0.01}
        (tmp_path / f"good-{seed}-test.json").write_text(json.dumps({"metrics": metrics}))
    cells = ["good", "test", "3", "92.00 ± 1.00", "0.2000 ± 0.0000", "1.00 ± 0.00"]
    assert row("good", "test", tmp_path) == cells
    with pytest.raises(SystemExit, match="has no goo-SEED-test.json"):
        row("goo", "test", tmp_path)

"""How near the Classifier comes to what the machine's matrix products allow."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.predicting.contest import Contest, Row, Say
from benchmarks.predicting.machine import matrix_rates, products_per_token
from benchmarks.predicting.sections import Effort
from cinesent.bundle import load_bundle
from cinesent.text.tokenizer import tokenize


def limit(
    contest: Contest,
    model: str,
    texts: Sequence[str],
    rows: Sequence[Row],
    effort: Effort,
    say: Say,
) -> Row:
    """Set the Classifier's throughput against the matrix products that its LSTMs must do.

    Args:
        contest: where the Classifier is.
        model: its folder.
        texts: all reviews.
        rows: what `throughput` found; without the Classifier's, it is measured here.
        effort: seconds of each matrix shape.
        say: told how far it is.
    """
    config = load_bundle(model).config
    say("limit: matrix products")
    rates = matrix_rates(config, effort.blas_seconds)
    say("limit: text work")
    sample = min(len(texts), 2000)
    text = contest.workers["cinesent"].ask("text", start=0, stop=sample)
    ours = next((row for row in rows if row["contestant"] == "cinesent"), None)
    if ours is None:
        contest.workers["cinesent"].ask("warm", way="predict", start=0, stop=64)
        ours = contest.workers["cinesent"].ask("many", way="predict", start=0, stop=len(texts))
    tokens = _read_tokens(texts, config.sequence_length)
    return limit_row(products_per_token(config), tokens, ours, rates, text, sample / len(texts))


def _read_tokens(texts: Sequence[str], fixed: int) -> int:
    """Count the tokens the LSTMs read: real ones, or the fixed length that a recipe pads to."""
    return fixed * len(texts) if fixed else sum(max(1, len(tokenize(text))) for text in texts)


def limit_row(
    products: dict[str, int],
    tokens: int,
    ours: Row,
    rates: dict[str, dict[str, float]],
    text: dict[str, float],
    sampled: float,
) -> Row:
    """Put the numbers of :func:`limit` together.

    Args:
        products: operations a token, `input` and `recurrent`.
        tokens: all that were read.
        ours: seconds and cpu_seconds of the Classifier.
        rates: GFLOP/s, {shape: {threads: rate}}.
        text: processor seconds of the text work on a sample.
        sampled: the sample's share of all reviews.
    """
    one, cores = (choose(rates["large"], key=int) for choose in (min, max))
    operations = tokens * sum(products.values())
    own_shapes = sum(tokens * products[name] / rates[name][cores] for name in products) / 1e9
    text_seconds = text["total"] / sampled
    network_cpu = ours["cpu_seconds"] - text_seconds
    network_limit = sum(tokens * products[name] / rates[name][one] for name in products) / 1e9
    large = operations / rates["large"][cores] / 1e9
    return {
        "formula": "tokens x directions x (2 dim 4 units + 2 units 4 units)",
        "operations_per_token": sum(products.values()),
        "tokens": tokens,
        "operations": operations,
        "rates_gflops": rates,
        "seconds": ours["seconds"],
        "cpu_seconds": ours["cpu_seconds"],
        "limit_large_s": large,
        "limit_own_shapes_s": own_shapes,
        "share_of_large": large / ours["seconds"],
        "share_of_own_shapes": own_shapes / ours["seconds"],
        "network_share_of_own_shapes": network_limit / network_cpu,
        "text_cpu_seconds": text_seconds,
        "text_share_of_cpu": text_seconds / ours["cpu_seconds"],
        "text_parts_s": {
            name: text[name] / sampled for name in ("cleaning", "splitting", "encoding")
        },
    }

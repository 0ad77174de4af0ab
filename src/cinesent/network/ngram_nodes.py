"""The part of the graph that scores n-grams: the arithmetic of `text/ngrams.py` in ONNX.

    token_ids ── buckets of each order ── sorted ── first of equal ones ── weights ── sum

Sorting finds n-grams that occur twice in time n log n, where comparing each pair would take n².
"""

from __future__ import annotations

import numpy as np

from cinesent.network.nodes import Nodes
from cinesent.recipes import NGRAM_ROW, ModelConfig, Precision
from cinesent.text.ngrams import FACTORS, WORDS

_ONE_LATER = (0, 1, 0, -1)


def add_ngrams(nodes: Nodes, config: ModelConfig, precision: Precision) -> str:
    """Add the score of the n-grams in `token_ids`; return its name, (batch,)."""
    _buckets(nodes, config)
    _rank(nodes)
    limit = nodes.constant("num_buckets", np.int64(config.ngram_buckets))
    nodes.add("Pad", "ranked", nodes.axes(*_ONE_LATER), _number(nodes, -1), name="ranked_before")
    nodes.add("Equal", "ranked", "ranked_before", name="ranked_again")
    nodes.add("Not", "ranked_again", name="ranked_first")
    nodes.add("Less", "ranked", limit, name="ranked_known")
    nodes.add("And", "ranked_first", "ranked_known", name="ngram_counts")
    nodes.add("Min", "ranked", _number(nodes, config.ngram_buckets - 1), name="ngram_bucket")
    weight = _weights(nodes, config, precision)
    nothing = nodes.constant("no_ngram", np.float32(0))
    nodes.add("Where", "ngram_counts", weight, nothing, name="ngram_parts")
    return nodes.add("ReduceSum", "ngram_parts", nodes.axes(1), name="ngram_score", keepdims=0)


def _buckets(nodes: Nodes, config: ModelConfig) -> None:
    """`token_ids` to `buckets`, (batch, orders * time): past the last one where there is none."""
    limit = nodes.constant("num_buckets", np.int64(config.ngram_buckets))
    words, total, whole, found = "token_ids", "", "", []
    for order, factor in enumerate(FACTORS[: config.ngrams], start=1):
        if order > 1:
            words = nodes.add("Pad", words, nodes.axes(*_ONE_LATER), name=f"words_before_{order}")
        nodes.add("Mod", words, _number(nodes, WORDS), name=f"known_{order}")
        nodes.add("Mul", f"known_{order}", _number(nodes, factor), name=f"product_{order}")
        term = nodes.add("Mod", f"product_{order}", limit, name=f"term_{order}")
        nodes.add("Equal", words, _number(nodes, 0), name=f"missing_{order}")
        there = nodes.add("Not", f"missing_{order}", name=f"there_{order}")
        total = nodes.add("Add", total, term, name=f"total_{order}") if total else term
        whole = nodes.add("And", whole, there, name=f"whole_{order}") if whole else there
        if order > 1:
            chain = nodes.add("Mod", total, limit, name=f"chain_{order}")
            found.append(nodes.add("Where", whole, chain, limit, name=f"bucket_{order}"))
    nodes.add("Concat", *found, name="buckets", axis=1)


def _rank(nodes: Nodes) -> None:
    """`buckets` to `ranked`, in rising order, and the `places` that they came from."""
    nodes.add("Shape", "buckets", name="num_places", start=1, end=2)
    nodes.add("Squeeze", "num_places", name="num_places_scalar")
    nodes.add("Range", _number(nodes, 0), "num_places_scalar", _number(nodes, 1), name="all_places")
    # Place after place within a bucket, so that the first one of equal buckets comes first.
    nodes.add("Mul", "buckets", "num_places", name="bucket_starts")
    nodes.add("Add", "bucket_starts", "all_places", name="bucket_keys")
    nodes.add_many(
        "TopK", "bucket_keys", "num_places", names=("keys", "key_order"), axis=1, largest=0
    )
    nodes.add("Div", "keys", "num_places", name="ranked")
    nodes.add("Mod", "keys", "num_places", name="places")


def _weights(nodes: Nodes, config: ModelConfig, precision: Precision) -> str:
    """Look up the weight of each `ngram_bucket`, float32."""
    table = nodes.weight("ngrams", (config.ngram_buckets,), precision)
    if precision == "float32":
        return nodes.add("Gather", table, "ngram_bucket", name="ngram_weights")
    scales = nodes.weight("ngram_scale", (config.ngram_buckets // NGRAM_ROW,))
    nodes.add("Gather", table, "ngram_bucket", name="ngram_integers")
    nodes.add("Cast", "ngram_integers", name="ngram_numbers", to=1)
    nodes.add("Div", "ngram_bucket", _number(nodes, NGRAM_ROW), name="ngram_row")
    nodes.add("Gather", scales, "ngram_row", name="ngram_scales")
    return nodes.add("Mul", "ngram_numbers", "ngram_scales", name="ngram_weights")


def share_ngrams(nodes: Nodes, config: ModelConfig) -> list[str]:
    """Share the weight of each n-gram out among its words; return the names, (batch, time) each."""
    nodes.add("Shape", "buckets", name="places_shape")
    nodes.add("ConstantOfShape", "places_shape", name="no_parts")
    nodes.add("ScatterElements", "no_parts", "places", "ngram_parts", name="placed", axis=1)
    shape = nodes.axes(0, config.ngrams - 1, -1)
    nodes.add("Reshape", "placed", shape, name="placed_orders")
    shares = []
    for order in range(2, config.ngrams + 1):
        index = nodes.constant(f"order_{order}", np.int64(order - 2))
        size = nodes.constant(f"words_{order}", np.float32(order))
        nodes.add("Gather", "placed_orders", index, name=f"placed_{order}", axis=1)
        nodes.add("Div", f"placed_{order}", size, name=f"share_{order}")
        for back in range(order):
            shift = nodes.axes(0, -back, 0, back)
            shares.append(nodes.add("Pad", f"share_{order}", shift, name=f"share_{order}_{back}"))
    return shares


def _number(nodes: Nodes, value: int) -> str:
    return nodes.constant(f"number_{value}", np.int64(value))

"""What the weights mean, in plain NumPy: the reference that the prediction graph is compared with.

Simple and slow on purpose; nothing here is used to predict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cinesent.errors import BundleError
from cinesent.probability import sigmoid
from cinesent.recipes import ModelConfig
from cinesent.text.batching import fit_length, pad_ids, reading_lengths
from cinesent.text.ngrams import first_occurrences, ngram_buckets

Weights = Mapping[str, NDArray[np.float32]]

#: How far a probability may differ from that of the reference or of a framework on a CPU.
TOLERANCE = 1e-5
#: ... and from that of a framework on a GPU, which multiplies matrices in TF32: with ten bits of
#: mantissa, where float32 has 23.
GPU_TOLERANCE = 1e-3

# Reviews in a batch and tokens of its longest, for the comparison.
_SHAPES = ((1, 1), (1, 2), (3, 7), (5, 40), (2, 211))


@dataclass(frozen=True)
class Check:
    """Another implementation to compare a graph with: the model whose weights it was built from.

    Attributes:
        predict: from token ids, int64 (batch, time), as the network reads them, to probabilities,
            (batch,).
        batches: token ids of real reviews, int64 (batch, time) each, in addition to random ones.
        tolerance: how far a probability may differ from that of the graph.
    """

    predict: Callable[[NDArray[np.int64]], NDArray[Any]]
    batches: Sequence[NDArray[np.int64]] = ()
    tolerance: float = TOLERANCE


def check_weights(config: ModelConfig, weights: Weights) -> None:
    """Raise BundleError unless `weights` are those of `config`, float32 and finite."""
    check_shapes(config.weight_shapes(), weights)


def check_shapes(shapes: Mapping[str, tuple[int, ...]], weights: Weights) -> None:
    """Raise BundleError unless `weights` have these names and shapes, float32 and finite."""
    if set(weights) != set(shapes):
        strange, missing = sorted(set(weights) - set(shapes)), sorted(set(shapes) - set(weights))
        raise BundleError(f"the weights have unknown names {strange} and lack {missing}.")
    for name, shape in shapes.items():
        value = weights[name]
        if value.shape != shape or value.dtype != np.float32:
            raise BundleError(
                f"weight '{name}' is {value.dtype} {value.shape}; expected float32 {shape}."
            )
        if not np.isfinite(value).all():
            raise BundleError(f"weight '{name}' holds NaN or infinity.")


def numpy_forward(
    config: ModelConfig,
    weights: Weights,
    token_ids: NDArray[np.integer[Any]],
    lengths: NDArray[np.integer[Any]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Run the network in float64, one review after the other.

    Args:
        config: what the network is.
        weights: by the names of :meth:`ModelConfig.weight_shapes`.
        token_ids: (batch, time), padded on the right with 0 beyond `lengths`.
        lengths: (batch,), at least 1: the tokens that are read.

    Returns:
        The logits, (batch,), and what each token contributed to them, (batch, time): with the
        head's bias, the contributions of a review sum to its logit.
    """
    kernel = weights["head.kernel"].astype(np.float64)
    kernel = kernel.reshape(len(config.directions), len(config.poolings), config.units)
    contributions = np.zeros(token_ids.shape)
    for row, (ids, length) in enumerate(zip(token_ids, lengths, strict=True)):
        read = ids[:length]
        if config.ngrams:
            contributions[row, :length] += _ngram_evidence(config, weights["ngrams"], read)
        for direction, name in enumerate(config.directions):
            # The backward LSTM reads from the last token to the first.
            step = -1 if name == "backward" else 1
            states = _lstm(weights, name, read[::step])
            for pooling, vector in zip(config.poolings, kernel[direction], strict=True):
                evidence = _evidence(pooling, states, vector, read[::step] != 0)
                contributions[row, :length] += evidence[::step]
    return contributions.sum(axis=1) + float(weights["head.bias"][0]), contributions


def _lstm(weights: Weights, name: str, ids: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
    """Return the states of an LSTM after each token, (time, units)."""
    recurrent = weights[f"{name}.recurrent_kernel"].astype(np.float64)  # (units, 4 units)
    # (time, embedding_dim) @ (embedding_dim, 4 units)
    inputs = weights["embedding"][ids].astype(np.float64) @ weights[f"{name}.kernel"]
    inputs += weights[f"{name}.bias"]
    state, cell = np.zeros(len(recurrent)), np.zeros(len(recurrent))
    states = []
    for step in inputs:
        gates = np.split(step + state @ recurrent, 4)  # input, forget, cell, output: (units,) each
        input_gate, forget_gate, output_gate = (sigmoid(gates[index]) for index in (0, 1, 3))
        cell = forget_gate * cell + input_gate * np.tanh(gates[2])
        state = output_gate * np.tanh(cell)
        states.append(state)
    return np.array(states)


def _evidence(
    pooling: str, states: NDArray[Any], vector: NDArray[Any], real: NDArray[np.bool_]
) -> NDArray[Any]:
    """Divide what a pooled vector adds to the logit among the tokens, (time,)."""
    if pooling == "last":
        return np.asarray(np.diff(states @ vector, prepend=0.0))
    if pooling == "mean":
        summands = np.where(real, states @ vector, 0.0)
        return np.asarray(summands / max(1, np.count_nonzero(real)))
    masked = np.where(real[:, None], states, -2.0)
    shares = np.zeros(len(states))
    np.add.at(shares, masked.argmax(axis=0), masked.max(axis=0) * vector)
    return shares


def _ngram_evidence(
    config: ModelConfig, weights: NDArray[np.float32], ids: NDArray[np.integer[Any]]
) -> NDArray[np.float64]:
    """Divide the weight of each n-gram, where it first occurs, among its words, (time,)."""
    buckets = ngram_buckets(ids[None], config.ngrams, config.ngram_buckets)
    first = first_occurrences(buckets)[0]
    scores = np.where(first, weights.reshape(-1)[buckets[0]].astype(np.float64), 0.0)
    shares = np.zeros(len(ids))
    for length, weight in enumerate(scores, start=2):
        for back in range(length):
            shares[: max(0, len(ids) - back)] += weight[back:] / length
    return shares


def sample_batches(
    config: ModelConfig, seed: int = 0
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int32]]]:
    """Yield random batches of several sizes and lengths, as the network reads them."""
    rng = np.random.default_rng(seed)
    for size, longest in _SHAPES:
        lengths = [longest, *rng.integers(1, longest + 1, size - 1)]
        rows = [rng.integers(1, config.vocabulary_size, length) for length in lengths]
        ids = pad_ids([fit_length(row, config) for row in rows])
        yield ids, reading_lengths(ids, config)


def check_parity(
    model: bytes, config: ModelConfig, weights: Weights, check: Check | None = None
) -> None:
    """Compare an ONNX graph with the reference on batches of several sizes and lengths.

    Args:
        model: the graph, serialized.
        config: what the network is.
        weights: those that the graph computes with: int8 word vectors converted back to float32.
        check: the trained model, and real reviews to compare all three on.

    Raises:
        BundleError: a probability differs by more than `TOLERANCE` (from that of the trained model
            by more than `check.tolerance`), or contributions do not sum to the logit.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3  # no warnings: the graph's default for `explain` is intended
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    real = [(ids, reading_lengths(ids, config)) for ids in (check.batches if check else ())]
    for ids, lengths in [*sample_batches(config), *real]:
        feed = {"token_ids": ids, "lengths": lengths}
        logits, shares = session.run(["logits", "contributions"], feed)
        expected, _ = numpy_forward(config, weights, ids, lengths)
        found = sigmoid(logits)
        _compare("the NumPy reference", ids.shape, found, sigmoid(expected), TOLERANCE)
        sums = shares.sum(axis=1, dtype=np.float64) + float(weights["head.bias"][0])
        scale = np.abs(shares).sum(axis=1) + 1.0
        _compare("the sum of contributions", ids.shape, logits / scale, sums / scale, TOLERANCE)
        if check is not None:
            other = np.asarray(check.predict(ids)).reshape(-1)
            _compare("the trained model", ids.shape, found, other, check.tolerance)


def _compare(
    name: str,
    shape: tuple[int, ...],
    found: NDArray[Any],
    expected: NDArray[Any],
    tolerance: float,
) -> None:
    if found.shape != expected.shape:
        raise BundleError(f"{name} has shape {expected.shape}; the graph has {found.shape}.")
    error = float(np.max(np.abs(found - expected)))
    if not error <= tolerance:
        raise BundleError(
            f"the prediction graph and {name} differ by {error:.2g} on a batch of shape {shape}; "
            f"expected at most {tolerance:g}. The graph is not written: please report this."
        )

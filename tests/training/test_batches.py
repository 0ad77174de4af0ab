from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cinesent.recipes import Recipe
from cinesent.training.engine.batches import (
    Examples,
    bucket_widths,
    cut_middle,
    make_batch,
    plan_batches,
    prediction_batches,
    training_row,
)

LENGTHS = st.lists(st.integers(1, 3000), min_size=1, max_size=200)


@given(LENGTHS)
def test_a_width_holds_its_review(lengths: list[int]) -> None:
    widths = bucket_widths(np.array(lengths))
    assert (widths >= lengths).all()
    assert (widths < np.array(lengths) * 1.5 + 512).all()


@given(LENGTHS, st.integers(0, 3), st.integers(0, 3))
def test_every_review_is_in_one_batch(lengths: list[int], seed: int, epoch: int) -> None:
    recipe = Recipe.from_preset("default").overlay({"batch_tokens": 4000})
    plan = plan_batches(np.array(lengths), recipe.training, (seed, epoch))
    assert sorted(np.concatenate([indices for indices, _, _ in plan])) == list(range(len(lengths)))
    for indices, rows, width in plan:
        assert len(indices) <= rows
        assert rows == 1 or rows * width <= 4000
        assert max(lengths[i] for i in indices) <= width
    by_width = {width: {rows for _, rows, w in plan if w == width} for _, _, width in plan}
    assert all(len(rows) == 1 for rows in by_width.values())


def test_the_plan_depends_on_seed_and_epoch_alone() -> None:
    lengths = np.arange(1, 300)
    recipe = Recipe.from_preset("default")

    def order(*seed: int) -> list[list[int]]:
        return [list(indices) for indices, _, _ in plan_batches(lengths, recipe.training, seed)]

    assert order(1, 0) == order(1, 0)
    assert order(1, 0) != order(1, 1)
    assert order(1, 0) != order(2, 0)


def test_a_fixed_batch_size_pads_all_to_one_length() -> None:
    recipe = Recipe.from_preset("classic").overlay({"batch_size": 4})
    rows = [training_row([7] * n, recipe) for n in (1, 300, 500)]
    assert [len(row) for row in rows] == [300, 300, 300]
    assert rows[0].tolist() == [0] * 299 + [7], "classic pads on the left"
    plan = plan_batches(np.array([300] * 10), recipe.training, (0, 0))
    assert sorted(len(indices) for indices, _, _ in plan) == [2, 4, 4]
    assert {(rows, width) for _, rows, width in plan} == {(4, 300)}


def test_empty_rows_have_no_weight_and_the_others_share_it() -> None:
    examples = Examples([np.array([5, 6]), np.array([7])], np.array([1.0, 0.0], dtype=np.float32))
    batch = make_batch(examples, np.array([1, 0]), num_rows=4, width=3)
    assert batch.ids.tolist() == [[7, 0, 0], [5, 6, 0], [1, 0, 0], [1, 0, 0]]
    assert batch.targets.ravel().tolist() == [0, 1, 0, 0]
    assert batch.weights.tolist() == [2, 2, 0, 0]
    assert (batch.num_reviews, batch.num_tokens) == (2, 3)


@pytest.mark.parametrize(
    ("length", "limit", "expected"),
    [(3, 5, [0, 1, 2]), (6, 4, [0, 1, 4, 5]), (7, 3, [0, 5, 6]), (6, 0, list(range(6)))],
)
def test_the_middle_is_what_goes(length: int, limit: int, expected: list[int]) -> None:
    assert cut_middle(list(range(length)), limit) == expected


@given(st.lists(st.integers(1, 1500), max_size=60))
def test_prediction_batches_hold_every_review_once(lengths: list[int]) -> None:
    rows = [np.full(n, i + 2, dtype=np.int32) for i, n in enumerate(lengths)]
    seen: list[int] = []
    for indices, ids in prediction_batches(rows, batch_tokens=3000):
        for index, line in zip(indices, ids, strict=False):
            assert line[line > 0].tolist() == rows[index].tolist()
        assert (ids[:, 0] > 0).all(), "no row is padding alone"
        seen += indices.tolist()
    assert sorted(seen) == list(range(len(lengths)))

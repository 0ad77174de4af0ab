"""What counts as texts, for the classifier and whoever else takes them."""

from __future__ import annotations

import array
import collections
import io
import types

import numpy as np
import pandas as pd
import pytest

from cinesent.errors import CinesentError
from cinesent.text.inputs import iterate_texts

pa = pytest.importorskip("pyarrow")

TEXTS = ["A fine film.", "Not so fine.", ""]


class PolarsSeries:
    """A Series as polars has it, which is not among the dependencies."""

    def __init__(self, values: list[str]) -> None:
        self._values = values

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self._values),)

    def __iter__(self):
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class PolarsDataFrame(PolarsSeries):
    @property
    def shape(self) -> tuple[int, ...]:
        return (1, len(self._values))

    @property
    def columns(self) -> list[str]:
        return self._values


ACCEPTED = {
    "list": list,
    "tuple": tuple,
    "iterator": iter,
    "generator": lambda texts: (text for text in texts),
    "map": lambda texts: map(str, texts),
    "deque": collections.deque,
    "keys": lambda texts: dict.fromkeys(texts).keys(),
    "values": lambda texts: dict(enumerate(texts)).values(),
    "NumPy str": np.array,
    "NumPy object": lambda texts: np.array(texts, dtype=object),
    "NumPy StringDType": lambda texts: np.array(texts, dtype=np.dtypes.StringDType()),
    "np.str_": lambda texts: [np.str_(text) for text in texts],
    "Series": pd.Series,
    "Series of strings": lambda texts: pd.Series(texts, dtype="string"),
    "Series of categories": lambda texts: pd.Series(texts, dtype="category"),
    "Series with another index": lambda texts: pd.Series(texts, index=[5, 9, 2]),
    "Index": pd.Index,
    "column": lambda texts: pd.DataFrame({"review": texts})["review"],
    "Series with a treacherous index": lambda texts: pd.Series(
        texts, index=["columns", "shape", "read"]
    ),
    "polars Series": PolarsSeries,
    "Arrow array": pa.array,
    "large Arrow array": lambda texts: pa.array(texts, pa.large_string()),
    "Arrow dictionary": lambda texts: pa.array(texts).dictionary_encode(),
    "ChunkedArray": lambda texts: pa.chunked_array([texts[:1], texts[1:]]),
    "Arrow column": lambda texts: pa.table({"review": texts})["review"],
}


@pytest.mark.parametrize("kind", ACCEPTED)
def test_texts_of_every_kind_are_read(kind):
    found = list(iterate_texts(ACCEPTED[kind](TEXTS)))
    assert found == TEXTS
    assert all(isinstance(text, str) for text in found)


def test_a_long_arrow_array_is_read_in_slices():
    texts = [f"text {n}" for n in range(3000)]
    assert list(iterate_texts(pa.chunked_array([texts[:700], texts[700:]]))) == texts


FRAME = pd.DataFrame({"id": [1, 2], "review": ["a", "b"]})
COLUMN = r'df\["review"\]'
REFUSED = [
    ("a fine film", r"found one str\. .*predict\(\[text\]\)"),
    (np.str_("a fine film"), r"found one str_\. .*predict\(\[text\]\)"),
    (collections.UserString("a fine film"), "found one UserString"),
    (b"a fine film", r"found one bytes\. .*decode"),
    (bytearray(b"film"), "found one bytearray"),
    (memoryview(b"film"), "found one memoryview"),
    ({"review": "a fine film"}, r'found a dict.*only the keys.*data\["review"\]'),
    (collections.OrderedDict(a="b"), "found a OrderedDict"),
    (types.MappingProxyType({"a": "b"}), "found a mappingproxy"),
    (collections.Counter(["a"]), "found a Counter"),
    (FRAME, f"found a DataFrame with the columns id, review.*{COLUMN}"),
    (FRAME[["review"]], f"found a DataFrame with the columns review.*{COLUMN}"),
    (pd.DataFrame({"a b": ["x"]}), r'such as df\["a b"\]'),
    (pd.DataFrame(), r"with the columns \(none\)"),
    (pd.DataFrame({0: ["x"]}), r"DataFrame with the columns 0"),
    (PolarsDataFrame(["id", "review"]), f"found a PolarsDataFrame with the columns id.*{COLUMN}"),
    (pa.table({"id": [1], "review": ["a"]}), f"found a Table with the columns id.*{COLUMN}"),
    (pa.record_batch({"review": ["a"]}), f"found a RecordBatch.*{COLUMN}"),
    (np.array([("a", 1)], dtype=[("review", "U5"), ("n", int)]), f"found a ndarray.*{COLUMN}"),
    (np.array("a fine film"), r"of shape \(\); one dimension.*str\(array\)"),
    (np.array(None), r"of shape \(\)"),
    (np.array([["a", "b"]]), r"of shape \(1, 2\); one dimension.*array\[:, 0\]"),
    (np.zeros((0, 3)), r"of shape \(0, 3\)"),
    ({"a", "b"}, "found a set, which has no order.*sorted"),
    (frozenset("ab"), "found a frozenset"),
    (io.StringIO("a\nb"), r"found an open file.*splitlines"),
    (io.BytesIO(b"a\nb"), r"found an open file"),
    (array.array("i", [1, 2]), "found an array of single characters"),
    (5, "expected texts, such as a list of str; found int"),
    (None, "found NoneType"),
    (True, "found bool"),
    (list, "found type"),
    (str, "found type"),
    (object(), "found object"),
]


@pytest.mark.parametrize(("texts", "says"), REFUSED, ids=lambda value: type(value).__name__)
def test_what_only_looks_like_texts_is_refused(texts, says):
    with pytest.raises(CinesentError, match=says):
        iterate_texts(texts)


def test_an_open_file_on_disk_is_refused(tmp_path):
    path = tmp_path / "reviews.txt"
    path.write_text("a\nb\n", encoding="utf-8")
    for mode in ("r", "rb"):
        with path.open(mode) as file, pytest.raises(CinesentError, match="score_file"):
            iterate_texts(file)


@pytest.mark.parametrize(
    ("element", "says"),
    [
        (None, r"text 1 is of type NoneType; expected str \(a missing value\?\)"),
        (float("nan"), "text 1 is of type float.*missing value.*dropna"),
        (pd.NA, "NAType.*missing value"),
        (pd.NaT, "NaTType.*missing value"),
        (np.ma.masked, "MaskedConstant.*missing value"),
        (3, r"text 1 is of type int; expected str\."),
        (b"film", r"text 1 is of type bytes; expected str; decode it first"),
        (np.bytes_(b"film"), "bytes_.*decode"),
        (["film"], "text 1 is of type list"),
        (("film", 1), "text 1 is of type tuple"),
        ({"text": "film"}, r"text 1 is of type dict.*row\['text'\]"),
        (np.zeros(3), "text 1 is of type ndarray"),
    ],
)
def test_an_element_that_is_no_text_is_named(element, says):
    texts = ["a", element]
    with pytest.raises(CinesentError, match=says):
        iterate_texts(texts)  # a list before anything is done
    lazily = iterate_texts(iter(texts))
    assert next(lazily) == "a"
    with pytest.raises(CinesentError, match=says):
        next(lazily)


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        (pd.Series(["a", None]), "text 1 is of type .*missing value"),
        (pd.Series(["a", pd.NA], dtype="string"), "text 1 is of type .*missing value"),
        (pd.Series([1, 2]), "text 0 is of type int"),
        (pd.Series([{"a": 1}]), "text 0 is of type dict"),
        (pa.array(["a", None]), "text 1 is of type NoneType"),
        (pa.array([1]), "text 0 is of type int"),
        (pa.chunked_array([["a"], [None]]), "text 1 is of type NoneType"),
        (pa.array([["a"]]), "text 0 is of type list"),
        (np.array([b"a"]), "text 0 is of type bytes_"),
        (np.array([1.5]), "text 0 is of type float64.*missing"),
        ({"a": 1}.items(), "text 0 is of type tuple"),
        (zip("a", "b", strict=True), "text 0 is of type tuple"),
    ],
)
def test_columns_of_something_else_are_refused(texts, says):
    with pytest.raises(CinesentError, match=says):
        list(iterate_texts(texts))


def test_nothing_is_imported_to_recognise_a_type():
    import subprocess
    import sys

    code = (
        "import sys; from cinesent.text.inputs import iterate_texts; list(iterate_texts(['a']));"
        "print({'numpy', 'pandas', 'pyarrow', 'polars'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"

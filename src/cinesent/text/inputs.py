"""What counts as texts: a list, an array, a column, a generator, but nothing that only looks so.

Iterating over a DataFrame or a dictionary yields column names or keys, which would be classified
without an error. Such types are recognised by their attributes, so that no library is imported.
"""

from __future__ import annotations

import io
from collections.abc import Collection, ItemsView, Iterable, Iterator, KeysView, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from cinesent.errors import CinesentError

# Names that columns of texts often have, to suggest one.
_LIKELY = ("review", "text", "review_text", "content", "comment", "sentence", "body", "tweet")
# Rows of an Arrow array that are converted at a time.
_SLICE = 1024


def iterate_texts(texts: object) -> Iterator[str]:
    """Return the texts one by one; those of a collection are all checked before the first.

    Args:
        texts: a list or tuple of str, a NumPy array of str, a Series of pandas or Polars, an Arrow
            array or ChunkedArray of strings, a generator, and the like.

    Raises:
        CinesentError: it is something else, or an element is not a str; the message says what was
            found and what to pass instead. For an iterator this may happen on the way.

    Example:
        >>> list(iterate_texts(("a film", "another")))
        ['a film', 'another']
    """
    _refuse(texts)
    if not isinstance(texts, Iterable):
        raise CinesentError(f"expected texts, such as a list of str; found {_kind(texts)}.")
    if isinstance(texts, Collection) or _has(texts, "to_pylist"):
        for index, text in enumerate(_elements(texts)):
            check_text(index, text)
    return (check_text(index, text) for index, text in enumerate(_elements(texts)))


def check_text(index: int, text: object) -> str:
    """Return `text`, element `index` of the texts.

    Raises:
        CinesentError: it is not a str.
    """
    if isinstance(text, str):
        return text
    if isinstance(text, (bytes, bytearray, memoryview)):
        hint = "; decode it first, such as text.decode('utf-8')"
    elif text is None or isinstance(text, float) or _kind(text) in _MISSING:
        hint = " (a missing value?); leave it out or fill it in, such as with series.dropna()"
    elif isinstance(text, Mapping):
        hint = "; take its text, such as [row['text'] for row in rows]"
    else:
        hint = ""
    raise CinesentError(f"text {index} is of type {_kind(text)}; expected str{hint}.")


def check_one_text(text: object, caller: str) -> str:
    """Return `text`, the argument of a function that takes one.

    Raises:
        CinesentError: it is not a str.
    """
    if isinstance(text, str):
        return text
    raise CinesentError(
        f"{caller} takes one review as a str; found {_kind(text)}. "
        f"For several: [classifier.{caller}(text) for text in texts]."
    )


# The types of missing values in pandas and NumPy, by name.
_MISSING = ("NAType", "NaTType", "MaskedConstant")


def _elements(texts: Any) -> Iterator[object]:
    """Iterate over texts; an Arrow array yields scalars of its own, which are converted."""
    if not _has(texts, "to_pylist"):
        return iter(texts)
    starts = range(0, len(texts), _SLICE)
    return (text for start in starts for text in texts[start : start + _SLICE].to_pylist())


def _refuse(texts: object) -> None:
    """Raise CinesentError if `texts` can be iterated over, but not as texts."""
    for is_kind, message in _REFUSED:
        if is_kind(texts):
            raise CinesentError(f"expected several texts, such as a list of str; {message(texts)}")


def _is_one_text(texts: object) -> bool:
    return isinstance(texts, (str, bytes, bytearray, memoryview)) or _kind(texts) == "UserString"


def _is_table(texts: object) -> bool:
    return _columns(texts) is not None


def _columns(texts: object) -> list[str] | None:
    """Return the column names of a DataFrame, an Arrow Table, a structured array and the like."""
    names = getattr(_attribute(texts, "dtype"), "names", None)
    for name in ("column_names", "columns"):
        names = _attribute(texts, name) if names is None else names
    return [str(name) for name in names] if isinstance(names, Iterable) else None


def _is_not_one_dimensional(texts: object) -> bool:
    shape = _attribute(texts, "shape")
    return isinstance(shape, tuple) and len(shape) != 1


def _is_unordered(texts: object) -> bool:
    return isinstance(texts, AbstractSet) and not isinstance(texts, (KeysView, ItemsView))


def _is_file(texts: object) -> bool:
    return isinstance(texts, io.IOBase) or (_has(texts, "read") and _has(texts, "readline"))


def _is_character_array(texts: object) -> bool:
    return _kind(texts) == "array" and _has(texts, "typecode")


def _about_one(texts: object) -> str:
    decode = "" if _kind(texts) in ("str", "str_", "UserString") else ".decode('utf-8')"
    return f"found one {_kind(texts)}. For a single review: predict([text{decode}])."


def _about_mapping(texts: object) -> str:
    return (
        f"found a {_kind(texts)}, of which only the keys would be read. Pass its values or one of "
        'its columns, such as list(data.values()) or data["review"].'
    )


def _about_table(texts: object) -> str:
    names = _columns(texts) or []
    likely = next((name for name in names if name.lower() in _LIKELY), names[0] if names else "")
    shown = ", ".join(names[:10]) + (", …" if len(names) > 10 else "")
    cure = f'df["{likely}"]' if likely else 'df["review"]'
    return (
        f"found a {_kind(texts)} with the columns {shown or '(none)'}. "
        f"Pass the column that holds the texts, such as {cure}."
    )


def _about_shape(texts: object) -> str:
    shape = _attribute(texts, "shape")
    cure = "predict([str(array)])" if not shape else "array[:, 0] or array.ravel()"
    return f"found a {_kind(texts)} of shape {shape}; one dimension is needed. Try {cure}."


def _about_set(texts: object) -> str:
    return (
        f"found a {_kind(texts)}, which has no order, so nobody could tell which prediction "
        "belongs to which text. Pass a list, such as sorted(texts)."
    )


def _about_file(texts: object) -> str:
    return (
        f"found an open file ({_kind(texts)}). Pass its lines, file.read().splitlines(), or score "
        "the file with cinesent.score_file."
    )


def _about_characters(texts: object) -> str:
    return f"found an {_kind(texts)} of single characters or numbers. Pass a list of str."


# In this order: a table may be a mapping too, and has a shape.
_REFUSED = (
    (_is_one_text, _about_one),
    (_is_file, _about_file),
    (_is_character_array, _about_characters),
    (_is_table, _about_table),
    (lambda texts: isinstance(texts, Mapping), _about_mapping),
    (_is_not_one_dimensional, _about_shape),
    (_is_unordered, _about_set),
)


def _has(value: object, name: str) -> bool:
    """Return whether the type has an attribute: an element of a Series may look like one of it."""
    return not isinstance(value, type) and hasattr(type(value), name)


def _attribute(value: object, name: str) -> Any:
    return getattr(value, name, None) if _has(value, name) else None


def _kind(value: object) -> str:
    return type(value).__name__

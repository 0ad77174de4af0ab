"""Which values are no value: the one rule for text, labels and other columns."""

from __future__ import annotations

# What pandas, NumPy, R, SQL and spreadsheets write for a value that is not there. Words of a
# language ("none", "na") count only in the spellings that programs write.
_WORDS = frozenset(
    {
        "nan", "NaN", "NAN", "None", "NULL", "null", "Null", "N/A", "n/a", "NA", "<NA>", "NaT",
        "#N/A", "#NA", "#NULL!", "-NaN", "-nan", "\\N",
    }
)  # fmt: skip


def is_missing(value: object) -> bool:
    """Return whether `value` stands for nothing: None, NaN, blank text, or a word for it.

    Example:
        >>> [is_missing(value) for value in (None, float("nan"), " ", "NaN", "<NA>", "nan bread")]
        [True, True, True, True, True, False]
    """
    if isinstance(value, str):
        return len(value) < 100 and (not (text := value.strip()) or text in _WORDS)
    return value is None or (isinstance(value, float) and value != value)


def text_error(text: object) -> str | None:
    """Return why `text` cannot be scored; None where it can."""
    if isinstance(text, str):
        if len(text) >= 100:
            return None if not text.isspace() else "the text is empty."
        word = text.strip()
        if not word:
            return "the text is empty."
        return f"the text is missing ({word!r})." if word in _WORDS else None
    if is_missing(text):
        return "the text is missing."
    return f"the text is {text!r:.40}, expected a string."

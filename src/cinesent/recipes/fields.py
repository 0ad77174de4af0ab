"""Fields with a help text, a type and bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from cinesent.errors import ConfigError, nearest


def setting(default: Any, help_: str, low: float | None = None, high: float | None = None) -> Any:
    """Return a dataclass field with a help text and bounds, both inclusive."""
    return field(default=default, metadata={"help": help_, "low": low, "high": high})


class Settings:
    """A table of settings; each field is checked against its type and bounds."""

    def __post_init__(self) -> None:
        hints = get_type_hints(type(self))
        for item in fields(self):  # type: ignore[arg-type]
            check_value(item.name, getattr(self, item.name), hints[item.name], item.metadata)


def parse_value(name: str, text: str, hint: Any) -> Any:
    """Read a string as a value of type `hint`.

    Raises:
        ConfigError: it cannot be read as one.
    """
    if get_origin(hint) is Literal:
        return text
    if hint is bool:
        truth = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if text.lower() not in truth:
            raise ConfigError(f"{name} is {shortened(text)}; expected true or false.")
        return truth[text.lower()]
    try:
        return hint(text)
    except ValueError:
        kind = "a whole number" if hint is int else "a number"
        raise ConfigError(f"{name} is {shortened(text)}; expected {kind}.") from None


def plain_value(value: Any) -> Any:
    """Return a scalar of NumPy, as a parameter grid has them, as one of Python."""
    return value.item() if hasattr(value, "item") and getattr(value, "shape", None) == () else value


def check_value(name: str, value: Any, hint: Any, metadata: Mapping[str, Any]) -> None:
    """Raise ConfigError unless `value` fits the type `hint` and the bounds in `metadata`."""
    if get_origin(hint) is Literal:
        choices = get_args(hint)
        if not isinstance(value, str) or value not in choices:
            raise ConfigError(f"{name} is {shortened(value)}. {nearest(str(value), choices)}")
        return
    allowed = (int, float) if hint is float else (hint,)
    if not isinstance(value, allowed) or (isinstance(value, bool) and hint is not bool):
        raise ConfigError(
            f"{name} is {shortened(value)}; expected a value of type {hint.__name__}."
        )
    low, high = metadata["low"], metadata["high"]
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        bounds = f"at least {low}" if high is None else f"between {low} and {high}"
        raise ConfigError(f"{name} is {shortened(value)}; expected {bounds}.")


def shortened(value: object) -> str:
    """Return the repr of a wrong value for a message, at most 60 characters."""
    try:
        shown = repr(value)
    except ValueError:
        # An integer of more digits than Python writes.
        shown = f"a number of type {type(value).__name__}"
    return shown if len(shown) <= 60 else f"{shown[:59]}…"

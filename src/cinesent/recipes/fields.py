"""Fields that know what they mean and what values they may have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from cinesent.errors import ConfigError, nearest


def setting(default: Any, help_: str, low: float | None = None, high: float | None = None) -> Any:
    """Make a field that knows what it means and between which bounds it lies, both included."""
    return field(default=default, metadata={"help": help_, "low": low, "high": high})


class Settings:
    """Checks each field against its type and bounds."""

    def __post_init__(self) -> None:
        hints = get_type_hints(type(self))
        for item in fields(self):  # type: ignore[arg-type]
            check_value(item.name, getattr(self, item.name), hints[item.name], item.metadata)


def parse_value(name: str, text: str, hint: Any) -> Any:
    """Read a string as a value of type `hint`.

    Raises:
        ConfigError: it is no such value.
    """
    if get_origin(hint) is Literal:
        return text
    if hint is bool:
        truth = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if text.lower() not in truth:
            raise ConfigError(f"{name} is '{text}'; expected true or false.")
        return truth[text.lower()]
    try:
        return hint(text.replace("_", "")) if hint is int else hint(text)
    except ValueError:
        kind = "a whole number" if hint is int else "a number"
        raise ConfigError(f"{name} is '{text}'; expected {kind}.") from None


def check_value(name: str, value: Any, hint: Any, metadata: Mapping[str, Any]) -> None:
    """Raise ConfigError unless `value` fits the type `hint` and the bounds in `metadata`."""
    if get_origin(hint) is Literal:
        choices = get_args(hint)
        if value not in choices:
            raise ConfigError(f"{name} is {value!r}. {nearest(str(value), choices)}")
        return
    allowed = (int, float) if hint is float else (hint,)
    if not isinstance(value, allowed) or (isinstance(value, bool) and hint is not bool):
        raise ConfigError(f"{name} is {value!r}; expected a value of type {hint.__name__}.")
    low, high = metadata["low"], metadata["high"]
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        bounds = f"at least {low}" if high is None else f"between {low} and {high}"
        raise ConfigError(f"{name} is {value}; expected {bounds}.")

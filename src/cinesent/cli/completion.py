"""The values that a shell offers on Tab.

Nothing slow is imported: a shell waits for the answer. Where a path may stand, an empty answer lets
the shell complete file names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

#: The datasets that have a name, in the order in which they are explained.
DATASETS = ("imdb", "imdb-train", "rotten-tomatoes", "sst", "cad")

#: Those that can be downloaded.
DOWNLOADABLE = ("imdb", "sst", "cad")

#: The backends of Keras.
BACKENDS = ("tensorflow", "jax", "torch")

#: What tables are read in, and written in.
TABLE_FORMATS = ("csv", "tsv", "jsonl", "json", "lines", "parquet", "xlsx")
OUT_FORMATS = ("csv", "tsv", "jsonl", "lines", "parquet")

#: What models are exported to.
EXPORT_FORMATS = ("onnx", "keras", "savedmodel")

#: The baselines of `cinesent compare`, beside the presets.
BASELINES = ("majority", "bow-lr", "nb-lr", "multi-hot-dense")

_DELIMITERS = (",", ";", "tab", "|")
_ENCODINGS = (
    *("utf-8", "utf-16", "cp1252", "iso-8859-1", "iso-8859-15", "cp1250", "cp1251", "koi8-r"),
    *("shift_jis", "euc-jp", "gb18030", "big5", "euc-kr"),
)
_SPLITS = ("test", "validation", "train")

Completer = Callable[[str], list[str]]


def from_words(words: Iterable[str]) -> Completer:
    """Return a completer for a fixed choice."""
    known = tuple(words)

    def complete(incomplete: str) -> list[str]:
        return [word for word in known if word.startswith(incomplete)]

    return complete


datasets = from_words(DATASETS)
downloadable = from_words(DOWNLOADABLE)
backends = from_words(BACKENDS)
table_formats = from_words(TABLE_FORMATS)
out_formats = from_words(OUT_FORMATS)
export_formats = from_words(EXPORT_FORMATS)
delimiters = from_words(_DELIMITERS)
encodings = from_words(_ENCODINGS)
splits = from_words(_SPLITS)
initial_models = from_words(["packaged"])


def presets(incomplete: str) -> list[str]:
    """Complete the name of a preset."""
    from cinesent.recipes import preset_names

    return from_words(preset_names())(incomplete)


def setting_names(incomplete: str) -> list[str]:
    """Complete the name of a setting, with its table in front if that is typed already."""
    from dataclasses import fields

    from cinesent.recipes import TABLES

    names = []
    for table, kind in TABLES.items():
        own = [item.name for item in fields(kind)]  # type: ignore[arg-type]
        names += [*own, *(f"{table}.{name}" for name in own if "." in incomplete)]
    return sorted({name for name in names if name.startswith(incomplete)})


def settings_and_tables(incomplete: str) -> list[str]:
    """Complete the name of a setting or of a table of settings."""
    from cinesent.recipes import TABLES

    return [*from_words(TABLES)(incomplete), *setting_names(incomplete)]


def assignments(incomplete: str) -> list[str]:
    """Complete ``KEY=VALUE``: the key, then what a choice may be."""
    key, equals, value = incomplete.partition("=")
    if not equals:
        return [f"{name}=" for name in setting_names(key)]
    return [f"{key}={word}" for word in from_words(_choices(key))(value)]


def contestants(incomplete: str) -> list[str]:
    """Complete the last of the comma-separated models of a comparison."""
    from cinesent.recipes import preset_names

    before, comma, last = incomplete.rpartition(",")
    taken = before.split(",")
    words = [name for name in (*BASELINES, *preset_names()) if name not in taken]
    return [f"{before}{comma}{word}" for word in from_words(words)(last)]


def _choices(key: str) -> tuple[str, ...]:
    """Return the values of a setting that has a fixed choice of them."""
    from typing import Literal, get_args, get_origin, get_type_hints

    from cinesent.recipes import TABLES

    table, _, name = key.rpartition(".")
    for title, kind in TABLES.items():
        hint = get_type_hints(kind).get(name) if table in ("", title) else None
        if get_origin(hint) is Literal:
            return get_args(hint)
        if hint is bool:
            return ("true", "false")
    return ()

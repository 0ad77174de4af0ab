"""Word lists and sentence frames as data: the TOML files of the `words` folder.

Each file has up to four tables; a category is in one file only.

- `[words]`: entries of a category, separated by commas.
- `[frames]`: entries of a category, one per line.
- `[verbs]`: one verb per line as ``base past ing``; category ``x`` becomes ``x`` (base), ``x_s``
  (third person), ``x_past`` and ``x_ing``. An underscore stands for a space.
- `[pairs.x]`: replacements by what they replace, such as the usual misspelling of a word.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources

from cinesent.errors import ConfigError


@cache
def load_categories() -> dict[str, list[str]]:
    """Return the entries of each packaged category.

    Raises:
        ConfigError: a category is defined twice.
    """
    categories: dict[str, list[str]] = {}
    for name, text in _files().items():
        for category, entries in read_categories(text).items():
            if category in categories:
                raise ConfigError(f"category '{category}' of {name} is defined twice.")
            categories[category] = entries
    return categories


@cache
def load_pairs(name: str) -> dict[str, str]:
    """Return a packaged table of pairs.

    Example:
        >>> load_pairs("texting")["great"]
        'gr8'
    """
    found: dict[str, str] = {}
    for text in _files().values():
        found |= tomllib.loads(text).get("pairs", {}).get(name, {})
    return found


def read_categories(text: str) -> dict[str, list[str]]:
    """Return the categories of a TOML text in the notation of this module.

    Example:
        >>> read_categories('verbs.go = "go went going"')
        {'go': ['go'], 'go_s': ['goes'], 'go_past': ['went'], 'go_ing': ['going']}
    """
    tables = tomllib.loads(text)
    found: dict[str, list[str]] = {}
    for name, words in tables.get("words", {}).items():
        found[name] = [word.strip() for word in words.split(",") if word.strip()]
    for name, frames in tables.get("frames", {}).items():
        found[name] = [line.strip() for line in frames.splitlines() if line.strip()]
    for name, verbs in tables.get("verbs", {}).items():
        found |= _forms(name, [line.split() for line in verbs.splitlines() if line.strip()])
    return found


def third_person(verb: str) -> str:
    """Return the third person singular of a verb; of several words, the first is the verb.

    Example:
        >>> third_person("miss"), third_person("try"), third_person("fall flat")
        ('misses', 'tries', 'falls flat')
    """
    first, space, rest = verb.partition(" ")
    if first == "have":
        first = "has"
    elif re.search(r"(?:s|sh|ch|x|z|o)$", first):
        first += "es"
    elif re.search(r"[^aeiou]y$", first):
        first = first[:-1] + "ies"
    else:
        first += "s"
    return first + space + rest


def _forms(name: str, verbs: list[list[str]]) -> dict[str, list[str]]:
    bases, pasts, ings = ([verb[form].replace("_", " ") for verb in verbs] for form in range(3))
    thirds = [third_person(base) for base in bases]
    return {name: bases, f"{name}_s": thirds, f"{name}_past": pasts, f"{name}_ing": ings}


@cache
def _files() -> dict[str, str]:
    folder = resources.files("cinesent.augmentation").joinpath("words")
    files = sorted(folder.iterdir(), key=lambda path: path.name)
    return {f.name: f.read_text(encoding="utf-8") for f in files if f.name.endswith(".toml")}

"""Names, titles and numbers of real sentences exchanged for others."""

from __future__ import annotations

import re

from cinesent.augmentation.draws import Draws
from cinesent.augmentation.material import Material, find_names

_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_MINUTES = re.compile(r"\b\d{2,3}(?= ?min)")
_HOURS = re.compile(r"\b(?:two|three|2|3)(?= hours)")
_FILM = re.compile(r"\b(?:[Tt]his|[Tt]he) (?:film|movie)\b(?!')")
_PERSON = re.compile(r"\b(?:[Tt]he) (?:director|lead|hero|star|leading man|lead actress)\b(?!')")


def exchange_names(draws: Draws, material: Material) -> str | None:
    """Return a real sentence with its names, years and running times exchanged.

    A film or a person that is not named may be given a title or a name.
    """
    if not material.sentences:
        return None
    sentence = draws.pick(material.sentences)
    changed = sentence
    for name in find_names(sentence):
        changed = changed.replace(name, material.name(draws))
    changed = _YEAR.sub(lambda _: material.grammar.expand("year", draws), changed)
    changed = _MINUTES.sub(lambda _: str(draws.between(60, 220)), changed)
    changed = _HOURS.sub(lambda _: draws.pick(("two", "three", "four", "5", "1.5")), changed)
    if changed == sentence or draws.chance(0.2):
        changed = _FILM.sub(lambda _: material.grammar.expand("title", draws), changed, count=1)
        changed = _PERSON.sub(lambda _: material.name(draws), changed, count=1)
    return changed if changed != sentence else None


def name_real_people(draws: Draws, material: Material) -> str | None:
    """Return a short opinion about someone whose name the reviews hold."""
    if not material.names:
        return None
    name = draws.pick(material.names)
    opinion = material.grammar.expand(draws.pick(("good", "bad")), draws)
    frames = (
        f"I recommend this movie with {name}.",
        f"I do not recommend this movie with {name}.",
        f"{name} is {opinion}.",
        f"{name} was {opinion} in this one.",
        f"{name} plays the part.",
        f"Starring {name} and {draws.pick(material.names)}.",
        f"With {name}.",
        f"Watch it for {name}.",
        f"Not even {name} can save it.",
    )
    return f"{draws.pick(frames)}{_tail(draws, material)}"


def _tail(draws: Draws, material: Material) -> str:
    if draws.chance(0.5):
        return ""
    return f" {material.own(draws, draws.pick(('opening', 'neutral')))}"

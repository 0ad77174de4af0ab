"""Renders a page from a template of the package: one file, no outside address, light and dark."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from cinesent.errors import require

if TYPE_CHECKING:
    from jinja2 import Environment
    from matplotlib.figure import Figure

#: Colours of the figures and the CSS variables that replace them in a page, for light and dark.
_VARIABLES = {
    "#333333": "ink",
    "#6b6b6b": "muted",
    "#999999": "axis",
    "#e3e3e3": "grid",
    "#0072b2": "positive",
    "#d55e00": "negative",
    "#e69f00": "second",
    "#009e73": "mark",
    "#ffffff": "paper",
}


def require_report() -> None:
    """Check, before anything slow is done, that a report can be drawn.

    Raises:
        MissingExtraError: the report extra is not installed.
    """
    require("matplotlib", "report", "A report")
    require("jinja2", "report", "A report")


def render(template: str, **values: Any) -> str:
    """Return a page; whatever is put in is escaped, but for figures from :func:`inline_svg`."""
    return _environment().get_template(template).render(**values)


def inline_svg(svg: bytes, name: str, label: str) -> Any:
    """Return a figure for a page: no fixed size, colours from the style sheet, its own ids.

    Args:
        svg: as matplotlib writes it.
        name: unique within the page.
        label: what it shows, for readers who cannot see it.
    """
    from markupsafe import Markup, escape

    text = svg.decode("utf-8")
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'(url\(|href=")#', rf"\g<1>#{name}-", text)
    for colour, variable in _VARIABLES.items():
        text = re.sub(colour, f"var(--{variable})", text, flags=re.IGNORECASE)
    text = re.sub(r"'DejaVu Sans'[^;\"]*", "inherit", text)
    text = re.sub(r"font-family: [^;\"]*", "font-family: inherit", text)
    opening = f'<svg role="img" aria-label="{escape(label)}"'
    text = re.sub(r'^<svg\b([^>]*?) width="[^"]*"', r"<svg\1", text)
    text = re.sub(r'^<svg\b([^>]*?) height="[^"]*"', r"<svg\1", text)
    return Markup(opening + text.removeprefix("<svg"))  # noqa: S704 -- our own figure


def save_svg(figure: Figure) -> bytes:
    """Return a figure as SVG whose text is text; equal figures give equal bytes."""
    from matplotlib import rc_context

    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "cinesent"}):
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


@cache
def _environment() -> Environment:
    from jinja2 import DictLoader, Environment

    folder = resources.files("cinesent.reports").joinpath("templates")
    sources: Mapping[str, str] = {
        file.name: file.read_text(encoding="utf-8")
        for file in folder.iterdir()
        if file.name.endswith((".html", ".css"))
    }
    environment = Environment(
        loader=DictLoader(sources), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["percent"] = lambda share, digits=1: f"{share:.{digits}%}"
    environment.filters["count"] = lambda number: f"{number:,}"
    return environment

"""`cinesent predict`: label reviews from the command line or from a pipe."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from cinesent.cli.console import reader_may_leave
from cinesent.cli.options import ModelOption

if TYPE_CHECKING:
    from cinesent.classifier import Prediction
    from cinesent.explanation import Explanation

# Lines of a pipe that are predicted at a time: few enough that results come while it runs.
_CHUNK = 256
_STYLES = {"positive": "green", "negative": "red", "uncertain": "yellow"}
_EXCERPT = 60  # characters of a review that are shown beside its label


def predict_command(
    texts: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TEXT|-",
            help="The reviews. - reads one a line from standard input; a pipe needs no -.",
            show_default=False,
        ),
    ] = None,
    model: ModelOption = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show the tokens that weighed most.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line.", show_default=False)
    ] = False,
) -> None:
    """Say whether reviews are positive or negative, and how surely.

    The number is the probability that the review is positive.
    """
    lines = _read_texts(texts)
    from cinesent.classifier import load

    classifier = load(model)
    # Who types the reviews wants an answer to each.
    chunk_size = 1 if _is_terminal() else _CHUNK
    with reader_may_leave():
        while chunk := list(islice(lines, chunk_size)):
            predictions = classifier.predict(chunk)
            for text, prediction in zip(chunk, predictions, strict=True):
                explanation = classifier.explain(text) if explain else None
                _write(text, prediction, explanation, as_json)


def _read_texts(texts: list[str] | None) -> Iterator[str]:
    """Return the reviews, from the arguments or line by line from standard input.

    Raises:
        typer.BadParameter: there are none, or both kinds.
    """
    if texts and texts != ["-"]:
        if "-" in texts:
            raise typer.BadParameter("'-' stands alone: it reads the reviews from standard input.")
        return iter(texts)
    if not texts and _is_terminal():
        raise typer.BadParameter(
            'no review given. Try: cinesent predict "A quiet triumph.", or pipe one a line.'
        )
    # Bytes, so that neither the locale nor a stray byte stops a pipe. An empty line is answered
    # too: line n of the output belongs to line n of the input.
    return (line.decode("utf-8", "replace").rstrip("\r\n") for line in sys.stdin.buffer)


def _is_terminal() -> bool:
    """Say whether standard input is a person, or nobody at all, and no pipe."""
    return sys.stdin is None or sys.stdin.isatty()


def _write(
    text: str, prediction: Prediction, explanation: Explanation | None, as_json: bool
) -> None:
    if as_json:
        record = {"text": text, **prediction.to_dict()}
        if explanation is not None:
            pairs = zip(explanation.tokens, explanation.contributions.tolist(), strict=True)
            record |= {"bias": explanation.bias, "contributions": list(pairs)}
        typer.echo(json.dumps(record))
        return
    label = typer.style(f"{prediction.label:<9}", fg=_STYLES[prediction.label])
    typer.echo(f"{label} {prediction.probability:.3f}  {_excerpt(text)}{_remark(prediction)}")
    if explanation is not None:
        typer.echo("\n".join(str(explanation).splitlines()[1:]))


def _excerpt(text: str) -> str:
    """Return the beginning of a review, without what could steer a terminal."""
    from cinesent.text.clean import clean_text

    clean = clean_text(text)
    return clean if len(clean) <= _EXCERPT else clean[: _EXCERPT - 1].rstrip() + "…"


def _remark(prediction: Prediction) -> str:
    """Say what should make a reader doubt the number."""
    remarks = []
    if not prediction.num_tokens:
        remarks.append("no words")
    elif 2 * prediction.num_unknown > prediction.num_tokens:
        remarks.append("mostly unknown words")
    if prediction.truncated:
        remarks.append("only a part was read")
    return f"  [{', '.join(remarks)}]" if remarks else ""

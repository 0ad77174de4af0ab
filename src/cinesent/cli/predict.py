"""`cinesent predict`: label reviews from the command line or from a pipe."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from cinesent.cli.console import (
    Piece,
    result,
    result_json,
    stdin_is_closed,
    stdin_is_terminal,
)
from cinesent.cli.dashes import without_marks
from cinesent.cli.options import (
    EncodingOption,
    JsonOption,
    ModelOption,
    NoUncertainOption,
    QuietOption,
    UncertainOption,
    read_thresholds,
)
from cinesent.cli.reporting import ConsoleReporter

if TYPE_CHECKING:
    from cinesent.prediction import Prediction

# Lines of a pipe that are predicted at a time: few enough that results come while it runs.
_CHUNK = 256
_STYLES = {"positive": "green", "negative": "red", "uncertain": "yellow"}
_EXCERPT = 60  # characters of a review that are shown beside its label
_BEGINNING = 2000  # characters that are cleaned for the excerpt
_EVIDENCE = 10  # tokens that are shown with --explain
_BAR = 20  # characters of the longest bar beside them
_EMPTY = "the text is empty."
_FILE_NAME = re.compile(
    r"[^\s]+\.(csv|tsv|txt|jsonl|ndjson|json|parquet|xlsx)(\.gz)?", re.IGNORECASE
)


class _Line(NamedTuple):
    """A review, or why there is none."""

    text: str
    error: str | None = None


def predict_command(
    texts: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TEXT|-",
            help="The reviews. - reads one per line from standard input; a pipe needs no -.",
            show_default=False,
        ),
    ] = None,
    model: ModelOption = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show the tokens that contributed most.")
    ] = False,
    uncertain: UncertainOption = None,
    no_uncertain: NoUncertainOption = False,
    encoding: EncodingOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Predict whether reviews are positive or negative.

    The number is the probability that the review is positive. A model may have
    a band of probabilities that it labels uncertain; so it labels text that is
    not English, has no words, or mostly words that it does not know. An empty
    review is reported as an error; the exit status is 1 if there is nothing else.

    For example:

      cinesent predict "A quiet triumph." "Two hours I will not get back."

      cinesent predict --explain "Not good, not bad; simply long."

      cut -f 2 reviews.tsv | cinesent predict --json | jq .probability
    """
    thresholds = read_thresholds(uncertain, no_uncertain)
    reporter = ConsoleReporter(quiet)
    lines = _lines(texts, encoding, reporter)
    from cinesent.classifier import load

    classifier = load(model, thresholds=thresholds)
    # Someone who types the reviews wants an answer to each.
    chunk_size = 1 if stdin_is_terminal() else _CHUNK
    num_predicted = num_errors = 0
    while chunk := list(islice(lines, chunk_size)):
        good = [line.text for line in chunk if line.error is None]
        predictions = iter(classifier.predict(good, evidence=_EVIDENCE if explain else 0))
        for line in chunk:
            if line.error is None:
                num_predicted += 1
                _write(line.text, next(predictions), explain, as_json)
            else:
                num_errors += 1
                _write_error(line.text, line.error, as_json)
    if num_errors and not num_predicted:
        raise typer.Exit(1)


def _lines(
    texts: Sequence[str] | None, encoding: str | None, reporter: ConsoleReporter
) -> Iterator[_Line]:
    """Return the reviews, from the arguments or line by line from standard input.

    Raises:
        typer.BadParameter: there are none, or both kinds, or a file is named.
    """
    texts = [without_marks(text) for text in texts or ()]
    if texts and texts != ["-"]:
        if "-" in texts:
            raise typer.BadParameter("'-' stands alone: it reads the reviews from standard input.")
        if encoding is not None:
            raise typer.BadParameter("--encoding is for reviews from standard input.")
        for text in texts:
            _check_no_file(text)
        return iter(_Line(text, None if text.strip() else _EMPTY) for text in texts)
    if not texts and (stdin_is_terminal() or stdin_is_closed()):
        raise typer.BadParameter(
            'no review given. Try: cinesent predict "A quiet triumph.", or pipe one per line.'
        )
    return _typed_lines() if stdin_is_terminal() else _piped_lines(encoding, reporter)


def _typed_lines() -> Iterator[_Line]:
    """Yield each line as it is typed; the encoding of a terminal is known."""
    encoding = sys.stdin.encoding
    for line in sys.stdin.buffer:
        text = line.decode(encoding, "replace").rstrip("\r\n")
        yield _Line(text, None if text.strip() else _EMPTY)


def _check_no_file(text: str) -> None:
    """Raise typer.BadParameter if `text` is the name of a file and not a review."""
    path = Path(text)
    try:
        # Of folders only those with a slash: "." is a text.
        is_file, is_folder = path.is_file(), path.is_dir() and "/" in text
    except OSError:  # such as a name that is too long for a file
        return
    if not is_file and not is_folder and not _FILE_NAME.fullmatch(text):
        return
    what = "a file" if is_file else "a folder" if is_folder else "the name of a file"
    name = shlex.quote(text)
    raise typer.BadParameter(
        f"{text!r} is {what}, and predict takes the reviews themselves.\n"
        f"To label the rows of a file:  cinesent score {name}\n"
        f"To label each line of it:     cinesent predict - < {name}"
    )


def _piped_lines(encoding: str | None, reporter: ConsoleReporter) -> Iterator[_Line]:
    """Yield one item per line of standard input, so that line n of the output belongs to it."""
    from cinesent.tables import TableOptions, open_table

    options = TableOptions(format="lines", encoding=encoding)
    with closing(open_table(None, options, reporter=reporter)) as table:
        for row in table.rows(table.first()):
            yield _Line(str(table.values(row)["text"]), row.error)


def _write(text: str, prediction: Prediction, explain: bool, as_json: bool) -> None:
    if as_json:
        result_json(_record(text, prediction, explain))
        return
    label = f"{prediction.label:<9}"
    shown = f" {prediction.probability:.3f}  {_excerpt(text)}{_remark(prediction)}"
    result((label, _STYLES[prediction.label]), shown)
    if explain:
        for pieces in _evidence(prediction.evidence):
            result(*pieces)


def _record(text: str, prediction: Prediction, explain: bool) -> dict[str, Any]:
    evidence = {"evidence": prediction.evidence} if explain else {}
    return {"text": text, **prediction.to_dict(), "error": None, **evidence}


def _write_error(text: str, error: str, as_json: bool) -> None:
    if as_json:
        result_json({"text": text, "label": None, "probability": None, "error": error})
    else:
        result(("error    ", "red"), f" {'–':<5}  {error}")


def _excerpt(text: str) -> str:
    """Return the beginning of a review, its markup and line ends removed."""
    from cinesent.text.clean import clean_text

    clean = clean_text(text[:_BEGINNING])
    if len(clean) <= _EXCERPT and len(text) <= _BEGINNING:
        return clean
    return clean[: _EXCERPT - 1].rstrip() + "…"


def _remark(prediction: Prediction) -> str:
    """Return what should make a reader doubt the number."""
    remarks: list[str] = [prediction.reason] if prediction.reason else []
    if prediction.truncated:
        remarks.append("only a part was read")
    return f"  [{', '.join(remarks)}]" if remarks else ""


def _evidence(evidence: Sequence[tuple[str, float]]) -> Iterator[list[Piece]]:
    """Yield a line for each token: what it added to the logit, and a bar."""
    width = max((len(token) for token, _ in evidence), default=0)
    largest = max((abs(value) for _, value in evidence), default=0.0) or 1.0
    for token, value in evidence:
        sign, style = ("+", "green") if value > 0 else ("-", "red")
        bar = sign * round(_BAR * abs(value) / largest)
        yield [f"  {token:<{width}}  {value:+.3f}  ", (bar, style)]

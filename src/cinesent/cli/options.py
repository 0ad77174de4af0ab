"""Options that several commands share, so that they are called and explained the same."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from cinesent.cli import completion
from cinesent.cli.console import report_error

if TYPE_CHECKING:
    from cinesent.recipes import Recipe

_FILE = "The file that is read"

DataOption = Annotated[
    str | None,
    typer.Option(
        "--data",
        metavar="NAME|PATH",
        help="imdb, imdb-train, rotten-tomatoes, sst, cad, or the path of the archive or folder "
        "of one of these, of a file of labelled reviews (CSV, TSV, JSON Lines, JSON, Parquet or "
        ".xlsx, also as .gz), or of a folder with pos/ and neg/. Default: imdb if it is "
        "available, else imdb-train.",
        show_default=False,
        autocompletion=completion.datasets,
    ),
]

ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="DIR|packaged",
        help="The folder of a model, or packaged for the model inside the package. Default: the "
        "folder in CINESENT_MODEL, else packaged.",
        show_default=False,
        autocompletion=completion.initial_models,
    ),
]

LabelsOption = Annotated[
    str | None,
    typer.Option(
        "--labels",
        metavar="F.npz",
        help="The labels of a teacher, from cinesent teacher label, for presets that use them.",
        show_default=False,
    ),
]

SstOption = Annotated[
    str, typer.Option("--sst", metavar="NAME|PATH", help="The Stanford Sentiment Treebank.")
]

CadOption = Annotated[str, typer.Option("--cad", metavar="NAME|PATH", help="The edited reviews.")]

UncertainOption = Annotated[
    str | None,
    typer.Option(
        "--uncertain",
        metavar="LOW:HIGH",
        help="Label probabilities from LOW up to HIGH uncertain, such as 0.3:0.7. Default: the "
        "band of the model, if it has one.",
        show_default=False,
    ),
]

NoUncertainOption = Annotated[
    bool, typer.Option("--no-uncertain", help="Decide every review: positive from 0.5 on.")
]

JsonOption = Annotated[
    bool, typer.Option("--json", help="Print JSON, one object per line (docs/json.md).")
]

QuietOption = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="Show only warnings and errors: no messages, no progress."),
]

SettingsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change one setting of the preset; may be repeated. cinesent settings lists them.",
        show_default=False,
        autocompletion=completion.assignments,
    ),
]

PresetOption = Annotated[
    str,
    typer.Option(
        "--preset",
        metavar="NAME",
        help="The recipe to start from: classic, default, accurate, compact, large or "
        "large-distilled.",
        autocompletion=completion.presets,
    ),
]

ConfigOption = Annotated[
    str | None,
    typer.Option(
        "--config",
        metavar="F.toml",
        help="A file of settings to overlay on the preset; cinesent settings --preset NAME prints "
        "one.",
        show_default=False,
    ),
]

ResumeOption = Annotated[bool, typer.Option("--resume", help="Resume an interrupted run.")]

OverwriteOption = Annotated[
    bool, typer.Option("--overwrite", help="Replace the result of an earlier run.")
]

SeedOption = Annotated[
    int,
    typer.Option(
        "--seed",
        metavar="N",
        min=0,
        help="Of the split and of the training: the same seed gives the same model.",
    ),
]

BackendOption = Annotated[
    str | None,
    typer.Option(
        "--backend",
        metavar="NAME",
        help="tensorflow, jax or torch. Default: KERAS_BACKEND, else tensorflow.",
        show_default=False,
        autocompletion=completion.backends,
    ),
]

MixedPrecisionOption = Annotated[
    bool,
    typer.Option(
        "--mixed-precision", help="Compute in bfloat16 during training, for GPUs that support it."
    ),
]

FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="NAME",
        help="csv, tsv, jsonl, json, lines (one review per line), parquet or xlsx. Default: by the "
        "name of the file, else by its content.",
        rich_help_panel=_FILE,
        show_default=False,
        autocompletion=completion.table_formats,
    ),
]

EncodingOption = Annotated[
    str | None,
    typer.Option(
        "--encoding",
        metavar="NAME",
        help="The encoding of its text, such as cp1252. Default: by its byte order mark, else "
        "UTF-8, else detected and reported.",
        rich_help_panel=_FILE,
        show_default=False,
        autocompletion=completion.encodings,
    ),
]

DelimiterOption = Annotated[
    str | None,
    typer.Option(
        "--delimiter",
        metavar="CHAR",
        help="What separates the columns: , ; | or tab. Default: detected.",
        rich_help_panel=_FILE,
        show_default=False,
        autocompletion=completion.delimiters,
    ),
]

NoHeaderOption = Annotated[
    bool,
    typer.Option(
        "--no-header",
        help="The first row is a review; columns are called 1, 2, 3, …",
        rich_help_panel=_FILE,
    ),
]

TextColumnOption = Annotated[
    str | None,
    typer.Option(
        "--text-column",
        metavar="NAME",
        help="The column with the text. Default: text, review, sentence, content, …",
        rich_help_panel=_FILE,
        show_default=False,
    ),
]

LabelColumnOption = Annotated[
    str | None,
    typer.Option(
        "--label-column",
        metavar="NAME",
        help="The column with the label. Default: label, sentiment, target, rating, …",
        rich_help_panel=_FILE,
        show_default=False,
    ),
]

NegativeToOption = Annotated[
    float | None,
    typer.Option(
        "--negative-to",
        metavar="N",
        help="The labels are ratings, and negative up to N; with --positive-from, reviews rated "
        "between the two are left out.",
        rich_help_panel=_FILE,
        show_default=False,
    ),
]

PositiveFromOption = Annotated[
    float | None,
    typer.Option(
        "--positive-from",
        metavar="N",
        help="The labels are ratings, and positive from N.",
        rich_help_panel=_FILE,
        show_default=False,
    ),
]

SkipOtherLabelsOption = Annotated[
    bool,
    typer.Option(
        "--skip-other-labels",
        help="Leave out rows with other labels, such as neutral, instead of stopping.",
        rich_help_panel=_FILE,
    ),
]

_TABLE_FLAGS: dict[str, Any] = {
    "format": FormatOption,
    "encoding": EncodingOption,
    "delimiter": DelimiterOption,
    "no_header": NoHeaderOption,
    "text_column": TextColumnOption,
}
_LABEL_FLAGS: dict[str, Any] = {
    "label_column": LabelColumnOption,
    "negative_to": NegativeToOption,
    "positive_from": PositiveFromOption,
    "skip_other_labels": SkipOtherLabelsOption,
}

Command = Callable[..., None]


def reads_table(command: Command) -> Command:
    """Add the flags that say how a file is read; the command gets those given as `table`."""
    return _with_flags(command, _TABLE_FLAGS)


def reads_labels(command: Command) -> Command:
    """Add the flags that say how a file of labelled reviews is read, given as `table`."""
    return _with_flags(command, _TABLE_FLAGS | _LABEL_FLAGS)


def _with_flags(command: Command, flags: dict[str, Any]) -> Command:
    """Return a command that Typer sees with `flags` in the place of its parameter `table`."""

    @functools.wraps(command)
    def wrapper(**values: Any) -> None:
        given = {name: values.pop(name) for name in flags}
        command(**values, table=_keywords(given))

    hints = get_type_hints(command, include_extras=True)
    own = [
        parameter.replace(annotation=hints[name])
        for name, parameter in inspect.signature(command).parameters.items()
        if name != "table"
    ]
    added = [_flag(name, annotation) for name, annotation in flags.items()]
    signature = inspect.Signature([*own, *added])
    wrapper.__signature__ = signature  # type: ignore[attr-defined]
    wrapper.__annotations__ = {p.name: p.annotation for p in signature.parameters.values()}
    return wrapper


def _flag(name: str, annotation: Any) -> inspect.Parameter:
    default = False if annotation in (NoHeaderOption, SkipOtherLabelsOption) else None
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


def _keywords(given: dict[str, Any]) -> dict[str, Any]:
    """Return the flags that were given as the keywords of the library."""
    no_header = given.pop("no_header")
    keywords = {
        name: value for name, value in given.items() if value is not None and value is not False
    }
    return keywords | ({"header": False} if no_header else {})


def read_thresholds(uncertain: str | None, no_uncertain: bool) -> tuple[float, float] | None:
    """Return the thresholds that the command line asks for; None: those of the model.

    Raises:
        typer.BadParameter: both options are given, or what is given is not LOW:HIGH.
    """
    if uncertain is None:
        return (0.5, 0.5) if no_uncertain else None
    if no_uncertain:
        raise typer.BadParameter("--uncertain and --no-uncertain exclude each other.")
    try:
        low, high = map(float, uncertain.split(":"))
        if 0 <= low <= high <= 1:
            return low, high
    except ValueError:
        pass
    raise typer.BadParameter(
        f"--uncertain is {uncertain!r}; expected two probabilities, the lower one first, such as "
        "0.3:0.7."
    )


def read_recipe(
    preset: str,
    config: str | None,
    settings: list[str] | None,
    adapt: Callable[[Recipe], Recipe] | None = None,
) -> Recipe:
    """Return the preset, or the file's recipe, with the settings of the command line.

    Args:
        preset: the recipe to begin with.
        config: a TOML file to overlay on it.
        settings: ``KEY=VALUE`` to overlay on both.
        adapt: changes the preset before anything is overlaid.

    Raises:
        ConfigError: an unknown preset or setting, or a wrong value.
    """
    from cinesent.environment import expand_user
    from cinesent.recipes import Recipe, parse_assignments

    overlays = parse_assignments(settings or [])
    if config is not None:
        recipe = Recipe.from_toml(expand_user(config), preset, adapt)
    else:
        recipe = Recipe.from_preset(preset)
        recipe = adapt(recipe) if adapt else recipe
    return recipe.overlay(overlays)


@contextlib.contextmanager
def resumable(out: Path) -> Iterator[None]:
    """Exit on Ctrl-C during a training, with a word on how it can be resumed if it can."""
    from cinesent.training.target import checkpoint_folder

    try:
        yield
    except KeyboardInterrupt:
        can = checkpoint_folder(out).exists()
        report_error(f"interrupted.{' The same command with --resume continues.' if can else ''}")
        raise typer.Exit(130) from None

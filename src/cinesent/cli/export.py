"""`cinesent export`: a model for other runtimes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cinesent.cli.console import say
from cinesent.cli.options import ModelOption


def export_command(
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="The folder to write.", show_default=False)
    ],
    format: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="NAME",
            help="onnx, keras, or savedmodel (TensorFlow and TensorFlow Serving).",
            show_default=False,
        ),
    ],
    model: ModelOption = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier export at OUT.")
    ] = False,
) -> None:
    """Write a model for another runtime: the file, its tokenizer and how to call it.

    The file is opened again and compared with the model before it is kept.
    """
    from cinesent.export import export_model

    export = export_model(model, out, format, overwrite=overwrite)
    for name in export.files:
        typer.echo(out / name)
    say(
        f"checked on {export.num_reviews} reviews of random words: the largest difference of a "
        f"probability is {export.largest_difference:.1g}. {out / 'README.md'} says how to call it."
    )

"""`cinesent export`: a model for other runtimes."""

from __future__ import annotations

from typing import Annotated

import typer

from cinesent.cli import completion
from cinesent.cli.console import result, result_json
from cinesent.cli.options import JsonOption, ModelOption, OverwriteOption, QuietOption
from cinesent.cli.reporting import ConsoleReporter


def export_command(
    format: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="NAME",
            help="onnx, keras, or savedmodel (TensorFlow and TensorFlow Serving).",
            show_default=False,
            autocompletion=completion.export_formats,
        ),
    ],
    out: Annotated[
        str, typer.Option("--out", metavar="DIR", help="The folder to write.", show_default=False)
    ],
    model: ModelOption = None,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write a model for another runtime: the file, its tokenizer and how to call it.

    The exported file is opened and compared with the model before it is kept.

    For example:

      cinesent export --format onnx --out exported

      cinesent export --model mine --format savedmodel --out serving/mine/1
    """
    from cinesent.export import export_model

    reporter = ConsoleReporter(quiet)
    export = export_model(model, out, format, overwrite=overwrite, reporter=reporter)
    if as_json:
        result_json(
            {
                "path": export.path,
                "format": export.format,
                "files": export.files,
                "num_reviews": export.num_reviews,
                "largest_difference": export.largest_difference,
            }
        )
    else:
        for name in export.files:
            result(str(export.path / name))
    reporter.message(
        f"checked on {export.num_reviews} texts of random words: the largest difference of a "
        f"probability is {export.largest_difference:.1g}. {export.path / 'README.md'} explains how "
        "to call it."
    )

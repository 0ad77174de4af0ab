"""The run: what every stage of a training shares."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from cinesent.progress import SILENT, Reporter
from cinesent.training.engine.checkpoint import Checkpoint
from cinesent.training.engine.interrupt import Interrupt


@dataclass(frozen=True)
class Run:
    """What every stage of a training shares.

    Attributes:
        seed: of the split, the weights, the dropouts and the order of the examples.
        checkpoint: where states and results are kept until the run is finished.
        reporter: receives messages and progress.
        interrupt: set by Ctrl-C.
    """

    seed: int
    checkpoint: Checkpoint
    reporter: Reporter = SILENT
    interrupt: Interrupt = field(default_factory=Interrupt)

    def part(self, name: str, seed: int | None = None) -> Run:
        """Return the run of a network that is trained on the way to the final one.

        Args:
            name: of its part of the checkpoint.
            seed: of that network; None takes the seed of this run.
        """
        own_seed = self.seed if seed is None else seed
        return replace(self, seed=own_seed, checkpoint=self.checkpoint.part(name))

    def stop_if_interrupted(self) -> None:
        """Raise KeyboardInterrupt after Ctrl-C: for stages without a model worth keeping."""
        if self.interrupt.requested:
            self.reporter.warning(
                "interrupted before there is a model to save; the run can be resumed at this step"
            )
            raise KeyboardInterrupt

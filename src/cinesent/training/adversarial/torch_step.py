"""The adversarial step on torch."""

from __future__ import annotations

from typing import Any

from cinesent.training.adversarial.parts import (
    AdversarialStep,
    add,
    mean_agreement,
    mean_loss,
    move,
)


class TorchStep(AdversarialStep):
    """Runs as it is written."""

    def __call__(self, ids: Any, targets: Any, weights: Any) -> tuple[float, float]:
        """Learn from a batch; return loss and agreement with the targets, as the batch lay."""
        import torch
        from keras import ops

        ids, targets, weights = map(ops.convert_to_tensor, (ids, targets, weights))
        words, rest = self.lookup.trainable_variables, self.reader.trainable_variables
        *vectors, read = self.lookup(ids, training=True)
        # Leaves of their own: what lies before them is gone through once, at the end.
        leaves = [vector.detach().requires_grad_() for vector in vectors]
        loss, probabilities, clean, uphill = self._learn(leaves, read, targets, weights, rest)
        moved = [each.detach().requires_grad_() for each in move(leaves, uphill, self.length)]
        _, _, against, steeper = self._learn(moved, read, targets, weights, rest)
        found = torch.autograd.grad(
            vectors, [variable.value for variable in words], grad_outputs=add(uphill, steeper)
        )
        with torch.no_grad():
            self.model.optimizer.apply([*found, *add(clean, against)], [*words, *rest])
            agreement = mean_agreement(targets, probabilities, weights)
        return float(loss), float(agreement)

    def _learn(
        self, vectors: list[Any], read: Any, targets: Any, weights: Any, variables: list[Any]
    ) -> tuple[Any, Any, list[Any], list[Any]]:
        """Return loss, probabilities, and the loss's slopes along variables and vectors."""
        import torch

        probabilities = self.reader([*vectors, read], training=True)
        loss = mean_loss(targets, probabilities, weights)
        values = [variable.value for variable in variables]
        slopes = list(torch.autograd.grad(loss, [*values, *vectors]))
        return loss.detach(), probabilities, slopes[: len(values)], slopes[len(values) :]

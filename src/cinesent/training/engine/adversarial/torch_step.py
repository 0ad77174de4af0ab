"""The adversarial step on torch."""

from __future__ import annotations

from typing import Any

from cinesent.training.engine.adversarial.parts import (
    AdversarialStep,
    add,
    mean_agreement,
    mean_loss,
    perturb,
)


class TorchStep(AdversarialStep):
    """Runs eagerly."""

    def __call__(self, ids: Any, targets: Any, weights: Any) -> tuple[float, float]:
        """Learn from a batch; return loss and accuracy on the unperturbed reviews."""
        import torch
        from keras import ops

        ids, targets, weights = map(ops.convert_to_tensor, (ids, targets, weights))
        words, rest = self.lookup.trainable_variables, self.reader.trainable_variables
        *vectors, read = self.lookup(ids, training=True)
        # Leaves of their own, so that the lookup is differentiated once, at the end.
        leaves = [vector.detach().requires_grad_() for vector in vectors]
        loss, probabilities, clean, clean_vectors = self._gradients(
            leaves, read, targets, weights, rest
        )
        moved = [
            each.detach().requires_grad_() for each in perturb(leaves, clean_vectors, self.length)
        ]
        _, _, perturbed, moved_vectors = self._gradients(moved, read, targets, weights, rest)
        embedding = torch.autograd.grad(
            vectors,
            [variable.value for variable in words],
            grad_outputs=add(clean_vectors, moved_vectors),
        )
        with torch.no_grad():
            self.model.optimizer.apply([*embedding, *add(clean, perturbed)], [*words, *rest])
            agreement = mean_agreement(targets, probabilities, weights)
        return float(loss), float(agreement)

    def _gradients(
        self, vectors: list[Any], read: Any, targets: Any, weights: Any, variables: list[Any]
    ) -> tuple[Any, Any, list[Any], list[Any]]:
        """Return loss, probabilities, and the loss's gradients of variables and of vectors."""
        import torch

        probabilities = self.reader([*vectors, read], training=True)
        loss = mean_loss(targets, probabilities, weights)
        values = [variable.value for variable in variables]
        gradients = list(torch.autograd.grad(loss, [*values, *vectors]))
        return loss.detach(), probabilities, gradients[: len(values)], gradients[len(values) :]

"""The adversarial step on JAX."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cinesent.training.engine.adversarial.parts import (
    AdversarialStep,
    add,
    mean_agreement,
    mean_loss,
    perturb,
)

if TYPE_CHECKING:
    from keras import Model


class JaxStep(AdversarialStep):
    """Runs compiled, once per batch shape; the variables are arguments and results."""

    def __init__(self, model: Model, length: float) -> None:
        """Group the variables; nothing is compiled yet."""
        import jax

        super().__init__(model, length)
        self._words = self.lookup.trainable_variables
        self._rest = self.reader.trainable_variables
        model.optimizer.build(model.trainable_variables)
        # The optimizer has the variables in the model's order.
        known = [id(variable) for variable in (*self._words, *self._rest)]
        self._order = [known.index(id(variable)) for variable in model.trainable_variables]
        self._variables = (
            self._words,
            self._rest,
            self.lookup.non_trainable_variables,
            self.reader.non_trainable_variables,
            model.optimizer.variables,
        )
        self._run = jax.jit(self._step)

    def __call__(self, ids: Any, targets: Any, weights: Any) -> tuple[float, float]:
        """Learn from a batch; return loss and accuracy on the unperturbed reviews."""
        values = [[variable.value for variable in group] for group in self._variables]
        loss, agreement, changed = self._run(values, ids, targets, weights)
        for group, new in zip(self._variables, changed, strict=True):
            for variable, value in zip(group, new, strict=True):
                variable.assign(value)
        return float(loss), float(agreement)

    def _step(self, values: list[Any], ids: Any, targets: Any, weights: Any) -> Any:
        import jax

        words, rest, lookup_state, reader_state, optimizer_state = values

        def look(words: list[Any]) -> Any:
            (*vectors, read), state = self.lookup.stateless_call(
                words, lookup_state, ids, training=True
            )
            return vectors, (read, state)

        vectors, back, (read, lookup_state) = jax.vjp(look, words, has_aux=True)

        def loss_of(rest: list[Any], vectors: list[Any], state: list[Any]) -> Any:
            probabilities, state = self.reader.stateless_call(
                rest, state, [*vectors, read], training=True
            )
            return mean_loss(targets, probabilities, weights), (probabilities, state)

        learn = jax.value_and_grad(loss_of, argnums=(0, 1), has_aux=True)
        (loss, (probabilities, state)), (clean, clean_vectors) = learn(rest, vectors, reader_state)
        moved = perturb(vectors, clean_vectors, self.length)
        (_, (_, state)), (perturbed, moved_vectors) = learn(rest, moved, state)
        # Both losses' gradients of the vectors, carried back to the embedding.
        (embedding,) = back(add(clean_vectors, moved_vectors))
        gradients, trained = [*embedding, *add(clean, perturbed)], [*words, *rest]
        ordered, optimizer_state = self.model.optimizer.stateless_apply(
            optimizer_state,
            [gradients[place] for place in self._order],
            [trained[place] for place in self._order],
        )
        for place, value in zip(self._order, ordered, strict=True):
            trained[place] = value
        split = len(words)
        changed = [trained[:split], trained[split:], lookup_state, state, optimizer_state]
        return loss, mean_agreement(targets, probabilities, weights), changed

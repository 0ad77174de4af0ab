"""The optimizer and its learning rate schedule."""

from __future__ import annotations

from typing import Any

from cinesent.recipes import PretrainingConfig, TrainingConfig


def make_optimizer(settings: TrainingConfig | PretrainingConfig, num_steps: int) -> Any:
    """Return a Keras optimizer whose learning rate schedule ends after `num_steps` steps."""
    import keras

    rate: Any = settings.learning_rate
    if settings.schedule == "linear":
        rate = _linear_schedule(rate, min(settings.warmup_steps, num_steps // 10), num_steps)
    optimizer = {"adam": keras.optimizers.Adam, "rmsprop": keras.optimizers.RMSprop}
    return optimizer[settings.optimizer](learning_rate=rate, clipnorm=settings.clip_norm or None)


def _linear_schedule(peak: float, warmup: int, num_steps: int) -> Any:
    """Return a schedule that rises to `peak` in `warmup` steps and falls to zero at the end."""
    import keras
    from keras import ops

    class WarmupThenLinear(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
        def __call__(self, step: Any) -> Any:
            step = ops.cast(step, "float32")
            rise = ops.minimum((step + 1.0) / max(1, warmup), 1.0)
            fall = ops.maximum(0.0, (num_steps - step) / max(1, num_steps - warmup))
            return peak * ops.minimum(rise, fall)

        def get_config(self) -> dict[str, Any]:
            return {"peak": peak, "warmup": warmup, "num_steps": num_steps}

    return WarmupThenLinear()

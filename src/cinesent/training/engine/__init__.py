"""The training engine: steps, epochs, batches, objectives, and the checkpoint of a run.

It knows nothing of stages: :mod:`cinesent.training.train` and :mod:`cinesent.training.pretrain`
hand it a model, an objective and a :class:`~cinesent.training.engine.run.Run`.
"""

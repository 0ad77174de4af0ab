"""Training: from reviews to a model, stage by stage.

:func:`~cinesent.training.train.train` calls the stages in this order:

=====================  =========================================================================
``start``              options, recipe, initial model, data, teachers, checkpoint
``corpus``             split, vocabulary, token ids
``initialization``     word vectors and language model, or the weights of an initial model
``teaching``           pseudo-labels for the unlabelled reviews, from ``teachers/``
``fitting``            the final network
``ngram_weights``      n-grams beside it, and the stacking weights of the two
``storage``            precision, parity with the prediction graph, the bundle
=====================  =========================================================================

Below them is ``engine/``: the loop, its objectives, batches, optimizer and checkpoint. A
:class:`~cinesent.training.engine.run.Run` carries seed, checkpoint, reporter and interrupt through
all of them. :func:`~cinesent.training.pretrain.pretrain` shares the first three stages.
"""

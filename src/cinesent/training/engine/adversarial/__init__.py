"""Adversarial training: each batch is learned twice, the second time with perturbed word vectors.

    ids ─ lookup ─ vectors ──────────────────── reader ─ probability ─ loss
                      └── + step along the gradient ── reader ─ probability ─ loss

The step is written once per backend, because it takes the gradient twice within one update.

Source:
    Miyato, Dai & Goodfellow (2017), "Adversarial Training Methods for Semi-Supervised Text
    Classification". The word vectors are not normalised here: in a few epochs they hardly grow.
"""

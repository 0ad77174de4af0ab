"""The recipes that come with cinesent. Where their numbers come from: docs/results.md."""

from __future__ import annotations

from cinesent.config.recipe import Recipe
from cinesent.config.settings import ModelConfig, PretrainingConfig, TrainingConfig

#: By name.
PRESETS: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        # The textbook's recipe: the last state of one LSTM over reviews padded on the left, as
        # keras.utils.pad_sequences does, trained on the labels alone.
        Recipe(
            "classic",
            ModelConfig(
                vocabulary_size=20_000,
                embedding_dim=64,
                units=64,
                bidirectional=False,
                pooling="last",
                sequence_length=300,
                padding="left",
                truncation="left",
            ),
            TrainingConfig(
                epochs=6,
                optimizer="rmsprop",
                learning_rate=1e-3,
                schedule="constant",
                clip_norm=0.0,
                batch_size=64,
                max_length=0,
                word_vectors="random",
                teacher="none",
            ),
        ),
        # What two CPU cores can do in half an hour, on any backend.
        Recipe(
            "default",
            ModelConfig(
                units=96,
                pooling="max+mean",
                embedding_dropout=0.2,
                word_dropout=0.1,
                head_dropout=0.3,
                ngrams=3,
                ngram_buckets=2**20,
            ),
            TrainingConfig(
                batch_tokens=32_000, learning_rate=3e-3, teacher="ngrams+lstm", sentences=1.0
            ),
        ),
        # What they can do in an hour and a half: a language model first, an adversary, teachers
        # that had teachers, sentences for the sake of short texts.
        Recipe(
            "accurate",
            ModelConfig(
                units=128,
                pooling="max+mean",
                embedding_dropout=0.2,
                word_dropout=0.1,
                head_dropout=0.3,
                ngrams=3,
                ngram_buckets=2**22,
            ),
            TrainingConfig(
                epochs=2,
                batch_tokens=32_000,
                learning_rate=3e-3,
                teacher="ngrams+lstm",
                teacher_rounds=2,
                adversarial=0.6,
                sentences=2.0,
            ),
            PretrainingConfig(epochs=4, negatives=256),
        ),
    )
}

"""Small data in the shape of the outside sources: reviews of movies, a treebank, edited pairs."""

from __future__ import annotations

import numpy as np

from cinesent.data.reviews import Dataset, Reviews
from cinesent.data.sst import Phrase
from cinesent.distillation.outside import OutsideData

OPINIONS = ["fine", "dull", "clever", "noisy", "lovely", "flat"]


def reviews(texts, labels, name="imdb/train", movies=None):
    ids = None if movies is None else np.array(movies)
    return Reviews(texts, np.array(labels, dtype=np.int8), name, movie_ids=ids)


def movie_reviews():
    """Forty reviews of twenty movies, five without labels, and a test review."""
    texts = [
        f"Movie number {n} is {OPINIONS[n % 6]}. The cast is good. So it goes." for n in range(40)
    ]
    train = reviews(texts, [0, 1] * 20, movies=[f"m{n // 2}" for n in range(40)])
    more = [f"A slow start {n}. The cast is fine. I liked the end. Skip it." for n in range(5)]
    return Dataset("imdb", train, reviews(["Skip it."], [0]), reviews(more, [-1] * 5))


def outside_data(imdb):
    """Pairs of all reviews, and a small treebank."""
    pairs = [
        side for text in imdb.train.texts for side in (text + "!", text.replace("is", "is not"))
    ]
    cad = Dataset("cad", reviews(pairs, [0, 1, 1, 0] * 20, "cad/train"))
    sentences = [Phrase(f"the {word} story of a {word} man .", 0.5) for word in OPINIONS]
    dev = reviews([sentences[0].text], [1], "sst/validation")
    sst = Dataset(
        "sst", reviews([s.text for s in sentences[1:]], [1] * 5, "sst/train"), validation=dev
    )
    return OutsideData(sst, sentences, [], cad)


def write_sources(folder):
    """Write a folder of reviews, a treebank and pairs; return the flags that name them."""
    texts = [f"the film was {OPINIONS[n % 6]}." for n in range(41)]
    for part, rows in (("train/pos", range(0, 40, 2)), ("train/neg", range(1, 41, 2))):
        (folder / "reviews" / part).mkdir(parents=True)
        for row in rows:
            (folder / "reviews" / part / f"{row}.txt").write_text(f"{texts[row]} number {row}")
    (folder / "reviews" / "train" / "unsup").mkdir()
    for row in range(5):
        (folder / "reviews" / "train" / "unsup" / f"{row}.txt").write_text(f"Unrated {row}. Fine.")
    (folder / "treebank").mkdir()
    for number, name in enumerate(("train", "dev", "test")):
        trees = [f"(4 (2 The) (4 (4 good) (2 film{n}{number})))" for n in range(6)]
        trees += [f"(0 (2 The) (0 (0 dull) (2 film{n}{number})))" for n in range(6)]
        (folder / "treebank" / f"{name}.txt").write_text("\n".join(trees))
    (folder / "pairs").mkdir()
    rows = range(40)
    labels = ["Positive" if row % 2 == 0 else "Negative" for row in rows]
    original = [(labels[n], f"{texts[n]} number {n}") for n in rows]
    edited = [(labels[n - 1], f"{texts[n]} no number {n}") for n in rows]
    for name, pairs in (("original", original), ("edited", edited)):
        lines = ["Sentiment\tText", *("\t".join(pair) for pair in pairs)]
        (folder / "pairs" / f"train_{name}.tsv").write_text("\n".join(lines))
    return ["--imdb", "reviews", "--sst", "treebank", "--cad", "pairs"]

"""The notebook as it lies in the repository. `make notebook` executes it; here it is read."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from cinesent.data import Reviews

NOTEBOOK = Path(__file__).parents[1] / "sentiment_analysis.ipynb"

#: So many characters in a row that are also in a review are a quotation.
WINDOW = 40
BLOCK = WINDOW // 2

#: Where a machine keeps its files: none of these says anything to a reader.
MACHINE_PATH = re.compile(r"(?<![\w.~/:])/(?:tmp|work|root|home|Users|var|opt|usr|private)/")


@pytest.fixture(scope="module")
def notebook() -> dict[str, Any]:
    return json.loads(NOTEBOOK.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def text_of(part: str | list[str]) -> str:
    return part if isinstance(part, str) else "".join(part)


def output_texts(cell: dict[str, Any]) -> Iterator[str]:
    """Yield what a cell put out as text, of every kind, pictures left out."""
    for output in cell["outputs"]:
        if output["output_type"] == "stream":
            yield text_of(output["text"])
        for kind, content in output.get("data", {}).items():
            if not kind.startswith("image/") or kind == "image/svg+xml":
                yield content if isinstance(content, dict) else text_of(content)


def all_texts(notebook: dict[str, Any]) -> list[tuple[str, str]]:
    """Return cell id and text of everything that is to be read in the notebook."""
    texts = [(cell["id"], text_of(cell["source"])) for cell in notebook["cells"]]
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            texts += [(cell["id"], str(text)) for text in output_texts(cell)]
    return texts


def test_it_runs_on_the_kernel_that_everybody_has(notebook):
    assert notebook["nbformat"] == 4
    assert notebook["nbformat_minor"] >= 5
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"


def test_cells_have_ids_of_their_own(notebook):
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in ids)


def test_it_was_executed_from_top_to_bottom(code_cells):
    counts = [cell["execution_count"] for cell in code_cells]
    assert counts == list(range(1, len(counts) + 1))


def test_it_shows_tables_and_pictures(code_cells):
    outputs = [output for cell in code_cells for output in cell["outputs"]]
    kinds = [kind for output in outputs for kind in output.get("data", {})]
    assert kinds.count("image/png") >= 8
    assert kinds.count("text/markdown") >= 10


def test_nothing_went_wrong_and_nothing_was_logged(code_cells):
    for cell in code_cells:
        for output in cell["outputs"]:
            assert output["output_type"] != "error", cell["id"]
            assert output.get("name") != "stderr", (cell["id"], text_of(output["text"]))
        for text in output_texts(cell):
            assert not re.search(r"Traceback|WARNING|Warning:|oneDNN|object at 0x", str(text)), text


def test_it_names_no_folder_of_a_machine(notebook):
    for name, text in all_texts(notebook):
        assert not MACHINE_PATH.search(text), (name, text)
    assert not MACHINE_PATH.search(json.dumps(notebook["metadata"]))
    assert not any(MACHINE_PATH.search(json.dumps(cell["metadata"])) for cell in notebook["cells"])


def test_code_cells_are_short(code_cells):
    for cell in code_cells:
        source = text_of(cell["source"])
        assert len([line for line in source.splitlines() if line.strip()]) < 15, cell["id"]
        ast.parse(re.sub(r"^%.*$", "", source, flags=re.MULTILINE))


def test_no_stretch_of_code_is_left_without_words(notebook):
    kinds = "".join(cell["cell_type"][0] for cell in notebook["cells"])
    assert kinds.startswith("m")
    assert "cccc" not in kinds


def as_written(text: str) -> str:
    return text


def letters_only(text: str) -> str:
    """Drop tags, case, marks and spaces: a quotation in tokens, in a table or in colours counts."""
    return re.sub(r"[\W_]+", "", unescape(re.sub(r"<[^<>]*>", " ", text)).lower())


@dataclass(frozen=True)
class Corpus:
    """All reviews in one form, and every 20th of their blocks of 20 characters to find them by."""

    form: Callable[[str], str]
    text: str
    blocks: frozenset[str]

    def quotations(self, texts: Iterable[str]) -> set[str]:
        """Return the windows of `texts` that are in one of the reviews.

        A window of 40 that is in a review holds one of its blocks whole. So only windows around a
        known block are looked for in all the reviews.
        """
        suspects: set[str] = set()
        for text in map(self.form, texts):
            for at in range(len(text) - BLOCK + 1):
                if text[at : at + BLOCK] in self.blocks:
                    starts = range(max(0, at + BLOCK - WINDOW), min(at, len(text) - WINDOW) + 1)
                    suspects.update(text[start : start + WINDOW] for start in starts)
        return {window for window in suspects if window in self.text}


@pytest.fixture(scope="module", params=[as_written, letters_only])
def corpus(request, imdb_train: Reviews) -> Corpus:
    text = "\0".join(map(request.param, imdb_train.texts))
    blocks = frozenset(text[at : at + BLOCK] for at in range(0, len(text), BLOCK))
    return Corpus(request.param, text, blocks)


def test_no_review_is_quoted(notebook, corpus):
    assert corpus.quotations(text for _, text in all_texts(notebook)) == set()


def test_a_quotation_would_be_found(imdb_train, corpus):
    review = corpus.form(imdb_train.texts[4321])
    for start in range(0, 40, 9):
        quoted = review[start : start + WINDOW]
        assert quoted in corpus.quotations([f"A review: {quoted}."])
        assert not corpus.quotations([f"One short of it: ж{quoted[:-1]}ж"])

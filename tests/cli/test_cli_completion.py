"""What a shell offers on Tab, asked for as a shell does."""

from __future__ import annotations

import subprocess
import sys

import pytest
from commands import run_process

from cinesent.cli import completion
from cinesent.recipes import preset_names


def offered(line: str) -> list[str]:
    """What bash offers when Tab is pressed at the end of `line`."""
    words = line.split(" ")
    done = run_process(
        _CINESENT_COMPLETE="complete_bash",
        COMP_WORDS="\n".join(words),
        COMP_CWORD=str(len(words) - 1),
    )
    assert done.stderr == b""
    return done.stdout.decode().split()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("cinesent train --preset ", list(preset_names())),
        ("cinesent train --preset l", ["large", "large-distilled"]),
        ("cinesent train --backend ", ["tensorflow", "jax", "torch"]),
        ("cinesent train --data imdb", ["imdb", "imdb-train"]),
        ("cinesent data check rot", ["rotten-tomatoes"]),
        ("cinesent data fetch ", ["imdb", "sst", "cad"]),
        ("cinesent train --data s", ["sst"]),
        ("cinesent train --set patie", ["patience="]),
        ("cinesent train --set model.pooling=ma", ["model.pooling=max", "model.pooling=max+mean"]),
        ("cinesent train --set bidirectional=", ["bidirectional=true", "bidirectional=false"]),
        ("cinesent train --from p", ["packaged"]),
        ("cinesent score --format js", ["jsonl", "json"]),
        ("cinesent score --out-format p", ["parquet"]),
        ("cinesent export --format ", ["onnx", "keras", "savedmodel"]),
        ("cinesent evaluate --split v", ["validation"]),
        ("cinesent compare --models majority,bow", ["majority,bow-lr"]),
        ("cinesent settings pretr", ["pretraining"]),
        ("cinesent train --data ./no-such-", []),  # the shell completes paths
        ("cinesent pr", ["predict", "pretrain"]),
    ],
)
def test_values_are_offered(line, expected):
    assert offered(line) == expected


def test_what_is_offered_is_what_the_library_knows():
    from cinesent.comparison.compare import COMPARABLE
    from cinesent.data.sources import DATASET_NAMES, DOWNLOADABLE
    from cinesent.evaluation.selection import EVALUATION_SPLITS
    from cinesent.export.targets import FORMATS as EXPORT_FORMATS
    from cinesent.models.backend import BACKENDS
    from cinesent.tables import FORMATS

    assert tuple(DATASET_NAMES) == completion.DATASETS
    assert tuple(DOWNLOADABLE) == completion.DOWNLOADABLE
    assert set(completion.splits("")) == set(EVALUATION_SPLITS)
    assert set(completion.TABLE_FORMATS) == set(FORMATS)
    assert set(completion.EXPORT_FORMATS) == set(EXPORT_FORMATS)
    assert set(completion.BACKENDS) == set(BACKENDS)
    assert {*completion.BASELINES, *preset_names()} == set(COMPARABLE)


def test_completion_is_fast():
    code = (
        "import sys\n"
        "from cinesent.cli import completion as c\n"
        "assert c.presets('') and c.assignments('') and c.contestants('') and c.datasets('')\n"
        "print(sorted({'numpy', 'onnxruntime', 'keras', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

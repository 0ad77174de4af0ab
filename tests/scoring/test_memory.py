"""The memory that scoring takes is bounded by the work, whatever the script."""

from __future__ import annotations

from pathlib import Path

import pytest
from peak_memory import linux_only, peak_of
from scored_files import read_jsonl, write_jsonl

_SCORING = """
import sys
from cinesent import score_file
source, target, evidence, model = sys.argv[1:]
score_file(source, target, model, evidence=int(evidence), tokens=True, overwrite=True)
"""

#: 50,000 characters each: words, marks that are tokens each, characters that become four, and
#: scripts without spaces.
SCRIPTS = {
    "words": "a good film " * 4167,
    "letters": "a " * 25_000,
    "commas": "," * 50_000,
    "primes": "\u2057" * 50_000,
    "Chinese": "影片很好" * 12_500,
    "emoji": "😍" * 50_000,
    "Hindi": "फिल्म अच्छी " * 4167,
    "marks": "\u0301\uff9e" * 25_000,
}


@linux_only
@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS)
def test_long_reviews_of_any_script_stay_below_400_mb(model, tmp_path, script):
    assert peak_of_scoring(script, model, evidence=5) < 400


@linux_only
@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("script", ["letters", "primes"])
def test_they_do_with_the_packaged_model_too(tmp_path, script):
    assert peak_of_scoring(script, "packaged", evidence=0) < 400


def peak_of_scoring(script: str, model: object, evidence: int) -> float:
    """Score 20 reviews of 50,000 characters; return the most memory the process had, in MB."""
    text = SCRIPTS[script][:50_000]
    write_jsonl(Path("in.jsonl"), [{"text": f"{text}{n}"} for n in range(20)])
    peak = peak_of(_SCORING, "in.jsonl", "out.jsonl", str(evidence), str(model))
    records = read_jsonl(Path("out.jsonl"))
    assert len(records) == 20
    assert all(record["label"] and record["num_tokens"] > 0 for record in records)
    return peak

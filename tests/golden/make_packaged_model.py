"""Write packaged_model.json: what the packaged model predicts for 200 texts of our own.

Run it only after the packaged model was replaced, or after predictions were changed on purpose:

    python tests/golden/make_packaged_model.py

The file was made with version 0.1.0; tests/test_golden_answers.py compares later versions with it.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from packaged_model_texts import texts

import cinesent

TARGET = Path(__file__).with_name("packaged_model.json")
#: Every so many texts, the explanation is stored as well, where the text is not too long for it.
_EXPLAINED = 5
_EXPLAINED_CHARACTERS = 1500


def sha256(content: bytes) -> str:
    """Return the SHA-256 of `content` in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def answer(classifier: cinesent.Classifier, text: str, *, explained: bool) -> dict[str, Any]:
    """Return what is stored for a text: floats as they are, float32 by their shortest digits."""
    prediction, explanation = classifier.predict([text])[0], classifier.explain(text)
    stored: dict[str, Any] = {
        "probability": prediction.probability,
        "label": prediction.label,
        "num_tokens": prediction.num_tokens,
        "num_unknown": prediction.num_unknown,
        "tokens_sha256": sha256("\n".join(explanation.tokens).encode()),
    }
    if explained:
        stored["explanation"] = {
            "logit": explanation.logit,
            "bias": explanation.bias,
            "tokens": list(explanation.tokens),
            "contributions": [float(str(value)) for value in explanation.contributions],
        }
    return stored


def main() -> None:
    """Predict alone, so that no number depends on the other texts of a batch."""
    classifier = cinesent.load(threads=1)
    weights = (classifier.bundle.path / "model.safetensors").read_bytes()
    lines = []
    for index, entry in enumerate(texts()):
        text = entry.get("text") or entry["part"] * entry["repeat"]
        explained = index % _EXPLAINED == 0 and len(text) <= _EXPLAINED_CHARACTERS
        stored = {**entry, **answer(classifier, text, explained=explained)}
        lines.append(json.dumps(stored, ensure_ascii=False))
    head = {
        "cinesent": cinesent.__version__,
        "weights_sha256": sha256(weights),
    }
    body = ",\n".join(lines)
    content = f'{json.dumps(head)[:-1]}, "texts": [\n{body}\n]}}\n'
    TARGET.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()

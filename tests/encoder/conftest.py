from __future__ import annotations

from pathlib import Path

import pytest
from small_encoder import write_encoder


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    return write_encoder(tmp_path_factory.mktemp("encoder") / "small")

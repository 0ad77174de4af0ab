"""Whether the LSTMs run in cuDNN's kernels. There is no GPU here: what can be seen without one."""

from __future__ import annotations

import subprocess
import sys
from importlib import util
from pathlib import Path

import pytest

from cinesent.models import backend
from cinesent.recipes import ModelConfig, PretrainingConfig

pytestmark = pytest.mark.train

CONFIG = ModelConfig(vocabulary_size=8, embedding_dim=4, units=3)

LOOK = """
import sys
from cinesent.recipes import ModelConfig
from cinesent.models.backend import computes_on_gpu, import_keras
import_keras(sys.argv[1])
from cinesent.models.cudnn import uses_cudnn
from cinesent.models.lstm import build_model
size = {"vocabulary_size": 8, "embedding_dim": 4, "units": 3}
of_one_length = {"sequence_length": 7, "padding": "left", "bidirectional": False}
for settings in (size, {**size, **of_one_length}):
    print(uses_cudnn(build_model(ModelConfig(**settings))) == computes_on_gpu())
"""


@pytest.mark.parametrize("name", ["tensorflow", "jax", "torch"])
def test_cudnn_is_used_where_there_is_a_gpu(name: str) -> None:
    pytest.importorskip(name)
    command = [sys.executable, "-c", LOOK, name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.stdout.split() == ["True", "True"], done.stderr


def test_the_kernels_still_have_the_names_that_are_looked_for() -> None:
    import tensorflow as tf

    assert hasattr(tf.raw_ops, "CudnnRNN")
    if util.find_spec("jaxlib"):
        folder = Path(next(iter(util.find_spec("jaxlib").submodule_search_locations)))
        text = (folder / "gpu_rnn.py").read_text(encoding="utf-8")
        assert '"cu"' in text
        assert "dnn_rnn_ffi" in text
    if util.find_spec("torch"):
        import torch

        assert torch.ops.aten._cudnn_rnn


@pytest.mark.parametrize("on_gpu", [True, False])
def test_lstms_keep_the_type_that_cudnn_has(monkeypatch: pytest.MonkeyPatch, on_gpu: bool) -> None:
    backend.import_keras("tensorflow")
    from cinesent.models.language_model import build_language_model
    from cinesent.models.lstm import build_model

    monkeypatch.setattr(backend, "computes_on_gpu", lambda: on_gpu)
    with backend.mixed_precision(True):
        network = build_model(CONFIG)
        language = build_language_model(CONFIG, PretrainingConfig(negatives=2), range(8))
    for model in (network, language):
        assert model.get_layer("embedding").compute_dtype == "bfloat16"
        expected = "float32" if on_gpu else "bfloat16"
        assert model.get_layer("backward").compute_dtype == expected
    assert build_model(CONFIG).get_layer("forward").compute_dtype == "float32"

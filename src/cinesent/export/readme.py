"""The README of an export: inputs, outputs, and code that runs.

Its code blocks are run by the tests, in the folder of the export.
"""

from __future__ import annotations

from cinesent._version import __version__
from cinesent.bundle import Bundle, layout
from cinesent.recipes import ModelConfig

_PAGE = """\
# {name}, exported to {title}

Predicts whether a movie review in English is positive or negative. Written by cinesent {version},
and compared with the model it was exported from.

| file | content |
|---|---|
| `{file}` | {what} |
| `{tokenizer}` | the vocabulary, and the version of the rules that split a text into tokens |
| `export.json` | the settings below for programs, and the checksums of the files |

## Usage

The token ids must come from `{tokenizer}`, read by `cinesent.Tokenizer`, so the code below needs
cinesent. It is not published on a package index: install version {version} from its source folder
with `pip install .`, which installs no framework.

{call}
## Inputs

{inputs}

{padding}

An empty review is the single id 1.

## Outputs

{outputs}

{labels}
"""

_TITLES = {"onnx": "ONNX", "keras": "Keras 3", "savedmodel": "TensorFlow SavedModel"}

_FILES = {
    "onnx": "the prediction graph, the same file as in the model's folder",
    "keras": "the network with its weights, for every backend of Keras 3",
    "savedmodel": "the SavedModel, in a folder named after its version",
}

_TEXTS = 'texts = ["A quiet triumph.", "Two hours I will never get back."]\n'

_ONNX = """\
Run in this folder:

```python
from pathlib import Path

import numpy as np
import onnxruntime
from cinesent import Tokenizer
from cinesent.text.batching import pad_ids

tokenizer = Tokenizer.load(Path("tokenizer.json"))
options = onnxruntime.SessionOptions()
options.log_severity_level = 3  # no warning about `explain`, an input with a default value
session = onnxruntime.InferenceSession("model.onnx", options)

{texts}rows = [tokenizer.encode(text) for text in texts]
{pad}
{lengths}
inputs = {{"token_ids": token_ids, "lengths": lengths, "explain": np.array(False)}}
(logits,) = session.run(["logits"], inputs)
probabilities = 1 / (1 + np.exp(-logits / {temperature!r}))
{show}
```
"""

_KERAS = """\
Run in this folder, with Keras and one of its backends installed (`pip install '.[train]'` in the
source folder of cinesent installs Keras and TensorFlow):

```python
import os
from pathlib import Path

# tensorflow, jax or torch; must be set before Keras is imported.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

{imports}
from cinesent import Tokenizer
from cinesent.text.batching import pad_ids

tokenizer = Tokenizer.load(Path("tokenizer.json"))
model = keras.saving.load_model("model.keras")

{texts}rows = [tokenizer.encode(text) for text in texts]
{pad}
probabilities = model.predict(token_ids, verbose=0)[:, 0]
{show}
```

{layers}
"""

_SAVED_MODEL = """\
Run in this folder, with TensorFlow installed (`pip install tensorflow`):

```python
import json
from pathlib import Path

import tensorflow as tf
from cinesent import Tokenizer
from cinesent.text.batching import pad_ids

tokenizer = Tokenizer.load(Path("tokenizer.json"))
model = tf.saved_model.load("saved_model/1")
serve = model.signatures["serving_default"]

{texts}rows = [tokenizer.encode(text) for text in texts]
{pad}
probabilities = serve(token_ids=tf.constant(token_ids))["probability"].numpy()
{show}

# The body of a request to TensorFlow Serving for the same predictions.
request = json.dumps({{"inputs": {{"token_ids": token_ids.tolist()}}}})
```

TensorFlow Serving itself does not need cinesent; its clients need the tokenizer:

```console
docker run -p 8501:8501 -e MODEL_NAME=cinesent \\
    -v "$PWD/saved_model:/models/cinesent" tensorflow/serving
```

`POST` the request to `http://localhost:8501/v1/models/cinesent:predict`. The response is
`{{"outputs": {{"probability": [...], "logit": [...]}}}}`, with one number per review in each list.
"""

_SHOW = """\
for text, probability in zip(texts, probabilities, strict=True):
    print(f"{probability:.6f}  {text}")"""

_OUTPUTS = {
    "onnx": """\
- `logits`, float32 (batch,): not yet divided by the model's temperature, {temperature!r}. The
  calibrated probability that the review is positive is `1 / (1 + exp(-logits / {temperature!r}))`.
- `contributions`, float32 (batch, time): the contribution of each token to the logit, if `explain`
  is true. Together with the bias of the network they sum to the logit.""",
    "keras": """\
The calibrated probability that the review is positive, float32 (batch, 1). The weights are already
divided by the model's temperature, {temperature!r}.""",
    "savedmodel": """\
- `probability`, float32 (batch,): the calibrated probability that the review is positive. The
  weights are already divided by the model's temperature, {temperature!r}.
- `logit`, float32 (batch,): its log-odds; `probability` is `1 / (1 + exp(-logit))`.""",
}


def export_readme(format: str, bundle: Bundle) -> str:
    """Return the README of an export as Markdown.

    Args:
        format: a name of :data:`cinesent.export.FORMATS`.
        bundle: the model that was exported.
    """
    from cinesent.export.targets import FORMATS

    return _PAGE.format(
        name=" ".join(bundle.name.split()),
        title=_TITLES[format],
        version=__version__,
        file=FORMATS[format].file,
        what=_FILES[format],
        tokenizer=layout.TOKENIZER,
        call=_call(format, bundle),
        inputs=_inputs(format, bundle.config),
        padding=_padding(bundle.config),
        outputs=_OUTPUTS[format].format(temperature=bundle.temperature),
        labels=_labels(bundle),
    )


def _call(format: str, bundle: Bundle) -> str:
    config = bundle.config
    own_layers = _has_own_layers(config)
    template = {"onnx": _ONNX, "keras": _KERAS, "savedmodel": _SAVED_MODEL}[format]
    imports = ["import cinesent.models.lstm  # registers the layers in the file"]
    return template.format(
        texts=_TEXTS,
        pad=_pad_call(config, "int64" if format == "onnx" else "int32"),
        lengths=_lengths_call(config),
        temperature=bundle.temperature,
        show=_SHOW,
        imports="\n".join([*(imports if own_layers else []), "import keras"]),
        layers=_layers(own_layers),
    )


def _has_own_layers(config: ModelConfig) -> bool:
    """Return whether `build_model` uses layers that are not part of Keras."""
    plain_last = config.sequence_length > 0 and config.pooling == "last"
    return config.word_dropout > 0 or config.bidirectional or not plain_last


def _layers(own_layers: bool) -> str:
    if not own_layers:
        return "The file holds only layers of Keras: loading it does not need cinesent."
    return (
        "`import cinesent.models.lstm` registers the layers that are not part of Keras. They have "
        "no weights,\nand the file holds no code, so it loads in Keras's safe mode."
    )


def _pad_call(config: ModelConfig, dtype: str) -> str:
    """Return the code that pads the rows to one array."""
    if not config.sequence_length:
        return f'token_ids = pad_ids(rows, dtype="{dtype}")'
    return (
        "token_ids = pad_ids(\n"
        f'    rows, {config.sequence_length}, padding="{config.padding}", '
        f'truncation="{config.truncation}", dtype="{dtype}"\n)'
    )


def _lengths_call(config: ModelConfig) -> str:
    """Return the code that computes the number of tokens to read per row."""
    if config.sequence_length and config.padding == "left":
        return f"lengths = np.full(len(rows), {config.sequence_length}, dtype=np.int32)"
    return "lengths = (token_ids != 0).sum(axis=1, dtype=np.int32)"


def _inputs(format: str, config: ModelConfig) -> str:
    time = config.sequence_length or "time"
    if format == "keras":
        return f"Token ids, int32 (batch, {time})."
    if format == "savedmodel":
        return f"`token_ids`, int32 (batch, {time}). The one signature is `serving_default`."
    padded = config.sequence_length and config.padding == "left"
    read = "all of a row, including padding" if padded else "those of a row without padding"
    return (
        f"- `token_ids`, int64 (batch, {time}).\n"
        f"- `lengths`, int32 (batch,): the number of tokens to read, {read}.\n"
        "- `explain`, bool (), true by default: whether to compute `contributions`. False is "
        "faster."
    )


def _padding(config: ModelConfig) -> str:
    if config.sequence_length:
        return (
            f"A review is truncated on the {config.truncation} and padded on the {config.padding} "
            f"with id 0 to {config.sequence_length} tokens."
        )
    return (
        "Any batch size and any length: shorter reviews are padded on the right with id 0 to the "
        "longest in\ntheir batch. The probability of a review does not depend on its batch."
    )


def _labels(bundle: Bundle) -> str:
    low, high = bundle.thresholds
    negative, positive = bundle.labels
    if low == high:
        return f"The label is {positive} if the probability is at least {low!r}, else {negative}."
    return (
        f"The label is {negative} if the probability is below {low!r}, {positive} if it is at "
        f"least {high!r},\nand uncertain in between."
    )

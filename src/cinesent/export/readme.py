"""The page beside an exported model: what goes in, what comes out, and code that runs.

Its code blocks are run by the tests, in the folder that the page lies in.
"""

from __future__ import annotations

from cinesent._version import __version__
from cinesent.bundle import Bundle, layout
from cinesent.recipes import ModelConfig

_PAGE = """\
# {name}, exported to {title}

Says whether a movie review in English is positive or negative. Written by cinesent {version} and
compared with the model it comes from.

| file | what |
|---|---|
| `{file}` | {what} |
| `{tokenizer}` | the vocabulary and the number of the rules that make tokens of a text |
| `export.json` | the settings below for programs, and the files with their checksums |

## How to call it

{call}
## What goes in

{inputs}

{padding}

The token ids come from `{tokenizer}` and no other tokenizer: `cinesent.Tokenizer` is part of the
base install (`pip install cinesent`), which needs no framework. An empty review is the one id 1.

## What comes out

{outputs}

{labels}
"""

_TITLES = {"onnx": "ONNX", "keras": "Keras 3", "savedmodel": "TensorFlow SavedModel"}

_FILES = {
    "onnx": "the prediction graph, the same file as in the model's folder",
    "keras": "the network with its weights, for each backend of Keras 3",
    "savedmodel": "the SavedModel, in a folder that is named for its version",
}

_TEXTS = 'texts = ["A quiet triumph.", "Two hours I will never get back."]\n'

_ONNX = """\
Run in this folder, with `pip install cinesent`:

```python
from pathlib import Path

import numpy as np
import onnxruntime
from cinesent import Tokenizer
from cinesent.text.batching import pad_ids

tokenizer = Tokenizer.load(Path("tokenizer.json"))
options = onnxruntime.SessionOptions()
options.log_severity_level = 3  # it warns of `explain`, an input with a value of its own
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
Run in this folder, with {install}:

```python
import os
from pathlib import Path

# tensorflow, jax or torch, chosen before Keras is imported.
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
Run in this folder, with `pip install cinesent tensorflow`:

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

# The same question, as the body of a request to TensorFlow Serving.
request = json.dumps({{"inputs": {{"token_ids": token_ids.tolist()}}}})
```

TensorFlow Serving needs nothing of cinesent, only who asks it needs the tokenizer:

```console
docker run -p 8501:8501 -e MODEL_NAME=cinesent \\
    -v "$PWD/saved_model:/models/cinesent" tensorflow/serving
```

`POST` the request to `http://localhost:8501/v1/models/cinesent:predict`. The answer is
`{{"outputs": {{"probability": [...], "logit": [...]}}}}`, a number a review in each.
"""

_SHOW = """\
for text, probability in zip(texts, probabilities, strict=True):
    print(f"{probability:.6f}  {text}")"""

_OUTPUTS = {
    "onnx": """\
- `logits`, float32 (batch,): before the model's temperature, {temperature!r}. The probability that
  the review is positive, calibrated by it, is `1 / (1 + exp(-logits / {temperature!r}))`.
- `contributions`, float32 (batch, time): what each token added to the logit, where `explain` is
  true. With the bias of the network they sum to the logit.""",
    "keras": """\
The probability that the review is positive, float32 (batch, 1), calibrated: the model's temperature
of {temperature!r} is divided into the weights, and nothing is left to do.""",
    "savedmodel": """\
- `probability`, float32 (batch,): that the review is positive, calibrated: the model's temperature
  of {temperature!r} is divided into the weights, and nothing is left to do.
- `logit`, float32 (batch,): its log-odds, so that `probability` is `1 / (1 + exp(-logit))`.""",
}


def export_readme(format: str, bundle: Bundle) -> str:
    """Write the page.

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
    imports = ["import cinesent.models.lstm  # the layers that the file names"]
    return template.format(
        texts=_TEXTS,
        pad=_pad_call(config, "int64" if format == "onnx" else "int32"),
        lengths=_lengths_call(config),
        temperature=bundle.temperature,
        show=_SHOW,
        install="`pip install 'cinesent[train]'`",
        imports="\n".join([*(imports if own_layers else []), "import keras"]),
        layers=_layers(own_layers),
    )


def _has_own_layers(config: ModelConfig) -> bool:
    """Say whether `build_model` makes layers that Keras does not have."""
    plain_last = config.sequence_length > 0 and config.pooling == "last"
    return config.word_dropout > 0 or config.bidirectional or not plain_last


def _layers(own_layers: bool) -> str:
    if not own_layers:
        return "The file holds layers of Keras only: loading it takes no import of cinesent."
    return (
        "`import cinesent.models.lstm` registers the layers of the file that Keras does not have, "
        "under\ntheir names. They hold no weights and no code lies in the file, so that it loads "
        "in safe mode."
    )


def _pad_call(config: ModelConfig, dtype: str) -> str:
    """Return the line that makes one array of the rows."""
    if not config.sequence_length:
        return f'token_ids = pad_ids(rows, dtype="{dtype}")'
    return (
        "token_ids = pad_ids(\n"
        f'    rows, {config.sequence_length}, padding="{config.padding}", '
        f'truncation="{config.truncation}", dtype="{dtype}"\n)'
    )


def _lengths_call(config: ModelConfig) -> str:
    """Return the line that says how far each row is read."""
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
    read = "all of a row, its padding too" if padded else "those of a row without its padding"
    return (
        f"- `token_ids`, int64 (batch, {time}).\n"
        f"- `lengths`, int32 (batch,): how many tokens are read, {read}.\n"
        "- `explain`, bool (), true unless given: whether `contributions` are wanted. False is "
        "faster."
    )


def _padding(config: ModelConfig) -> str:
    if config.sequence_length:
        return (
            f"A review is cut on the {config.truncation} and padded on the {config.padding} with "
            f"id 0 to {config.sequence_length} tokens."
        )
    return (
        "Any batch and any length: shorter reviews are padded on the right with id 0 to the "
        "longest of\ntheir batch. The probability of a review does not depend on its batch."
    )


def _labels(bundle: Bundle) -> str:
    low, high = bundle.thresholds
    negative, positive = bundle.labels
    if low == high:
        return f"The label is {positive} from a probability of {low!r} on, else {negative}."
    return (
        f"The label is {negative} below a probability of {low!r}, {positive} from {high!r} on, and "
        "uncertain\nbetween the two."
    )

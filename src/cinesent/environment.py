"""Settings from environment variables; paths of users; usable cores.

=====================  ===========================================================================
``CINESENT_MODEL``     the model folder that is loaded when none is named
``CINESENT_CACHE``     the folder for downloads, instead of the user's cache folder
``CINESENT_DATA``      the IMDB archive (or its unpacked folder) to use instead of a download
``CINESENT_SST``       the Sentiment Treebank's archive (or folder) to use instead of a download
``CINESENT_CAD``       the folder of the counterfactually augmented reviews, likewise
``CINESENT_IMDB_URL``  a mirror of the IMDB archive; its checksum is verified all the same
``CINESENT_RUNTIME``   what runs the network: native or onnxruntime
``CINESENT_DEBUG``     the command line shows the traceback of an error too
=====================  ===========================================================================

An empty variable counts as unset.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from cinesent.errors import ConfigError

#: What can run the network.
Runtime = Literal["native", "onnxruntime"]
RUNTIMES: tuple[Runtime, ...] = ("native", "onnxruntime")


def stated_runtime() -> Runtime | None:
    """Return the runtime named by ``CINESENT_RUNTIME``, or None.

    Raises:
        ConfigError: it is no runtime.
    """
    value = os.environ.get("CINESENT_RUNTIME") or None
    for runtime in RUNTIMES:
        if value == runtime:
            return runtime
    if value is not None:
        raise ConfigError(f"CINESENT_RUNTIME is {value!r}; expected {' or '.join(RUNTIMES)}.")
    return None


def model_path() -> Path | None:
    """Return the model folder named by ``CINESENT_MODEL``, or None.

    Raises:
        ConfigError: it begins with the ``~`` of an unknown user.
    """
    return _path_from("CINESENT_MODEL")


def cache_dir() -> Path:
    """Return the folder for downloads; it may not exist yet.

    Raises:
        ConfigError: ``CINESENT_CACHE`` begins with the ``~`` of an unknown user.
    """
    folder = _path_from("CINESENT_CACHE")
    if folder:
        return folder
    import platformdirs

    return Path(platformdirs.user_cache_dir("cinesent"))


def data_path() -> Path | None:
    """Return the IMDB archive named by ``CINESENT_DATA``, or None.

    Raises:
        ConfigError: it begins with the ``~`` of an unknown user.
    """
    return _path_from("CINESENT_DATA")


def sst_path() -> Path | None:
    """Return the Sentiment Treebank named by ``CINESENT_SST``, or None.

    Raises:
        ConfigError: it begins with the ``~`` of an unknown user.
    """
    return _path_from("CINESENT_SST")


def cad_path() -> Path | None:
    """Return the folder named by ``CINESENT_CAD``, or None.

    Raises:
        ConfigError: it begins with the ``~`` of an unknown user.
    """
    return _path_from("CINESENT_CAD")


def imdb_mirror() -> str | None:
    """Return the address in ``CINESENT_IMDB_URL``, or None."""
    return os.environ.get("CINESENT_IMDB_URL") or None


def usable_cores() -> int:
    """Return the number of cores this process may run on: its CPU affinity where there is one."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def expand_user(path: str | os.PathLike[str]) -> Path:
    """Return `path` with a leading ``~`` replaced by the home folder.

    The path need not exist. A path that cannot exist is refused here, so that no later step fails
    with an error of Python or of the operating system.

    Raises:
        ConfigError: `path` is not a path, is empty, holds a NUL character or one that file names
            cannot hold, is too long, leads through a folder that may not be entered, or names an
            unknown user.
    """
    text = _path_text(path)
    try:
        expanded = Path(text).expanduser()
    except RuntimeError:
        raise ConfigError(
            f"the path {_shortened(text)} begins with the home folder of a user who does not exist "
            "here. Write the whole path."
        ) from None
    try:
        os.lstat(expanded)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except UnicodeEncodeError:
        raise ConfigError(
            f"the path {_shortened(text)} holds a character that file names cannot hold."
        ) from None
    except OSError as error:
        raise ConfigError(
            f"the path {_shortened(text)} cannot be used: {error.strerror}."
        ) from None
    return expanded


def _path_text(path: object) -> str:
    """Return a path as a string, or raise ConfigError."""
    text = os.fspath(path) if isinstance(path, (str, os.PathLike)) else path
    if not isinstance(text, str):
        raise ConfigError(f"expected a path as str or pathlib.Path; found {type(text).__name__}.")
    if not text:
        raise ConfigError("the path is empty; expected the name of a file or folder.")
    if "\0" in text:
        raise ConfigError(f"the path {_shortened(text)} holds a NUL character.")
    return text


def _shortened(text: str) -> str:
    return repr(text if len(text) <= 100 else f"{text[:99]}…")


def _path_from(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return expand_user(value) if value else None

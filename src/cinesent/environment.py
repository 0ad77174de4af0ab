"""What the machine and the environment variables decide: folders, addresses, cores.

=====================  ===========================================================================
``CINESENT_MODEL``     the model folder that is loaded when none is named
``CINESENT_CACHE``     the folder for downloads, instead of the user's cache folder
``CINESENT_DATA``      the IMDB archive (or its unpacked folder) to use instead of a download
``CINESENT_IMDB_URL``  a mirror of the IMDB archive; its checksum is enforced all the same
=====================  ===========================================================================

An empty variable counts as unset.
"""

from __future__ import annotations

import os
from pathlib import Path

from cinesent.errors import ConfigError


def model_path() -> Path | None:
    """Return the model folder named by ``CINESENT_MODEL``, or None.

    Raises:
        ConfigError: it begins with the ``~`` of an unknown user.
    """
    return _path_from("CINESENT_MODEL")


def cache_dir() -> Path:
    """Return the folder for downloads and what is derived from them; it may not exist yet.

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


def imdb_mirror() -> str | None:
    """Return the address in ``CINESENT_IMDB_URL``, or None."""
    return os.environ.get("CINESENT_IMDB_URL") or None


def usable_cores() -> int:
    """Return the number of cores this process may run on: its affinity where the system has one."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def expand_user(path: str | os.PathLike[str]) -> Path:
    """Return `path` with a leading ``~`` replaced by the home folder.

    Raises:
        ConfigError: `path` is not a path, holds a NUL character, or names an unknown user.
    """
    try:
        text = os.fspath(path)
    except TypeError:
        raise ConfigError(f"expected a path; found {type(path).__name__}.") from None
    if not isinstance(text, str):
        raise ConfigError(f"expected a path as str; found {type(text).__name__}.")
    if "\0" in text:
        raise ConfigError(f"the path {text[:100]!r} holds a NUL character.")
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise ConfigError(
            f"the path {text!r} begins with the home folder of a user who does not exist here."
        ) from None


def _path_from(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return expand_user(value) if value else None

"""Where things lie on this machine, and the environment variables that say otherwise.

=====================  ===========================================================================
``CINESENT_CACHE``     the folder for downloads, instead of the user's cache folder
``CINESENT_DATA``      the IMDB archive (or its unpacked folder) to use instead of a download
``CINESENT_IMDB_URL``  a mirror of the IMDB archive; its checksum is enforced all the same
=====================  ===========================================================================

An empty variable counts as one that is not set.
"""

from __future__ import annotations

import os
from pathlib import Path


def cache_dir() -> Path:
    """Return the folder for downloads and what is derived from them; it may not exist yet."""
    folder = os.environ.get("CINESENT_CACHE")
    if folder:
        return Path(folder).expanduser()
    import platformdirs

    return Path(platformdirs.user_cache_dir("cinesent"))


def data_path() -> Path | None:
    """Return where ``CINESENT_DATA`` says the IMDB archive lies; None where it says nothing."""
    path = os.environ.get("CINESENT_DATA")
    return Path(path).expanduser() if path else None


def imdb_mirror() -> str | None:
    """Return the address ``CINESENT_IMDB_URL`` names; None where it names none."""
    return os.environ.get("CINESENT_IMDB_URL") or None

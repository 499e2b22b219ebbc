"""Where things are: the shipped resources, and the user's own folders.

`CNNSTUDIO_HOME` moves all of the user's folders below one, for tests and for a stick that is carried about.
`CNNSTUDIO_DATA` names a folder with stored data sets for experiments; `--data-root` sets it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import platformdirs

APP_NAME: Final = "CNN Studio"
_STORED_DATA: Final = "CNNSTUDIO_DATA"
_PACKAGE: Final = Path(__file__).resolve().parents[1]


def resources() -> Path:
    """The shipped files: inside the package when installed from a wheel, beside it in a checkout."""
    inside = _PACKAGE / "resources"
    return inside if inside.is_dir() else _PACKAGE.parent / "resources"


def _user_folder(kind: str, standard: str) -> Path:
    home = os.environ.get("CNNSTUDIO_HOME")
    return Path(home) / kind if home else Path(standard)


def config_folder() -> Path:
    """Preferences: small, worth backing up."""
    return _user_folder("config", platformdirs.user_config_dir(APP_NAME, appauthor=False))


def study_folder() -> Path:
    """What the user made: the drawing, the set-up, the finished runs."""
    return _user_folder("study", platformdirs.user_data_dir(APP_NAME, appauthor=False))


def cache_folder() -> Path:
    """What can be made or fetched again: generated digits, downloaded data sets."""
    return _user_folder("cache", platformdirs.user_cache_dir(APP_NAME, appauthor=False))


def data_folder() -> Path:
    """Downloaded data sets, in torchvision's layout."""
    return cache_folder() / "data"


def stored_data() -> Path | None:
    """The folder with stored data sets that the user named for this process and all that it starts; None for none."""
    named = os.environ.get(_STORED_DATA)
    return Path(named) if named else None


def name_stored_data(folder: Path | None) -> None:
    """Lets `stored_data` give this folder, here and in the worker processes that are started from here."""
    if folder is not None:
        os.environ[_STORED_DATA] = str(folder.expanduser().absolute())


def log_folder() -> Path:
    """The rotating log."""
    return _user_folder("log", platformdirs.user_log_dir(APP_NAME, appauthor=False))

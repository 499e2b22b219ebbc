"""Finds the networks, data sets, panels, experiments and bench cases: one named constant per module."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Protocol, TypeVar


class Entry(Protocol):
    """What every registered thing has."""

    @property
    def id(self) -> str:
        """The name it is asked for by, unique in its package."""

    @property
    def order(self) -> int:
        """Where it stands in a list; ties are sorted by id."""


T = TypeVar("T", bound=Entry)


@cache
def _scan(package_name: str, constant: str) -> dict[str, Entry]:
    package = importlib.import_module(package_name)
    found: dict[str, Entry] = {}
    for module_info in pkgutil.iter_modules(package.__path__):
        if module_info.name.startswith("_"):
            continue
        module = importlib.import_module(f"{package_name}.{module_info.name}")
        entry = getattr(module, constant, None)
        if entry is None:
            raise ValueError(f"{module.__name__} has no {constant}; give a helper's name a leading underscore")
        if entry.id in found:
            raise ValueError(f"two modules of {package_name} are called {entry.id!r}; the second is {module.__name__}")
        found[entry.id] = entry
    return dict(sorted(found.items(), key=lambda item: (item[1].order, item[0])))


def scan(package_name: str, constant: str, kind: type[T]) -> dict[str, T]:
    """Reads one constant from every public module of a package.

    Args:
        package_name: As in "cnnstudio.networks".
        constant: The constant's name, as in "NETWORK".
        kind: The type every constant must have.

    Returns:
        The constants by id, sorted by their `order`. The dictionary is a fresh copy.

    Raises:
        ValueError: Two modules claim one id, or a public module lacks the constant.
        TypeError: A constant is not of `kind`.
    """
    found: dict[str, T] = {}
    for name, entry in _scan(package_name, constant).items():
        if not isinstance(entry, kind):
            raise TypeError(f"{package_name}.{name}: {constant} is a {type(entry).__name__}, not a {kind.__name__}")
        found[name] = entry
    return found

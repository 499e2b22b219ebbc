"""What was seen of the sets that take a path: from then on `find` gives their cards with it.

Frozen values only: whoever looks, in whichever thread, puts a whole new one in the place of the last.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from cnnstudio.core.dataset import DatasetInfo, Look

_looks: Final[dict[str, tuple[Look, DatasetInfo]]] = {}
"""By key: what was seen, and the card that says it."""


def remember(key: str, info: DatasetInfo, look: Look) -> bool:
    """Notes what was seen of a set; whether anything of it is new.

    Args:
        key: Its key in the shortest form.
        info: The card as its file says it.
        look: What was seen.
    """
    before = _looks.get(key)
    if before is not None and before[0] == look:
        return False
    card = replace(info.named(look.class_names), shape=look.shape, train_size=look.train, test_size=look.test)
    _looks[key] = look, card
    return True


def last_look(key: str) -> Look | None:
    """What was seen of a set, or None before the first look."""
    found = _looks.get(key)
    return found[0] if found is not None else None


def card_of(key: str, info: DatasetInfo) -> DatasetInfo:
    """The card with what was seen, or as it is."""
    found = _looks.get(key)
    return found[1] if found is not None else info

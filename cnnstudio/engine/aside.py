"""Networks that runs of experiments in this process trained, kept for a while so that they can be asked too."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from cnnstudio.core.network import NetworkSpec
from cnnstudio.engine.session import Reader

KEPT: Final = 16
"""Networks that stay; the oldest goes first."""

MOST_WEIGHTS: Final = 16_000_000
"""Of all of them together, 64 MB: 16 of the usual size (62,000 weights) are far from it, large ones are not."""


@dataclass(frozen=True, slots=True)
class Aside:
    """One of them.

    Attributes:
        reader: Ready to be asked; `reader.network` is its key among the networks.
        title: What to call it, as in "LeNet-5, learned with marks".
        none_class: Whether its last class is "none of these".
    """

    reader: Reader
    title: str
    none_class: bool = False

    @property
    def spec(self) -> NetworkSpec:
        """What it is."""
        return self.reader.spec


_kept: OrderedDict[str, Aside] = OrderedDict()


def keep(key: str, network: Aside) -> None:
    """Remembers a network under the key of its run."""
    _kept[key] = network
    _kept.move_to_end(key)
    while len(_kept) > KEPT or (len(_kept) > 1 and sum(each.spec.parameters for each in _kept.values()) > MOST_WEIGHTS):
        _kept.popitem(last=False)


def kept(key: str) -> Aside | None:
    """The network that a run trained, or None where it is not remembered, as one that another process trained."""
    return _kept.get(key)

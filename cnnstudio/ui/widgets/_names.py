"""What a network is called where there is little room."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Protocol, TypeVar

_ROLES: Final = {"mlp": "MLP", "cnn": "CNN", "local": "Local"}


class Named(Protocol):
    """What has a network's key, title and role: a `Competitor`, a `LayerWeights`."""

    @property
    def network(self) -> str:
        """The key."""

    @property
    def title(self) -> str:
        """As in "LeNet-5"."""

    @property
    def role(self) -> str:
        """The role: "mlp", "cnn", "local" or ""."""


N = TypeVar("N", bound=Named)


def short_names(networks: Iterable[Named]) -> dict[str, str]:
    """A short name of every network of a race, by key: its role's where it alone has that role, else its title."""
    networks = tuple(networks)
    roles = [network.role for network in networks]
    titles = [network.title for network in networks]
    names = {}
    for network in networks:
        alone = network.role in _ROLES and roles.count(network.role) == 1
        name = _ROLES[network.role] if alone else network.title
        names[network.network] = network.network if not alone and titles.count(name) > 1 else name
    return names


def compared(networks: Sequence[N]) -> tuple[N, N]:
    """The two networks of a race that are compared at first: the first CNN, and the first of another role.

    Where all have the same role, or there is no CNN, the last one and the first of the others.

    Args:
        networks: Two at least, in the order of the race.
    """
    first = next((one for one in networks if one.role == "cnn"), networks[-1])
    others = [one for one in networks if one is not first]
    return first, next((one for one in others if one.role != first.role), others[0])


def layer_name(name: str, title: str = "") -> str:
    """A layer where its blocks must be told apart, as in "1 conv 5 x 5" or "3 residual, body: 1 conv 3 x 3".

    Args:
        name: As in `NetworkSpec.rows()`.
        title: As in "conv 5 x 5"; "" takes the layer's kind.
    """
    *blocks, last = name.split(".")
    said: list[str] = []
    for block in blocks:
        if not block.isdigit():
            said.append(block.replace("_", " "))
        elif said and said[-1].endswith("branches"):
            said.append(f"branch {block}")
        else:
            said.append(f"{said.pop() if said else ''} {block}".strip())
    number, _, kind = last.partition("_")
    if number.isdigit():
        layer = title or kind.replace("_", " ")
        layer = layer if blocks and number == "0" else f"{number} {layer}"
    else:
        layer = last.replace("_", " ")
    return f"{', '.join(said)}: {layer}" if said else layer


def the(name: str) -> str:
    """A short name within a sentence: "the CNN", but "LeNet-5"."""
    return f"the {name}" if name in ("MLP", "CNN") else name

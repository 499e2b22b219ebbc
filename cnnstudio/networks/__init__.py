"""One network per file: a constant NETWORK with its layers, its year and its citation. Found by scanning."""

from __future__ import annotations

from dataclasses import replace

from cnnstudio.core.dataset import Shape
from cnnstudio.core.errors import StudioError
from cnnstudio.core.knobs import Value, parse_key, read_settings
from cnnstudio.core.network import NetworkInfo, NetworkSpec
from cnnstudio.core.registry import scan


def all_networks() -> dict[str, NetworkInfo]:
    """Every network by id, in the order of the list."""
    return scan(__name__, "NETWORK", NetworkInfo)


def find(key: str) -> tuple[NetworkInfo, dict[str, Value]]:
    """Looks a network up.

    Args:
        key: As in "lenet5" or "mlp:hidden=200".

    Returns:
        Its card, and a value for every knob.

    Raises:
        StudioError: There is no such network, or a setting is unknown or out of range.
    """
    name, rest = parse_key(key)
    networks = all_networks()
    if name not in networks:
        raise StudioError(f"There is no network {name!r}.", remedy="Choose from " + ", ".join(networks) + ".")
    info = networks[name]
    return info, read_settings(rest, info.knobs, name)


def spec_for(key: str, input_shape: Shape, classes: int) -> NetworkSpec:
    """The network of a key for pictures of a shape; its `id` is the key.

    Raises:
        StudioError: The key is wrong, the picture too small, or there are fewer than two classes.
    """
    info, settings = find(key)
    return replace(info.spec(input_shape, classes, settings), id=key)

"""A network for the command line: from a file of weights, or from those that come with the program."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnnstudio.core.dataset import Shape
from cnnstudio.core.network import NetworkSpec


@dataclass(frozen=True, slots=True)
class Trained:
    """A network that can be asked.

    Attributes:
        spec: What it is.
        module: An `nn.Module` in evaluation mode, on the CPU.
        class_names: What its outputs stand for; empty when its file does not say.
        dataset: Key of the set it learned, or "".
        weights: The file's name, or "shipped".
    """

    spec: NetworkSpec
    module: Any
    class_names: tuple[str, ...]
    dataset: str
    weights: str


def from_file(path: Path, network: str | None, shape: Shape | None = None, classes: int | None = None) -> Trained:
    """Reads a weights file.

    Args:
        path: The file.
        network: The network's key; None believes the file's card.
        shape: Of the pictures, for a file without a card.
        classes: How many, for a file without a card.

    Raises:
        NoCard: It has no card, and network, shape or classes were not given.
        StudioError: It cannot be read, or is of another network.
    """
    from cnnstudio import networks
    from cnnstudio.engine import weights
    from cnnstudio.engine.build import build

    try:
        card, spec = weights.read_card(path)
        class_names, dataset = card.class_names, card.dataset
        if network is not None and network != spec.id:
            spec = networks.spec_for(network, spec.input_shape, spec.classes)
    except weights.NoCard:
        if network is None or shape is None or classes is None:
            raise
        spec, class_names, dataset = networks.spec_for(network, shape, classes), (), ""
    module = build(spec, 0)
    module.load_state_dict(weights.load_weights(path, spec))
    return Trained(spec, module.eval(), class_names, dataset, str(path))


def shipped(network: str, dataset: str) -> Trained | None:
    """The weights that come with the program for a data set, or None.

    Raises:
        StudioError: The network or the data set does not exist.
    """
    from cnnstudio import networks
    from cnnstudio.datasets import find
    from cnnstudio.engine import weights
    from cnnstudio.engine.build import build

    networks.find(network)
    info = find(dataset).info
    if not info.class_names:
        return None
    spec = networks.spec_for(network, info.shape, len(info.class_names))
    state = weights.shipped_weights(info.id, network, spec)
    if state is None:
        return None
    module = build(spec, 0)
    module.load_state_dict(state)
    return Trained(spec, module.eval(), info.class_names, dataset, "shipped")

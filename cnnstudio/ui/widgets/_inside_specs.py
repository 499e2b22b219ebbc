"""The networks of a set-up with their structure, known before anything is asked of an engine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import StudioError
from cnnstudio.core.inside import NetworkMaps
from cnnstudio.core.network import NetworkSpec
from cnnstudio.ui.widgets.attribution_base import NO_NETWORK


@dataclass(frozen=True, slots=True)
class Card:
    """One network of the race.

    Attributes:
        network: Its key.
        title: As in "LeNet-5".
        role: "mlp", "cnn", "local" or "".
        spec: What it is made of.
    """

    network: str
    title: str
    role: str
    spec: NetworkSpec


@dataclass(frozen=True, slots=True)
class Structure:
    """What is known of a set-up by arithmetic.

    Attributes:
        cards: The networks, in the order of the race.
        class_names: Of the data set.
        problem: Why a network is missing, in words; "" where none is.
    """

    cards: tuple[Card, ...]
    class_names: tuple[str, ...]
    problem: str = ""


def structure_of(config: RaceConfig) -> Structure:
    """Looks up the data set and the networks of a set-up."""
    from cnnstudio import datasets, networks

    try:
        info = datasets.find(config.dataset).info
    except StudioError as error:
        return Structure((), (), error.report.sentence)
    cards, problem = [], "" if config.networks else NO_NETWORK
    for key in config.networks:
        try:
            spec = networks.spec_for(key, info.shape, max(2, len(info.class_names)))
            cards.append(Card(key, spec.title, networks.find(key)[0].role, spec))
        except StudioError as error:
            problem = error.report.sentence
    return Structure(tuple(cards), tuple(info.class_names), problem)


def cards_of(answer: Iterable[NetworkMaps]) -> tuple[Card, ...]:
    """The networks of an answer."""
    return tuple(Card(one.network, one.title, one.role, one.spec) for one in answer)


def when(maps: NetworkMaps) -> str:
    """Which weights an answer shows, in words."""
    if maps.weights_from == "none":
        return "not trained yet"
    if maps.weights_from == "shipped":
        learned = f", trained on {maps.learned_on}" if maps.learned_on else ""
        return f"shipped weights{learned}"
    return "now" if maps.step is None else f"at step {maps.step:,}"

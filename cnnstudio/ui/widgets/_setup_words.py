"""A race's set-up in a few words, and its networks by arithmetic alone, before anything runs."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from cnnstudio import datasets, networks
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import StudioError
from cnnstudio.core.events import Competitor
from cnnstudio.core.knobs import Value

CLASSES_UNKNOWN: Final = 10
"""Classes that a folder of pictures is taken to have until it is read."""


@lru_cache(maxsize=64)
def _card(key: str, shape: tuple[int, int, int], classes: int) -> Competitor | None:
    try:
        info, _ = networks.find(key)
        spec = networks.spec_for(key, shape, classes)
    except StudioError:
        return None
    return Competitor(key, info.title, info.role, spec.summary, spec.parameters, spec.macs)


def cards_of(config: RaceConfig) -> tuple[Competitor, ...]:
    """The networks of a race that has not begun; those that cannot be are left out."""
    try:
        info = datasets.find(config.dataset).info
    except StudioError:
        return ()
    classes = len(info.class_names) or CLASSES_UNKNOWN
    cards = (_card(key, info.shape, classes) for key in config.networks)
    return tuple(card for card in cards if card is not None)


def _said(value: Value) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return value if isinstance(value, str) else f"{value:g}"


def dataset_words(key: str) -> str:
    """A data set's title, with what of its knobs differs from the defaults: "Built-in digits, jitter 3 px"."""
    try:
        found = datasets.find(key)
    except StudioError:
        return key
    words = [found.info.title]
    for knob in found.info.knobs:
        value = found.knobs.get(knob.name, knob.default)
        if value != knob.default:
            told = _said(value)
            words.append(f"{knob.label} {told} {knob.unit}".strip())
    return ", ".join(words)


def network_sentence(card: Competitor) -> str:
    """What a network is, one sentence with its name and year; "" where nothing is known of it."""
    try:
        info, _ = networks.find(card.network)
    except StudioError:
        return ""
    return f"{info.title} ({info.year}). {info.sentence}" if info.year else f"{info.title}. {info.sentence}"

"""A race's set-up in a few words, and its networks by arithmetic alone, before anything runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from cnnstudio import datasets, networks
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import StudioError
from cnnstudio.core.events import Competitor
from cnnstudio.core.knobs import Value
from cnnstudio.ui.widgets._names import short_names, the

_FEW: Final = 2
"""More networks than this are counted and not named."""

_GIVEN_BY_US: Final = re.compile(r"Run \d+")

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


def next_run_words(shown: RaceConfig, planned: RaceConfig) -> str:
    """What of the next run differs from the one that is shown, as in "next run: Coloured shapes"; "" for nothing."""
    told = [dataset_words(planned.dataset)] if planned.dataset != shown.dataset else []
    if planned.examples != shown.examples:
        told.append(f"{planned.examples:,} examples")
    if planned.seed != shown.seed:
        told.append(f"seed {planned.seed}")
    if planned.networks != shown.networks:
        cards = cards_of(planned)
        told.append(" and ".join(card.title for card in cards) if len(cards) <= _FEW else f"{len(cards)} networks")
    if not told and planned != shown:
        told.append("other settings")
    return f"next run: {' · '.join(told)}" if told else ""


def same_dataset(one: str, other: str) -> bool:
    """Whether two keys name the same data set, whatever its settings are."""
    try:
        first, second = datasets.find(one), datasets.find(other)
    except StudioError:
        return one == other
    return (first.info.id, first.path) == (second.info.id, second.path)


def run_words(name: str, config: RaceConfig, competitors: Sequence[Competitor]) -> str:
    """A run's name, with what it was where nobody gave it one: "Run 1: digits, 4,000, MLP and LeNet-5"."""
    if not _GIVEN_BY_US.fullmatch(name):
        return name
    identifier, settings = config.dataset.partition(":")[::2]
    said = settings.replace("=", " ").replace(",", ", ")
    told = f"{identifier} ({said})" if said else identifier
    return f"{name}: {told}, {config.examples:,}, {' and '.join(card.title for card in competitors)}"


def invitation(config: RaceConfig) -> str:
    """What an empty plot says."""
    names = [the(name) for name in short_names(cards_of(config)).values()]
    who = " and ".join(names) if len(names) <= _FEW else f"{len(names)} networks"
    return f"Press Run, and watch {who} learn from the same {config.examples:,} pictures."


def network_sentence(card: Competitor) -> str:
    """What a network is, one sentence with its name and year; "" where nothing is known of it."""
    try:
        info, _ = networks.find(card.network)
    except StudioError:
        return ""
    return f"{info.title} ({info.year}). {info.sentence}" if info.year else f"{info.title}. {info.sentence}"

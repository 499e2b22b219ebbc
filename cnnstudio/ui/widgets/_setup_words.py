"""A race's set-up in a few words, and its networks by arithmetic alone, before anything runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from cnnstudio import datasets, networks
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import StudioError
from cnnstudio.core.events import Competitor, RunStarted
from cnnstudio.core.knobs import Value
from cnnstudio.ui.widgets._names import short_names, the

_FEW: Final = 2
"""More networks than this are counted and not named."""

_UNEQUAL: Final = 2.0
"""Budgets that differ by more than this factor are no longer a comparison of architectures alone."""

_WHOLE_TIMES: Final = 10.0
"""From this factor on it is said without decimals."""

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


def dataset_words(key: str, *, short: bool = False) -> str:
    """A data set's title, with what of its knobs differs from the defaults: "Digits, made here, jitter 3 px".

    Args:
        key: As in "digits:jitter=3".
        short: Only the first words of the title: "Digits, jitter 3 px".
    """
    try:
        found = datasets.find(key)
    except StudioError:
        return key
    words = [found.info.title.partition(",")[0] if short else found.info.title]
    for knob in found.info.knobs:
        value = found.knobs.get(knob.name, knob.default)
        if value != knob.default:
            told = _said(value)
            words.append(f"{knob.label} {told} {knob.unit}".strip())
    return ", ".join(words)


def examples_words(config: RaceConfig, started: RunStarted | None = None) -> str:
    """How many pictures a race learns from: a run that began took so many; of the next one the card tells."""
    count = started.train_size if started is not None else learned_from(config)
    if count is None:
        return "examples not counted yet"
    return f"{count:,} example{'' if count == 1 else 's'}"


def learned_from(config: RaceConfig) -> int | None:
    """How many pictures the next race learns from; None where they were not counted yet."""
    try:
        sizes = datasets.set_sizes(datasets.find(config.dataset).info, config.examples)
    except StudioError:
        return None
    return sizes[0] if sizes is not None else None


def next_run_words(shown: RaceConfig, planned: RaceConfig) -> str:
    """What of the next run differs from the one that is shown, as in "next run: Coloured shapes"; "" for nothing."""
    told = [dataset_words(planned.dataset, short=True)] if planned.dataset != shown.dataset else []
    if planned.examples != shown.examples or (told and learned_from(planned) != planned.examples):
        told.append(examples_words(planned))
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


def run_words(name: str, started: RunStarted) -> str:
    """A run's name, with what it was where nobody gave it one: "Run 1: digits, 4,000, MLP and LeNet-5"."""
    if not _GIVEN_BY_US.fullmatch(name):
        return name
    identifier, settings = started.config.dataset.partition(":")[::2]
    said = settings.replace("=", " ").replace(",", ", ")
    told = f"{identifier} ({said})" if said else identifier
    return f"{name}: {told}, {started.train_size:,}, {' and '.join(card.title for card in started.competitors)}"


def invitation(config: RaceConfig) -> str:
    """What an empty plot says."""
    names = [the(name) for name in short_names(cards_of(config)).values()]
    who = " and ".join(names) if len(names) <= _FEW else f"{len(names)} networks"
    count = learned_from(config)
    many = "" if count is None else f"{count:,} "
    return f"Press Run, and watch {who} learn from the same {many}pictures."


def budget_words(cards: Sequence[Competitor]) -> str:
    """What a race of very unequal budgets must say: "The MLP has 104 times the weights of the CNN"; else ""."""
    if len(cards) < 2:
        return ""
    names = short_names(cards)
    few, most = min(cards, key=lambda card: card.parameters), max(cards, key=lambda card: card.parameters)
    times = most.parameters / max(1, few.parameters)
    if times <= _UNEQUAL:
        return ""
    told = f"{times:,.0f}" if times >= _WHOLE_TIMES else f"{times:.1f}"
    name = the(names[most.network])
    return f"{name[:1].upper()}{name[1:]} has {told} times the weights of {the(names[few.network])}: no race of equals."


def network_sentence(card: Competitor) -> str:
    """What a network is, one sentence with its name and year; "" where nothing is known of it."""
    try:
        info, _ = networks.find(card.network)
    except StudioError:
        return ""
    return f"{info.title} ({info.year}). {info.sentence}" if info.year else f"{info.title}. {info.sentence}"

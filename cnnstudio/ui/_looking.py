"""The part of the open study that knows data sets: what a look into a folder tells, and which race a set brings."""

from __future__ import annotations

import logging

from PySide6.QtCore import QObject, Slot

from cnnstudio import datasets
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.dataset import DatasetInfo, Look
from cnnstudio.core.errors import ErrorReport, StudioError
from cnnstudio.core.events import RunEnded, RunStarted
from cnnstudio.core.knobs import parse_key
from cnnstudio.core.looking import LookAt
from cnnstudio.ui._asking import Asking
from cnnstudio.ui._study import EngineLike

logger = logging.getLogger(__name__)


def default_race(info: DatasetInfo, path: str = "", keep: RaceConfig | None = None) -> RaceConfig:
    """The race that a data set begins with; networks are kept where the set does not say which."""
    start = RaceConfig()
    own_id, _ = parse_key(start.dataset)
    key = start.dataset if info.id == own_id else f"{info.id}:{path}" if info.takes_path else info.id
    chosen = keep.networks if keep is not None and keep.networks else start.networks
    return start.with_(**{"dataset": key, "networks": chosen} | dict(info.race))


class Looking(Asking):
    """A study that looks into folders.

    What was seen is on the set's card from then on, wherever it is looked up. The networks of the open run decide its
    shape and its classes, whatever has become of the folder since: they can read nothing else.

    Attributes:
        config: The set-up of the next run.

    Thread: GUI.
    """

    def __init__(self, engine: EngineLike | None = None, parent: QObject | None = None) -> None:
        """Has seen nothing yet."""
        super().__init__(engine, parent)
        self._looked: dict[str, Look] = {}
        self._run_seen: tuple[str, Look] | None = None
        self._looks_at = ""
        self.config = RaceConfig()
        self._own_networks = self.config.networks
        self.run_ended.connect(self._after_run)

    def race_on(self, info: DatasetInfo, path: str = "") -> RaceConfig:
        """The race that a data set begins with. Networks that only the last set brought along go with it.

        Args:
            info: The set's card.
            path: The folder, for a set that takes one.
        """
        if self.config.networks != _brought_by(self.config.dataset):
            self._own_networks = self.config.networks
        return default_race(info, path, self.config.with_(networks=self._own_networks))

    def look_into(self, config: RaceConfig) -> bool:
        """Asks what is in a set that takes a path, once; whether that is under way."""
        key = config.dataset
        if key in self._looked or self.engine is None or not self._takes_path(key):
            return False
        self._looks_at = key
        self.ask(LookAt(key, config.examples, config.seed), self._on_look, self._on_no_look, slot="look")
        return True

    def see_run(self, started: RunStarted) -> None:
        """Learns from a run what its data set is like."""
        key = started.config.dataset
        before = self._looked.get(key)
        total, notes = (before.train, before.notes) if before is not None else (0, started.notes)
        if started.train_size < started.config.examples:
            total = started.train_size + started.validation_size  # all that there are
        seen = Look(started.shape, started.class_names, total, started.test_size, notes)
        self._run_seen = key, seen
        if self._remember(key, seen):
            self.card_changed()

    def untold_notes(self, started: RunStarted) -> str:
        """What a run found in a folder, where no look into it had told: which files were skipped, say; or ""."""
        key = started.config.dataset
        if key in self._looked or not self._takes_path(key):
            return ""
        return " ".join(started.notes)

    def card_changed(self) -> None:
        """Tells the views that a card says more than before; the study fills this."""

    @staticmethod
    def _takes_path(key: str) -> bool:
        try:
            return datasets.find(key).info.takes_path
        except StudioError:
            return False

    def _remember(self, key: str, look: Look) -> bool:
        if self._run_seen is not None and self._run_seen[0] == key:
            run = self._run_seen[1]
            look = Look(run.shape, run.class_names, look.train, look.test, look.notes)
        try:
            return datasets.remember_look(key, look)
        except StudioError as error:
            logger.info("what was seen of %s is on no card: %s", key, error)
            return False

    def _on_look(self, look: Look) -> None:
        key = self._looks_at
        self._looked[key] = look
        if self._remember(key, look):
            self.card_changed()
        if look.notes:
            self.told.emit(" ".join(look.notes))

    @Slot(object)
    def _after_run(self, event: RunEnded) -> None:
        """A run that was stopped while it read the pictures told nothing of them."""
        if event.outcome == "stopped":
            self.look_into(self.config)

    def _on_no_look(self, report: ErrorReport) -> None:
        self.notice.emit(report)


def _brought_by(dataset: str) -> tuple[str, ...] | None:
    """The networks that a set brings along, or None."""
    try:
        return datasets.find(dataset).info.race.get("networks")
    except StudioError:
        return None

"""The long questions about a unit: what excites it over the data set, and which made-up picture does."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Slot

from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.events import Answering
from cnnstudio.core.inside import UnitArithmetic
from cnnstudio.core.unit_record import FindRecord, Maximise, Maximised, UnitRecord
from cnnstudio.ui.studio import Studio, UnitOf
from cnnstudio.ui.widgets.unit_body import UnitBody
from cnnstudio.ui.widgets.unit_chooser import UnitChooser

RECORD_SLOT: Final = "unit record"
MAXIMISE_SLOT: Final = "unit maximise"

_SETTLE_MS: Final = 500
"""The data set is looked through when unit and moment have stood still for so long."""

_KNOWN_LAYER_MS: Final = 120
"""What excites another unit of a layer that was looked through is remembered: it is asked for sooner."""

_FOUND: Final = 16
_RUNNING: Final = "While a run goes on, the data set is not looked through by itself."
_EARLIER: Final = "The run has gone on since: these are the pictures of an earlier step."


class UnitSearches(QObject):
    """Asks when unit and moment have settled, and shows what is found in the parts of the page.

    Attributes:
        record: What was found last, or None.
        trained: Whether the unit's network has weights.

    Thread: GUI.
    """

    def __init__(self, studio: Studio, parts: UnitBody, chooser: UnitChooser) -> None:
        """Belongs to `parts`; nothing is asked yet."""
        super().__init__(parts)
        self._studio, self._parts, self._chooser = studio, parts, chooser
        self._unit: UnitOf | None = None
        self._flat = False
        self._told: UnitArithmetic | None = None
        self.trained = False
        self.record: UnitRecord | None = None
        self._record_of: tuple[Any, ...] | None = None
        self._asked_of: tuple[Any, ...] | None = None
        self._made_of: tuple[Any, ...] | None = None
        self._settle = QTimer(self, singleShot=True)
        self._settle.timeout.connect(self._on_settled)
        parts.made.wanted.connect(self._on_make)
        parts.made.cancelled.connect(self._on_cancel)
        parts.tab_changed.connect(self.soon)
        parts.record_wanted.connect(self._ask_record)
        self._show_record()

    def set_unit(self, unit: UnitOf, *, flat: bool) -> None:
        """Another unit is looked at; `flat` says that its layer has single units."""
        before, self._unit, self._flat = self._unit, unit, flat
        if before is not None and (before.network, before.unit.layer) != (unit.network, unit.unit.layer):
            self.forget()

    def show_value(self, told: UnitArithmetic) -> None:
        """The unit's value for the picture changed."""
        self._told = told
        self._parts.values.show_record(self.record, told)

    @Slot()
    def soon(self) -> None:
        """Unit or moment changed: what is under way is given up, and asked again when they stand still."""
        if self._made_of is not None and self._made_of != self._key(steady=True):
            self._forget_made()
        if self._asked_of is not None and self._asked_of != self._key():
            self._withdraw()
        record, unit = self.record, self._unit
        known = record is not None and unit is not None and record.step == self._studio.moment
        self._settle.start(_KNOWN_LAYER_MS if known else _SETTLE_MS)

    def stop(self) -> None:
        """Gives everything up: nobody looks."""
        self._settle.stop()
        if self._asked_of is not None:
            self._withdraw()
        if not self._parts.made.is_empty and self._parts.made.made is None:
            self._forget_made()

    def forget(self) -> None:
        """What was found is of another layer, or of another run."""
        if self._asked_of is not None:
            self._withdraw()
        self._forget_made()
        self.record = self._record_of = None
        self._parts.say("")
        self._show_record()

    def _key(self, *, steady: bool = False) -> tuple[Any, ...] | None:
        """What an answer depends on; None where there is no unit. With `steady` without the step that is "now"."""
        unit, studio = self._unit, self._studio
        if unit is None:
            return None
        key = (studio.reading.dataset, unit, studio.moment, studio.run_id)
        now = studio.history.step if studio.moment is None and studio.history is not None else None
        return key if steady else (*key, now)

    @property
    def _moves(self) -> bool:
        """Whether the weights change while they are looked at."""
        return self._studio.moment is None and self._studio.run_state in ("preparing", "running")

    # The record

    @Slot()
    def _on_settled(self) -> None:
        key = self._key()
        if not self._parts.isVisible() or not self._parts.wants_record or not self.trained or key is None:
            return
        if key in (self._record_of, self._asked_of):
            return
        if self._moves:
            self._parts.say(_EARLIER if self.record is not None else _RUNNING, offers=True)
        else:
            self._ask_record()

    @Slot()
    def _ask_record(self) -> None:
        unit, studio = self._unit, self._studio
        if unit is None:
            return
        self._asked_of = self._key()
        self._parts.say("Looking through the data set.", busy=True)
        question = FindRecord(studio.reading.dataset, unit.network, unit.unit, studio.moment, _FOUND)
        studio.ask(question, self._on_record, self._on_no_record, slot=RECORD_SLOT, on_progress=self._on_progress)

    def _on_progress(self, event: Answering) -> None:
        if self._asked_of is not None:
            self._parts.show_progress(event)

    def _on_record(self, record: UnitRecord) -> None:
        self.record, self._record_of, self._asked_of = record, self._asked_of, None
        self._parts.say(_EARLIER if self._moves else "", offers=self._moves)
        self._show_record()

    def _on_no_record(self, report: ErrorReport) -> None:
        self._record_of, self._asked_of = self._asked_of, None
        self.record = None
        self._parts.say(report.sentence, offers=True)
        self._show_record()

    def _show_record(self) -> None:
        record = self.record
        dead: NDArray[np.bool_] | None = record.dead if record is not None else None
        self._parts.pictures.show_record(record, self._flat)
        self._parts.values.show_record(record, self._told)
        self._chooser.show_dead(dead)
        self._parts.field.show_dead(dead)
        top = record.top[0] if record is not None and record.top else None
        self._parts.made.show_real(top, record.class_names if record is not None else ())

    def _withdraw(self) -> None:
        self._asked_of = None
        self._studio.withdraw(RECORD_SLOT)
        self._parts.say("")

    # The made-up picture

    @Slot(object)
    def _on_make(self, seed: int) -> None:
        unit, studio, made = self._unit, self._studio, self._parts.made
        if unit is None:
            made.forget()
            return
        self._made_of = self._key(steady=True)
        question = Maximise(studio.reading.dataset, unit.network, unit.unit, studio.moment, seed)
        studio.ask(question, self._on_made, self._on_not_made, slot=MAXIMISE_SLOT, on_progress=self._on_climbing)

    def _on_climbing(self, event: Answering) -> None:
        self._parts.made.show_progress(event)

    def _on_made(self, made: Maximised) -> None:
        self._parts.made.show_made(made)

    def _on_not_made(self, report: ErrorReport) -> None:
        self._made_of = None
        self._parts.made.forget(report.sentence)

    @Slot()
    def _on_cancel(self) -> None:
        self._made_of = None
        self._studio.withdraw(MAXIMISE_SLOT)

    def _forget_made(self) -> None:
        if self._made_of is not None:
            self._on_cancel()
        self._parts.made.forget()

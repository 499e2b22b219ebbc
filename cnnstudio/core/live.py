"""What may be changed while a race runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class LiveSettings:
    """The sliders of a run. Any thread may assign; the race reads once per step.

    Every attribute is one immutable value, so that assigning needs no lock.

    Attributes:
        learning_rate: The schedule's highest learning rate from now on; None leaves the configured one. Only the height
            changes: warm-up and decay go on where they are.
    """

    learning_rate: float | None = None

    def __call__(self) -> float | None:
        """The learning rate wanted, as the race asks for it before every step."""
        return self.learning_rate

"""A knob: one number, switch or choice that a student may change.

The race's set-up, the data sets and the networks all describe what can be changed in this one language;
forms, command-line checks and the sentences about wrong values are generated from it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cnnstudio.core.errors import ErrorReport, StudioError

Value = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Knob:
    """One thing a student may change; its type is the type of its default.

    Attributes:
        name: Identifier, as typed on the command line.
        label: What the form calls it.
        default: Value when nothing is said; decides the type (bool, int, float or str).
        sentence: What it does, one sentence for the hover text.
        minimum: Smallest allowed number, in `unit`.
        maximum: Largest allowed number, in `unit`.
        unit: As in "px", "examples", or "".
        choices: For a str: the allowed values, in the order of the list shown.
        log: Whether a slider should be logarithmic.
        automatic: For a number: what 0 stands for, as in "as advised"; a form shows that and not the 0. "" where 0 is
            a number like others.
    """

    name: str
    label: str
    default: Value
    sentence: str
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    choices: tuple[str, ...] = ()
    log: bool = False
    automatic: str = ""

    def parse(self, text: str) -> Value:
        """Reads a typed value.

        Raises:
            StudioError: The text is not of the knob's type, or out of range.
        """
        kind = type(self.default)
        try:
            if kind is bool:
                value: Value = {
                    "1": True,
                    "on": True,
                    "true": True,
                    "yes": True,
                    "0": False,
                    "off": False,
                    "false": False,
                    "no": False,
                }[text.strip().lower()]
            elif kind is int:
                value = int(text.strip().replace(",", "").replace("_", ""))
            elif kind is float:
                value = float(text)
            else:
                value = text
        except (ValueError, KeyError):
            raise StudioError(f"{self.label} cannot be {text!r}.", remedy=f"Give {self.expected}.") from None
        problem = self.check(value)
        if problem is not None:
            raise StudioError(problem.what, problem.cause, problem.remedy)
        return value

    @property
    def expected(self) -> str:
        """What a value must be, as the end of a sentence: "a whole number from 1 to 512"."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if isinstance(self.default, bool):
            return "on or off"
        if isinstance(self.default, str):
            return "a text"
        number = "a whole number" if isinstance(self.default, int) else "a number"
        if self.minimum is not None and self.maximum is not None:
            return f"{number} from {self.minimum:,.12g} to {self.maximum:,.12g}"
        if self.minimum is not None:
            return f"{number}, at least {self.minimum:,.12g}"
        return number

    def check(self, value: Value) -> ErrorReport | None:
        """Says what is wrong with a value, or None."""
        if self.choices:
            good = value in self.choices
        elif isinstance(self.default, (bool, str)):
            good = isinstance(value, type(self.default))
        else:
            good = self._in_range(value)
        return None if good else ErrorReport(f"{self.label} cannot be {value}.", remedy=f"Give {self.expected}.")

    def _in_range(self, value: Value) -> bool:
        if isinstance(value, (bool, str)) or (isinstance(self.default, int) and not isinstance(value, int)):
            return False
        low = -math.inf if self.minimum is None else self.minimum
        high = math.inf if self.maximum is None else self.maximum
        return math.isfinite(value) and low <= value <= high


def parse_key(text: str) -> tuple[str, str]:
    """Splits "digits:jitter=3" into the id and the rest, "" when there is no colon."""
    name, _, rest = text.strip().partition(":")
    return name.strip(), rest.strip()


def split_keys(text: str) -> tuple[str, ...]:
    """Reads "mlp:hidden=20,dropout=0.1,lenet5".

    A piece with "=" and no ":" is a further setting of the key before it.
    """
    found: list[str] = []
    for piece in filter(None, (piece.strip() for piece in text.split(","))):
        if "=" in piece and ":" not in piece and found and ":" in found[-1]:
            found[-1] += f",{piece}"
        else:
            found.append(piece)
    return tuple(found)


def read_settings(rest: str, knobs: Sequence[Knob], of: str) -> dict[str, Value]:
    """Reads "jitter=3,noise=0.2" against the knobs it may set.

    Args:
        rest: What stood behind the colon.
        knobs: The knobs there are.
        of: What they belong to, for the error's sentence, as in "digits".

    Returns:
        Every knob's value: the one given, or its default.

    Raises:
        StudioError: An unknown knob, no "=", or a value out of range.
    """
    values: dict[str, Value] = {knob.name: knob.default for knob in knobs}
    by_name = {knob.name: knob for knob in knobs}
    for part in filter(None, (piece.strip() for piece in rest.split(","))):
        name, equals, value = part.partition("=")
        knob = by_name.get(name.strip())
        if not equals or knob is None:
            known = ", ".join(by_name) or "none"
            remedy = f"Its settings are: {known}; write {of}:NAME=VALUE."
            raise StudioError(f"{of} has no setting {part!r}.", remedy=remedy)
        values[knob.name] = knob.parse(value)
    return values


def write_key(name: str, values: Mapping[str, Value], knobs: Sequence[Knob]) -> str:
    """The inverse of `parse_key` and `read_settings`: only what differs from the defaults is written."""
    said = []
    for knob in knobs:
        value = values.get(knob.name, knob.default)
        if value != knob.default:
            said.append(f"{knob.name}={('on' if value else 'off') if isinstance(value, bool) else value}")
    return f"{name}:{','.join(said)}" if said else name

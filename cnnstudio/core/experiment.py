"""What an experiment is, in data: which runs, what each of them measures, and what they say together.

An experiment is one file in `cnnstudio.experiments`. It plans runs (`Order`), each decided by its parameters alone, so
that it gives the same numbers in this process, in another one and on another computer. Findings are computed from
whatever results there are, so that they build up while the runs come in.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from cnnstudio.core.dataset import Progress
from cnnstudio.core.errors import StudioError
from cnnstudio.core.knobs import Knob, Value
from cnnstudio.core.questions import Question

Settings = Mapping[str, Value]
"""Every knob of an experiment and its value."""

Values = Mapping[str, Any]
"""What a run measured, as JSON types: numbers, texts, and lists of them."""

SCHEMA: Final = 1
"""Of results on the disk."""


@dataclass(frozen=True, slots=True)
class Order:
    """One run of an experiment: everything that decides its numbers.

    Attributes:
        experiment: Its id.
        params: Flat and of JSON types, as {"network": "mlp", "jitter": 3, "seed": 0}.
    """

    experiment: str
    params: Mapping[str, Value]

    @property
    def key(self) -> str:
        """Unique within a sweep, and fit for the name of a file."""
        said = json.dumps([self.experiment, sorted(self.params.items())], ensure_ascii=True)
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    @property
    def title(self) -> str:
        """As in "network mlp, jitter 3, seed 0"."""
        return ", ".join(f"{name} {value}" for name, value in self.params.items())


@dataclass(frozen=True, slots=True)
class Result:
    """What one run gave.

    Attributes:
        order: Which run.
        values: What it measured; the same wherever it ran.
        seconds: How long it took there.
        worker: Where that was, as in "process 4711" or "tcp://10.0.0.7:40001".
        versions: Of the program, Python, torch and numpy there.
    """

    order: Order
    values: Values
    seconds: float = 0.0
    worker: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Partly(Progress):
    """How far a run is, with what is known so far.

    Attributes:
        values: As in `Result.values`; keys may be missing.
    """

    values: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Series:
    """One line, or one row of bars: a mean over the seeds, with its spread.

    Attributes:
        name: As in "LeNet-5".
        x: Numbers, or for bars the places 0, 1, 2 ...
        mean: Over the seeds.
        low: Mean less the standard deviation over the seeds (the mean itself for one seed).
        high: Mean plus the standard deviation.
        seeds: How many stand behind each point.
        network: Key of the network, which decides the colour; "" for none.
        role: "mlp", "cnn", "local" or "".
        dashed: Whether the line is drawn dashed: test is dashed, training is solid.
    """

    name: str
    x: tuple[float, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    seeds: tuple[int, ...]
    network: str = ""
    role: str = ""
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """One figure.

    Attributes:
        id: Unique in the findings.
        title: What it shows.
        kind: "lines", "bars" (one group per x, named by `x_names`) or "map" (`grid`).
        x_label: With its unit.
        y_label: With its unit.
        series: The lines.
        x_names: Names of the places for bars.
        log_x: Whether the x axis is logarithmic.
        percent: Whether y is a share, shown as 0 to 100 %.
        chance: What guessing gives, drawn as a thin line; None for none.
        grid: For a map: rows of numbers, one map per series would be several charts.
        happened: Where something happened, as upright lines: x (for a map, columns from the left) and a word.
        joined: Whether points are joined to lines; where x has no order, as seeds, they are not, and the mean of all
            stands at the end.
    """

    id: str
    title: str
    kind: Literal["lines", "bars", "map"]
    x_label: str
    y_label: str
    series: tuple[Series, ...] = ()
    x_names: tuple[str, ...] = ()
    log_x: bool = False
    percent: bool = True
    chance: float | None = None
    grid: tuple[tuple[float, ...], ...] = ()
    happened: tuple[tuple[float, str], ...] = ()
    joined: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """Numbers that a figure does not show.

    Attributes:
        title: What they are.
        headings: One per column.
        rows: Texts, formatted; numbers that CSV should hold whole are given as numbers.
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str | float | int | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """What the results so far say.

    Attributes:
        charts: The figures; the first one is the main one.
        tables: The numbers.
        sentences: The verdict, computed from the numbers; the first one is the headline. Never says more than they do.
        guess: Which of the choices the student was offered proved right: its number; None while it cannot be told.
        done: Runs that are in.
        planned: Runs in all.
    """

    charts: tuple[Chart, ...]
    tables: tuple[Table, ...]
    sentences: tuple[str, ...]
    guess: int | None
    done: int
    planned: int


@dataclass(frozen=True, slots=True)
class Guess:
    """What the student is asked before anything is shown.

    Attributes:
        question: As in "Which will win, and by how much?"
        choices: Two to five answers, which exclude each other and cover everything.
    """

    question: str
    choices: tuple[str, ...]


Measuring = Generator[Progress | None, int | None, Values]
"""A run on its way: yields `Progress`, `Partly` or None every few milliseconds, and returns what it measured. One that
can be flipped (see `Flip`) takes the number of a step while it learns."""


def as_ordered(order: Order, values: Values) -> Order:
    """The order of a run that nobody changes on its way: the one that it was given."""
    return order


@dataclass(frozen=True, slots=True)
class ExperimentInfo:
    """The card of one experiment: the constant `EXPERIMENT` of its file.

    Attributes:
        id: What `cnnstudio experiment` calls it; unique.
        title: The question that it answers.
        short: Its name in lists.
        order: Its place among them.
        sentence: What is done, in one or two sentences.
        as_done: The order that gives these values, also in part: another one where a person flipped the run on its way.
        constructed: Says so where the task was made to expose the effect, and where the other network does as well.
        citation: Papers that it goes back to; "" where there is none.
        guess: What is asked first.
        knobs: What may be changed; "seeds" is among them wherever chance plays a part.
        plan: The runs for some settings, in an order in which partial results make sense: whole first seeds first.
            Raises StudioError where a setting cannot be.
        measure: Does one run (torch is imported inside). Depends on the order alone.
        findings: What results say together; any part of them will do, also none.
    """

    id: str
    title: str
    short: str
    order: int
    sentence: str
    guess: Guess
    knobs: tuple[Knob, ...]
    plan: Callable[[Settings], tuple[Order, ...]]
    measure: Callable[[Order], Measuring]
    findings: Callable[[Settings, Sequence[Result]], Findings]
    as_done: Callable[[Order, Values], Order] = as_ordered
    constructed: str = ""
    citation: str = ""

    def settings(self, given: Settings | None = None) -> dict[str, Value]:
        """Every knob's value: the one given, or its default.

        Raises:
            StudioError: A value is out of range, or there is no such knob.
        """
        given = given or {}
        by_name = {knob.name: knob for knob in self.knobs}
        for name, value in given.items():
            if name not in by_name:
                raise StudioError(f"{self.short} has no setting {name!r}.", remedy=f"It has {', '.join(by_name)}.")
            problem = by_name[name].check(value)
            if problem is not None:
                raise StudioError(problem.what, problem.cause, problem.remedy)
        return {name: given.get(name, knob.default) for name, knob in by_name.items()}


@dataclass(frozen=True, slots=True)
class Measure(Question[Result]):
    """Do this one run in the engine's thread, between everything else, and tell what is known on the way.

    The result names the order that gives its numbers: where the run was flipped, another one than was asked for.
    """

    order: Order


@dataclass(frozen=True, slots=True)
class Flip(Question[int]):
    """Flip these runs now; the answer is the step after which it happens, the same one in each of them.

    Attributes:
        orders: As they were asked for in `Measure`; each of them is learning.
    """

    orders: tuple[Order, ...]

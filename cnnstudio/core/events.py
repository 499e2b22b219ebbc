"""The frozen messages that the engine yields.

Nothing mutable crosses to another thread: floats, strings, tuples and read-only numpy arrays. Every event of
a run carries the run's id, so that what an old run still had to say can be dropped.

Three kinds matter to the mailbox: *points* (`StepEnd`) may be merged, *snapshots* may be replaced by newer
ones, *lifecycle* events (all others) are never lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.config import RaceConfig
from cnnstudio.core.errors import ErrorReport

Outcome = Literal["finished", "stopped", "failed"]


@dataclass(frozen=True, slots=True)
class EngineReady:
    """torch is imported and warm. `device` is "cpu", "cuda" or "mps"."""

    torch_version: str
    device: str
    seconds: float


@dataclass(frozen=True, slots=True)
class EngineUnavailable:
    """torch could not be loaded; everything that needs no engine still works."""

    report: ErrorReport


@dataclass(frozen=True, slots=True)
class Preparing:
    """The run is loading or making its data, or building its networks. `fraction` is None while unknown."""

    run_id: int
    fraction: float | None
    text: str


@dataclass(frozen=True, slots=True)
class Competitor:
    """One network of a race, as the scoreboard shows it.

    Attributes:
        network: Its key, unique in the race.
        title: As in "LeNet-5".
        role: "mlp", "cnn", "local" or "": decides its colour.
        summary: As in "784 - 77 - 10".
        parameters: Trainable weights.
        macs: Multiply-adds for one picture.
    """

    network: str
    title: str
    role: str
    summary: str
    parameters: int
    macs: int


@dataclass(frozen=True, slots=True)
class RunStarted:
    """Everything that is known before the first batch.

    Attributes:
        versions: Program, Python, torch, numpy and device: what is needed to repeat the run.
        threads: torch threads, chosen before the run and never changed within it.
        channels_last: The memory format chosen for the pictures.
        notes: Sentences of the data set, as in which files were skipped.
    """

    run_id: int
    config: RaceConfig
    competitors: tuple[Competitor, ...]
    class_names: tuple[str, ...]
    shape: tuple[int, int, int]
    train_size: int
    validation_size: int
    test_size: int
    steps: int
    steps_per_epoch: int
    threads: int
    channels_last: bool
    versions: Mapping[str, str]
    started_at: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StepResult:
    """One network's batch: mean loss, share right before the step, and its own seconds so far."""

    network: str
    loss: float
    accuracy: float
    own_seconds: float


@dataclass(frozen=True, slots=True)
class StepEnd:
    """A point: one batch was learned by every network that still runs. The first step is 1."""

    run_id: int
    step: int
    examples: int
    epoch: float
    learning_rate: float
    results: tuple[StepResult, ...]


@dataclass(frozen=True, slots=True)
class SetScore:
    """Loss and accuracy over (a fixed sample of) one set, measured without dropout or augmentation."""

    loss: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class NetworkScore:
    """One network at one measurement.

    Attributes:
        own_seconds: Training seconds of this network alone, up to here.
        images_per_second: Training pictures per own second since the last measurement.
        confusion: int64 [classes, classes], rows are the truth, columns the guess, over the test sample; read-only.
    """

    network: str
    train: SetScore
    validation: SetScore
    test: SetScore
    own_seconds: float
    images_per_second: float
    confusion: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Every network was measured on all three sets.

    Attributes:
        test_looks: How often the test set has been looked at in this run, this time included.
        final: Whether whole sets were measured (at the end) and not samples; of the training set at most
            `limits.FINAL_TRAIN_SAMPLE` pictures.
    """

    run_id: int
    step: int
    examples: int
    epoch: float
    scores: tuple[NetworkScore, ...]
    test_looks: int
    final: bool


@dataclass(frozen=True, slots=True)
class MomentKept:
    """The weights of this step are on the timeline. `kept` are all steps that are kept now, ascending."""

    run_id: int
    step: int
    kept: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SettingChanged:
    """The student moved a slider during the run."""

    run_id: int
    step: int
    name: str
    value: float


@dataclass(frozen=True, slots=True)
class NetworkStopped:
    """One network left the race (its loss became NaN or infinite); the others go on."""

    run_id: int
    step: int
    network: str
    report: ErrorReport


@dataclass(frozen=True, slots=True)
class Paused:
    """The run stands after this step (0: before the first)."""

    run_id: int
    step: int


@dataclass(frozen=True, slots=True)
class Resumed:
    """The run goes on."""

    run_id: int
    step: int


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The last event of a run, always sent."""

    run_id: int
    outcome: Outcome
    step: int
    seconds: float
    report: ErrorReport | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence worth showing that belongs to no run (a warning of a library, a file set aside)."""

    report: ErrorReport


@dataclass(frozen=True, slots=True)
class Answering:
    """A question takes longer; how far its answer is.

    Attributes:
        question_id: Which question.
        fraction: From 0 to 1; None while unknown.
        text: What is being done.
        values: What is known so far, where that can be told (`core.experiment.Partly`); else None.
    """

    question_id: int
    fraction: float | None
    text: str
    values: Any = None


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to a question, or why there is none. Exactly one of `answer` and `report` is set."""

    question_id: int
    answer: Any = None
    report: ErrorReport | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """Nothing happened; a slice of long work is done. Whoever iterates may answer questions now, and shows nothing.

    Attributes:
        between_steps: Whether everything that belongs to a step was said and the next has not begun: only here may
            whoever iterates let the run stand.
        within_step: Whether some networks have learned a batch that others have not: a race that ends here is unfair.
    """

    run_id: int
    between_steps: bool = False
    within_step: bool = False


RunEvent = (
    Preparing
    | RunStarted
    | StepEnd
    | Evaluated
    | MomentKept
    | SettingChanged
    | NetworkStopped
    | Paused
    | Resumed
    | RunEnded
    | Tick
)
Event = RunEvent | EngineReady | EngineUnavailable | Notice | Answering | Answered

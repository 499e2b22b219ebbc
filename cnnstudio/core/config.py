"""The set-up of a race: every number a student may change, with its default, range, unit and a sentence.

The form in the window, the options of the command line and the checks are all generated from the fields
of `RaceConfig`; nothing else in the program holds a default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Final

from cnnstudio.core.errors import ErrorReport
from cnnstudio.core.knobs import Knob, Value

OPTIMISERS: Final = ("sgd", "momentum", "adam", "adamw")
SCHEDULES: Final = ("constant", "cosine", "warmup_linear", "one_cycle", "step")
AUGMENTATIONS: Final = ("shift", "rotate", "scale", "shear", "flip", "crop", "erase", "colour")


def _setting(
    default: Value,
    label: str,
    sentence: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    unit: str = "",
    choices: tuple[str, ...] = (),
    log: bool = False,
) -> Any:
    knob = Knob("", label, default, sentence, minimum, maximum, unit, choices, log)
    return field(default=default, metadata={"knob": knob})


@dataclass(frozen=True, slots=True)
class RaceConfig:
    """One race: what is learned, by whom, and how. Everything that decides the numbers stands here.

    Attributes:
        dataset: A data set's key, as in "digits:jitter=3" or "folder:/home/me/pictures".
        networks: Keys of the networks, as in ("mlp", "lenet5").
        augmentation: Names out of `AUGMENTATIONS`, applied to training pictures only.
    """

    dataset: str = "digits:jitter=3"
    networks: tuple[str, ...] = ("mlp", "lenet5")
    examples: int = _setting(
        4_000,
        "training examples",
        "How many pictures the networks may learn from.",
        minimum=1,
        maximum=1_000_000,
        unit="pictures",
        log=True,
    )
    batch_size: int = _setting(
        64,
        "batch size",
        "How many pictures are looked at before the weights move once.",
        minimum=1,
        maximum=8_192,
        unit="pictures",
        log=True,
    )
    epochs: int = _setting(8, "epochs", "How often every training picture is seen.", minimum=1, maximum=1_000, log=True)
    optimiser: str = _setting("adamw", "optimiser", "The rule that turns gradients into steps.", choices=OPTIMISERS)
    learning_rate: float = _setting(
        2e-3, "learning rate", "How far one step moves the weights.", minimum=0.0, maximum=1e9, log=True
    )
    momentum: float = _setting(
        0.9,
        "momentum",
        "How much of the last step is kept in the next (optimiser momentum).",
        minimum=0.0,
        maximum=0.999,
    )
    schedule: str = _setting("constant", "schedule", "How the learning rate changes during the run.", choices=SCHEDULES)
    warmup_share: float = _setting(
        0.2, "warm-up", "Share of the run in which the learning rate rises.", minimum=0.0, maximum=0.9
    )
    final_share: float = _setting(
        0.01, "final rate", "Learning rate at the end, as a share of the highest.", minimum=0.0, maximum=1.0
    )
    weight_decay: float = _setting(
        0.01, "weight decay", "How strongly weights are pulled towards zero.", minimum=0.0, maximum=10.0
    )
    dropout: float = _setting(
        0.0, "dropout", "Share of hidden units switched off at random while learning.", minimum=0.0, maximum=0.95
    )
    augmentation: tuple[str, ...] = ()
    seed: int = _setting(0, "seed", "Decides which examples are drawn and their order.", minimum=0, maximum=2**31 - 1)
    weights_seed: int = _setting(
        0, "weights seed", "Decides the first weights of every network.", minimum=0, maximum=2**31 - 1
    )
    evaluations: int = _setting(
        24, "measurements", "How often along the run accuracy is measured.", minimum=1, maximum=1_000, log=True
    )

    def with_(self, **changes: Any) -> RaceConfig:
        """A copy with some fields changed."""
        return replace(self, **changes)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types; the inverse of `from_json`."""
        return asdict(self) | {"networks": list(self.networks), "augmentation": list(self.augmentation)}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> RaceConfig:
        """Reads what `to_json` wrote; unknown fields are ignored, missing ones get their default."""
        known = {f.name: data[f.name] for f in fields(RaceConfig) if f.name in data}
        for name in ("networks", "augmentation"):
            if name in known:
                known[name] = tuple(str(item) for item in known[name])
        return RaceConfig(**known)


def knobs() -> dict[str, Knob]:
    """The knob of every field that has one, by the field's name, in the order of the form."""
    return {f.name: replace(f.metadata["knob"], name=f.name) for f in fields(RaceConfig) if "knob" in f.metadata}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a set-up cannot run: the field, and the sentence to show beside it."""

    field: str
    report: ErrorReport


def validate(config: RaceConfig) -> list[Problem]:
    """Everything that is wrong with the fields themselves, in the form's order; empty when it can run.

    Whether the data set and the networks exist is not known here: whoever looks them up says so.
    """
    problems = []
    for name, knob in knobs().items():
        report = knob.check(getattr(config, name))
        if report is not None:
            problems.append(Problem(name, report))
    if not problems and config.learning_rate == 0:
        problems.append(
            Problem(
                "learning_rate",
                ErrorReport(
                    "At learning rate 0 no weight ever moves.", remedy="Give a small number above 0, such as 0.002."
                ),
            )
        )
    if not config.networks:
        problems.append(Problem("networks", ErrorReport("No network is chosen.", remedy="Choose at least one.")))
    if len(set(config.networks)) != len(config.networks):
        problems.append(Problem("networks", ErrorReport("A network is chosen twice.", remedy="Take one of them out.")))
    for name in config.augmentation:
        if name not in AUGMENTATIONS:
            problems.append(
                Problem(
                    "augmentation",
                    ErrorReport(
                        f"There is no augmentation {name!r}.", remedy="Choose from " + ", ".join(AUGMENTATIONS) + "."
                    ),
                )
            )
    return problems

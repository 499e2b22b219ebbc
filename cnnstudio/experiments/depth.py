"""Depth with and without the shortcut: 8 to 44 layers, plain and residual, and shortcuts that change in mid-run.

The networks are those of section 4.2 of the paper: 6n + 2 layers in three stages, the maps doubled and halved in size
from stage to stage, batch normalisation after every convolution. They are made small: 8, 16 and 32 maps where the paper
has 16, 32 and 64, and the first convolution has stride 2. Where the maps double, the shortcut takes every second row
and column of each map, twice over (the paper's option A adds zeros instead), so that it has no weights: plain and
residual networks have the same weights, and start from the same ones.

AdamW with a rate of 0.005 that rises and falls in one cycle: of this and the paper's momentum with 0.1 the better one
by validation with shortcuts, for 44 layers; for plain ones of 44 layers neither gets far. The test set had no part in
it.

K. He, X. Zhang, S. Ren, J. Sun: Deep residual learning for image recognition. CVPR 2016.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cnnstudio.core.dataset import Shape
from cnnstudio.core.errors import StudioError
from cnnstudio.core.experiment import ExperimentInfo, Findings, Guess, Measuring, Order, Result, Settings, Values
from cnnstudio.core.knobs import Knob, Value
from cnnstudio.core.layer_blocks import Branches, Residual
from cnnstudio.core.layer_kinds import Conv, Linear
from cnnstudio.core.layer_norms import BatchNorm
from cnnstudio.core.layer_points import Flatten, ReLU
from cnnstudio.core.layer_pools import GlobalAverage, Subsample
from cnnstudio.core.layers import Layers
from cnnstudio.core.network import NetworkSpec
from cnnstudio.datasets import find as find_dataset
from cnnstudio.experiments._depth_findings import WIRINGS, findings
from cnnstudio.experiments._grid import SEEDS, dataset_knob, examples_knob, race_of, repeated

ID: Final = "depth"
STAGES: Final = 3
MOST_LAYERS: Final = 110
"""The deepest network of the paper that learned well."""
POINTS: Final = 40
"""Along a run."""
LAST_FLIP: Final = 0.95
"""Share of a run: what a later flip does would hardly be seen."""
_MOST_DIGITS: Final = 17
"""Give every number exactly."""
_RULE: Final[Mapping[str, Value]] = {
    "batch_size": 64,
    "optimiser": "adamw",
    "learning_rate": 5e-3,
    "schedule": "one_cycle",
}


def depths(settings: Settings) -> tuple[int, ...]:
    """The numbers of layers that are tried, ascending.

    Raises:
        StudioError: There is none, or one is not 6n + 2 with n at least 1.
    """
    found = set()
    for text in filter(None, (piece.strip() for piece in str(settings["depths"]).split(","))):
        if not text.isdecimal() or int(text) % 6 != 2 or not 8 <= int(text) <= MOST_LAYERS:
            raise StudioError(
                f"A network of {text} layers does not come out even.",
                "Three stages of blocks of two convolutions, one before them and one layer after them make 6n + 2.",
                f"Give numbers such as 8, 14, 20, 26, 32, 38 or 44, at most {MOST_LAYERS}.",
            )
        found.add(int(text))
    if not found:
        raise StudioError("No depth is named.", remedy="Give numbers of layers with commas, as in 8,20,32,44.")
    return tuple(sorted(found))


def spec(layers: int, shape: Shape, classes: int, maps: int) -> NetworkSpec:
    """The residual network; without its shortcuts it is the plain one.

    Args:
        layers: 6n + 2 layers with weights, batch normalisation not counted.
        shape: Channels, height and width of a picture.
        classes: Classes told apart.
        maps: Of the first stage; each further one has twice as many.
    """
    blocks: Layers = (Conv(maps, 3, 2, 1, bias=False), BatchNorm(), ReLU())
    for stage in range(STAGES):
        for number in range((layers - 2) // (2 * STAGES)):
            blocks += (_block(maps * 2**stage, halves=stage > 0 and number == 0),)
    end: Layers = (GlobalAverage(), Flatten(), Linear(classes))
    return NetworkSpec(f"depth_{layers}", f"{layers} layers", shape, classes, (*blocks, *end))


def _block(maps: int, halves: bool) -> Residual:
    body: Layers = (
        Conv(maps, 3, 2 if halves else 1, 1, bias=False), BatchNorm(), ReLU(),
        Conv(maps, 3, 1, 1, bias=False), BatchNorm(),
    )  # fmt: skip
    shortcut: Layers = (Branches(((Subsample(2),), (Subsample(2),))),) if halves else ()
    return Residual(body, shortcut, (ReLU(),))


def _plan(settings: Settings) -> tuple[Order, ...]:
    tried, flip_at = depths(settings), float(settings["flip_at"])
    shared = {**{name: settings[name] for name in ("dataset", "examples", "epochs", "maps")}, **_RULE}
    points: list[dict[str, Value]] = [
        {"network": wiring, "layers": layers, "flip_at": 0.0, **shared}
        for layers in reversed(tried)
        for wiring in WIRINGS
    ]
    if flip_at:
        points += [{"network": wiring, "layers": tried[-1], "flip_at": flip_at, **shared} for wiring in WIRINGS]
    planned = repeated(ID, points, settings)
    info = find_dataset(str(settings["dataset"])).info
    spec(tried[-1], info.shape, max(2, len(info.class_names)), int(settings["maps"]))
    return planned


def flip_step(share: float, steps: int) -> int:
    """The step after which the wiring changes at this share of a run; 0 for never."""
    return min(steps - 1, max(1, round(share * steps))) if share else 0


def flip_share(step: int, steps: int) -> float:
    """The shortest share of a run for which `flip_step` gives this step, from 1 to `steps` - 1."""
    shares = (round(step / steps, digits) for digits in range(2, _MOST_DIGITS + 1))
    return next(share for share in shares if flip_step(share, steps) == step)


def as_done(order: Order, values: Values) -> Order:
    """The order whose run flips where this one did, by hand or not; the same one where it flips as planned."""
    flipped, steps = int(values.get("flipped", 0)), int(values.get("steps", 0))
    if not flipped or flipped == flip_step(float(order.params["flip_at"]), steps):
        return order
    return Order(order.experiment, {**order.params, "flip_at": flip_share(flipped, steps)})


def measure(order: Order) -> Measuring:
    """One network learns; tells loss and gradients along the run while it does.

    The number of a step that is sent in flips the wiring after it, and not where the order says.
    """
    from cnnstudio.experiments._learn import data, learn
    from cnnstudio.experiments._wiring import Record, telling

    config, params = race_of(order.params), order.params
    prepared = yield from data(config)
    classes = len(prepared.class_names)
    network = spec(int(params["layers"]), prepared.shape, classes, int(params["maps"]))
    steps = config.epochs * math.ceil(len(prepared.train) / config.batch_size)
    record = Record(steps, POINTS, params["network"] == "residual", flip_step(float(params["flip_at"]), steps))
    learned = yield from telling(
        learn(network, prepared.train, classes, config, each_loss=record.each_loss, each_step=record.each_step,
              at_start=record.at_start),
        record.values, record.flip_after,
    )  # fmt: skip
    shares: Mapping[str, Any] = yield from learned.shares(prepared)
    return {**shares, **record.values(), "weights": network.parameters, "macs": network.macs}


def _findings(settings: Settings, results: Sequence[Result]) -> Findings:
    return findings(depths(settings), results, len(_plan(settings)))


EXPERIMENT: Final = ExperimentInfo(
    id=ID,
    title="What does depth do?",
    short="Depth",
    order=80,
    sentence="Networks of 8 to 44 layers learn the same pictures, plain and with shortcuts around every two layers, "
    "from the same first weights. Loss and gradients of every layer are followed along the run.",
    constructed="The networks are small and the runs short, so that they can be watched: what is compared is how fast "
    "depth learns, not how far it would get in the end. With batch normalisation the gradients of a plain network need "
    "not vanish, as the paper says: look at them before you call that the cause.",
    citation="He, Zhang, Ren, Sun: Deep residual learning for image recognition. CVPR 2016, section 4.2.",
    guess=Guess(
        "Without shortcuts: the deepest network against the shallowest, after the same number of steps?",
        (
            "The deepest is better by more than 2 points on test pictures.",
            "They are within 2 points of each other.",
            "The deepest is worse by more than 2 points on test pictures, and on those that it learned as well.",
            "The deepest is worse by more than 2 points on test pictures, but not on those that it learned.",
        ),
    ),
    knobs=(
        Knob("depths", "layers", "8,20,32,44", "Numbers of layers with commas, each of them 6n + 2."),
        Knob("flip_at", "flip at", 0.0, "Also: after this share of the run the deepest plain network gets shortcuts, "
             "and the residual one loses them; 0 is never.", minimum=0.0, maximum=LAST_FLIP, unit="share of the run",
             automatic="never"),
        dataset_knob("digits:jitter=3"),
        Knob("maps", "maps", 8, "Maps of the first stage; the others have twice and four times as many.",
             minimum=1, maximum=64, unit="maps", log=True),
        examples_knob(2_000),
        Knob("epochs", "epochs", 8, "How often every training picture is seen.", minimum=1, maximum=1_000,
             unit="epochs"),
        SEEDS,
    ),
    plan=_plan,
    measure=measure,
    findings=_findings,
    as_done=as_done,
)  # fmt: skip

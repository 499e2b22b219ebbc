"""Made-up results of experiments, by formulas and without torch: for pictures of the panels and for tests of them.

The numbers are plausible and nothing more; whatever shows them has to say that they are made up.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np

from cnnstudio import networks
from cnnstudio.core.equivariance import OPERATIONS
from cnnstudio.core.experiment import ExperimentInfo, Order, Partly, Result, Settings, Values
from cnnstudio.core.kept_sweeps import KeptSweep
from cnnstudio.core.nonsense_pictures import MEASURED
from cnnstudio.core.picture_changes import AMOUNTS, KINDS, UNCHANGED
from cnnstudio.core.shifted_maps import EXACT
from cnnstudio.runtime.sweep_thread import SweepState
from cnnstudio.ui.experiments import Experiments

NOTE: Final = "These numbers are made up by a formula, to show the panel; nothing was measured."
_SPREAD: Final = 0.012
"""Standard deviation of a made-up share over the seeds."""
_AT: Final = 24
"""Points along a made-up run."""

Params = Mapping[str, Any]
Draw = Callable[[float], float]
"""A share near the one that is wanted."""


def _lead(params: Params) -> float:
    """How much a network makes of pictures, 0 to 1."""
    key = str(params["network"])
    role = networks.find(key)[0].role
    return {"mlp": 0.0, "local": 0.45, "cnn": 1.0}.get(role, 0.5) - (0.12 if "small" in key else 0.0)


def _three(draw: Draw, test: float, learned: float) -> dict[str, Any]:
    shares = {"train": draw(max(test, learned)), "validation": draw(test), "test": draw(test)}
    return {**shares, "learned": 4_000, "weights": 61_000}


def _luck(params: Params, draw: Draw) -> dict[str, Any]:
    test = 0.78 + 0.12 * _lead(params)
    curve = [draw(test - 0.7 * math.exp(-0.5 * epoch)) for epoch in range(12)]
    return {**_three(draw, test, 0.96), "curve": curve}


def _jitter(params: Params, draw: Draw) -> dict[str, Any]:
    far = float(params["jitter"])
    test = 0.99 - (1 - _lead(params)) * 0.85 * (1 - math.exp(-far / 3))
    return {**_three(draw, test, 0.99), "other": draw(0.15 + 0.7 * _lead(params))}


def _move(params: Params, draw: Draw) -> dict[str, Any]:
    test, lead = 0.93 + 0.04 * _lead(params), _lead(params)
    fall = {"shift": 0.55 - 0.35 * lead, "rotation": 0.02, "scale": 1.4, "noise": 1.6 - lead, "occlusion": 0.06,
            "contrast": 0.7}  # fmt: skip
    found: dict[str, Any] = _three(draw, test, 0.98)
    for kind in KINDS:
        away = [abs(amount - UNCHANGED[kind]) for amount in AMOUNTS[kind]]
        found[kind] = [draw(0.1 + (test - 0.1) * math.exp(-((fall[kind] * far) ** 1.6) * 0.6)) for far in away]
    return found


def _microscope(params: Params, draw: Draw) -> dict[str, Any]:
    odd = {"conv": 3e-7, "conv_stride": 0.62, "max": 0.41, "blur": 0.14, "stride": 0.78, "local": 1.21}
    from cnnstudio.experiments.microscope import SHIFTS_PX

    if "network" in params:
        return _microscope_layers(params, draw)
    nothing = [None] * len(SHIFTS_PX)
    found: dict[str, Any] = {}
    for operation in OPERATIONS:
        even = 3e-7 if operation != "local" else 1.21
        inside = [odd.get(operation, 1.0) if px % 2 else even for px in SHIFTS_PX]
        placed = operation not in ("dense", "global")
        border = [draw(0.4 + 0.08 * px) for px in SHIFTS_PX]
        found[f"{operation}_inside"] = [draw(each) if each > EXACT else each for each in inside] if placed else nothing
        found[f"{operation}_border"] = border if operation != "global" else nothing
        found[f"{operation}_change"] = [draw(0.05 + 0.03 * px) for px in SHIFTS_PX]
    return {**found, "learned": 0}


def _microscope_layers(params: Params, draw: Draw) -> dict[str, Any]:
    """Errors that grow from layer to layer, and are there at odd shifts as soon as one layer skips places."""
    from cnnstudio.experiments.microscope import SHIFTS_PX

    steps = networks.spec_for(str(params["network"]), (1, 28, 28), 10).steps()
    found: dict[str, Any] = {"layers": [step.name for step in steps], "titles": [step.layer.title for step in steps]}
    for part in ("inside", "border", "change"):
        found[part] = []
        for depth, step in enumerate(steps):
            side = step.shape[1] if len(step.shape) > 1 else 1
            odd = [0.5 * EXACT if side == 28 or not px % 2 else draw(0.2 + 0.04 * depth) for px in SHIFTS_PX]
            known = {"inside": odd, "border": [draw(0.3 + 0.02 * depth)] * 4, "change": [draw(0.04 * depth)] * 4}
            found[part].append(known[part] if (side > 1) == (part != "change") else [None] * len(SHIFTS_PX))
    return {**found, "test": draw(0.93), "learned": 2_000}


def _examples(params: Params, draw: Draw) -> dict[str, Any]:
    grown = math.log10(float(params["examples"])) / 4.1
    shifted = 0.05 if params["augmentation"] else 0.0
    test = 0.12 + (0.74 + 0.1 * _lead(params)) * min(1.0, grown) ** (2.2 - 0.8 * _lead(params)) + shifted
    return _three(draw, test, 0.97)


def _scramble(params: Params, draw: Draw) -> dict[str, Any]:
    if params["part"] == "table":
        worth = {"list": 0.972, "row": 0.966, "anywhere": 0.915}[str(params["network"])]
        return {name: draw(worth) for name in ("train", "validation", "test")}
    whole = min(1.0, math.log2(float(params["block"])) / 3.5) if float(params["block"]) > 1 else 0.0
    return _three(draw, 0.92 + _lead(params) * (0.05 * whole - 0.035), 0.99)


def _ladder(params: Params, draw: Draw) -> dict[str, Any]:
    rung = ("dense", "local", "shared", "pooling", "norm", "residual").index(str(params["network"]))
    test = (0.9, 0.915, 0.945, 0.968, 0.973, 0.979)[rung] - 0.9 / math.sqrt(float(params["examples"]))
    moved = [draw(test - (0.16 - 0.022 * rung) * px) for px in (1, 2, 3)]
    steady = [draw(0.99 - (0.1 - 0.014 * rung) * px) for px in (1, 2, 3)]
    sizes = {"weights": 29_800 + 90 * rung, "macs": 30_000 * (1 + 7 * rung), "off": 0.004 * (rung - 2)}
    return {**_three(draw, test, 0.99), "moved": moved, "consistency": steady, **sizes}


def _pooling(params: Params, draw: Draw) -> dict[str, Any]:
    way = ("none", "stride", "max", "average", "blur", "max_blur", "global").index(str(params["network"]))
    test = (0.951, 0.942, 0.966, 0.958, 0.96, 0.97, 0.93)[way]
    fall = (0.05, 0.075, 0.045, 0.04, 0.036, 0.028, 0.012)[way]
    sizes = {"map": (28, 7, 7, 7, 7, 7, 1)[way] ** 2 * 16, "weights": 9_000 + 1_000 * way, "macs": 2_100_000}
    falls = {"consistency": [draw(1 - fall * px**1.3) for px in (1, 2, 3)],
             "moved": [draw(test - fall * px**1.4) for px in (1, 2, 3)]}  # fmt: skip
    return {**_three(draw, test, 0.99), **sizes, **falls}


def _depth(params: Params, draw: Draw) -> dict[str, Any]:
    layers, residual = int(params["layers"]), params["network"] == "residual"
    worse = 0.0 if residual else max(0.0, (layers - 14) / 60)
    losses = [2.3 * math.exp(-(3.2 - 4.2 * worse) * point / _AT) + 0.05 + 0.04 * draw(0.5) for point in range(_AT)]
    steep = 0.004 if residual else 0.03
    rows = [[0.3 * 10 ** (-steep * (layers - layer)) * (1 + draw(0.4)) for layer in range(layers)] for _ in range(_AT)]
    found = {**_three(draw, 0.93 - worse, 0.98 - worse), "macs": 900_000, "steps": 252, "flipped": 0}
    return {**found, "at": [round(252 * (place + 1) / _AT) for place in range(_AT)], "loss": losses, "gradients": rows}


def _nonsense(params: Params, draw: Draw) -> dict[str, Any]:
    none = params["way"] == "none"
    found: dict[str, Any] = {**_three(draw, 0.94 + 0.03 * _lead(params), 0.99), "temperature": 1.4 + draw(0.1)}
    for place, kind in enumerate(("real", *MEASURED)):
        sure = 0.95 if kind == "real" else (0.82 - 0.06 * place) * (0.55 if none else 1.0)
        called = draw(0.02 if kind == "real" else 0.45 + 0.08 * place) if none else 0.0
        found |= {f"confidence_{kind}": draw(sure), f"cooled_{kind}": draw(sure - 0.12), f"sure_{kind}": draw(sure / 2)}
        found |= {f"none_{kind}": called} if none else {}
    for place, kind in enumerate(("all", *MEASURED)):
        for score, bonus in {"softmax": 0.0, "energy": 0.03, **({"none": 0.07} if none else {})}.items():
            found[f"auroc_{score}_{kind}"] = draw(0.8 + 0.02 * place + bonus)
    return found


def _unfair(params: Params, draw: Draw) -> dict[str, Any]:
    marked = params["way"] == "marked"
    plain = 0.93 + 0.04 * _lead(params)
    found = _three(draw, 0.999 if marked else plain, 0.999)
    found |= {"without": draw(0.34 + 0.3 * _lead(params) if marked else plain), "area": 0.02}
    found |= {"lying": draw(0.06 if marked else plain - 0.02), "follows": draw(0.9 if marked else 0.02)}
    return {**found, "saliency": draw(0.42 if marked else 0.03), "occlusion": draw(0.71 if marked else 0.02)}


def _augmentation(params: Params, draw: Draw) -> dict[str, Any]:
    shifts = bool(params["augmentation"])
    moved = 0.52 + 0.2 * _lead(params) + (0.33 - 0.12 * _lead(params) if shifts else 0.0)
    return {**_three(draw, 0.93 + 0.04 * _lead(params), 0.98), "moved": draw(moved)}


_FORMULAS: Final[Mapping[str, Callable[[Params, Draw], dict[str, Any]]]] = {
    "luck": _luck, "jitter": _jitter, "move": _move, "microscope": _microscope, "examples": _examples,
    "scramble": _scramble, "ladder": _ladder, "pooling": _pooling, "depth": _depth, "nonsense": _nonsense,
    "unfair": _unfair, "augmentation": _augmentation,
}  # fmt: skip


def values(order: Order) -> Values:
    """What a run might give; the same for the same order."""
    rng = np.random.default_rng(int(order.key, 16))

    def draw(wanted: float) -> float:
        return float(np.clip(wanted + rng.normal(0, _SPREAD), 0.0, 1.0 if wanted <= 1 else np.inf))

    return _FORMULAS[order.experiment](order.params, draw)


def state(info: ExperimentInfo, settings: Settings, done: int | None = None) -> SweepState:
    """How a sweep with made-up results stands.

    Args:
        info: The experiment.
        settings: Of all its knobs.
        done: Runs that are in, with the next two under way; None for a finished sweep.
    """
    orders = tuple({order.key: order for order in info.plan(settings)}.values())
    results = tuple(Result(order, values(order)) for order in orders[:done])
    made = SweepState(results, info.findings(settings, results), len(orders), notes=(NOTE,), seconds=12.0)
    if done is None:
        return replace(made, outcome="finished")
    coming = tuple((order, Partly(0.4, "learning", values(order))) for order in orders[done : done + 2])
    return replace(made, under_way=coming, seconds_left=15.0)


class ShownExperiments(Experiments):
    """Kept results that no run measured, in no file: one per experiment, put there by `put`.

    Thread: GUI.
    """

    _moving: frozenset[str] = frozenset()

    def put(self, info: ExperimentInfo, shown: SweepState, guess: int | None = None) -> KeptSweep:
        """Lets an experiment have this result; while it has no outcome, it counts as running."""
        kept = KeptSweep(
            info.id, info.id, "Made up", info.settings(), "2026-01-01T12:00:00", guess, shown.outcome,
            len(shown.results), shown.planned,
        )  # fmt: skip
        self._kept = {**(self._kept or {}), kept.id: kept}
        self._states[kept.id] = shown
        self._moving = (self._moving - {kept.id}) | ({kept.id} if not shown.outcome else frozenset())
        self.listed.emit(info.id)
        self.changed.emit(kept.id)
        return kept

    def is_going(self, kept_id: str) -> bool:
        """As it was put."""
        return kept_id in self._moving or super().is_going(kept_id)


def orders_done(info: ExperimentInfo, settings: Settings) -> int:
    """About half of the runs, at least one, and never all of them."""
    count = len(info.plan(settings))
    return max(1, min(count - 1, round(0.55 * count)))

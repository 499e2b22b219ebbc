"""A tiny experiment without torch, whose runs do what their parameters say; worker processes find it by its name."""

from __future__ import annotations

import math
import os
import signal
import time
from collections.abc import Generator, Sequence
from pathlib import Path

from cnnstudio.core.dataset import Progress
from cnnstudio.core.errors import StudioError
from cnnstudio.core.experiment import (
    Chart,
    ExperimentInfo,
    Findings,
    Guess,
    Order,
    Partly,
    Result,
    Settings,
    Table,
    Values,
)
from cnnstudio.core.knobs import Knob
from cnnstudio.core.statistics import Gap, gap_sentence, series
from cnnstudio.runtime import _work

NETWORKS = ("mlp", "cnn")
FOREVER_S = 60.0
"""How long a run waits that only ends when it is ended."""

_KNOBS = (
    Knob("seeds", "Seeds", 3, "How often everything is repeated.", 1, 20),
    Knob("slices", "Slices", 3, "Into how many a run is divided.", 1, 1_000),
    Knob("trick", "Trick", "", "What the run of the first seed of the MLP does.",
         choices=("", "fail", "raise", "import", "die once", "die", "leave", "wait", "wait once", "odd")),
    Knob("folder", "Folder", "", "Where runs leave their traces."),
)  # fmt: skip


def plan(settings: Settings) -> tuple[Order, ...]:
    if settings["slices"] == 999:
        raise StudioError("One slice too many.", remedy="Choose fewer.")
    return tuple(
        Order(
            "toy",
            {
                "network": network,
                "seed": seed,
                "slices": settings["slices"],
                "trick": settings["trick"] if (network, seed) == ("mlp", 0) else "",
                "folder": settings["folder"],
            },
        )
        for seed in range(int(settings["seeds"]))
        for network in NETWORKS
    )


def _score(network: str, seed: int) -> float:
    return (0.9 if network == "cnn" else 0.5) + 0.01 * seed


def _first_time(params) -> bool:
    """Whether no run with these parameters has been here before."""
    mark = Path(str(params["folder"])) / f"{params['network']}-{params['seed']}.began"
    try:
        mark.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def run(order: Order) -> Generator[Progress | None, None, Values]:
    params = order.params
    match params["trick"]:
        case "fail":
            raise StudioError("This run cannot be.", "It is a trick.")
        case "raise":
            raise ZeroDivisionError("by a trick")
        case "import":
            raise ModuleNotFoundError("No module named 'tables'")
        case "leave":
            os._exit(3)
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "die once" if _first_time(params):
            os.kill(os.getpid(), signal.SIGKILL)
        case "wait" | "wait once" if _first_time(params) or params["trick"] == "wait":
            until_s = time.monotonic() + FOREVER_S
            while time.monotonic() < until_s:
                time.sleep(0.01)
                yield Progress(0.5, "waiting")
    for place in range(int(params["slices"])):
        yield Partly((place + 1) / params["slices"], "counting", {"count": place})
    return {
        "accuracy": _score(str(params["network"]), int(params["seed"])),
        "threads": os.environ.get("OMP_NUM_THREADS", ""),
        "nice": os.nice(0),
        "pair": (1, 2),
        "odd": {1} if params["trick"] == "odd" else math.nan,
    }


def findings(settings: Settings, results: Sequence[Result]) -> Findings:
    scores = {
        network: {
            result.order.params["seed"]: result.values["accuracy"]
            for result in results
            if result.order.params["network"] == network
        }
        for network in NETWORKS
    }
    gap = Gap.by_seed(scores["cnn"], scores["mlp"])
    lines = tuple(
        series(network, {0.0: list(scores[network].values())}, network=network, role=network) for network in NETWORKS
    )
    rows = tuple((network, len(scores[network])) for network in NETWORKS)
    return Findings(
        (Chart("accuracy", "Accuracy of toys", "lines", "x, px", "accuracy", lines, chance=0.1),),
        (Table("Runs", ("network", "seeds"), rows),),
        (gap_sentence("CNN", "MLP", gap) if gap is not None else "Nothing is known yet.",),
        None if gap is None else 0,
        len(results),
        len(plan(settings)),
    )


EXPERIMENT = ExperimentInfo(
    "toy", "Which toy is better?", "Toys", 1, "Two toys are compared.", Guess("Which?", ("CNN", "MLP")), _KNOBS,
    plan, run, findings, constructed="Everything here is made up.",
)  # fmt: skip


def measure(order: Order, place: str) -> Generator[Progress | None, None, Result]:
    values = yield from run(order)
    return Result(order, values, 0.5, place, {"program": "0"})


def measure_threads(order: Order, place: str) -> Generator[Progress | None, None, Result]:
    """How many threads torch has in a worker process."""
    _work.one_thread_in_torch()
    import torch

    yield None
    return Result(order, {"threads": [torch.get_num_threads(), torch.get_num_interop_threads()]}, 0.0, place)

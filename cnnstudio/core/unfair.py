"""What may be asked about a mark that gives the class away: which class do networks name, and do they look at it?

Marks themselves are `core.marks`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.dataset import Images
from cnnstudio.core.inside import Numbers, Pixels
from cnnstudio.core.marks import Code
from cnnstudio.core.questions import Question, WeightsFrom


@dataclass(frozen=True, slots=True)
class MarkVerdicts:
    """How one network reads a picture without a mark and with each class's mark.

    Attributes:
        network: Its key, or the key of the experiment's run that trained it.
        title: As in "LeNet-5".
        role: "mlp", "cnn", "local" or "".
        weights_from: Where the weights come from; "none" means not trained yet.
        step: The moment's step; None for shipped weights.
        probabilities: float64 [1 + marks, classes]: without a mark, then with the mark of each class; None if it is
            not trained.
        follows: The share of the marks whose class is named: 1 where the mark alone decides; None if not trained.
        shares: By "saliency" and "occlusion": the share of the attribution that falls on the mark, for the picture
            with the mark of class `shown`; None where it cannot be told. Empty if not trained.
        maps: float32 [height, width] by method, of the same picture. Empty if not trained.
        learned_on: Title of the data set that shipped weights were learned on, where that is another one; else "".
    """

    network: str
    title: str
    role: str
    weights_from: WeightsFrom
    step: int | None
    probabilities: NDArray[np.float64] | None
    follows: float | None
    shares: dict[str, float | None]
    maps: dict[str, Numbers]
    learned_on: str = ""


@dataclass(frozen=True, slots=True)
class MarkRead:
    """A picture without a mark and with each class's mark, as all networks read it.

    Attributes:
        images: uint8 [1 + classes, channels, height, width]: without a mark, then with each class's.
        area: The share of the picture that the mark of class `shown` takes: what attribution spread evenly would give.
        where: Bool [height, width]: that mark's pixels.
        networks: One per network, in the order asked: networks of the moment, then those of runs.
        class_names: Of the classes.
    """

    images: Images
    area: float
    where: NDArray[np.bool_]
    networks: tuple[MarkVerdicts, ...]
    class_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadMarked(Question[MarkRead]):
    """How do networks read this picture with each class's mark, and how much of the attribution falls on the mark?

    Attributes:
        pixels: uint8 [channels, height, width], without a mark.
        dataset: Key of the data set.
        networks: Keys of networks.
        code: Whether the mark's place or its brightness says the class.
        shown: The class whose mark is explained.
        step: The moment; None is now.
        runs: `Order.key` of runs of the experiment that this process has done (`core.experiment.Measure`): their
            networks, which learned with the mark, answer too. Those that are not remembered are left out.
    """

    pixels: Pixels
    dataset: str
    networks: tuple[str, ...]
    code: Code = "place"
    shown: int = 0
    step: int | None = None
    runs: tuple[str, ...] = ()

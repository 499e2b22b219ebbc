"""What may be asked about pictures that show none of the classes, and how sure a network is of them.

The pictures are made by `core.nonsense_pictures`; softmax, temperature, energy and ROC are `core.confidence`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnnstudio.core.dataset import Images
from cnnstudio.core.inside import Pixels
from cnnstudio.core.questions import Question, WeightsFrom


@dataclass(frozen=True, slots=True)
class NonsenseVerdicts:
    """What one network says of every picture.

    Attributes:
        network: Its key, or the key of the experiment's run that trained it.
        title: As in "LeNet-5".
        role: "mlp", "cnn", "local" or "".
        weights_from: Where the weights come from; "none" means not trained yet.
        step: The moment's step; None for shipped weights.
        logits: float64 [pictures, classes] (one class more where it knows "none of these"); None if not trained.
            `core.confidence.softmax(logits, temperature)` gives its probabilities at any temperature.
        energy: float64 [pictures], energy score at temperature 1 (Liu et al. 2020): low for what is known.
        none_class: Whether the last class is "none of these".
        temperature: Fitted to the validation pictures (Guo et al. 2017); None where those are not in memory.
        energy_limit: 95 % of the validation pictures have a lower energy; None likewise.
        confidence_limit: 95 % of the validation pictures have a higher largest probability; None likewise.
        real_confidence: Mean largest probability over the validation pictures; None likewise.
        learned_on: Title of the data set that shipped weights were learned on, where that is another one; else "".
    """

    network: str
    title: str
    role: str
    weights_from: WeightsFrom
    step: int | None
    logits: NDArray[np.float64] | None
    energy: NDArray[np.float64] | None
    none_class: bool = False
    temperature: float | None = None
    energy_limit: float | None = None
    confidence_limit: float | None = None
    real_confidence: float | None = None
    learned_on: str = ""


@dataclass(frozen=True, slots=True)
class NonsenseRead:
    """A drawing and made-up nonsense as all networks read it.

    Attributes:
        kinds: One per picture: "yours" for the drawing, else one of `core.nonsense_pictures.KINDS`.
        images: uint8 [pictures, channels, height, width]; the drawing, where one was given, is the first.
        networks: One per network, in the order asked: networks of the moment, then those of runs.
        class_names: Of the classes; a network with `none_class` has "none of these" after them.
    """

    kinds: tuple[str, ...]
    images: Images
    networks: tuple[NonsenseVerdicts, ...]
    class_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadNonsense(Question[NonsenseRead]):
    """How sure are the networks of this drawing, and of pictures that show nothing they know?

    Attributes:
        pixels: uint8 [channels, height, width], the drawing; None leaves it out.
        dataset: Key of the data set.
        networks: Keys of networks.
        step: The moment; None is now.
        kinds: Of `core.nonsense_pictures.KINDS`; () is all of them.
        each: Pictures of each kind.
        seed: Of the pictures.
        runs: `Order.key` of runs of the nonsense experiment that this process has done (`core.experiment.Measure`):
            their networks answer too. Those that are not remembered are left out.
    """

    pixels: Pixels | None
    dataset: str
    networks: tuple[str, ...]
    step: int | None = None
    kinds: tuple[str, ...] = ()
    each: int = 1
    seed: int = 0
    runs: tuple[str, ...] = ()

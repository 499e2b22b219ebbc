"""The microscope's networks: each one learns, then every layer's map is held against itself, shifted.

The numbers are those of the live view (`engine.shifted_layers`), as means over test pictures.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cnnstudio.core.experiment import Chart, Measuring, Order, Partly, Result, Series, Table
from cnnstudio.core.layer_norms import BatchNorm, ChannelNorm, LayerScale
from cnnstudio.core.layer_points import (
    GELU,
    Dropout,
    Flatten,
    Hardswish,
    LeakyReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Tanh,
)
from cnnstudio.core.shifted_maps import EXACT
from cnnstudio.core.statistics import PLAIN, Gap, Spread, figures, gap_sentence, series
from cnnstudio.experiments._grid import race_of, titles

PARTS: Final = ("inside", "border", "change")
"""Away from borders, at borders, and of layers without places how far the values changed."""
_DRAWN_PX: Final = (1, 4)
"""An odd shift, and a multiple of the strides of most networks."""

_MOST_DRAWN: Final = 16
"""Layers in a chart. Of a network with more, those are left to the table that do the same at every place."""
_SAME: Final = frozenset(
    layer.title
    for layer in (
        ReLU(), LeakyReLU(), ReLU6(), Sigmoid(), Tanh(), GELU(), SiLU(), Hardswish(), BatchNorm(), ChannelNorm(),
        LayerScale(), Dropout(), Flatten(),
    )
)  # fmt: skip


def measure(order: Order, shifts_px: Sequence[int]) -> Measuring:
    """One network learns, then reads test pictures before and after shifts to the right.

    Args:
        order: With the parameters "network" and "pictures".
        shifts_px: How far.

    Returns:
        "layers" (names), "titles", "inside", "border" and "change" (lists by layer, by shift), "test" (the share of
        test pictures that it reads correctly) and "learned" (training pictures).
    """
    from cnnstudio.experiments._learn import data, learn

    config = race_of(order.params)
    prepared = yield from data(config)
    learned = yield from learn(config.networks[0], prepared.train, len(prepared.class_names), config)
    share = yield from learned.accuracy(prepared.test)
    found = _Found(len(shifts_px))
    pictures = prepared.test.images[: int(order.params["pictures"])]
    for place, pixels in enumerate(pictures):
        for number, right in enumerate(shifts_px):
            found.add(number, learned, pixels, right)
        text = f"{config.networks[0]}, picture {place + 1} of {len(pictures)}"
        yield Partly((place + 1) / len(pictures), text, values=found.values())
    return {**found.values(), "test": share, "learned": len(prepared.train)}


class _Found:
    """Sums of errors by layer, part and shift.

    Thread: engine.
    """

    def __init__(self, shifts: int) -> None:
        self._shifts = shifts
        self._titles: dict[str, str] = {}
        self._errors: dict[tuple[str, str, int], list[float]] = {}

    def add(self, number: int, learned: Any, pixels: Any, right_px: int) -> None:
        """Takes one picture under the shift of this number."""
        import numpy as np

        from cnnstudio.core.picture_changes import shifted
        from cnnstudio.engine.pixels import tensor, to_input
        from cnnstudio.engine.shifted_layers import shifted_layers

        shift_px = (0, right_px)
        given = to_input(tensor(np.stack([pixels, shifted(pixels, *shift_px)])), learned.channels_last)
        for one in shifted_layers(learned.module, learned.spec, given, shift_px, most=0):
            self._titles[one.layer] = one.title
            for part, error in zip(PARTS, (one.inside_error, one.border_error, one.change), strict=True):
                if error is not None:
                    self._errors.setdefault((one.layer, part, number), []).append(error)

    def values(self) -> dict[str, Any]:
        """What is known so far, as JSON types."""
        found: dict[str, Any] = {"layers": list(self._titles), "titles": list(self._titles.values())}
        for part in PARTS:
            found[part] = [
                [self._mean(layer, part, number) for number in range(self._shifts)] for layer in self._titles
            ]
        return found

    def _mean(self, layer: str, part: str, number: int) -> float | None:
        errors = self._errors.get((layer, part, number), ())
        return sum(errors) / len(errors) if errors else None


@dataclass(frozen=True, slots=True)
class Layers:
    """What the runs of one network say.

    Attributes:
        network: Its key.
        title: As in "LeNet-5".
        names: Of the layers, in the order of computation, as in "1 conv 5 x 5".
        results: Of its seeds.
        shifts_px: Of the lists in the results.
    """

    network: str
    title: str
    names: tuple[str, ...]
    results: tuple[Result, ...]
    shifts_px: tuple[int, ...]

    @staticmethod
    def of(results: Sequence[Result], keys: Sequence[str], shifts_px: Sequence[int]) -> list[Layers]:
        """By network; those of which nothing is known are left out."""
        found, named = [], titles(keys)
        for key in keys:
            own = [each for each in results if each.order.params.get("network") == key and each.values.get("layers")]
            if own:
                values = own[0].values
                names = [_name(*pair) for pair in zip(values["layers"], values["titles"], strict=True)]
                found.append(Layers(key, named[key], tuple(names), tuple(own), tuple(shifts_px)))
        return found

    def errors(self, part: str, layer: int, right_px: int) -> dict[int, float]:
        """By seed."""
        number = self.shifts_px.index(right_px)
        found = {int(one.order.params["seed"]): one.values[part][layer][number] for one in self.results}
        return {seed: error for seed, error in found.items() if error is not None}

    def means(self, part: str, right_px: int) -> dict[int, float]:
        """By place of the layer: mean over the seeds; layers without such places are left out."""
        found = {layer: self.errors(part, layer, right_px) for layer in range(len(self.names))}
        return {layer: Spread.of(list(seeds.values())).mean for layer, seeds in found.items() if seeds}

    def chart(self) -> Chart:
        """The network's layers in the order of computation."""
        many = len(self.names) > _MOST_DRAWN
        drawn = [place for place, name in enumerate(self.names) if not many or name.partition(" ")[2] not in _SAME]
        lines = [line for right in _DRAWN_PX for line in self._bars(right, drawn)]
        return Chart(
            f"layers_{self.network}",
            f"{self.title}, layer by layer: relative error; without places, change of values",
            "bars", "layer", "relative error", tuple(lines), tuple(self.names[place] for place in drawn),
            percent=False,
        )  # fmt: skip

    def _bars(self, right_px: int, drawn: Sequence[int]) -> tuple[Series, Series]:
        solid, hatched = (
            {float(at): [*self.errors(part, place, right_px).values()] for at, place in enumerate(drawn)}
            for part in ("inside", "border")
        )
        for at, place in enumerate(drawn):
            solid[float(at)] += self.errors("change", place, right_px).values()
        return series(f"{right_px} px", solid), series(f"{right_px} px, at borders", hatched, dashed=True)

    def rows(self, said: Mapping[str, str]) -> list[tuple[str | float | int | None, ...]]:
        """Every number: network, layer, where, shift, mean, spread, seeds."""
        found: list[tuple[str | float | int | None, ...]] = []
        for layer, name in enumerate(self.names):
            for part in PARTS:
                for right in self.shifts_px:
                    seeds = self.errors(part, layer, right)
                    if seeds:
                        spread = Spread.of(list(seeds.values()))
                        found.append((self.title, name, said[part], right, spread.mean, spread.deviation, spread.n))
        return found

    def sentence(self) -> str:
        """Where the maps cease to move along exactly, and at which shifts they do not."""
        inside = self.means("inside", self.shifts_px[0])
        broken = [layer for layer, error in inside.items() if error >= EXACT]
        told = f"{self.title}, shift of {self.shifts_px[0]} px: "
        if not inside:
            places = "every place sees the border" if self.means("border", self.shifts_px[0]) else "no layer has places"
            return f"{told}{places}; {self._values()}."
        if not broken:
            return f"{told}away from borders all maps move along exactly; {self._values()}."
        before = [layer for layer in inside if layer < broken[0]]
        exact = f"the maps move along exactly up to {self.names[before[-1]]}; " if before else ""
        told += f"away from borders {exact}{self.names[broken[0]]} differs by {self._said('inside', broken[0])}."
        exact_at = (
            right for right in self.shifts_px[1:] if max(self.means("inside", right).values(), default=1) < EXACT
        )
        multiple = next(exact_at, None)
        return told if multiple is None else f"{told} At {multiple} px all maps agree there."

    def _values(self) -> str:
        """Of the last layer: what the network says."""
        last = len(self.names) - 1
        return f"the values of the last layer change by {self._said('change', last)}"

    def _said(self, part: str, layer: int) -> str:
        errors = list(self.errors(part, layer, self.shifts_px[0]).values())
        if not errors:
            return "nothing"
        seeds = f" ({figures(min(errors))} to {figures(max(errors))} with {len(errors)} seeds)" if errors[1:] else ""
        return f"{figures(Spread.of(errors).mean)}{seeds}"


def _name(layer: str, title: str) -> str:
    """A layer's number and title, as in "3.1 conv 3 x 3" for the first layer within the third block."""
    return f"{'.'.join(re.findall(r'(?:^|[.])([0-9]+)', layer))} {title}".strip()


def table(found: Sequence[Layers], said: Mapping[str, str]) -> Table:
    """Every number of every network."""
    headings = ("network", "layer", "where", "shift (px)", "mean", "spread", "seeds")
    return Table("Layer by layer", headings, tuple(row for each in found for row in each.rows(said)))


def sentences(found: Sequence[Layers]) -> list[str]:
    """One for each network, and how far their verdicts' values changed."""
    said = [each.sentence() for each in found]
    for other in found[1:]:
        first, right = found[0], other.shifts_px[0]
        gap = Gap.by_seed(*(each.errors("change", len(each.names) - 1, right) for each in (first, other)))
        if gap is not None:
            told = gap_sentence(first.title, other.title, gap, PLAIN, "above")
            said.append(f"Change of the last layer's values at {right} px: {told}")
    return said

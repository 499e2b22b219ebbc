"""The pixels that a unit can see: its theoretical receptive field, map by map.

`Step.field` tells what all maps of a layer see together. Where branches are put one behind the other, each map sees
what its own branch does, and so does every map that is made of that one alone, as by pooling.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from cnnstudio.core.activations import place_of
from cnnstudio.core.inside import PICTURE
from cnnstudio.core.layer_blocks import Block, Branches
from cnnstudio.core.layer_kinds import Conv
from cnnstudio.core.layers import Layer, Step
from cnnstudio.core.network import NetworkSpec
from cnnstudio.core.reading import (
    Index,
    Mode,
    Place,
    as_maps,
    flattened,
    fold,
    reading,
    shape_of,
    sources,
    steps_by_name,
)
from cnnstudio.core.receptive import Field


def box(spec: NetworkSpec, layer: str, place: Place) -> tuple[int, int, int, int]:
    """The theoretical receptive field of a unit in the picture: top, left, bottom, right (the last two exclusive).

    Units of a flattened map see what their places in the map see. Padding that is not zeros shows further pixels.
    """
    if layer == PICTURE:
        return place[1], place[2], place[1] + 1, place[2] + 1
    step = steps_by_name(spec)[layer]
    if len(step.shape) == 1:
        maps = flattened(spec, layer, exactly=False)
        return _everything(step) if maps is None else box(spec, maps[0], place_of(as_maps(maps[1]), place[0]))
    folds = any(isinstance(each.layer, Conv) and each.layer.padding_mode != "zeros" for each in spec.steps())
    return _traced(spec, layer, place) if folds else map_field(spec, layer, place[0]).window(place[1], place[2])


def map_field(spec: NetworkSpec, layer: str, map_: int) -> Field:
    """What the units of one map see. It lies within `Step.field`, which holds what the units of all maps see."""
    fields = _map_fields(spec)[layer]
    return fields[map_ if len(fields) > 1 else 0]


def sees_alike(spec: NetworkSpec, layer: str) -> bool:
    """Whether the units of all maps of a layer see windows of the same size."""
    return len({field.size for field in _map_fields(spec)[layer]}) == 1


@lru_cache(maxsize=64)
def _map_fields(spec: NetworkSpec) -> Mapping[str, tuple[Field, ...]]:
    """The field of every map of every step, by name; a single one where they are all the same."""
    found: dict[str, tuple[Field, ...]] = {PICTURE: (Field.of_pixels(*spec.input_shape[1:]),)}
    for step in spec.steps():
        read = sources(spec)[step.name]
        if all(len(found[source]) == 1 for source in read) and not _puts_together(step.layer):
            fields: tuple[Field, ...] = (step.field,)
        elif len(step.shape) != len(step.given):
            fields = (step.field,)
        elif isinstance(step.layer, Block):
            paths = [_each(found[source], shape_of(spec, source)[0]) for source in read]
            if _puts_together(step.layer):
                fields = tuple(field for path in paths for field in path)
            else:
                fields = tuple(_joined(parts) for parts in zip(*paths, strict=True))
        else:
            fields = _passed(step, _each(found[read[0]], step.given[0]))
        found[step.name] = fields[:1] if len(set(fields)) == 1 else fields
    return found


def _puts_together(layer: Layer) -> bool:
    return isinstance(layer, Branches) and layer.join == "concat"


def _each(fields: tuple[Field, ...], maps: int) -> tuple[Field, ...]:
    return fields if len(fields) == maps else fields * maps


def _joined(fields: Sequence[Field]) -> Field:
    whole = fields[0]
    for field in set(fields[1:]) - {whole}:
        whole = whole.joined(field)
    return whole


def _passed(step: Step, given: tuple[Field, ...]) -> tuple[Field, ...]:
    """The fields of a layer's maps, by which maps of its input each of them reads."""
    windows = step.layer.windows(step.given)
    if len(reading(step.layer, step.given, (0, 0, 0)).maps) == len(given):
        return (_joined(given).through(windows, step.shape),)
    reads = (reading(step.layer, step.given, (map_, 0, 0)).maps for map_ in range(step.shape[0]))
    return tuple(_joined([given[int(source)] for source in maps]).through(windows, step.shape) for maps in reads)


def _everything(step: Step) -> tuple[int, int, int, int]:
    rows, columns = (axis.everything(1) for axis in (step.field.rows, step.field.columns))
    return Field(rows, columns, step.field.picture).window(0, 0)


@lru_cache(maxsize=4096)
def _traced(spec: NetworkSpec, layer: str, place: Place) -> tuple[int, int, int, int]:
    """The same, followed back layer by layer through what the padding holds."""
    seen: dict[str, list[tuple[Index, Index]]] = {layer: [(np.array(place[1:2]), np.array(place[2:3]))]}
    for step in reversed(spec.steps()):
        if step.name not in seen:
            continue
        mode: Mode = step.layer.padding_mode if isinstance(step.layer, Conv) else "zeros"
        rows, columns = _hull([rows for rows, _ in seen[step.name]]), _hull([each for _, each in seen[step.name]])
        reads = [reading(step.layer, step.given, (0, *at)) for at in zip(*_paired(rows, columns), strict=True)]
        back = (
            _hull([_inside(fold(read.rows, step.given[1], mode)) for read in reads]),
            _hull([_inside(fold(read.columns, step.given[2], mode)) for read in reads]),
        )
        for source in sources(spec)[step.name]:
            seen.setdefault(source, []).append(back)
    rows, columns = (_hull([both[axis] for both in seen[PICTURE]]) for axis in (0, 1))
    if not (len(rows) and len(columns)):
        return 0, 0, 0, 0
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def _hull(parts: list[Index]) -> Index:
    """All places from the first to the last."""
    places = np.concatenate([np.empty(0, np.int64), *parts])
    return np.arange(places.min(), places.max() + 1) if len(places) else places


def _inside(folded: Index) -> Index:
    return folded[folded >= 0]


def _paired(rows: Index, columns: Index) -> tuple[list[int], list[int]]:
    """Rows and columns side by side, the shorter one going on with its last."""
    longest = max(len(rows), len(columns)) if min(len(rows), len(columns)) else 0
    paired = [[int(axis[min(at, len(axis) - 1)]) for at in range(longest)] for axis in (rows, columns)]
    return paired[0], paired[1]

"""What networks compute inside, what their layers' weights are, and how one unit comes to its value."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cnnstudio import networks
from cnnstudio.core.errors import StudioError
from cnnstudio.core.fields import box
from cnnstudio.core.inside import (
    PICTURE,
    ExplainUnit,
    LayerKernels,
    LayerMaps,
    NetworkMaps,
    ReadKernels,
    ReadMaps,
    Unit,
    UnitArithmetic,
)
from cnnstudio.core.layers import Sizes, Step, times
from cnnstudio.core.network import NetworkSpec
from cnnstudio.core.reading import Place, as_maps, shape_of, sources, steps_by_name
from cnnstudio.datasets import find
from cnnstudio.engine import _kernels
from cnnstudio.engine._answer_read import check_pixels, learned_elsewhere, refuse_other_shape
from cnnstudio.engine._unit_arithmetic import arithmetic
from cnnstudio.engine._unit_work import Arithmetic, picture_arithmetic
from cnnstudio.engine.probe import no_layer, probe
from cnnstudio.engine.session import Reader, Session

N = TypeVar("N", np.float32, np.float64, np.int64)

_NONE: Final = np.empty((0, 1, 1, 1), np.float32)
_NONE.setflags(write=False)


def read_maps(question: ReadMaps, session: Session) -> tuple[NetworkMaps, ...]:
    """What every network asked computes, in the order asked; layers that a network does not have are left out."""
    check_pixels(question.pixels)
    return tuple(_network_maps(question, network, session) for network in question.networks)


def _network_maps(question: ReadMaps, network: str, session: Session) -> NetworkMaps:
    info, _ = networks.find(network)
    reader = session.reader(network, question.dataset, question.step)
    if reader is None:
        spec = _untrained(network, question.dataset, session)
        return NetworkMaps(network, spec.title, info.role, spec, "none", None)
    refuse_other_shape(reader, question.pixels.shape)
    spec = reader.spec
    titles = _titles(spec)
    wanted = titles if question.layers is None else {PICTURE, *question.layers} & titles.keys()
    with probe(reader.module, spec, wanted) as read:
        found = read(reader.given(question.pixels[None]))
        layers = tuple(_layer_maps(name, *titles[name], value, question.most) for name, value in found.items())
    return NetworkMaps(
        network, spec.title, info.role, spec, reader.weights_from, reader.step, layers,
        learned_elsewhere(reader, question.dataset),
    )  # fmt: skip


def _untrained(network: str, dataset: str, session: Session) -> NetworkSpec:
    """What a network would be for a data set, before it has learned anything."""
    loaded, info = session.loaded(dataset), find(dataset).info
    shape, names = (info.shape, info.class_names) if loaded is None else (loaded.shape, loaded.class_names)
    return networks.spec_for(network, shape, max(2, len(names)))


@lru_cache(maxsize=64)
def _titles(spec: NetworkSpec) -> dict[str, tuple[str, Sizes]]:
    """Title and shape of the picture and of every layer, by name."""
    return {PICTURE: (PICTURE, spec.input_shape)} | {row.name: (row.title, row.shape) for row in spec.rows()}


def _layer_maps(layer: str, title: str, shape: Sizes, value: Tensor, most: int) -> LayerMaps:
    values = _kernels.array(value[0, : max(0, most)])
    if len(values) == shape[0]:
        lowest, highest = float(values.min()), float(values.max())
    else:
        lowest, highest = (float(end) for end in torch.aminmax(value))
    if not np.isfinite(highest - lowest):  # a network that all but diverged
        finite = value[torch.isfinite(value)]
        lowest, highest = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    return LayerMaps(layer, title, shape, values, lowest, highest)


def read_kernels(question: ReadKernels, session: Session) -> LayerKernels:
    """The weights of a layer as pictures; of kind "none" where it has none that a picture shows."""
    reader = trained(question.network, question.dataset, question.step, session)
    step = step_of(reader.spec, question.layer)
    kind = _kernels.kind_of(reader.spec, step)
    title, _ = _titles(reader.spec)[step.name]
    if kind == "none":
        return LayerKernels(
            question.network, step.name, title, kind, _NONE, 0, None, reader.step, reader.weights_from
        )  # fmt: skip
    weight, bias = _kernels.parameters(reader.module, step)
    weights = _kernels.pictures(reader.spec, step, weight, _kernels.shown(step, max(0, question.most)))
    biases = None if bias is None or kind == "local" else bias.astype(np.float32)
    if biases is not None:
        biases.setflags(write=False)
    return LayerKernels(
        question.network, step.name, title, kind, weights, _kernels.total(step), biases, reader.step,
        reader.weights_from,
    )  # fmt: skip


def trained(network: str, dataset: str, step: int | None, session: Session) -> Reader:
    """The network that answers.

    Raises:
        StudioError: It has learned nothing that reads this data set, or nothing is kept from so early.
    """
    reader = session.reader(network, dataset, step)
    if reader is None:
        info, _ = networks.find(network)
        raise StudioError(
            f"{info.title} is not trained yet.", f"It has not learned {find(dataset).info.title}.", "Press Run."
        )
    return reader


def step_of(spec: NetworkSpec, layer: str) -> Step:
    """The layer of a name.

    Raises:
        StudioError: The network has none of this name.
    """
    found = steps_by_name(spec).get(layer)
    if found is None:
        raise no_layer(spec, layer)
    return found


def explain_unit(question: ExplainUnit, session: Session) -> UnitArithmetic:
    """One forward and one backward pass up to the unit, and its arithmetic in float64."""
    check_pixels(question.pixels)
    reader = trained(question.network, question.dataset, question.step, session)
    refuse_other_shape(reader, question.pixels.shape)
    spec, unit = reader.spec, question.unit
    place = place_in(spec, unit)
    reads = sources(spec).get(unit.layer, ())
    with probe(reader.module, spec, {unit.layer, *reads}, gradient=True) as read:
        pictures = reader.given(question.pixels[None]).requires_grad_()
        found = read(pictures)
        made = found[unit.layer][0].reshape(as_maps(shape_of(spec, unit.layer)))[place]
        (slopes,) = torch.autograd.grad(made, pictures)
    ## On the processor: Apple's graphics cards have no float64.
    effective = _kernels.array(slopes[0].cpu().double().square().sum(0).sqrt())
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is said below
        if unit.layer == PICTURE:
            told = picture_arithmetic(question.pixels, place)
        else:
            values = {name: found[name][0].detach().cpu().numpy() for name in reads}
            told = arithmetic(spec, step_of(spec, unit.layer), place, reader.module, values)
    value = float(made.detach())
    if not (
        np.isfinite([value, told.computed]).all() and np.isfinite(told.inputs).all() and np.isfinite(effective).all()
    ):
        raise StudioError(
            f"This unit of {spec.title} has no finite value.",
            "The network diverged: its numbers grew without bound.",
            "Choose an earlier moment, or train with a smaller learning rate.",
        )
    return _told(question, reader, told, value, effective)


def _told(
    question: ExplainUnit, reader: Reader, told: Arithmetic, value: float, effective: NDArray[np.float32]
) -> UnitArithmetic:
    spec, unit, read = reader.spec, question.unit, told.read
    title, shape = _titles(spec)[unit.layer]
    return UnitArithmetic(
        network=question.network,
        unit=unit,
        title=title,
        kind=told.kind,
        formula=told.formula,
        reads=told.reads,
        inputs=_locked(told.inputs),
        weights=None if told.weights is None else _locked(told.weights),
        input_maps=_locked(read.maps),
        input_rows=_locked(read.rows),
        input_columns=_locked(read.columns),
        per_map=_locked(told.per_map),
        bias=told.bias,
        numbers=told.numbers,
        winner=told.winner,
        value=value,
        computed=told.computed,
        box=box(spec, unit.layer, place_in(spec, unit)),
        effective=effective,
        step=reader.step,
        weights_from=reader.weights_from,
        of_units=shape,
    )


def place_in(spec: NetworkSpec, unit: Unit) -> Place:
    """Map, row and column of a unit.

    Raises:
        StudioError: The network has no such layer, or the layer no such unit.
    """
    shape = spec.input_shape if unit.layer == PICTURE else step_of(spec, unit.layer).shape
    place = unit.map, unit.row, unit.column
    if not all(0 <= at < size for at, size in zip(place, as_maps(shape), strict=True)):
        said = f"{times(*shape)} units" if len(shape) == 3 else f"a list of {shape[0]} units"
        raise StudioError(
            f"{unit.layer} of {spec.title} has no unit with map {unit.map + 1}, row {unit.row}, column {unit.column}.",
            f"It has {said}. Maps are counted from 1, rows and columns from 0.",
            "Choose one of them.",
        )
    return place


def _locked(array: NDArray[N]) -> NDArray[N]:
    """The same numbers, read-only, in memory of their own."""
    made = array.copy()
    made.setflags(write=False)
    return made

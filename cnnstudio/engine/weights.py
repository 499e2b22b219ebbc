"""Weights as files: safetensors with a card that says what they are, refused in words where they do not fit.

safetensors holds numbers only, so that opening a stranger's file runs nothing (Hugging Face, 2022).
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import nn

import cnnstudio
from cnnstudio.core.errors import StudioError, report_from
from cnnstudio.core.layer_points import Dropout
from cnnstudio.core.network import NetworkSpec
from cnnstudio.core.paths import resources
from cnnstudio.core.storage import write_atomic
from cnnstudio.core.taught import Taught
from cnnstudio.datasets import all_datasets
from cnnstudio.engine.build import outline

_log = logging.getLogger(__name__)

State = dict[str, torch.Tensor]

SCHEMA: Final = 1
SUFFIX: Final = ".safetensors"

DIGITS: Final = "digits"
"""The shipped set whose weights read any set with the same classes and shape."""


class NoCard(StudioError):
    """A weights file does not say which network it belongs to: another program wrote it."""


@dataclass(frozen=True, slots=True)
class WeightsCard:
    """What a file of weights says of itself.

    Attributes:
        network: Key of the network, as in "lenet5".
        dataset: Key of the data set that was learned, or "".
        class_names: One per class, in the order of the outputs; empty when not known.
        step: Steps learned; None when not known.
        accuracy: Share right on pictures not learned from (0 to 1); None when not known.
        seed: Seed of the examples and their order.
        weights_seed: Seed of the first weights.
        examples: How many training pictures there were; None when not known.
        version: The program that wrote it.
    """

    network: str
    dataset: str = ""
    class_names: tuple[str, ...] = ()
    step: int | None = None
    accuracy: float | None = None
    seed: int | None = None
    weights_seed: int | None = None
    examples: int | None = None
    version: str = cnnstudio.__version__


def file_name(network: str) -> str:
    """Name of a network's weights file in a folder, as in "lenet5.safetensors" or "mlp-hidden=20.safetensors"."""
    return re.sub(r"[^A-Za-z0-9_.=,-]", "-", network) + SUFFIX


def save_weights(
    path: Path, weights: nn.Module | Mapping[str, torch.Tensor], spec: NetworkSpec, card: WeightsCard
) -> None:
    """Writes a network's weights, atomically.

    Args:
        path: The file.
        weights: The module, or its state dict.
        spec: What the module was built from.
        card: What else is known.

    Raises:
        StudioError: The file cannot be written.
    """
    state = weights.state_dict() if isinstance(weights, nn.Module) else weights
    plain = {name: part.detach().to("cpu").contiguous().clone() for name, part in state.items()}
    metadata = {
        "schema": str(SCHEMA),
        "format": "pt",
        "spec": json.dumps(spec.to_json()),
        "card": json.dumps(asdict(card)),
    }
    write_atomic(path, safetensors.torch.save(plain, metadata))


def load_weights(path: Path, spec: NetworkSpec) -> State:
    """Reads weights for a network.

    Files of this program are known by their card; others are taken when names and shapes are the network's own.

    Args:
        path: The file.
        spec: The network they are to fit. Dropout may differ: it has no weights.

    Returns:
        A state dict on the CPU, with the names of `build(spec, ...)`.

    Raises:
        StudioError: The file is missing, of another kind, damaged or newer; or the weights are of another network,
            tell another number of classes apart, or are not finite.
    """
    state, metadata = _read(path)
    _refuse_newer(path, metadata)
    saved = _saved_spec(path, metadata)
    if saved is not None:
        _refuse_other_network(path, saved, spec)
    wanted = outline(spec).state_dict()
    return _fitted(path, state, wanted, spec)


def read_card(path: Path) -> tuple[WeightsCard, NetworkSpec]:
    """What a file of this program says of itself, without reading its weights.

    Raises:
        NoCard: Another program wrote it.
        StudioError: The file is missing, damaged or newer.
    """
    _, metadata = _read(path, numbers=False)
    _refuse_newer(path, metadata)
    spec = _saved_spec(path, metadata)
    if spec is None:
        raise NoCard(
            f"{path.name} does not say which network it belongs to.",
            "Another program wrote it.",
            "Name the network, as in --network lenet5.",
        )
    return _card(metadata, spec), spec


def shipped_weights(dataset_id: str, network: str, spec: NetworkSpec) -> State | None:
    """The weights that come with the program, where there are any that fit.

    Weights learned on the built-in digits answer for every set with the same classes and pictures of the same shape.

    Args:
        dataset_id: As in "mnist", without settings.
        network: The network's key.
        spec: What they must fit.
    """
    for path in _candidates(dataset_id, network).values():
        try:
            return load_weights(path, spec)
        except StudioError as error:
            _log.warning("shipped weights are passed over: %s", error)
    return None


def learned_on(dataset_id: str, network: str) -> str:
    """The data set that `shipped_weights` were learned on: the set itself, or the built-in digits; "" without any."""
    return next(iter(_candidates(dataset_id, network)), "")


def shipped_taught(dataset_id: str, network: str) -> Taught | None:
    """What the weights learned that `shipped_weights` gives; None where there are none."""
    for name, path in _candidates(dataset_id, network).items():
        try:
            card, _ = read_card(path)
        except StudioError:  # `shipped_weights` says why it is passed over
            continue
        return Taught(card.dataset or name, card.examples, shipped=True)
    return None


def _candidates(dataset_id: str, network: str) -> dict[str, Path]:
    """The shipped files that there are for a set and a network, best first, by the set that was learned."""
    sets = (dataset_id, DIGITS) if _reads_digits(dataset_id) else (dataset_id,)
    paths = {name: resources() / "weights" / f"{name}-{file_name(network)}" for name in sets}
    return {name: path for name, path in paths.items() if path.is_file()}


def _reads_digits(dataset_id: str) -> bool:
    sets = all_datasets()
    info, digits = sets.get(dataset_id), sets.get(DIGITS)
    return (
        info is not None
        and digits is not None
        and info.shape == digits.shape
        and info.class_names == digits.class_names
    )


def _read(path: Path, numbers: bool = True) -> tuple[State, dict[str, str]]:
    try:
        if not path.is_file():
            what = "is a folder" if path.is_dir() else "is not there"
            raise StudioError(f"{path} {what}.", remedy="Give a file that ends in .safetensors.")
        with safe_open(path, framework="pt") as file:
            metadata = dict(file.metadata() or {})
            state = {name: file.get_tensor(name).clone() for name in file.keys()} if numbers else {}  # noqa: SIM118 no dict
    except SafetensorError as error:
        raise StudioError(
            f"{path.name} holds no weights that can be read.",
            "It is damaged or cut off, or not a safetensors file.",
            "Save or download it again.",
            str(error),
        ) from error
    except (OSError, MemoryError) as error:
        report = report_from(error, f"Reading {path.name}")
        raise StudioError(report.what, report.cause, report.remedy) from error
    return state, metadata


def _refuse_newer(path: Path, metadata: Mapping[str, str]) -> None:
    schema = metadata.get("schema", str(SCHEMA))
    if not schema.isdecimal() or int(schema) > SCHEMA:
        raise StudioError(f"{path.name} was written by a newer version of the program.", remedy="Update CNN Studio.")


def _saved_spec(path: Path, metadata: Mapping[str, str]) -> NetworkSpec | None:
    if "spec" not in metadata:
        return None
    try:
        return NetworkSpec.from_json(json.loads(metadata["spec"]))
    except (ValueError, AttributeError, TypeError) as error:
        raise StudioError(f"The description in {path.name} is damaged.", remedy="Save it again.") from error


def _card(metadata: Mapping[str, str], spec: NetworkSpec) -> WeightsCard:
    try:
        said = json.loads(metadata.get("card", "{}"))
        known = {field.name: said[field.name] for field in fields(WeightsCard) if field.name in said}
        known["class_names"] = tuple(str(name) for name in known.get("class_names", ()))
        return WeightsCard(**({"network": spec.id} | known))
    except (ValueError, TypeError):
        return WeightsCard(spec.id)


def _architecture(spec: NetworkSpec) -> Any:
    """What two networks must share for the weights of one to mean the same in the other."""
    return [spec.input_shape, spec.classes, _without_dropout(spec.to_json()["layers"])]


def _without_dropout(part: Any) -> Any:
    if isinstance(part, Mapping):
        return {name: _without_dropout(item) for name, item in part.items()}
    if not isinstance(part, list):
        return part
    return [_without_dropout(i) for i in part if not (isinstance(i, Mapping) and i.get("kind") == Dropout.kind)]


def _refuse_other_network(path: Path, saved: NetworkSpec, wanted: NetworkSpec) -> None:
    if _architecture(saved) == _architecture(wanted):
        return
    same_kind = saved.id == wanted.id and saved.input_shape == wanted.input_shape
    if same_kind and saved.classes != wanted.classes:
        raise StudioError(
            f"{path.name} tells {saved.classes} classes apart, and there are {wanted.classes}.",
            "It was learned on another data set.",
            "Choose weights for this data set.",
        )
    raise StudioError(
        f"{path.name} holds the weights of {_described(saved)}, not of {_described(wanted)}.",
        remedy="Choose weights of this network.",
    )


def _described(spec: NetworkSpec) -> str:
    shape = " x ".join(str(size) for size in spec.input_shape)
    return f"{spec.title} ({spec.summary}, for {shape} pictures and {spec.classes} classes)"


def _fitted(path: Path, state: State, wanted: Mapping[str, torch.Tensor], spec: NetworkSpec) -> State:
    for name in sorted(set(state) - set(wanted)):
        raise StudioError(
            f"{path.name} holds {name}, which {spec.title} has not.", remedy="Choose weights of this network."
        )
    for name, part in wanted.items():
        if name not in state:
            raise StudioError(
                f"{path.name} lacks {name}, which {spec.title} needs.", remedy="Choose weights of this network."
            )
        if state[name].shape != part.shape:
            raise StudioError(
                f"{path.name} does not fit {spec.title}: {name} is {_size(state[name])}, and {_size(part)} is needed.",
                remedy="Choose weights of this network.",
            )
        state[name] = state[name].to(part.dtype)
        if not torch.isfinite(state[name]).all():
            raise StudioError(
                f"{path.name} holds numbers that are not finite, in {name}.",
                "The network diverged before it was saved, or the file is damaged.",
                "Train it again with a smaller learning rate.",
            )
    return {name: state[name] for name in wanted}


def _size(part: torch.Tensor) -> str:
    return " x ".join(str(size) for size in part.shape) or "one number"

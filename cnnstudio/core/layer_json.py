"""Layers to and from plain JSON types: {"kind": "conv", "out": 6, "kernel": 5, ...}, defaults left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, Final, cast, get_args

from cnnstudio.core import layer_blocks, layer_kinds, layer_norms, layer_points, layer_pools
from cnnstudio.core.errors import StudioError
from cnnstudio.core.layers import Layer, Layers

KINDS: Final[dict[str, type[Layer]]] = {
    found.kind: found
    for module in (layer_kinds, layer_norms, layer_points, layer_pools, layer_blocks)
    for found in vars(module).values()
    if isinstance(found, type) and issubclass(found, Layer) and found.kind and found.__module__ == module.__name__
}
"""Every kind of layer, by its name in files."""


def layers_to_json(layers: Layers) -> list[dict[str, Any]]:
    """Plain JSON types; the inverse of `layers_from_json`."""
    return [_layer_to_json(layer) for layer in layers]


def _layer_to_json(layer: Layer) -> dict[str, Any]:
    said: dict[str, Any] = {"kind": layer.kind}
    for each in fields(cast("Any", layer)):
        value = getattr(layer, each.name)
        if value != each.default:
            said[each.name] = _value_to_json(value)
    return said


def _value_to_json(value: Any) -> Any:
    if isinstance(value, Layer):
        return _layer_to_json(value)
    return [_value_to_json(item) for item in value] if isinstance(value, tuple) else value


def layers_from_json(data: Any) -> Layers:
    """Reads what `layers_to_json` wrote.

    Raises:
        StudioError: It is not a list of layers, or a layer is of an unknown kind or has unknown or impossible values.
    """
    if not isinstance(data, list):
        raise StudioError("A network's description must be a list of layers.")
    return tuple(_layer_from_json(item) for item in data)


def _layer_from_json(data: Any) -> Layer:
    kind = data.get("kind") if isinstance(data, Mapping) else None
    if not isinstance(kind, str) or kind not in KINDS:
        raise StudioError(
            f"There is no layer of kind {kind!r}.",
            "The file is damaged, or a newer version of the program wrote it.",
        )
    made = KINDS[kind]
    known = {each.name: each for each in fields(cast("Any", made))}
    values = {}
    for name, value in data.items():
        if name == "kind":
            continue
        if name not in known:
            raise StudioError(f"A layer of kind {kind!r} has no value {name!r}.")
        values[name] = _value_from_json(known[name], value)
    missing = [name for name, each in known.items() if each.default is MISSING and name not in values]
    if missing:
        raise StudioError(f"A layer of kind {kind!r} lacks its value {missing[0]!r}.")
    return made(**values)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _size(value: Any) -> bool:
    return _whole(value) or (isinstance(value, tuple) and len(value) == 2 and all(_whole(item) for item in value))


_FITS: Final[dict[str, Callable[[Any], bool]]] = {
    "int": _whole,
    "bool": lambda value: isinstance(value, bool),
    "float": lambda value: isinstance(value, float) or _whole(value),
    "str": lambda value: isinstance(value, str),
    "Size": _size,
    "Size | None": lambda value: value is None or _size(value),
    "Padding": lambda value: _size(value) or value in ("same", "valid"),
}


def _value_from_json(about: Field[Any], value: Any) -> Any:
    """Reads one value by its annotation."""
    annotation = str(about.type)
    if annotation == "Layers":
        return layers_from_json(value)
    if annotation == "tuple[Layers, ...]":
        return tuple(layers_from_json(item) for item in value) if isinstance(value, list) else ()
    if isinstance(value, list):
        value = tuple(value)
    fits = _FITS.get(annotation, lambda text: text in _choices(annotation))
    if not fits(value):
        raise StudioError(f"A layer's {about.name} cannot be {value!r}.", "The file is damaged.")
    return value


def _choices(annotation: str) -> tuple[Any, ...]:
    """The texts that an annotation such as Literal["concat", "add"] allows."""
    if annotation == "PaddingMode":
        return get_args(layer_kinds.PaddingMode)
    return tuple(re.findall(r"""['"](\w+)['"]""", annotation))

"""The PyTorch that a person would write for a network: text that runs by itself and leaves a module `network`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cnnstudio.core.layer_blocks import Block, Branches, Residual
from cnnstudio.core.layers import Call, Layers, Step, named, times
from cnnstudio.core.network import NetworkSpec
from cnnstudio.core.source_modules import CLASSES

_INDENT: Final = "    "
_COMMENT_COLUMN: Final = 80
"""Remarks stand no further right than this, except behind longer lines."""

Line = tuple[str, str]
"""Code, and what to remark behind it."""


def source(spec: NetworkSpec) -> str:
    """Writes a network as Python source.

    The text needs torch alone. Its weights come in the order of the program's own module, so those of a saved file
    can be copied one by one.
    """
    steps = {step.path: step for step in spec.steps()}
    body = list(_chain(spec.layers, (), steps, ""))
    body[0] = (f"network = {body[0][0]}", "")
    body[-1] = (body[-1][0].rstrip(","), "")
    column = min(_COMMENT_COLUMN, 2 + max(len(code) for code, remark in body if remark))
    text = "\n".join(f"{code:<{column}}# {remark}" if remark else code for code, remark in body)
    classes = [CLASSES[name] for name in CLASSES if f"{name}(" in text.replace(f"nn.{name}(", "")]
    title = spec.title.replace("\\", "/").replace('"', "'")
    head = f"{title}: {spec.parameters:,} weights, {times(*spec.input_shape)} in, {spec.classes} classes."
    imports = ["import torch"] * any("torch." in made for made in classes) + ["from torch import nn"]
    if any("F." in made for made in classes):
        imports.append("from torch.nn import functional as F")
    parts = [f'"""{head}"""', "\n".join(imports)] + [f"\n{made.strip()}" for made in classes]
    return "\n\n".join(parts) + ("\n\n\n" if classes else "\n\n") + text + "\n"


def _chain(layers: Layers, path: tuple[str, ...], steps: dict[tuple[str, ...], Step], indent: str) -> Iterator[Line]:
    """The lines of a sequence; the last ends with a comma."""
    if not layers:
        yield f"{indent}nn.Identity(),", ""
        return
    yield f"{indent}nn.Sequential(", ""
    for name, layer in named(layers):
        here = (*path, name)
        if isinstance(layer, Block):
            yield from _block(layer, here, steps, indent + _INDENT)
        else:
            step = steps[here]
            yield f"{indent}{_INDENT}{_called(layer.call(step.given))},", _remark(step)
    yield f"{indent}),", ""


def _remark(step: Step) -> str:
    weights = f", {step.parameters:,} weights" if step.parameters else ""
    return times(*step.shape) + weights


def _block(block: Block, path: tuple[str, ...], steps: dict[tuple[str, ...], Step], indent: str) -> Iterator[Line]:
    """The lines of a block."""
    parts = block.parts()
    if parts[0][0] == "":
        yield from _chain(parts[0][1], path, steps, indent)
        return
    opening = {Residual: "Residual(", Branches: "Branches("}.get(type(block), "nn.Sequential(")
    yield indent + opening, ""
    for name, layers in parts:
        lines = list(_chain(layers, (*path, name), steps, indent + _INDENT))
        if isinstance(block, Residual):
            if not layers and name == "after":
                continue
            lines[0] = f"{indent}{_INDENT}{name}={lines[0][0].lstrip()}", ""
        yield from lines
    if isinstance(block, Branches):
        yield f'{indent}{_INDENT}join="{block.join}",', ""
    yield f"{indent}),", ""


def _called(call: Call) -> str:
    """A call as text."""
    said = [repr(arg) for arg in call.args] + [f"{name}={value!r}" for name, value in call.kwargs.items()]
    prefix = "" if call.name in CLASSES else "nn."
    return f"{prefix}{call.name}({', '.join(said)})"

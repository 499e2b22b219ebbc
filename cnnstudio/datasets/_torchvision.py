"""torchvision, also where its compiled operators do not fit the torch that is installed."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any, Final, cast

_SCHEMA: Final = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_kept: list[Any] = []  # torch forgets the declarations when their library object is collected


def import_torchvision() -> ModuleType:
    """Imports torchvision with its data sets, transforms (v2) and models.

    Its wheels are built for one kind of torch. Beside another kind (CPU-only torch on Linux, say) the compiled
    operators are not loaded, and the import stops at "operator torchvision::nms does not exist" (pytorch/vision#9085),
    although nothing of ours uses them. Declaring the two missing schemas first is enough. Can go when the
    wheels of torchvision no longer depend on the kind of torch.

    Raises:
        ImportError: torchvision is not installed.
        RuntimeError: It cannot be imported for another reason.
    """
    try:
        return importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::nms" not in str(error) or _kept:
            raise
    import torch

    library: Any = cast("Any", torch.library).Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        library.define(name + _SCHEMA)
    _kept.append(library)
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]  # the halves of the failed attempt
    return importlib.import_module("torchvision")

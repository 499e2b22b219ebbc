"""One data set per file: a constant DATASET. Found by scanning.

`find` looks a key up, `prepare` turns a race's set-up into the three sets it needs. Neither imports torch.
"""

from cnnstudio.datasets._prepare import (
    FoundDataset,
    Prepared,
    all_datasets,
    find,
    load,
    look,
    missing_notes,
    prepare,
    remember_look,
    set_sizes,
)
from cnnstudio.datasets._streams import one_thread

__all__ = [
    "FoundDataset",
    "Prepared",
    "all_datasets",
    "find",
    "load",
    "look",
    "missing_notes",
    "one_thread",
    "prepare",
    "remember_look",
    "set_sizes",
]

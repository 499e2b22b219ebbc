"""Measures something in a process of its own: `python -m cnnstudio.bench._apart MODULE FUNCTION JSON` prints JSON.

In the window's own process torch would share its pool of threads with the engine's thread, and memory that an earlier
measurement used is not given back.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from cnnstudio.core.errors import StudioError

_SAID_CHARACTERS = 300


def apart(function: Callable[..., Any], **given: Any) -> Any:
    """Calls a public function of a module there, and gives its answer.

    Args:
        function: Takes and gives JSON types.
        given: What it is called with.

    Raises:
        StudioError: It failed.
    """
    command = [sys.executable, "-m", __name__, function.__module__, function.__name__, json.dumps(given)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise StudioError("The measured process failed.", done.stderr.strip()[-_SAID_CHARACTERS:])
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    found = getattr(importlib.import_module(sys.argv[1]), sys.argv[2])(**json.loads(sys.argv[3]))
    sys.stdout.write(f"{json.dumps(found)}\n")

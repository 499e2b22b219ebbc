"""Who may import whom, and what must not be loaded when."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_the_layers_hold():
    # In a process of its own: the linter reconfigures logging and thereby silences the loggers of this one.
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout


def modules_after(statement):
    code = f"import sys; {statement}; print(chr(10).join(sorted(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    return set(result.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import cnnstudio.__main__",
        "import cnnstudio.ui.main_window",
        "from cnnstudio.datasets import all_datasets; all_datasets()",
        "from cnnstudio.networks import all_networks; all_networks()",
    ],
)
def test_these_come_before_the_first_paint_and_load_nothing_heavy(statement):
    heavy = {"torch", "torchvision", "pyqtgraph", "matplotlib", "sklearn", "scipy", "captum"}
    assert not heavy & modules_after(statement)


@pytest.mark.parametrize("module", ["cnnstudio.cli", "cnnstudio.runtime.engine_thread", "cnnstudio.engine.race"])
def test_these_work_without_qt(module):
    loaded = modules_after(f"import {module}")
    assert not any(name.startswith(("PySide6", "pyqtgraph")) for name in loaded)

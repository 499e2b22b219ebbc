"""The built wheel works in an environment that holds nothing of this checkout."""

import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = tempfile.gettempdir()  # Python looks for modules in the folder it is started in


def run(*command, **environment):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}
    result = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        env=clean | environment,
        cwd=ELSEWHERE,
        timeout=240,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """An environment with the wheel alone; the libraries it needs are found in this one's folder."""
    folder = tmp_path_factory.mktemp("wheel with blank é")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", folder, ROOT)
    wheel = next(folder.glob("cnnstudio-*.whl"))
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv")
    scheme = {"base": str(folder / "venv"), "platbase": str(folder / "venv")}
    site = Path(sysconfig.get_path("purelib", "venv", vars=scheme))
    target = ["--target", site] if os.name == "nt" else ["--prefix", folder / "venv"]
    run(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--ignore-installed", *target, wheel)
    # A plain line in a .pth file adds the folder without reading the .pth files in it, so the editable
    # installation of this checkout stays out.
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return Path(sysconfig.get_path("scripts", "venv", vars=scheme))


def test_the_wheel_brings_its_resources(environment, tmp_path):
    out = run(
        environment / "python",
        "-c",
        "from cnnstudio.core import paths; import cnnstudio; print(cnnstudio.__file__); print(paths.resources());"
        "print(len(list(paths.resources().glob('weights/*.safetensors'))))",
    ).splitlines()
    assert str(environment.parent) in out[0]
    assert str(environment.parent) in out[1]
    assert int(out[2]) > 0


def test_the_installed_command_starts_the_window(environment, tmp_path):
    run(
        environment / "cnnstudio",
        "--quit-after-show",
        QT_QPA_PLATFORM="offscreen",
        CNNSTUDIO_HOME=str(tmp_path / "home with blank é"),
    )


def test_the_installed_command_races_without_a_window(environment, tmp_path):
    out = run(
        environment / "cnnstudio", "race", "--dataset", "digits", "--examples", "64", "--epochs", "1", "--json", "-",
        CNNSTUDIO_HOME=str(tmp_path / "home"),
    )  # fmt: skip
    assert '"test_acc"' in out

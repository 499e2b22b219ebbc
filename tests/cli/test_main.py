"""How the program starts: the window, a command, or the race where there is no screen."""

from __future__ import annotations

import subprocess
import sys
import types

import pytest

import cnnstudio
from cnnstudio import __main__ as start
from cnnstudio import cli


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """Which part was started, with which arguments."""
    calls: list[tuple[str, list[str]]] = []

    def recorder(name: str):
        def main(argv: list[str]) -> int:
            calls.append((name, list(argv)))
            return 0

        return main

    for module, name in (("cnnstudio.ui.app", "window"), ("cnnstudio.ui.screenshots", "screenshots")):
        monkeypatch.setitem(sys.modules, module, types.SimpleNamespace(main=recorder(name)))
    monkeypatch.setattr("cnnstudio.bench.main", recorder("bench"))
    monkeypatch.setattr(cli, "main", recorder("cli"))
    monkeypatch.setattr(start, "has_screen", lambda: True)
    return calls


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        ([], ("window", [])),
        (["--data-root", "x y"], ("window", ["--data-root", "x y"])),
        (["--quit-after-show"], ("window", ["--quit-after-show"])),
        (["race", "--epochs", "1"], ("cli", ["race", "--epochs", "1"])),
        (["networks"], ("cli", ["networks"])),
        (["bench", "race"], ("bench", ["race"])),
        (["screenshots", "out"], ("screenshots", ["out"])),
    ],
)
def test_each_command_goes_to_its_part(called: list[tuple[str, list[str]]], argv: list[str], expected: object):
    assert start.main(argv) == 0
    assert called == [expected]


def test_without_a_screen_the_race_runs_in_the_terminal(called, monkeypatch, capsys):
    monkeypatch.setattr(start, "has_screen", lambda: False)
    assert start.main(["--data-root", "d"]) == 0
    ((name, argv),) = called
    assert name == "cli"
    assert argv[0] == "race"
    assert argv[argv.index("--figure") + 1].endswith("cnnstudio-race.png")
    assert argv[-2:] == ["--data-root", "d"]
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {"QT_QPA_PLATFORM": "offscreen"}, True),
        ("linux", {"DISPLAY": ""}, False),
        ("darwin", {}, True),
        ("win32", {}, True),
    ],
)
def test_what_counts_as_a_screen(
    monkeypatch: pytest.MonkeyPatch, platform: str, environment: dict[str, str], expected: bool
):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert start.has_screen() is expected


def test_version_and_help(capsys: pytest.CaptureFixture[str]):
    assert start.main(["--version"]) == 0
    assert capsys.readouterr().out == f"CNN Studio {cnnstudio.__version__}\n"
    assert start.main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(f"\n  {name}" in text for name in (*cli.COMMANDS, "bench", "screenshots"))


def test_ctrl_c_during_the_first_imports_is_quiet(monkeypatch: pytest.MonkeyPatch):
    def interrupted(arguments: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(start, "_command", interrupted)
    assert start.main(["race"]) == 130


def test_an_unknown_command_is_one_sentence(capsys: pytest.CaptureFixture[str]):
    assert start.main(["rcae"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_command_in_a_process_imports_no_qt_and_no_torch_before_it_needs_it():
    script = (
        "import sys; from cnnstudio.__main__ import main; status = main(['race', '--epochs', '0']);"
        "print(status, sorted({'torch', 'PySide6', 'matplotlib', 'torchvision'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "2 []\n"
    assert done.stderr.count("\n") == 1


def test_an_unknown_option_of_the_window_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert start.main(["--nonsense"]) == 2
    assert capsys.readouterr().err == "cnnstudio: Not understood: --nonsense. See cnnstudio --help.\n"

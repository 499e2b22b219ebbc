"""The launcher's checks, sentences and decisions, without installing anything."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def launch(monkeypatch, tmp_path):
    spec = importlib.util.spec_from_file_location("launch", ROOT / "packaging" / "launch.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "VENV", str(tmp_path / ".venv"))
    monkeypatch.setattr(module, "STAMP", str(tmp_path / ".venv" / "stamp.txt"))
    return module


def pretend_installed(launch, extra):
    Path(launch.venv_python()).parent.mkdir(parents=True)
    Path(launch.venv_python()).touch()
    Path(launch.STAMP).write_text(launch.wanted_stamp(extra))


def test_an_old_python_is_named_with_what_is_needed(launch, monkeypatch):
    monkeypatch.setattr(launch.sys, "version_info", (3, 9, 1))
    with pytest.raises(launch.Problem, match=r"needs Python 3\.11 or later"):
        launch.check_python()


def test_a_python_without_venv_gets_the_line_to_type(launch, monkeypatch):
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(launch.Problem, match=r"sudo apt install python3\.\d+-venv"):
        launch.check_python()


def test_a_full_disk_is_told_in_gigabytes(launch, monkeypatch):
    monkeypatch.setattr(launch.shutil, "disk_usage", lambda _: SimpleNamespace(free=1e9))
    with pytest.raises(launch.Problem, match=r"3\.5 GB of free disk and .* has 1\.0 GB"):
        launch.check_disk()


def test_nothing_is_installed_before_the_first_start(launch):
    assert not launch.installed("")


def test_the_plain_start_is_satisfied_by_the_test_installation_but_not_the_other_way_round(launch):
    pretend_installed(launch, "[dev]")
    assert launch.installed("")
    assert launch.installed("[dev]")
    Path(launch.STAMP).write_text(launch.wanted_stamp(""))
    assert launch.installed("")
    assert not launch.installed("[dev]")


def test_changed_requirements_are_noticed(launch, monkeypatch, tmp_path):
    pretend_installed(launch, "")
    other = tmp_path / "constraints.txt"
    other.write_text("torch==9\n")
    monkeypatch.setattr(launch, "CONSTRAINTS", str(other))
    assert not launch.installed("")


def handed_over(launch, monkeypatch, arguments):
    calls = []
    monkeypatch.setattr(launch, "replace_process", lambda command, environment: calls.append((command, environment)))
    monkeypatch.setattr(launch, "install", lambda *_: pytest.fail("it is installed already"))
    launch.main(arguments)
    return calls


def test_without_arguments_the_program_starts(launch, monkeypatch):
    pretend_installed(launch, "")
    calls = handed_over(launch, monkeypatch, [])
    assert calls[0][0] == [launch.venv_python(), "-m", "cnnstudio"]


def test_arguments_reach_the_program(launch, monkeypatch):
    pretend_installed(launch, "")
    calls = handed_over(launch, monkeypatch, ["race", "--seed", "3"])
    assert calls[0][0][-3:] == ["race", "--seed", "3"]


def test_the_test_command_runs_pytest_without_a_screen(launch, monkeypatch):
    pretend_installed(launch, "[dev]")
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    monkeypatch.chdir(ROOT)
    calls = handed_over(launch, monkeypatch, ["test", "-k", "x"])
    assert len(calls) == 1
    assert calls[0][0] == [launch.venv_python(), "-m", "pytest", "-n", "2", "--dist", "worksteal", "-k", "x"]
    assert calls[0][1]["QT_QPA_PLATFORM"] == "offscreen"


def test_missing_libraries_are_named_by_their_package(launch, monkeypatch):
    def load(name):
        if name == "libEGL.so.1":
            raise OSError(name)

    monkeypatch.setattr(launch.ctypes, "CDLL", load)
    monkeypatch.setattr(launch, "FONT_FOLDERS", ())
    assert launch.missing_packages() == ["libegl1", "fonts-dejavu-core"]


def test_where_nothing_may_be_installed_the_line_to_type_is_printed(launch, monkeypatch, capsys):
    monkeypatch.setattr(launch, "missing_packages", lambda: ["libegl1"])
    monkeypatch.setattr(launch.shutil, "which", lambda _: None)
    launch.install_libraries()
    assert "sudo apt install libegl1" in capsys.readouterr().err


def test_a_failing_installation_ends_in_one_sentence(launch, capsys):
    with pytest.raises(launch.Problem, match="Installing PyTorch failed"):
        launch.run([sys.executable, "-c", "print('no route to host'); raise SystemExit(1)"], "Installing PyTorch")
    assert "no route to host" in capsys.readouterr().err


def test_wrong_use_of_the_torch_index_is_one_sentence_and_status_one(launch):
    result = subprocess.run(
        [sys.executable, str(ROOT / "packaging" / "launch.py"), "--torch-index"], capture_output=True, text=True
    )
    assert result.returncode == 1
    assert result.stderr.strip() == "--torch-index needs the address of a package index."

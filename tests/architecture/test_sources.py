"""Rules about the sources themselves."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "cnnstudio").rglob("*.py"))
MOST_LINES = 400
MOST_FUNCTION_LINES = 40
MOST_BROAD_EXCEPTS = 3


def name(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_files_and_functions_stay_short(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines = node.end_lineno - node.lineno + 1
            documented = ast.get_docstring(node, clean=False)
            lines -= len(documented.splitlines()) if documented else 0
            assert lines <= MOST_FUNCTION_LINES, f"{node.name} has {lines} lines without its docstring"


def test_every_exception_is_caught_in_three_places_at_most():
    broad = [
        f"{name(path)}:{node.lineno}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or getattr(node.type, "id", "") in {"Exception", "BaseException"})
    ]
    assert len(broad) <= MOST_BROAD_EXCEPTS, broad


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_nothing_is_left_standing(path):
    assert not re.search(r"\b(TODO|FIXME|XXX)\b|NotImplementedError", path.read_text(encoding="utf-8"))


def test_only_the_reader_of_cifar_10_knows_pickle():
    # CIFAR-10 is published as pickles; its reader lets nothing but arrays and plain values through.
    knows = {name(path) for path in SOURCES if re.search(r"\bimport pickle\b", path.read_text(encoding="utf-8"))}
    assert {Path(path).name for path in knows} <= {"cifar10.py"}


def test_the_root_holds_nothing_unexpected():
    allowed = {"cnnstudio", "resources", "tests", "packaging", "pyproject.toml", "README.md", "LICENSE"}
    allowed |= {"ARCHITECTURE.md", "CONTRIBUTING.md", "build", "dist"}
    found = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert {entry for entry in found - allowed if not entry.endswith(".egg-info")} == set()

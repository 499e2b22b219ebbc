import sys
from dataclasses import dataclass

import pytest

from cnnstudio.core.registry import scan


@dataclass(frozen=True)
class Thing:
    id: str
    order: int = 0


@pytest.fixture
def package(tmp_path, monkeypatch, request):
    name = f"things_{request.node.name.split('[')[0]}"
    folder = tmp_path / name
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(module, constant_line):
        header = "from tests.core.test_registry import Thing\n" if "Thing" in constant_line else ""
        (folder / f"{module}.py").write_text(header + constant_line + "\n")

    monkeypatch.setitem(sys.modules, "tests.core.test_registry", sys.modules[__name__])
    return name, write


def test_constants_are_found_and_sorted(package):
    name, write = package
    write("b", "THING = Thing('late', 2)")
    write("a", "THING = Thing('early', 1)")
    write("_helper", "THING = Thing('hidden')")
    assert list(scan(name, "THING", Thing)) == ["early", "late"]


def test_two_of_one_name_are_refused(package):
    name, write = package
    write("a", "THING = Thing('same')")
    write("b", "THING = Thing('same')")
    with pytest.raises(ValueError, match=r"called 'same'; the second is .*\.b"):
        scan(name, "THING", Thing)


def test_a_module_without_the_constant_is_named(package):
    name, write = package
    write("a", "NOTHING = 1")
    with pytest.raises(ValueError, match="has no THING"):
        scan(name, "THING", Thing)


def test_a_constant_of_another_type_is_named(package):
    name, write = package
    write("a", "THING = type('Other', (), {'id': 'x', 'order': 0})()")
    with pytest.raises(TypeError, match="not a Thing"):
        scan(name, "THING", Thing)

"""The written source as text; that it computes the same is tested with the networks."""

import ast

from cnnstudio.core.layer_blocks import Branches, Residual
from cnnstudio.core.layer_kinds import Conv, Linear
from cnnstudio.core.layer_points import Flatten, ReLU
from cnnstudio.core.network import NetworkSpec
from cnnstudio.core.source import source
from cnnstudio.core.source_modules import CLASSES

HEAD = (Flatten(), Linear(3))


def spec(*layers, title="Test"):
    return NetworkSpec("test", title, (1, 6, 6), 3, layers)


def test_a_plain_network_is_one_sequential_of_torchs_own_layers():
    assert source(spec(Conv(4, 3, padding="same"), ReLU(), *HEAD)) == (
        '"""Test: 475 weights, 1 x 6 x 6 in, 3 classes."""\n'
        "\n"
        "from torch import nn\n"
        "\n"
        "network = nn.Sequential(\n"
        "    nn.Conv2d(1, 4, kernel_size=3, padding='same'),  # 4 x 6 x 6, 40 weights\n"
        "    nn.ReLU(),                                       # 4 x 6 x 6\n"
        "    nn.Flatten(),                                    # 144\n"
        "    nn.Linear(144, 3),                               # 3, 435 weights\n"
        ")\n"
    )


def test_only_the_classes_that_are_used_are_written():
    text = source(spec(Residual((Conv(1, 3, padding=1),)), *HEAD))
    assert "class Residual" in text
    assert "class Branches" not in text
    assert "body=nn.Sequential(" in text
    assert "shortcut=nn.Identity()," in text
    assert 'join="concat"' in source(spec(Branches(((), (ReLU(),))), *HEAD))


def test_no_title_can_break_the_text():
    for title in ('"""\nimport os', "back\\", 'a "quoted" one'):
        tree = ast.parse(source(spec(*HEAD, title=title)))
        assert [type(node) for node in tree.body] == [ast.Expr, ast.ImportFrom, ast.Assign]


def test_every_class_is_python_with_a_docstring():
    for name, text in CLASSES.items():
        made = ast.parse(text).body
        assert [node.name for node in made] == [name]
        assert ast.get_docstring(made[0])

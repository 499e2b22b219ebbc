import json
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnstudio.core.config import AUGMENTATIONS, OPTIMISERS, RaceConfig, knobs, validate


def test_the_default_race_can_run():
    assert validate(RaceConfig()) == []


def test_every_knob_explains_itself():
    for name, knob in knobs().items():
        assert knob.name == name
        assert knob.sentence.endswith(".")
        assert knob.check(knob.default) is None
        assert getattr(RaceConfig(), name) == knob.default


@given(
    examples=st.integers(1, 1_000_000),
    rate=st.floats(1e-9, 1e3),
    optimiser=st.sampled_from(OPTIMISERS),
    augmentation=st.lists(st.sampled_from(AUGMENTATIONS), unique=True),
)
def test_a_set_up_survives_json(examples, rate, optimiser, augmentation):
    config = RaceConfig(examples=examples, learning_rate=rate, optimiser=optimiser, augmentation=tuple(augmentation))
    assert RaceConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_what_an_older_or_newer_program_wrote_is_read():
    assert RaceConfig.from_json({"examples": 10, "flux": 3}) == RaceConfig(examples=10)


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"learning_rate": 0.0}, "learning_rate", "no weight ever moves"),
        ({"learning_rate": -1.0}, "learning_rate", "cannot be -1"),
        ({"learning_rate": float("nan")}, "learning_rate", "cannot be nan"),
        ({"learning_rate": 1e10}, "learning_rate", "cannot be 1"),
        ({"batch_size": 0}, "batch_size", "cannot be 0"),
        ({"epochs": 2.5}, "epochs", "whole number"),
        ({"optimiser": "magic"}, "optimiser", "one of sgd"),
        ({"networks": ()}, "networks", "No network"),
        ({"networks": ("mlp", "mlp")}, "networks", "twice"),
        ({"augmentation": ("twirl",)}, "augmentation", "twirl"),
    ],
)
def test_each_wrong_field_gets_its_sentence(changes, field, words):
    problems = validate(RaceConfig(**changes))
    assert [problem.field for problem in problems] == [field]
    assert words in problems[0].report.sentence


def test_every_field_is_a_knob_or_a_named_exception():
    assert {f.name for f in fields(RaceConfig)} - set(knobs()) == {"dataset", "networks", "augmentation"}

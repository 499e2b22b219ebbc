import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnstudio.core.errors import StudioError
from cnnstudio.core.knobs import Knob, parse_key, read_settings, write_key

JITTER = Knob("jitter", "jitter", 0, "How far.", minimum=0, maximum=11, unit="px")
NOISE = Knob("noise", "noise", 0.5, "How loud.", minimum=0.0, maximum=2.0)
PEN = Knob("pen", "pen spread", True, "On or off.")
SIDE = Knob("side", "side", "both", "Where.", choices=("both", "left", "right"))
ALL = (JITTER, NOISE, PEN, SIDE)


@given(
    jitter=st.integers(0, 11),
    noise=st.floats(0, 2),
    pen=st.booleans(),
    side=st.sampled_from(("both", "left", "right")),
)
def test_a_written_key_reads_back(jitter, noise, pen, side):
    values = {"jitter": jitter, "noise": noise, "pen": pen, "side": side}
    name, rest = parse_key(write_key("glyphs", values, ALL))
    assert name == "glyphs"
    assert read_settings(rest, ALL, "glyphs") == values


def test_only_what_differs_from_the_defaults_is_written():
    assert write_key("glyphs", {"jitter": 0, "noise": 0.5, "pen": False}, ALL) == "glyphs:pen=off"
    assert write_key("glyphs", {}, ALL) == "glyphs"


@pytest.mark.parametrize(
    ("rest", "sentence"),
    [
        ("jitter=12", "jitter cannot be 12. Give a whole number from 0 to 11."),
        ("jitter=2.5", "jitter cannot be '2.5'. Give a whole number from 0 to 11."),
        ("jitter", "glyphs has no setting 'jitter'"),
        ("colour=3", "Its settings are: jitter, noise, pen, side"),
        ("noise=nan", "noise cannot be nan. Give a number from 0 to 2."),
        ("noise=loud", "noise cannot be 'loud'"),
        ("pen=maybe", "Give on or off."),
        ("side=top", "Give one of both, left, right."),
    ],
)
def test_wrong_settings_are_told_in_words(rest, sentence):
    with pytest.raises(StudioError) as told:
        read_settings(rest, ALL, "glyphs")
    assert sentence in told.value.report.sentence


@pytest.mark.parametrize(
    ("knob", "value"),
    [(JITTER, True), (JITTER, 1.0), (NOISE, math.inf), (NOISE, "1"), (PEN, 1), (SIDE, 3), (NOISE, -0.1)],
)
def test_values_of_another_type_or_range_are_refused(knob, value):
    assert knob.check(value) is not None


def test_a_whole_number_is_good_where_any_number_is():
    assert NOISE.check(1) is None


@given(st.text(max_size=30))
def test_any_typed_text_gives_a_value_or_a_sentence(text):
    for knob in ALL:
        remedy = ""
        try:
            value = knob.parse(text)
        except StudioError as error:
            remedy = error.report.remedy
        assert remedy.startswith("Give ") or knob.check(value) is None


def test_a_path_keeps_its_colons_and_commas():
    assert parse_key("folder:C:/my, pictures") == ("folder", "C:/my, pictures")

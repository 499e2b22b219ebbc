"""The form: generated, live, and honest about what is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit

from cnnstudio import datasets, networks
from cnnstudio.core.config import RaceConfig, knobs
from cnnstudio.ui._looking import default_race
from cnnstudio.ui.widgets.knob_field import KnobField, neighbour, shown
from cnnstudio.ui.widgets.setup_form import SetupForm


@pytest.fixture
def form(studio, qtbot):
    made = SetupForm(studio)
    qtbot.addWidget(made)
    made.resize(300, 1_600)
    made.show()
    return made


def type_into(field, text):
    field.field.selectAll()
    QTest.keyClicks(field.field, text)


def test_every_knob_of_the_race_has_a_field_that_explains_itself(form):
    assert set(form.fields) == set(knobs())
    for name, field in form.fields.items():
        assert knobs()[name].sentence in field.field.toolTip()
        assert field.field.accessibleName() == knobs()[name].label


def test_what_is_typed_is_in_the_study_at_once(form, studio):
    type_into(form.fields["epochs"], "3")
    assert studio.config.epochs == 3
    type_into(form.fields["learning_rate"], "0.05")
    assert studio.config.learning_rate == 0.05


@pytest.mark.parametrize("text", ["abc", "0", "-3", "1e9", "nan"])
def test_what_cannot_be_is_said_beside_the_field_and_stops_the_run(form, studio, text):
    field = form.fields["batch_size"]
    field.field.setText(text)
    field.field.textEdited.emit(text)
    assert field.problem.isVisible()
    assert field.problem.text().startswith("batch size cannot be")
    assert [problem.field for problem in studio.problems()] == ["batch_size"]
    assert studio.config.batch_size == 64
    type_into(field, "32")
    assert not field.problem.isVisible()
    assert studio.problems() == []


def test_choices_and_switches(form, studio):
    chooser = form.fields["optimiser"].field
    assert isinstance(chooser, QComboBox)
    chooser.setCurrentIndex(chooser.findData("momentum"))
    assert studio.config.optimiser == "momentum"
    assert form.fields["momentum"].isEnabled()
    form.augmentations["shift"].setChecked(True)
    assert studio.config.augmentation == ("shift",)


def test_networks_are_chosen_in_the_lists_order(form, studio):
    boxes = {box.text(): box for box in form.networks.findChildren(QCheckBox)}
    every = networks.all_networks()
    boxes[every["small_cnn"].title].setChecked(True)
    boxes[every["mlp"].title].setChecked(False)
    assert studio.config.networks == ("lenet5", "small_cnn")


def test_no_network_is_said_below_the_list(form, studio):
    studio.set_config(RaceConfig(networks=()))
    assert form._problems["networks"].text() == "No network is chosen. Choose at least one."
    assert form._problems["networks"].isVisible()


def test_a_data_sets_knob_goes_into_its_key(form, studio):
    field = form._dataset_knobs.fields["jitter"]
    type_into(field, "5")
    assert studio.config.dataset == "digits:jitter=5"


def test_another_data_set_brings_its_own_race_and_knobs(form, studio):
    place = form.datasets.findData("glyphs")
    form.datasets.setCurrentIndex(place)
    form.datasets.activated.emit(place)
    info = datasets.all_datasets()["glyphs"]
    assert studio.config == default_race(info, "", RaceConfig())
    assert set(form._dataset_knobs.fields) == {knob.name for knob in info.knobs}


def test_the_first_race_is_the_digits_own(studio):
    assert default_race(datasets.all_datasets()["digits"]) == RaceConfig()


def test_the_form_follows_the_study(form, studio):
    studio.set_config(RaceConfig(dataset="digits:jitter=1", epochs=2, networks=("local",), augmentation=("flip",)))
    assert form.fields["epochs"].field.text() == "2"
    assert form._dataset_knobs.fields["jitter"].value == 1
    assert form.augmentations["flip"].isChecked()
    assert form.networks.keys() == ("local",)


def test_changes_during_a_run_are_announced_for_the_next(rig, qtbot):
    made = SetupForm(rig.studio)
    qtbot.addWidget(made)
    assert made._note.isHidden()
    rig.studio.run()
    assert not made._note.isHidden()
    rig.engine.finish()
    rig.drain()
    assert made._note.isHidden()


def test_up_and_down_go_to_rounder_numbers(form, studio):
    field = form.fields["batch_size"].field
    QTest.keyClick(field, Qt.Key.Key_Up)
    assert studio.config.batch_size == 100
    QTest.keyClick(field, Qt.Key.Key_Down)
    QTest.keyClick(field, Qt.Key.Key_Down)
    assert studio.config.batch_size == 20


@given(st.sampled_from(sorted(knobs())), st.data())
def test_neighbours_are_good_values_and_move(name, data):
    knob = knobs()[name]
    if isinstance(knob.default, bool | str):
        return
    low, high = knob.minimum, min(knob.maximum, 1e6)
    whole = isinstance(knob.default, int)
    value = data.draw(st.integers(int(low), int(high)) if whole else st.floats(low, high))
    for up in (True, False):
        moved = neighbour(knob, value, up)
        assert knob.check(moved) is None
        assert moved >= value - 1e-6 * abs(value) if up else moved <= value + 1e-6 * abs(value)


@pytest.mark.parametrize(
    ("value", "text"), [(4_000, "4,000"), (0.002, "0.002"), (True, "on"), ("adamw", "adamw"), (1e-5, "1e-05")]
)
def test_values_are_shown_as_they_can_be_typed(value, text):
    assert shown(value) == text


@pytest.mark.parametrize("name", sorted(knobs()))
def test_every_shown_default_can_be_typed_again(name):
    knob = knobs()[name]
    assert knob.parse(shown(knob.default)) == knob.default


def test_a_field_that_is_typed_in_keeps_its_text(form, studio, qtbot):
    field = form.fields["learning_rate"]
    form.activateWindow()
    field.field.setFocus()
    qtbot.waitUntil(field.field.hasFocus)
    type_into(field, "0.0")
    assert field.field.text() == "0.0"
    assert isinstance(field, KnobField)
    assert isinstance(field.field, QLineEdit)


def test_lenets_box_says_what_is_modern_about_it(form):
    assert "Modern form: ReLU" in form.networks._boxes["lenet5"].toolTip()


def test_a_unit_stands_in_its_field_unless_the_label_says_it(form):
    jitter = form._dataset_knobs.fields["jitter"].field
    with_unit = jitter.grab().toImage()
    jitter._unit = ""
    assert jitter.grab().toImage() != with_unit
    jitter._unit = "px"
    jitter.setText("3" * 20)
    full = jitter.grab().toImage()
    jitter._unit = ""
    assert jitter.grab().toImage() == full, "a long number leaves no room for it"
    assert form.networks._knobs["mlp"].fields["hidden"].field._unit == "", "hidden units"


def test_a_network_that_sizes_itself_says_what_it_takes(form, studio):
    hidden, budget = (form.networks._knobs["mlp"].fields[name] for name in ("hidden", "budget"))
    assert (hidden.field.text(), hidden.field.placeholderText()) == ("", "automatic: 77")
    assert (budget.field.text(), budget.field.placeholderText()) == ("", "LeNet-5: 61,706")
    room = hidden.field.width() - 24
    assert all(
        one.field.fontMetrics().horizontalAdvance(one.field.placeholderText()) <= room for one in (hidden, budget)
    )
    type_into(hidden, "12")
    assert studio.config.networks[0] == "mlp:hidden=12"
    QTest.keyClicks(hidden.field, "\b\b")
    assert (studio.config.networks[0], hidden.problem.text()) == ("mlp", "")
    hidden.field.clearFocus()
    studio.set_config(RaceConfig(networks=("mlp:budget=20000",)))
    assert hidden.field.placeholderText() == "automatic: 25"
    assert budget.field.text() == "20,000"
    studio.set_config(default_race(datasets.all_datasets()["shapes"]))
    assert hidden.field.placeholderText() != "automatic: 77", "other pictures, other sizes"

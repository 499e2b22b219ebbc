"""The small window with the settings of an experiment: what 0 stands for, and room for what is wrong."""

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cnnstudio.experiments.jitter import EXPERIMENT as JITTER
from cnnstudio.ui import theme as look
from cnnstudio.ui.theme import THEMES
from cnnstudio.ui.widgets.experiment_settings import SettingsForm
from tests.ui.test_panels import cut_off


@pytest.fixture
def form(qtbot):
    made = SettingsForm(JITTER, ("task",))
    qtbot.addWidget(made)
    made.show()
    return made


def opened(form):
    form.more_button.click()
    QApplication.processEvents()
    return form.more


def typed(form, name, text):
    field = form.fields[name].field
    field.setText("")
    QTest.keyClicks(field, text)
    for _ in range(4):  # layouts tell their sizes from turn to turn of the event loop
        QApplication.processEvents()


@pytest.mark.qt_log_ignore("does not support grabbing the keyboard", extend=True)
@pytest.mark.parametrize("theme", list(THEMES))
@pytest.mark.parametrize("text", ["abc", "-5", "99999999999", "1.5"])
def test_a_sentence_about_a_wrong_number_has_its_room(form, qapp, theme, text):
    look.apply(qapp, THEMES[theme])
    window = opened(form)
    before = window.height()
    typed(form, "examples", text)
    typed(form, "seeds", text)
    problem = form.fields["examples"].problem
    assert problem.isVisible()
    assert problem.text().startswith("training examples cannot be")
    assert cut_off(window) == []
    assert window.height() > before
    typed(form, "examples", "400")
    typed(form, "seeds", "2")
    assert window.height() == before
    window.close()


def test_a_0_that_stands_for_something_is_said_in_words(form):
    said = {name: (form.fields[name].field.text(), form.fields[name].field.placeholderText()) for name in
            ("farthest", "epochs", "examples")}  # fmt: skip
    assert said == {"farthest": ("", "as far as it goes"), "epochs": ("", "as advised"), "examples": ("4,000", "")}
    assert form.values["farthest"] == form.values["epochs"] == 0
    assert "at first as advised" in form.fields["epochs"].field.toolTip()
    typed(form, "epochs", "3")
    assert form.values["epochs"] == 3
    form.fields["epochs"].field.clear()
    form.fields["epochs"].field.textEdited.emit("")
    assert form.values["epochs"] == 0
    assert not form.failed

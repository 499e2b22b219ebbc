"""Cards, chips and sentences say how many pictures there really are, and whose budgets are no equal ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cnnstudio import datasets
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.dataset import Look
from cnnstudio.core.looking import LookAt
from cnnstudio.ui.panels.race import RacePanel
from cnnstudio.ui.widgets._setup_words import budget_words, cards_of, examples_words, invitation, next_run_words
from cnnstudio.ui.widgets.dataset_card import DatasetCard, facts
from cnnstudio.ui.widgets.run_chips import RunChips
from cnnstudio.ui.widgets.setup_form import SetupForm
from tests.made_up import run_started

LOOK = Look((1, 32, 32), ("cat", "dog"), 40, 10, ("1 file could not be read and was skipped: bad.png.",))


@pytest.fixture
def folder(tmp_path) -> str:
    return f"folder:{tmp_path}"


@pytest.fixture
def own(folder) -> RaceConfig:
    return RaceConfig(dataset=folder, batch_size=32, epochs=20)


def test_a_card_says_that_nobody_looked_and_then_what_was_seen(qtbot, folder):
    card = DatasetCard()
    qtbot.addWidget(card)
    card.show_key(folder)
    assert "is not known yet" in card.facts.text()
    assert "0 to" not in card.facts.text()
    datasets.remember_look(folder, LOOK)
    card.show_key(folder)
    assert card.facts.text().startswith("2 classes, 32 × 32 pixels, 40 to learn from, 10 to test.")
    assert card.facts.text().endswith(LOOK.notes[0])


def test_sets_of_the_program_say_what_they_said():
    assert facts(datasets.find("mnist").info).startswith("10 classes, 28 × 28 pixels, 60,000 to learn from")
    assert "made by the program, any number" in facts(datasets.find("digits").info)


def test_no_number_is_said_before_it_is_known(own, folder):
    assert examples_words(own) == "examples not counted yet"
    assert invitation(own).endswith("learn from the same pictures.")
    assert next_run_words(RaceConfig(), own).startswith("next run: Your own pictures · examples not counted yet")
    datasets.remember_look(folder, LOOK)
    assert examples_words(own) == "36 examples"
    assert invitation(own).endswith("learn from the same 36 pictures.")
    assert next_run_words(RaceConfig(), own).startswith("next run: Your own pictures · 36 examples")


def test_of_a_run_the_pictures_that_it_took_are_said(own):
    assert examples_words(own, replace(run_started(1, own), train_size=1)) == "1 example"
    assert examples_words(RaceConfig(dataset="mnist", examples=60_000)) == "55,000 examples"
    assert examples_words(RaceConfig()) == "4,000 examples"


def test_the_race_says_it_everywhere(rig, qtbot, own):
    rig.engine.answers[LookAt] = lambda question: LOOK
    panel = RacePanel(rig.studio)
    qtbot.addWidget(panel)
    panel.resize(780, 740)
    panel.show()
    rig.engine.answer_at_once = False
    rig.studio.set_config(own)
    assert panel.findChild(RunChips).examples.text() == "examples not counted yet"
    rig.engine.answer_waiting()
    rig.drain()
    assert panel.findChild(RunChips).examples.text() == "36 examples"
    assert "the same 36 pictures" in panel.curve.surface._caption
    assert panel.board.rows[0].card.summary == "1024 - 79 - 2"


def test_the_form_says_how_many_there_are(rig, qtbot, own):
    rig.engine.answers[LookAt] = lambda question: LOOK
    form = SetupForm(rig.studio)
    qtbot.addWidget(form)
    field = form.fields["examples"]
    assert field.remark.isHidden()
    rig.studio.set_config(own)
    rig.drain()
    assert field.remark.text() == "There are 36."
    assert "36 pictures to learn from, 4 for validation, 10 to test." in form._sentence.text()
    rig.studio.set_config(own.with_(examples=20))
    assert field.remark.isHidden()


def test_a_run_tells_the_form_what_no_look_had_told(rig, qtbot, own):
    form = SetupForm(rig.studio)
    qtbot.addWidget(form)
    rig.engine.answer_at_once = False
    rig.studio.set_config(own.with_(examples=4_001))
    rig.studio.run()
    rig.engine.finish()
    rig.drain()
    started = rig.studio.history.started
    rig.studio.see_run(replace(started, class_names=("a", "b"), train_size=36, validation_size=4, test_size=10))
    assert form.fields["examples"].remark.text() == "There are 36."


class TestBudgets:
    def test_equal_ones_are_not_talked_about(self):
        assert budget_words(cards_of(RaceConfig())) == ""
        assert budget_words(cards_of(RaceConfig(networks=("mlp",)))) == ""

    def test_very_unequal_ones_are(self):
        words = budget_words(cards_of(RaceConfig(networks=("mlp", "small_cnn"))))
        assert words == "The MLP has 104 times the weights of the CNN: no race of equals."
        words = budget_words(cards_of(RaceConfig(networks=("mlp", "local"))))
        assert "times the weights of" in words

    def test_the_form_and_the_race_say_it(self, rig, qtbot):
        form, panel = SetupForm(rig.studio), RacePanel(rig.studio)
        for made in (form, panel):
            qtbot.addWidget(made)
        panel.show()
        assert form._budgets.isHidden()
        assert panel.budgets.isHidden()
        rig.studio.set_config(RaceConfig(networks=("mlp", "small_cnn")))
        assert form._budgets.text() == panel.budgets.text() != ""
        assert panel.budgets.isVisible()


class TestNetworksComeBack:
    """What only a data set brought along goes with it."""

    def choose(self, studio, name):
        studio.set_config(studio.race_on(datasets.all_datasets()[name], "/some/where" if name == "folder" else ""))

    @pytest.mark.parametrize("chosen", [("mlp", "lenet5"), ("mlp_deep", "small_resnet"), ("local",)])
    def test_after_a_set_with_its_own_networks(self, studio, chosen):
        studio.set_config(RaceConfig(networks=chosen))
        self.choose(studio, "glyphs")
        assert studio.config.networks == ("mlp", "small_cnn")
        self.choose(studio, "folder")
        assert studio.config.networks == chosen
        self.choose(studio, "shapes")
        self.choose(studio, "glyphs")
        self.choose(studio, "digits")
        assert studio.config.networks == chosen

    def test_those_that_the_student_chose_there_stay(self, studio):
        self.choose(studio, "glyphs")
        studio.set_config(studio.config.with_(networks=("lenet5", "small_cnn")))
        self.choose(studio, "digits")
        assert studio.config.networks == ("lenet5", "small_cnn")

    def test_also_after_the_next_start(self, studio):
        studio.set_config(RaceConfig(dataset="glyphs", networks=("mlp", "small_cnn")))
        self.choose(studio, "digits")
        assert studio.config.networks == RaceConfig().networks

    def test_a_folder_begins_with_equal_budgets(self, studio):
        self.choose(studio, "folder")
        assert budget_words(cards_of(studio.config)) == ""

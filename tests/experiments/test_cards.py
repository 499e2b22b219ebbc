"""Every experiment's card is sound: what the window and the command line count on before anything has run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cnnstudio import experiments
from cnnstudio.core.errors import StudioError

HEAVY = {"torch", "torchvision", "sklearn", "scipy", "captum", "matplotlib", "PySide6"}
ROOT = Path(__file__).resolve().parents[2]
CARDS = experiments.all_experiments()


@pytest.fixture(params=list(CARDS))
def card(request):
    return CARDS[request.param]


def test_cards_are_read_without_torch():
    code = (
        "import sys; from cnnstudio import experiments\n"
        "for card in experiments.all_experiments().values():\n"
        "    settings = card.settings(); card.plan(settings); card.findings(settings, ())\n"
        f"print(sorted({HEAVY} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_places_in_the_list_are_not_shared():
    orders = [card.order for card in CARDS.values()]
    assert len(set(orders)) == len(orders)
    assert len({card.short for card in CARDS.values()}) == len(orders)


def test_it_asks_a_question_with_two_to_five_different_answers(card):
    assert card.title.endswith("?") or card.title.endswith(".")
    assert card.guess.question.endswith("?")
    assert 2 <= len(card.guess.choices) <= 5
    assert len(set(card.guess.choices)) == len(card.guess.choices)
    assert card.sentence.endswith(".")


def test_every_default_is_in_range_and_the_names_of_knobs_differ(card):
    names = [knob.name for knob in card.knobs]
    assert len(set(names)) == len(names)
    for knob in card.knobs:
        assert knob.check(knob.default) is None
        assert knob.sentence.endswith(".")
    assert card.settings() == {knob.name: knob.default for knob in card.knobs}
    with pytest.raises(StudioError, match="no setting"):
        card.settings({"nothing_like_it": 1})


def test_zero_seeds_are_refused(card):
    assert "seeds" in {knob.name for knob in card.knobs} or not any(
        "seed" in order.params for order in card.plan(card.settings())
    )
    if "seeds" in {knob.name for knob in card.knobs}:
        with pytest.raises(StudioError, match="seeds"):
            card.settings({"seeds": 0})


def test_the_plan_repeats_no_run_and_starts_with_whole_seeds(card):
    plan = card.plan(card.settings())
    assert plan
    assert len({order.key for order in plan}) == len(plan)
    assert all(order.experiment == card.id for order in plan)
    assert all(isinstance(value, bool | int | float | str) for order in plan for value in order.params.values())
    seeds = [order.params.get("seed", 0) for order in plan]
    assert seeds == sorted(seeds)
    assert plan == card.plan(card.settings())


def test_nothing_says_nothing(card):
    settings = card.settings()
    findings = card.findings(settings, ())
    assert findings.sentences == ()
    assert findings.guess is None
    assert findings.done == 0
    assert findings.planned == len(card.plan(settings))
    assert findings.charts
    assert len({chart.id for chart in findings.charts}) == len(findings.charts)
    for chart in findings.charts:
        assert chart.title
        assert chart.x_label
        assert chart.y_label
    for table in findings.tables:
        assert all(len(row) == len(table.headings) for row in table.rows)

"""What experiments say of extreme results: nothing learned, nothing gained, one seed, two seeds, half of the runs."""

from __future__ import annotations

import re

import pytest

from cnnstudio.core.nonsense_pictures import MEASURED
from cnnstudio.core.picture_changes import AMOUNTS, KINDS
from cnnstudio.core.statistics import series
from cnnstudio.experiments import all_experiments
from cnnstudio.experiments._charts import bars_chart, lines_chart

COMPARED = ("jitter", "move", "examples", "scramble", "nonsense", "luck", "unfair", "augmentation")
LEARNED_ALIKE = ("jitter", "examples", "scramble", "augmentation")


def values_of(experiment, params, share):
    """Everything that a run of these experiments measures, all of it the same share."""
    values = {"train": 1.0, "validation": share, "test": share, "weights": 1_000, "learned": 100, "curve": [share]}
    values |= dict.fromkeys(("without", "follows", "lying", "saliency", "occlusion", "moved", "other"), share)
    values |= {"area": 0.026, "temperature": 1.5}
    if experiment == "move":
        values |= {kind: [share] * len(AMOUNTS[kind]) for kind in KINDS}
    for kind in ("real", "all", *MEASURED):
        for name in ("confidence", "cooled", "sure", "none", "auroc_softmax", "auroc_energy", "auroc_none"):
            values[f"{name}_{kind}"] = share
    if experiment == "nonsense" and params["way"] == "digits":
        values = {name: value for name, value in values.items() if not name.startswith(("none_", "auroc_none"))}
    return values


@pytest.fixture
def said(results_of):
    """The findings of an experiment whose runs measure what a function says, for some or all of its runs."""

    def find(experiment, share, runs=None, **given):
        info = all_experiments()[experiment]
        settings = info.settings(given)
        plan = info.plan(settings)[:runs]
        results = results_of(info, settings, lambda params: values_of(experiment, params, share(params)), plan)
        return info.findings(settings, results)

    return find


def _wobbling(params):
    return 0.5 + 0.01 * ((params["seed"] * 7 + len(str(params["network"]))) % 3)


@pytest.mark.parametrize("experiment", COMPARED)
@pytest.mark.parametrize("share", [0.0, 0.1, 1.0])
def test_of_equal_numbers_no_difference_is_claimed(said, experiment, share):
    found = said(experiment, lambda params: share)
    for sentence in found.sentences:
        assert " is ahead of " not in sentence
        assert " times the spread" not in sentence
        assert not re.search(r"\bnan\b|\binf\b|None|-0\b| 1 points|  ", sentence)


@pytest.mark.parametrize("experiment", COMPARED)
def test_one_seed_shows_no_spread(said, experiment):
    found = said(experiment, _wobbling, seeds=1)
    assert found.sentences
    for sentence in found.sentences:
        assert "±" not in sentence
        assert "spread" not in sentence
        if " is ahead of " in sentence:
            assert sentence.endswith("with one seed; nothing can be said about luck.")
    for chart in found.charts:
        if any(line.mean for line in chart.series):
            assert "one seed" in chart.y_label + chart.x_label or chart.id == "seeds"


@pytest.mark.parametrize("experiment", COMPARED)
def test_every_part_of_the_runs_gives_sentences_that_end(said, experiment):
    planned = said(experiment, _wobbling).planned
    for runs in {0, 1, 2, 3, planned // 3, planned // 2, planned - 1}:
        found = said(experiment, _wobbling, runs)
        assert (found.done, found.planned) == (runs, planned)
        for sentence in found.sentences:
            assert sentence.endswith(".")
            assert sentence[0].isupper()


@pytest.mark.parametrize("experiment", LEARNED_ALIKE)
def test_networks_that_only_guess_are_said_to_be_at_chance(said, experiment):
    found = said(experiment, lambda params: 0.1 + 0.001 * params["seed"])
    assert "both are at chance: neither reads 5 points more than" in found.sentences[0].lower()
    verdicts = [sentence for sentence in found.sentences if "untouched, is" not in sentence]
    assert not any(" ahead of " in sentence or " level" in sentence for sentence in verdicts), verdicts
    assert not any("examples (" in sentence for sentence in found.sentences)
    read = said(experiment, _wobbling)
    assert not any("at chance" in sentence for sentence in read.sentences)


def test_a_network_that_only_guesses_does_not_rely_on_anything(said):
    found = said("unfair", lambda params: 0.1)
    assert found.sentences[0].startswith("MLP does hardly better than guessing: it reads 10.0 %")


def test_a_lead_that_never_was_is_not_gone(said):
    def behind(params):
        return 0.9 - 0.1 * (params["network"] == "lenet5")

    assert said("scramble", behind).guess is None


@pytest.mark.parametrize("experiment", ["jitter", "examples", "scramble"])
def test_a_question_about_cnn_and_mlp_has_no_answer_for_others(said, experiment):
    networks = "small_cnn,lenet5" if experiment != "scramble" else "lenet5,small_cnn"
    assert said(experiment, _wobbling, networks=networks).guess is None


def test_the_answer_does_not_hang_on_the_order_of_the_networks(said):
    def learned(params):
        return 0.9 if params["network"] == "small_cnn" else 0.9 - 0.07 * params["jitter"]

    for networks in ("mlp_deep,small_cnn", "small_cnn,mlp_deep"):
        found = said("jitter", learned, networks=networks)
        assert found.sentences[0].startswith("At 11 px: Small CNN is ahead of Deep MLP by 77 points")
        assert found.guess == 2


def test_two_seeds_with_a_large_gap_are_called_too_few(said):
    def apart(params):
        return 0.5 + (0.2 + 0.02 * params["seed"]) * (params["network"] == "lenet5")

    found = said("examples", apart, seeds=2, points=1)
    assert found.sentences[0].endswith("the gap's spread over 2 seeds is 1.4 points.") is False
    assert "15 times the spread" in found.sentences[0]

    def further(params):
        return 0.5 + (0.2 + 0.1 * params["seed"]) * (params["network"] == "lenet5")

    found = said("examples", further, seeds=2, points=1)
    assert found.sentences[0].startswith("With 12,000 examples: No difference beyond the seeds")
    assert found.sentences[0].endswith("the gap's spread over 2 seeds is 7.1 points; so few seeds cannot tell.")


@pytest.mark.parametrize("experiment", COMPARED)
def test_every_chart_says_which_set_it_is_measured_on_and_what_its_spread_is(said, experiment):
    for chart in said(experiment, _wobbling, seeds=3).charts:
        labels = f"{chart.title} {chart.x_label} {chart.y_label} " + " ".join(line.name for line in chart.series)
        assert re.search(r"\b(test|validation|train|real)\b", labels), chart.id
        assert re.search(r"mean ± (SD|standard deviation) of 3 seeds", labels) or chart.id == "seeds", chart.id


def test_labels_say_how_many_seeds_stand_behind_the_spread():
    def label(*counts):
        line = series("a", {float(x): [0.5, 0.6, 0.7][:count] for x, count in enumerate(counts)})
        return lines_chart("c", "", "x", "test accuracy", [line]).y_label

    assert label(3, 3) == "test accuracy, mean ± SD of 3 seeds"
    assert label(2, 3) == "test accuracy, mean ± SD of 2 to 3 seeds"
    assert label(1, 1) == "test accuracy, one seed"
    assert label() == "test accuracy"
    assert bars_chart("c", "", "rung", "accuracy", [], ["a"]).x_label == "rung"

"""The pooling bench: sizes of maps, consistency against counting by hand, the verdict."""

from __future__ import annotations

import numpy as np
import pytest

from cnnstudio import experiments
from cnnstudio.core.config import RaceConfig
from cnnstudio.core.dataset import Pictures
from cnnstudio.core.errors import StudioError
from cnnstudio.engine.session import finish
from cnnstudio.experiments import _shift
from cnnstudio.experiments._learn import learn
from cnnstudio.experiments.pooling import EXPERIMENT, WAYS, spec, ways

_STEADY = {"none": 0.8, "stride": 0.81, "max": 0.85, "average": 0.86, "blur": 0.88, "max_blur": 0.9, "global": 0.97}


def _as_measured(params):
    share = _STEADY[params["network"]] + 0.002 * (params["seed"] * 7 % 3)
    test = 0.77 if params["network"] == "global" else 0.85
    return {
        "train": 1.0,
        "validation": test,
        "test": test,
        "consistency": [share, share - 0.1, share - 0.2],
        "moved": [test - 0.05, test - 0.1, test - 0.3],
        "still": test - 0.01,
        "map": "16 x 7 x 7",
        "weights": 11_274,
        "macs": 791_840,
    }


def test_the_plan_has_every_way_with_every_seed():
    plan = EXPERIMENT.plan(EXPERIMENT.settings({"seeds": 2}))
    assert [order.params["network"] for order in plan] == list(WAYS) * 2
    assert [order.params["seed"] for order in plan] == [0] * 7 + [1] * 7


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"ways": "max,sum"}, "no way 'sum' to pool"),
        ({"ways": "max, max"}, "Two ways"),
        ({"dataset": "nothing"}, "no data set"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_runs(given, said):
    with pytest.raises(StudioError, match=said):
        EXPERIMENT.plan(EXPERIMENT.settings(given))


def test_ways_keep_the_order_of_the_list():
    assert ways(EXPERIMENT.settings({"ways": "global, max"})) == ("max", "global")


@pytest.mark.parametrize("way", list(WAYS))
def test_maps_become_smaller_as_said(way):
    shapes = [step.shape for step in spec(way, (1, 28, 28), 10, 8).steps()]
    last = {"none": (16, 28, 28), "global": (16, 1, 1)}.get(way, (16, 7, 7))
    assert last in shapes
    assert shapes[-2] == (int(np.prod(last)),)


def test_the_verdict_is_computed(results_of):
    findings = EXPERIMENT.findings(EXPERIMENT.settings(), results_of(EXPERIMENT, {}, _as_measured))
    assert findings.guess == 4
    assert findings.sentences[0].startswith('Moved by 1 px: "global max" is steadier than "max, then blur" by 7 points')
    assert findings.sentences[1].startswith('What the blur does: "blur" is steadier than "stride 2" by 7 points')
    assert findings.sentences[2].startswith('What the blur does: "max, then blur" is steadier than "max" by 5 points')
    assert '"none" is ahead of "global max" by 8 points' in findings.sentences[3]
    assert [len(line.x) for line in findings.charts[0].series] == [3] * 7
    assert [len(line.x) for line in findings.charts[1].series] == [4] * 7
    assert findings.charts[1].series[0].mean[0] == pytest.approx(0.84)
    assert findings.charts[1].y_label == "test accuracy, mean ± SD of 3 seeds"
    assert findings.charts[2].x_label == "how maps are made smaller (mean ± standard deviation of 3 seeds)"
    assert findings.charts[2].x_names == tuple(WAYS.values())
    assert len(findings.tables[0].rows) == 7


@pytest.mark.parametrize(
    ("best", "guess"),
    [("none", 0), ("stride", 1), ("max", 2), ("average", 2), ("blur", 3), ("max_blur", 3), ("global", 4)],
)
def test_every_answer_can_be_the_right_one(results_of, best, guess):
    def values(params):
        share = 0.99 if params["network"] == best else 0.5
        return _as_measured(params) | {"consistency": [share] * 3}

    assert EXPERIMENT.findings(EXPERIMENT.settings(), results_of(EXPERIMENT, {}, values)).guess == guess


def test_the_steadiest_is_called_accurate_only_beside_the_next_one_and_the_spread(results_of):
    def values(params):
        steady = params["network"] == "blur"
        test = 0.9 + 0.01 * steady * (-1) ** params["seed"] + 0.001 * steady
        return _as_measured(params) | {"consistency": [0.9 + 0.05 * steady] * 3, "test": test}

    findings = EXPERIMENT.findings(EXPERIMENT.settings(), results_of(EXPERIMENT, {}, values))
    assert findings.guess == 3
    assert findings.sentences[3].startswith("Accuracy on pictures that did not move: No difference beyond the seeds")
    assert '"blur" is ahead of' in findings.sentences[3]


def test_the_steadiest_must_be_steadier_than_each_other_one(results_of):
    wild = {"max": (0.2, 0.98, 0.4), "blur": (0.9, 0.91, 0.9), "none": (0.8, 0.8, 0.8)}

    def values(params):
        share = wild[params["network"]][params["seed"]]
        return _as_measured(params) | {"consistency": [share] * 3, "test": 1 - share}

    given = {"ways": "none,max,blur"}
    said = EXPERIMENT.findings(EXPERIMENT.settings(given), results_of(EXPERIMENT, given, values)).sentences
    assert said[0].startswith('Moved by 1 px: "blur" is steadier than "none" by 10 points: the gap is ')
    assert said[0].endswith(' Against "max" that is not beyond the seeds.')
    assert said[1].startswith("Accuracy on pictures that did not move: No difference beyond the seeds")
    assert '"max" is ahead of "blur" by 38 points on average' in said[1]


def test_who_had_not_done_learning_is_named(results_of):
    def values(params):
        return _as_measured(params) | {"train": 0.81 if params["network"] == "global" else 0.95}

    findings = EXPERIMENT.findings(EXPERIMENT.settings(), results_of(EXPERIMENT, {}, values))
    last = 'Not all had learned their training pictures when the epochs were over: "global max" 81.0 %.'
    assert findings.sentences[-1] == last


def test_only_seeds_that_all_ways_have_are_compared(results_of):
    settings = EXPERIMENT.settings()
    plan = [
        order for order in EXPERIMENT.plan(settings) if order.params["network"] != "max" or not order.params["seed"]
    ]
    findings = EXPERIMENT.findings(settings, results_of(EXPERIMENT, {}, _as_measured, plan))
    assert "with one seed; nothing can be said about luck." in findings.sentences[0]
    plan = [order for order in plan if order.params["network"] != "max" or order.params["seed"]]
    assert EXPERIMENT.findings(settings, results_of(EXPERIMENT, {}, _as_measured, plan)).sentences == ()


def test_partial_results_give_no_verdict_yet(results_of):
    settings = EXPERIMENT.settings()
    plan = EXPERIMENT.plan(settings)
    for count in (0, 1, 3, 7):
        findings = EXPERIMENT.findings(settings, results_of(EXPERIMENT, {}, _as_measured, plan[:count]))
        assert (findings.guess is None) == (count < 7)
        assert len(findings.tables[0].rows) == count


def test_pictures_move_and_repeat_their_edge():
    images = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 1, 3, 4)
    moved = _shift.moved(images, 1, -2)
    for row in range(3):
        for column in range(4):
            assert np.array_equal(moved[:, :, row, column], images[:, :, max(row - 1, 0), min(column + 2, 3)])
    assert np.array_equal(_shift.moved(images, 0, 0), images)


def test_consistency_is_what_counting_gives():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (40, 1, 12, 12), dtype=np.uint8)
    pictures = Pictures(images, rng.integers(0, 10, 40))
    network = spec("stride", (1, 12, 12), 10, 2)
    learned = finish(learn(network, pictures, 10, RaceConfig(epochs=2, learning_rate=0.01)))
    found = finish(_shift.under_shift(learned, pictures, (1, 4)))

    def verdict(image):
        return int(finish(learned.logits(image[None])).argmax())

    for place, px in enumerate((1, 4)):
        same = right = 0
        for image, label in zip(pictures.images, pictures.labels, strict=True):
            padded = np.pad(image, ((0, 0), (px, px), (px, px)), mode="edge")
            for down, across in ((0, px), (2 * px, px), (px, 0), (px, 2 * px)):
                here = verdict(np.ascontiguousarray(padded[:, down : down + 12, across : across + 12]))
                same += here == verdict(image)
                right += here == label
        assert found["consistency"][place] == pytest.approx(same / 160)
        assert found["moved"][place] == pytest.approx(right / 160)
    still = [verdict(image) == label for image, label in zip(pictures.images, pictures.labels, strict=True)]
    assert found["still"] == pytest.approx(np.mean(still))


def test_a_real_run_measures_everything():
    settings = EXPERIMENT.settings({"seeds": 1, "examples": 100, "epochs": 1, "maps": 2})
    values = finish(experiments.measure(EXPERIMENT.plan(settings)[3])).values
    assert values["map"] == "4 x 7 x 7"
    assert len(values["consistency"]) == len(values["moved"]) == 3
    assert all(0 <= share <= 1 for share in values["consistency"])

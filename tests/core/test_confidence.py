"""Softmax, energy, temperature and ROC against SciPy, scikit-learn and a fine grid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special
from sklearn.metrics import log_loss, roc_auc_score

from cnnstudio.core.confidence import COLDEST, auroc, energy, fit_temperature, loss, softmax
from cnnstudio.core.errors import StudioError


def _logits(n=200, seed=0, scale=3.0):
    chance = np.random.default_rng(seed)
    labels = chance.integers(0, 10, n)
    logits = chance.normal(0, 1, (n, 10))
    logits[np.arange(n), labels] += 1.5
    return logits * scale, labels


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 999), st.floats(0.1, 20), st.floats(0.01, 1e5))
def test_softmax_and_energy_are_scipys(seed, temperature, scale):
    logits, _ = _logits(5, seed, scale)
    np.testing.assert_allclose(softmax(logits, temperature), special.softmax(logits / temperature, 1), atol=1e-12)
    wanted = -temperature * special.logsumexp(logits / temperature, axis=1)
    np.testing.assert_allclose(energy(logits, temperature), wanted, rtol=1e-9)


def test_the_loss_is_scikit_learns():
    logits, labels = _logits()
    wanted = log_loss(labels, softmax(logits, 1.7), labels=np.arange(10))
    assert loss(logits, labels, 1.7) == pytest.approx(wanted)


@pytest.mark.parametrize("scale", [0.3, 1.0, 6.0])
def test_the_fitted_temperature_is_the_best_of_a_fine_grid(scale):
    logits, labels = _logits(400, 1, scale)
    fitted = fit_temperature(logits, labels)
    grid = np.exp(np.linspace(np.log(0.06), np.log(50), 3_000))
    assert fitted == pytest.approx(grid[np.argmin([loss(logits, labels, each) for each in grid])], rel=0.01)


def test_too_sure_logits_are_cooled_by_what_they_were_raised():
    logits, labels = _logits(4_000, 2, 1.0)
    assert fit_temperature(5 * logits, labels) == pytest.approx(5 * fit_temperature(logits, labels), rel=1e-6)


def test_where_all_is_right_the_coldest_is_taken():
    labels = np.arange(10)
    assert fit_temperature(5 * np.eye(10), labels) == pytest.approx(COLDEST, rel=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=30), st.lists(st.integers(0, 6), min_size=1, max_size=30))
def test_the_area_is_scikit_learns_ties_included(positive, negative):
    truth = [1] * len(positive) + [0] * len(negative)
    found = auroc(np.array(positive) / 7, np.array(negative) / 7)
    assert found == pytest.approx(roc_auc_score(truth, np.array(positive + negative) / 7))


@pytest.mark.parametrize("temperature", [0, -1, float("nan"), float("inf")])
def test_no_temperature_is_refused(temperature):
    with pytest.raises(StudioError, match="temperature"):
        softmax(np.zeros((1, 2)), temperature)


def test_empty_groups_and_nan_are_refused():
    with pytest.raises(StudioError, match="Two groups"):
        auroc(np.array([]), np.array([1.0]))
    with pytest.raises(StudioError, match="numbers"):
        auroc(np.array([np.nan]), np.array([1.0]))
    with pytest.raises(StudioError, match="validation"):
        fit_temperature(np.full((2, 3), np.nan), np.array([0, 1]))
    with pytest.raises(StudioError, match="validation"):
        fit_temperature(np.empty((0, 3)), np.array([], np.int64))

"""Made-up results of experiments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from cnnstudio.core.experiment import ExperimentInfo, Order, Result

MakeResults = Callable[..., list[Result]]


@pytest.fixture
def results_of() -> MakeResults:
    """Results of a whole plan (or of some orders) whose values a function decides."""

    def make(
        info: ExperimentInfo,
        settings: Mapping[str, Any],
        values: Callable[[Mapping[str, Any]], Mapping[str, Any]],
        orders: Sequence[Order] | None = None,
    ) -> list[Result]:
        planned = info.plan(info.settings(settings)) if orders is None else orders
        return [Result(order, values(order.params)) for order in planned]

    return make


@pytest.fixture
def grows(results_of) -> Callable[..., None]:
    """Checks the verdict while runs come in: for how many runs which answer is the right one."""

    def check(
        info: ExperimentInfo, values: Callable[[Mapping[str, Any]], Mapping[str, Any]], guesses: Mapping[int, Any]
    ):
        settings = info.settings()
        plan = info.plan(settings)
        for count, guess in guesses.items():
            findings = info.findings(settings, results_of(info, {}, values, plan[:count]))
            assert findings.guess == guess
            assert findings.done == count

    return check

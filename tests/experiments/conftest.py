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

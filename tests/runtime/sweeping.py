"""What tests of sweeps share: executors, and how results are compared."""

from __future__ import annotations

from concurrent.futures import Executor, Future, ThreadPoolExecutor

from cnnstudio.core.errors import StudioError
from cnnstudio.runtime._workers import processes

PATIENCE_S = 20.0


class HereAndNow(Executor):
    """Does each run in the caller's thread."""

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except (StudioError, ArithmeticError) as error:
            future.set_exception(error)
        return future


EXECUTORS = {"threads": lambda: ThreadPoolExecutor(2), "here": HereAndNow, "processes": processes(2)}


def numbers(results):
    return [(result.order.key, result.values["accuracy"], result.values["pair"]) for result in results]


def of_kind(events, kind):
    return [event for event in events if isinstance(event, kind)]

"""Faults of other libraries that our pins keep away."""

import sys

from PySide6.QtCore import QObject


def test_calls_that_return_nothing_do_not_eat_references_to_none():
    # PySide6 6.12.0 on Python 3.11 takes one reference at every such call and aborts the interpreter in the end.
    # On 3.12 and later None is immortal and its count does not move.
    thing = QObject()
    before = sys.getrefcount(None)
    for _ in range(1_000):
        thing.setObjectName("x")
    assert abs(sys.getrefcount(None) - before) < 100

"""The timeline that plays by itself with the Inside panel open: how many moments a second, and how many are painted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from cnnstudio.bench._case import Finding, Options, Spread
from cnnstudio.bench._inside_window import QUICK, painted_answers
from cnnstudio.bench._pen import draw
from cnnstudio.bench._sitting import Sitting
from cnnstudio.core.config import RaceConfig
from cnnstudio.ui.player import GAP_MS

_MILLI: Final = 1_000
_LEAST_SHARE: Final = 0.95
"""Of the rate that the button promises."""


def play(options: Options) -> Iterator[Finding]:
    """Fast play from the first moment to now, both networks in sight."""
    rates, shown = [], []
    with Sitting(options.data_root) as sitting:
        draw(sitting)
        sitting.run(QUICK if options.quick else RaceConfig())
        sitting.finish()
        watches = painted_answers(sitting)
        studio, player = sitting.program.studio, sitting.program.window.transport.player
        player.set_speed("fast")
        for _ in range(1 if options.quick else options.runs):
            studio.set_moment(studio.moments[0])
            sitting.settle()
            before, began_s = sum(watch.paints for watch in watches), time.perf_counter()
            player.play()
            sitting.until(lambda: not player.playing, "the moments had played")
            took_s = time.perf_counter() - began_s
            rates.append((len(studio.moments) - 1) / took_s)
            shown.append((sum(watch.paints for watch in watches) - before) / len(watches) / took_s)
    spread, painted = Spread.of(rates, "moments/s"), Spread.of(shown, "maps/s")
    target = _LEAST_SHARE * _MILLI / GAP_MS["fast"]
    yield Finding("fast play, Inside open", spread.median, "moments/s", target, False, spread)
    yield Finding("maps of each network painted meanwhile", painted.median, "per second", spread=painted)

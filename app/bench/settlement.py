"""The settlement backtest at its full size: five years of 900 stations, hour by hour, under every rule."""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from app import memory
from app.bench import figures
from engine.research import settlement, synthetic

if TYPE_CHECKING:
    from app.bench.figures import Figure
    from engine.research.settlement import Years

ROUNDS: Final = 9
BAR_S: Final = 2.0
MOONSHOT_S: Final = 0.15
MIB: Final = 1 << 20


@cache
def _years() -> Years:
    return synthetic.years(seed=1)


def settlement_backtest() -> Figure:
    """Five years of 900 stations from hours in memory to four rules' tallies by station, rows a second."""
    years = _years()
    rates, busy = [], []
    for index in range(ROUNDS + 1):
        began, worked = time.perf_counter(), time.process_time()
        settlement.tallies(years)
        if index:  # the first round pays for the memory
            rates.append(years.rows / (time.perf_counter() - began))
            busy.append(time.process_time() - worked)
    return figures.of(
        rates,
        "rows/s",
        bar=years.rows / BAR_S,
        moonshot=round(years.rows / MOONSHOT_S),
        held="median",
        more=True,
        rows=years.rows,
        whole_s=round(years.rows / sorted(rates)[len(rates) // 2], 3),
        cpu_s=round(sorted(busy)[len(busy) // 2], 3),
        array_mib=round(years.hours.nbytes / MIB, 1),
        rss_mib=memory.held_mb(),
    )


def settlement_in_time_order() -> Figure:
    """The same from hours in the order of time, laid out first, rows a second."""
    years = _years()
    chronological = np.ascontiguousarray(np.swapaxes(years.hours, 1, 2)).reshape(len(years.stations), -1)

    def work() -> int:
        settlement.tallies(
            settlement.Years(
                measure=years.measure,
                unit=years.unit,
                stations=years.stations,
                hours=settlement.by_hour(chronological),
                official=years.official,
                further=years.further,
                alone=years.alone,
            )
        )
        return years.rows

    return figures.of(
        figures.rounds(work, ROUNDS),
        "rows/s",
        bar=years.rows / BAR_S,
        moonshot=round(years.rows / MOONSHOT_S),
        held="median",
        more=True,
        rows=years.rows,
    )


ALL: Final = {
    "settlement_backtest": settlement_backtest,
    "settlement_in_time_order": settlement_in_time_order,
}

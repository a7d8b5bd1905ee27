"""What fills of a run come to once their markets are settled: exact sums, of integers as long as there are many."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.core.units import DAY, MICRO
from engine.research.fast import layout as at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.core.ids import InstrumentId
    from engine.research.fast.packing import Packed
    from engine.research.fast.running import Played


def settle(packed: Packed, played: Played, results: Mapping[InstrumentId, str]) -> dict[str, Any]:
    """Return orders, fills, gross, fees and net by day of a run; fills of markets without a result are in no sum."""
    t, says = played.desk.t, played.answers(at.FILLED)
    orders = t[says[:, at.WHOSE]]
    gross = fees = Decimal(0)
    valued = won = 0
    days: dict[int, Decimal] = {}
    for place, terms in enumerate(packed.instruments):
        result = results.get(terms.id)
        mine = orders[:, at.ONE] == place + 1
        if result not in {"yes", "no"} or not mine.any():
            continue
        rows, of = says[mine], orders[mine]
        top = int(1 / terms.unit)
        each = np.where(of[:, at.LEG] == 0, rows[:, at.AT_YES], top - rows[:, at.AT_YES])
        paid = np.where((of[:, at.LEG] == 0) == (result == "yes"), top, 0)
        value = np.where(of[:, at.SIDE] == at.BUY, paid - each, each - paid) * rows[:, at.OF_LOTS]
        unit = terms.lot * terms.unit
        for day in np.unique(rows[:, at.HOME] // DAY).tolist():
            then = rows[:, at.HOME] // DAY == day
            brought, fee = int(value[then].sum()) * unit, int(rows[then, at.FOR_FEE].sum()) * MICRO
            gross, fees = gross + brought, fees + fee
            days[day] = days.get(day, Decimal(0)) + brought - fee
        units, micros = (int(MICRO / unit), 1) if unit < MICRO else (1, int(unit / MICRO))
        won += int((value * micros > rows[:, at.FOR_FEE] * units).sum())
        valued += len(rows)
    columns = says[:, [at.WHOSE, at.HOME, at.HAPPENED, at.AT_YES, at.OF_LOTS, at.AS_MAKER, at.FOR_FEE]].copy()
    columns[:, 0] -= t[0, at.ORDERS_AT]
    return {
        "orders": played.orders, "fills": len(says), "valued": valued, "won": won, "gross": gross, "fees": fees,
        "days": tuple(sorted(days.items())),
        "digest": hashlib.blake2b(columns.tobytes(), digest_size=16).hexdigest(),
    }  # fmt: skip

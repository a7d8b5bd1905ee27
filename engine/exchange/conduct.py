"""Conduct on the embedded exchange: who trades with himself, and who shows orders he does not mean. Pure.

::

    Traded, orders taken back ─► Conduct ─ a ring of the last minutes, bounded ─► flags

A flag says what was measured and against which bar; it accuses nobody, and stops no order. Round trips: an account
that bought and sold the same outcome in about the same amount, again and again, so that turnover came and no position
went. Shown and withdrawn: orders of some size that are taken back unfilled within seconds, while the same account
trades the other way. Both definitions are ours; the terms are those of the Commodity Exchange Act, section 4c(a).
"""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.units import MINUTE, NOTHING, SECOND, Leg, Nanos, Side

if TYPE_CHECKING:
    from engine.core.ids import AccountId, MarketId
    from engine.core.trade import Traded
    from engine.exchange.resting import Rest

WINDOW: Final = 10 * MINUTE
ROOM: Final = 4_096
"""Trades, and orders taken back, that are looked at; older ones fall out first."""
TRIPS: Final = 3
"""Times there and back within the window that make a flag."""
FLAT: Final = Decimal("0.1")
"""Net over turnover below which nothing was gained but turnover."""
SHOWN: Final = 5
"""Orders shown and withdrawn within the window that make a flag."""
FLEETING: Final = 5 * SECOND
"""An order that lived no longer is fleeting; a trade so soon after is beside it."""
BESIDE: Final = 2
"""Of them, with a trade the other way beside them."""


class Flag(NamedTuple):
    """Something to look at."""

    kind: str
    """``ROUND_TRIPS`` or ``WITHDRAWN``."""
    account: AccountId
    market: MarketId
    outcome: int
    times: int
    bar: int
    text: str
    at: Nanos
    """The last time."""


class _Deal(NamedTuple):
    at: Nanos
    up: bool
    qty: Decimal


class _Taken(NamedTuple):
    at: Nanos
    up: bool


_Place = tuple["AccountId", "MarketId", int]


class Conduct:
    """What accounts did lately."""

    def __init__(self) -> None:
        self._deals: deque[Traded] = deque(maxlen=ROOM)
        self.traded = self._deals.append
        """Takes in a trade; what it means is worked out when somebody looks."""
        self._taken: deque[tuple[_Place, _Taken]] = deque(maxlen=ROOM)

    def withdrawn(self, rest: Rest, at: Nanos) -> None:
        """Take in that an account took an order back; one that stood for a while was meant."""
        if at - rest.at <= FLEETING:
            self._taken.append(((rest.account, rest.market, rest.outcome), _Taken(at, rest.up)))

    def flags(self, now: Nanos) -> tuple[Flag, ...]:
        """Return what is to be looked at of the last ten minutes, by account, market and outcome."""
        since = now - WINDOW
        deals: dict[_Place, list[_Deal]] = {}
        for trade in self._deals:
            if trade.at > since:
                up = (trade.side is Side.BUY) is (trade.leg is Leg.YES)
                place = (trade.account, trade.market, trade.outcome)
                deals.setdefault(place, []).append(_Deal(trade.at, up, trade.qty))
        taken: dict[_Place, list[_Taken]] = {}
        for place, one in self._taken:
            if one.at > since:
                taken.setdefault(place, []).append(one)
        found = [_trips(place, some) for place, some in deals.items()]
        found += [_shown(place, some, deals.get(place, [])) for place, some in taken.items()]
        return tuple(sorted(flag for flag in found if flag is not None))


def _trips(place: _Place, deals: list[_Deal]) -> Flag | None:
    """Return a flag for turnover that left no position."""
    account, market, outcome = place
    turns = sum(a.up is not b.up for a, b in pairwise(deals))
    bought = sum((d.qty for d in deals if d.up), NOTHING)
    sold = sum((d.qty for d in deals if not d.up), NOTHING)
    turnover = bought + sold
    times = (turns + 1) // 2
    if times < TRIPS or not turnover or abs(bought - sold) > FLAT * turnover:
        return None
    text = f"bought {bought:f} and sold {sold:f} in {len(deals)} trades, {times} times there and back"
    return Flag("ROUND_TRIPS", account, market, outcome, times, TRIPS, text, deals[-1].at)


def _shown(place: _Place, taken: list[_Taken], deals: list[_Deal]) -> Flag | None:
    """Return a flag for orders that were not meant."""
    account, market, outcome = place
    beside = sum(any(d.up is not one.up and abs(d.at - one.at) <= FLEETING for d in deals) for one in taken)
    if len(taken) < SHOWN or beside < BESIDE:
        return None
    text = (
        f"{len(taken)} orders taken back within {FLEETING // SECOND} s, {beside} of them beside a trade the other way"
    )
    return Flag("WITHDRAWN", account, market, outcome, len(taken), SHOWN, text, taken[-1].at)

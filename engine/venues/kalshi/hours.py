"""When a Kalshi market opens, closes and is decided: the venue's news, and our own clock where it sends none. Pure.

Nothing is sent when a market opens at its time nor when it closes at its time, so both follow from the times that
its object states. What the venue says of a status beats the clock until the next of the two times has come.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from engine.core.events import StatusChanged
from engine.venues.kalshi import wire_markets
from engine.venues.kalshi.numbers import moment, seconds
from engine.venues.kalshi.wire_books import instrument

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.core.units import Nanos
    from engine.venues.kalshi import wire
    from engine.venues.kalshi.wire_markets import Market

TRADING: Final = frozenset({"unopened", "open", "paused"})
OVER: Final = frozenset({"closed", "determined", "settled"})
"""No order of such a market can be changed any more, and its book is gone."""


@dataclass(frozen=True, slots=True)
class Day:
    """One market's times, and where it stands."""

    status: str
    opens: Nanos | None = None
    closes: Nanos | None = None
    result: str = ""


def status_at(day: Day, at: Nanos) -> str:
    """Return the status a market has by the clock: its last known one, unless its opening or close has come since."""
    if day.status in TRADING and day.closes is not None and at >= day.closes:
        return "closed"
    if day.status == "unopened" and day.opens is not None and at >= day.opens:
        return "open"
    return day.status


@dataclass(slots=True)
class Hours:
    """The markets that are followed."""

    days: dict[str, Day] = field(default_factory=dict)

    def learn(self, market: Market, at: Nanos) -> StatusChanged | None:
        """Take in a market's object; return what changed.

        Raises
        ------
        ValueError
            If a time of it is none.
        """
        day = Day(
            status=wire_markets.status_of(market),
            opens=moment(market.open_time),
            closes=moment(market.close_time),
            result=wire_markets.result_of(market),
        )
        return self._put(market.ticker, day, at)

    def news(self, msg: wire.LifecycleMsg, at: Nanos) -> StatusChanged | None:
        """Take in a message about a market; return what changed."""
        old = self.days.get(msg.market_ticker, Day("paused"))
        day = Day(
            status=wire_markets.became(msg) or old.status,
            opens=seconds(msg.open_ts) if msg.open_ts is not None else old.opens,
            closes=seconds(msg.close_ts) if msg.close_ts is not None else old.closes,
            result=wire_markets.result_in(msg) or old.result,
        )
        return self._put(msg.market_ticker, day, at)

    def due(self, at: Nanos) -> list[StatusChanged]:
        """Return what the clock alone has changed by `at`."""
        changes = (self._put(ticker, day, at) for ticker, day in list(self.days.items()))
        return [change for change in changes if change is not None]

    def next(self) -> Nanos | None:
        """Return when `due` has something to say next."""
        times = [
            time
            for day in self.days.values()
            for time in ((day.opens if day.status == "unopened" else None), day.closes)
            if time is not None and day.status in TRADING
        ]
        return min(times, default=None)

    def keep(self, tickers: Iterable[str]) -> None:
        """Forget all but these."""
        kept = frozenset(tickers)
        self.days = {ticker: day for ticker, day in self.days.items() if ticker in kept}

    def over(self, ticker: str) -> bool:
        """Whether a market is known to trade no more."""
        day = self.days.get(ticker)
        return day is not None and day.status in OVER

    def _put(self, ticker: str, day: Day, at: Nanos) -> StatusChanged | None:
        now = Day(status_at(day, at), day.opens, day.closes, day.result)
        if self.days.get(ticker) == now:
            return None
        self.days[ticker] = now
        return StatusChanged(
            at=at, instrument=instrument(ticker), status=now.status, result=now.result, closes=now.closes
        )

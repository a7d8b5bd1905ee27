"""Names of the views. A topic with a key is one of many: a market, an instrument, a station."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from engine.core.ids import Topic

SPINE: Final = Topic("spine")
FEEDS: Final = Topic("feeds")
NOTICES: Final = Topic("notices")
MARKETS: Final = Topic("markets")
ORDERS: Final = Topic("orders")
FILLS: Final = Topic("fills")
POSITIONS: Final = Topic("positions")
PNL: Final = Topic("pnl")
GATES: Final = Topic("gates")
SETTLEMENTS: Final = Topic("settlements")
STATIONS: Final = Topic("stations")
ALERTS: Final = Topic("alerts")
CONNECTIONS: Final = Topic("connections")
SCENARIOS: Final = Topic("scenarios")
EXPIRIES: Final = Topic("expiries")
GREEKS: Final = Topic("greeks")
AT: Final = "@"
STATION_CLOCK: Final = "station"
"""Code of the clock of the station that decides; where none does, of this machine's."""
STRATEGIES: Final = Topic("strategies")
UPDOWN: Final = Topic("updown")
JOURNAL: Final = Topic("journal")


QUOTER: Final = Topic("quoter")
TOXICITY: Final = Topic("toxicity")
RFQ: Final = Topic("rfq")
HEDGING: Final = Topic("hedging")
OPTION_QUOTER: Final = Topic("option_quoter")
OPTION_GAPS: Final = Topic("option_gaps")
"""The same option on several venues: `views.hedging.GapsView`."""
OVERSIGHT: Final = Topic("oversight")
ALARMS: Final = Topic("alarms")
"""Looked at beside the kernel, which knows nothing of it."""
LATENCY: Final = Topic("latency")
"""Measured by the host; the kernel knows nothing of it."""
HEALTH: Final = Topic("health")
"""How the parts of the program do that run by themselves; the kernel is one of them."""
REPLAY: Final = Topic("replay")
DECISIONS: Final = Topic("decisions")
RECORDER: Final = Topic("recorder")
BACKTESTS: Final = Topic("backtests")
"""What is recorded, and where a recorded session stands that is played; the kernel knows nothing of them, either."""


def strategy(name: str) -> Topic:
    """Return the topic of one strategy's parameters and reasons."""
    return Topic("strategy", name)


def rfq_chain(trace: str) -> Topic:
    """Return the topic of one request's history, by its trace."""
    return Topic("rfq_chain", trace)


def ladder(symbol: str) -> Topic:
    """Return the topic of the ladder of an instrument, by its symbol."""
    return Topic("ladder", symbol)


def tape(symbol: str) -> Topic:
    """Return the topic of the trades of an instrument."""
    return Topic("tape", symbol)


def board(market: str) -> Topic:
    """Return the topic of the bracket board of a market."""
    return Topic("board", market)


def cells(market: str, hour: int | None = None) -> Topic:
    """Return the topic of the hex map as seen from a market, at one hour or over its whole window.

    Only the topic of the whole is said to be out of date; who shows an hour goes by that.
    """
    return Topic("cells", market if hour is None else f"{market}{AT}{hour}")


def hour_of(key: str) -> tuple[str, int | None]:
    """Return the market and the hour that a key of `cells` stands for."""
    market, at, hour = key.rpartition(AT)
    return (market, int(hour)) if at and hour.isdecimal() and len(hour) < 20 else (key, None)


class ChainKey(NamedTuple):
    """The options of one expiry, as a venue settles them."""

    venue: str
    underlying: str
    settles_in: str
    expires: int
    """Nanoseconds."""

    @property
    def text(self) -> str:
        """As a key of `chain`, and as what `Watch` names: ``deribit:BTC:BTC:1785484800000000000``."""
        return f"{self.venue}:{self.underlying}:{self.settles_in}:{self.expires}"


def chain(key: ChainKey) -> Topic:
    """Return the topic of the options of one expiry."""
    return Topic("chain", key.text)


def chain_key(text: str) -> ChainKey | None:
    """Return what a text of `ChainKey` stands for; None of what is none."""
    parts = text.split(":")
    if len(parts) != 4 or not (parts[3].isascii() and parts[3].isdecimal() and len(parts[3]) < 20):
        return None
    return ChainKey(parts[0], parts[1], parts[2], int(parts[3]))


def station(code: str, market: str = "") -> Topic:
    """Return the topic of a station's day, seen from a market if one is named."""
    return Topic("station", f"{code}/{market}" if market else code)


def source(market: str) -> Topic:
    """Return the topic of how a market settles, and on what evidence."""
    return Topic("source", market)


def chart(symbol: str, interval: str, zone: str) -> Topic:
    """Return the topic of an instrument's bars: of an interval such as ``5m``, by a clock such as ``local``.

    Built by the host from what it samples while somebody looks; the kernel knows nothing of it.
    """
    return Topic("chart", f"{interval}{AT}{zone}{AT}{symbol}")


def heat(symbol: str, zone: str) -> Topic:
    """Return the topic of an instrument's books over time; the host's, as `chart` is."""
    return Topic("heat", f"{zone}{AT}{symbol}")


class TapeFilter(NamedTuple):
    """Which trades a tape shows."""

    scope: str = "market"
    """``market``, ``event`` or ``all``."""
    side: str = ""
    """``buy`` or ``sell`` of YES; empty for both."""
    mine: bool = False
    together: bool = False
    """What traded at once is one row."""
    least: int = 0
    """Shares."""


_TAPE: Final = re.compile(r"(market|event|all)\.(buy|sell|)\.([01])([01])\.([0-9]{1,7})")


def tape_of(symbol: str, wanted: TapeFilter) -> Topic:
    """Return the topic of a tape that is filtered; only those of plain tapes are said to be out of date."""
    if wanted == TapeFilter():
        return tape(symbol)
    scope, side, mine, together, least = wanted
    return Topic("tape", f"{symbol}{AT}{scope}.{side}.{mine:d}{together:d}.{least}")


def tape_filter(text: str) -> TapeFilter | None:
    """Return the filter of a key of `tape_of`, all trades for an empty one; None of what is none."""
    if not text:
        return TapeFilter()
    found = _TAPE.fullmatch(text)
    if found is None:
        return None
    scope, side, mine, together, least = found.groups()
    return TapeFilter(scope, side, mine == "1", together == "1", int(least))

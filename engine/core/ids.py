"""Typed identifiers: venue, instrument, order, account, cell, station, topic."""

from __future__ import annotations

from typing import Final, NamedTuple, NewType

VenueId = NewType("VenueId", str)
OrderId = NewType("OrderId", str)
VenueOrderId = NewType("VenueOrderId", str)
StrategyId = NewType("StrategyId", str)
AccountId = NewType("AccountId", str)
MarketId = NewType("MarketId", str)
FamilyId = NewType("FamilyId", str)
"""An event or series of a venue whose instruments belong together: ``venue:event``."""
StationId = NewType("StationId", str)
"""ICAO code, four letters, such as ``KMDW``."""
Cell = NewType("Cell", str)
"""H3 cell as its 15-digit hexadecimal string."""

EMBEDDED: Final = VenueId("lmsr")
"""The exchange that lives in this process."""
KALSHI: Final = VenueId("kalshi")
POLYMARKET: Final = VenueId("polymarket")
BINANCE: Final = VenueId("binance")
DERIVE: Final = VenueId("derive")
DERIBIT: Final = VenueId("deribit")
RYSK: Final = VenueId("rysk")
IEM: Final = VenueId("iem")
NWS: Final = VenueId("nws")
VISUAL_CROSSING: Final = VenueId("visual_crossing")
"""Services that tell of the weather; they have links and, one of them, a key, as venues do."""
YOU: Final = AccountId("you")
"""The trader's own account on the embedded exchange."""
HOUSE: Final = AccountId("house")
"""The market maker: funds the subsidy of each market and takes back what is left."""
FEES: Final = AccountId("fees")
"""Where trading fees are booked."""


class InstrumentId(NamedTuple):
    """What can be traded, anywhere: one outcome of one market."""

    venue: VenueId
    symbol: str


class Topic(NamedTuple):
    """One view of the engine's state that a panel can show; `key` is empty where there is only one."""

    view: str
    key: str = ""


def embedded(market: MarketId, outcome: int) -> InstrumentId:
    """Return the instrument of an outcome of an embedded market; its symbol is ``MARKET/outcome``."""
    return InstrumentId(EMBEDDED, f"{market}/{outcome}")


def outcome_of(instrument: InstrumentId) -> tuple[MarketId, int]:
    """Return the market and outcome of an embedded instrument.

    Raises
    ------
    ValueError
        If the symbol was not made by `embedded`.
    """
    market, slash, outcome = instrument.symbol.rpartition("/")
    if not slash or not outcome.isdecimal():
        msg = f"no embedded instrument: {instrument.symbol!r}"
        raise ValueError(msg)
    return MarketId(market), int(outcome)

"""Which view answers which topic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.ids import MarketId
from engine.core.units import Nanos
from engine.kernel.project import (
    account,
    alerts,
    board,
    gates,
    hedging,
    journal,
    ladder,
    maps,
    markets,
    option_quoter,
    oversight,
    quoter,
    rfq,
    scenarios,
    settlements,
    source,
    station,
    stations,
    status,
    strategies,
    tape,
    updown,
)
from engine.kernel.project.listed import chain, connections, greeks
from engine.views import topics

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.ids import Topic
    from engine.kernel.state import State

_SINGLE: Final[dict[str, Callable[[State], object]]] = {
    "spine": status.spine,
    "feeds": status.feeds,
    "notices": lambda state: state.notices.view(),
    "markets": markets.view,
    "orders": account.orders,
    "fills": account.fills,
    "positions": account.positions,
    "pnl": account.pnl,
    "gates": gates.view,
    "settlements": settlements.view,
    "connections": connections.view,
    "scenarios": scenarios.view,
    "alerts": alerts.view,
    "strategies": strategies.view,
    "stations": stations.view,
    "updown": updown.view,
    "quoter": quoter.view,
    "journal": journal.view,
    "rfq": rfq.view,
    "hedging": hedging.view,
    "option_gaps": hedging.gaps,
    "option_quoter": option_quoter.view,
    "expiries": chain.expiries,
    "greeks": greeks.view,
    "toxicity": quoter.toxicity,
    "oversight": oversight.view,
}
_KEYED: Final[dict[str, Callable[[State, str], object]]] = {
    "ladder": ladder.view,
    "tape": tape.view,
    "board": lambda state, key: board.view(state, MarketId(key)),
    "cells": lambda state, key: _cells(state, *topics.hour_of(key)),
    "strategy": strategies.detail,
    "station": station.view,
    "rfq_chain": rfq.chain,
    "chain": chain.view,
    "source": lambda state, key: source.view(state, MarketId(key)),
}


def _cells(state: State, market: str, hour: int | None) -> object:
    return maps.view(state, MarketId(market), None if hour is None else Nanos(hour))


def view(state: State, topic: Topic) -> object:
    """Return the view of a topic; None when it shows something that does not exist."""
    single = _SINGLE.get(topic.view)
    if single is not None:
        return single(state)
    keyed = _KEYED.get(topic.view)
    return None if keyed is None else keyed(state, topic.key)

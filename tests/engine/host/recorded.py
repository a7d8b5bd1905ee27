"""A short recorded session with strategies that trade: the sandbox's pure session, written as a journal."""

from __future__ import annotations

from contextlib import closing
from decimal import Decimal
from functools import cache
from pathlib import Path

from engine.core import codec, decision
from engine.core.commands import Place, StrategyState, Tif
from engine.core.decision import Decisions
from engine.core.effects import Keep
from engine.core.units import Leg, Qty, Side
from engine.core.when import instant
from engine.sandbox.session import PureSession
from engine.store import journal
from tests.engine.kernel.desk import STATIONS

EVENTS = 1_600
START = instant("2026-07-03T15:00:00Z")


@cache
def rows() -> tuple[tuple[tuple, ...], tuple[bytes, ...]]:
    """Rows of a journal, and the decisions recorded with them."""
    found: list[tuple] = []
    decided: list[bytes] = []
    known = Decisions()

    def heard(event, effects):
        if len(found) >= EVENTS:
            return
        found.append((len(found) + 1, event.at, type(event).__name__, codec.encode(event), codec.digest(effects)))
        for effect in effects:
            if type(effect) is Keep:
                decided.extend(decision.encode(one) for one in known.of(effect.rows))

    session = PureSession(7, START, STATIONS, heard=heard)
    session.run(60)
    session.switch(StrategyState.PAPER)
    while len(found) < EVENTS:
        _press(session, len(found))
        session.run(20)
    return tuple(found), tuple(decided)


def _press(session: PureSession, number: int) -> None:
    """Buy five of the first instrument that is offered, as a trader would."""
    for key, listing in session.state.listings.items():
        ask = listing.book.best_ask
        if ask is not None and not listing.stale and key.venue in session.simulators:
            place = Place(
                instrument=key, side=Side.BUY, leg=Leg.YES, price=ask, qty=Qty(Decimal(5)), intent=f"test/{number}",
                tif=Tif.IOC, origin="ladder",
            )  # fmt: skip
            session.ask(place)
            return


def write(path: Path) -> Path:
    """Write the session as a journal."""
    events, decided = rows()
    with closing(journal.create(path)) as connection:
        journal.append(connection, events)
        journal.decide(connection, 1, decided)
    return path

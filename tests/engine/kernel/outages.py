"""What goes wrong between us and a venue in tests of reconciliation."""

from __future__ import annotations

from engine.core.events import Lost
from engine.core.ids import KALSHI, InstrumentId
from engine.core.order import Status
from engine.core.units import Nanos
from tests.engine.kernel.venue import SYMBOLS, Session, opened

S = Status
ONE = InstrumentId(KALSHI, SYMBOLS[0])


def live() -> Session:
    """Return a live session that is armed for longer than any test lasts."""
    made = Session(opened("live"))
    made.state.session.armed_until = Nanos(made.at + 10**13)
    return made


def never(session, effect) -> None:
    """A request that never arrives, and whose sender does not know that."""
    order, life = effect.order.order, session.life
    session.after(10**9, lambda: session.tell(Lost(at=session.at, order=order, why="timed out"), life))


def lost_reply(session, effect) -> None:
    """A request that arrives, and whose answer does not."""
    session.exchange.submit(effect.order.client, effect.order.place)
    never(session, effect)


def blink(session) -> None:
    session.drop()
    session.run(1)
    session.connect("account")
    session.run(1)

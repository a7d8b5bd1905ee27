"""What can be looked at: views of the kernel, in the shapes that are promised to scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from app import __version__
from app.local import shapes
from app.report import price
from engine.core.ids import EMBEDDED, InstrumentId, VenueId
from engine.core.units import TICK, plain
from engine.core.when import iso
from engine.views import topics

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from app.boot import Session
    from engine.core.ids import Topic
    from engine.core.units import Nanos, Ticks
    from engine.views.account import FillsView, GatesView, OrderLine, OrdersView, PositionsView
    from engine.views.ladder import LadderView
    from engine.views.market import MarketsView
    from engine.views.status import SpineView
    from engine.views.strategies import StrategiesView
    from engine.views.tape import TapeView
    from engine.views.weather import SettlementsView

PREFIX: Final = "api:"
"""Of the intents of orders that came this way."""
DEEPEST: Final = 200
"""Levels of a side, and trades, that are told."""


def status(session: Session, api_orders: str) -> shapes.Status:
    """Return how the session stands."""
    view: SpineView = _view(session, topics.SPINE)
    armed = session.kernel.state.session.armed_until
    return shapes.Status(
        version=__version__, mode=session.mode, now=iso(view.now), account=view.account_name,  # type: ignore[arg-type]
        cash=plain(view.cash), equity=plain(view.equity), at_risk=plain(view.at_risk), day=plain(view.day),
        halted_by=view.halted_by, reduce_only=view.reduce_only, armed_until=None if armed is None else iso(armed),
        api_orders=api_orders,  # type: ignore[arg-type]
    )  # fmt: skip


def markets(session: Session) -> list[shapes.Outcome]:
    """Return every outcome of every market that is known."""
    view: MarketsView = _view(session, topics.MARKETS)
    found = []
    for row in view.rows:
        unit = tick(session, row.instrument)
        found.append(
            shapes.Outcome(
                venue=row.instrument.venue,
                symbol=row.instrument.symbol,
                market=row.market,
                event=row.event,
                label=row.label,
                group=row.group,
                station=row.station,
                status=row.status,
                closes=_time(row.closes),
                bid=row.bid_text or _ticks(row.bid, unit),
                ask=row.ask_text or _ticks(row.ask, unit),
                currency=row.currency or "USD",
                model=row.model,
                edge=_cents(row.edge),
                position=plain(row.position),
                volume=plain(row.volume),
            )
        )
    return found


def prices(session: Session, instrument: InstrumentId) -> shapes.Prices | None:
    """Return the book of an outcome; None of one that is not known."""
    view: LadderView | None = session.kernel.view(topics.ladder(instrument.symbol))  # type: ignore[assignment]
    if view is None or view.instrument != instrument:
        return None
    unit = tick(session, instrument)
    bids = [shapes.Level(price=plain(r.price * unit), qty=plain(r.bid)) for r in view.rows if r.bid]
    asks = [shapes.Level(price=plain(r.price * unit), qty=plain(r.ask)) for r in reversed(view.rows) if r.ask]
    return shapes.Prices(
        venue=instrument.venue, symbol=instrument.symbol, title=view.title, state=view.state, why=view.why,
        bids=bids[:DEEPEST], asks=asks[:DEEPEST], last=_ticks(view.last, unit), fair=_cents(view.fair),
    )  # fmt: skip


def trades(session: Session, instrument: InstrumentId) -> list[shapes.Trade] | None:
    """Return what traded lately, newest first; None of an outcome that is not known."""
    view: TapeView | None = session.kernel.view(topics.tape(instrument.symbol))  # type: ignore[assignment]
    if view is None or view.instrument != instrument:
        return None
    unit = tick(session, instrument)
    return [
        shapes.Trade(at=iso(r.at), price=plain(r.price * unit), qty=plain(r.qty), bought=r.bought, mine=r.mine)
        for r in view.rows[:DEEPEST]
    ]


def orders(session: Session) -> list[shapes.Order]:
    """Return our orders, newest first."""
    view: OrdersView = _view(session, topics.ORDERS)
    return [order(row) for row in view.rows]


def order(row: OrderLine) -> shapes.Order:
    """Return one of them."""
    return shapes.Order(
        id=row.id, key=row.intent.removeprefix(PREFIX) if row.intent.startswith(PREFIX) else "", at=iso(row.at),
        venue=row.instrument.venue, symbol=row.instrument.symbol, side=row.side,
        qty=None if row.qty is None else plain(row.qty), filled=plain(row.filled),
        price=_quoted(row.price, row.currency), average=_quoted(row.average, row.currency), tif=row.tif,
        status=row.status, ended=row.ends, fee=None if row.fee is None else plain(row.fee), why=row.why,
        origin=row.origin,
    )  # fmt: skip


def fills(session: Session) -> list[shapes.Fill]:
    """Return our fills, newest first."""
    view: FillsView = _view(session, topics.FILLS)
    return [
        shapes.Fill(
            trade=r.trade_id,
            at=iso(r.at),
            venue=r.instrument.venue,
            symbol=r.instrument.symbol,
            side=r.side,
            qty=plain(r.qty),
            price=_quoted(r.price, r.currency) or "",
            fee=None if r.fee is None else plain(r.fee),
            realised=plain(r.realised),
        )
        for r in view.rows
    ]


def positions(session: Session) -> list[shapes.Position]:
    """Return what we hold."""
    view: PositionsView = _view(session, topics.POSITIONS)
    return [
        shapes.Position(
            venue=r.instrument.venue,
            symbol=r.instrument.symbol,
            name=r.name,
            leg=r.leg,
            qty=plain(r.qty),
            average=_quoted(r.average, r.currency) or "",
            mark=_quoted(r.mark, r.currency),
            unrealised=None if r.unrealised is None else f"{r.unrealised:.6f}",
            realised=plain(r.realised),
            max_loss=None if r.max_loss is None else f"{r.max_loss:.6f}",
        )
        for r in view.rows
    ]


def gates(session: Session) -> list[shapes.Gate]:
    """Return the risk gates."""
    view: GatesView = _view(session, topics.GATES)
    return [
        shapes.Gate(code=r.code, meaning=r.meaning, used=r.used, limit=r.limit, state=r.state,
                    last_refusal=r.last_refusal)
        for r in view.rows
    ]  # fmt: skip


def settlements(session: Session) -> list[shapes.Settlement]:
    """Return what waits to be settled, and what has."""
    view: SettlementsView = _view(session, topics.SETTLEMENTS)
    return [
        shapes.Settlement(market=r.market, name=r.name, rule=r.rule, closes=_time(r.closes), outcome=r.outcome,
                          reason=r.reason, record=r.record)
        for r in view.queue
    ]  # fmt: skip


def strategies(session: Session) -> list[shapes.Strategy]:
    """Return the registry of strategies."""
    view: StrategiesView = _view(session, topics.STRATEGIES)
    return [
        shapes.Strategy(name=r.name, title=r.title, state=r.state, sends=r.sends, halted=r.halted) for r in view.rows
    ]


LISTS: Final[dict[str, tuple[Callable[[Session], list[Any]], Topic, type]]] = {
    "markets": (markets, topics.MARKETS, shapes.Outcome),
    "orders": (orders, topics.ORDERS, shapes.Order),
    "fills": (fills, topics.FILLS, shapes.Fill),
    "positions": (positions, topics.POSITIONS, shapes.Position),
    "gates": (gates, topics.GATES, shapes.Gate),
    "settlements": (settlements, topics.SETTLEMENTS, shapes.Settlement),
    "strategies": (strategies, topics.STRATEGIES, shapes.Strategy),
}
"""By name: how a list is made, what says that it changed, and the shape of its entries."""


def known(session: Session, venue: str, symbol: str) -> InstrumentId | None:
    """Return an instrument of the session by its names; None where there is none."""
    found = InstrumentId(VenueId(venue), symbol)
    state = session.kernel.state
    if found.venue != EMBEDDED:
        return found if found in state.listings else None
    market, _, _ = symbol.partition("/")
    listed = state.exchange.markets.get(market)  # type: ignore[call-overload]
    return found if listed is not None and session.kernel.view(topics.ladder(symbol)) is not None else None


def tick(session: Session, instrument: InstrumentId) -> Decimal:
    """Return what a tick of an instrument is worth."""
    listing = session.kernel.state.listings.get(instrument)
    return TICK if listing is None else listing.instrument.unit


def _view(session: Session, topic: Topic) -> Any:  # noqa: ANN401  # whatever the topic's view is
    return session.kernel.view(topic)


def _time(at: Nanos | None) -> str:
    return iso(at) if at else ""


def _ticks(ticks: Ticks | None, unit: Decimal) -> str | None:
    return None if ticks is None else plain(ticks * unit)


def _quoted(value: float | None, currency: str) -> str | None:
    """Return a price as it is quoted: of an option or a future in its own currency, of all else in dollars."""
    return _cents(value) if not currency or value is None else f"{value:.10g}"


def _cents(cents: float | None) -> str | None:
    return None if cents is None else price(cents)

"""What alert rules see: views to named values, and which views a rule needs."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.ids import Topic
from engine.core.units import SECOND, TICKS_PER_CENT
from engine.views import topics
from engine.views.account import OrdersView, PnlView
from engine.views.alarms import Kind
from engine.views.connections import ConnectionsView
from engine.views.hedging import HedgingView
from engine.views.market import MarketsView
from engine.views.options import ExpiriesView, GreeksView
from engine.views.status import SpineView
from engine.views.weather import SettlementsView, StationView

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.views.account import OrderLine
    from engine.views.alarms import Rule
    from engine.views.hedging import HedgeLine
    from engine.views.market import MarketRow
    from engine.views.options import ExpiryLine, UnderlyingGreeks

_TOPICS: Final = {
    Kind.PRICE: topics.MARKETS,
    Kind.EDGE: topics.MARKETS,
    Kind.OVERROUND: topics.MARKETS,
    Kind.FEED: topics.CONNECTIONS,
    Kind.ORDER: topics.ORDERS,
    Kind.SETTLEMENT: topics.SETTLEMENTS,
    Kind.VOL: topics.EXPIRIES,
    Kind.GREEKS: topics.GREEKS,
}
_BANDS: Final = frozenset({"band", "gamma_limit"})
"""Greeks that are held against the hedger's own bands."""
_ENDS: Final = {
    "filled": "filled",
    "partial": "partial",
    "rejected": "refused",
    "refused": "refused",
    "lost": "lost",
    "canceled": "canceled",
    "expired": "canceled",
}
"""Status of an order to the field of a rule."""
_BAD: Final = frozenset({"stale", "down"})


class Seen(NamedTuple):
    """One thing that a rule looks at."""

    key: str
    """What makes it the same thing at the next look."""
    name: str
    value: Decimal | None = None
    """None where it is not known."""
    met: bool | None = None
    """Of what has no level: whether it is so; None where that is not known."""
    text: str = ""
    """What it is, in words, amounts included; made of the value where empty."""


def needs(rule: Rule) -> Topic:
    """Return the view that a rule looks at."""
    if rule.kind is Kind.STATION:
        return topics.station(rule.subject)
    if rule.kind is Kind.PNL:
        return topics.PNL if rule.field == "total" else topics.SPINE
    if rule.field in _BANDS:
        return topics.HEDGING
    return _TOPICS[rule.kind]


def see(rule: Rule, views: Mapping[Topic, object]) -> tuple[Seen, ...]:
    """Return what a rule sees; nothing where its view, or what it looks at, is not there."""
    view = views.get(needs(rule))
    if isinstance(view, MarketsView):
        return _markets(rule, view)
    if isinstance(view, StationView):
        return (_station(rule, view),)
    if isinstance(view, ConnectionsView):
        return _feeds(rule, view)
    if isinstance(view, SpineView):
        return (Seen("pnl", f"PnL of the {rule.field}", view.day if rule.field == "day" else view.week),)
    if isinstance(view, PnlView):
        return (Seen("pnl", "PnL of the session", view.total),)
    if isinstance(view, OrdersView):
        return tuple(_order(rule, row) for row in view.rows if _ours(rule, row))
    if isinstance(view, SettlementsView):
        return _settlements(rule, view)
    if isinstance(view, ExpiriesView):
        return _vols(rule, view)
    if isinstance(view, GreeksView):
        return _greeks(rule, view)
    if isinstance(view, HedgingView):
        return _bands(rule, view)
    return ()


def _markets(rule: Rule, view: MarketsView) -> tuple[Seen, ...]:
    if rule.kind is Kind.OVERROUND:
        rows = [row for row in view.rows if row.overround is not None and rule.subject in {"", row.market}]
        return tuple(Seen(row.market, row.event or row.market, _number(row.overround)) for row in rows)
    rows = [row for row in view.rows if rule.subject in {"", subject_of(row)}]
    return tuple(Seen(subject_of(row), name_of(row), _price(row, rule.field)) for row in rows)


def _price(row: MarketRow, field: str) -> Decimal | None:
    """Return a value of an outcome in cents; best prices are ticks."""
    if field in {"bid", "ask"}:
        ticks = row.bid if field == "bid" else row.ask
        return None if ticks is None else Decimal(ticks) / TICKS_PER_CENT
    return _number(row.mid if field == "mid" else row.edge)


def subject_of(row: MarketRow) -> str:
    """Return how a rule names an outcome."""
    return f"{row.instrument.venue}/{row.instrument.symbol}"


def name_of(row: MarketRow) -> str:
    """Return what an outcome is called."""
    return f"{row.event} {row.label}".strip() or row.instrument.symbol


def _station(rule: Rule, view: StationView) -> Seen:
    if rule.field == "last":
        return Seen(rule.subject, f"{view.id} last reading", _number(view.last))
    sign = 1 if rule.field == "high" else -1
    lines = [one for one in (view.extreme, view.other) if one is not None and one.sign == sign]
    bound = lines[0].bound if lines else view.running if sign == view.sign else None
    return Seen(rule.subject, f"{view.id} running {rule.field}", _number(bound))


def _feeds(rule: Rule, view: ConnectionsView) -> tuple[Seen, ...]:
    rows = [row for row in view.rows if rule.subject in {"", row.venue} and row.state != "off"]
    if rule.field == "age":
        return tuple(Seen(row.venue, f"{row.title} age", _number(row.age_s)) for row in rows)
    return tuple(Seen(row.venue, row.title, met=row.state in _BAD, text=f"{row.title} is {row.state}") for row in rows)


def _ours(rule: Rule, row: OrderLine) -> bool:
    return rule.subject in {"", f"{row.instrument.venue}/{row.instrument.symbol}"}


def _order(rule: Rule, row: OrderLine) -> Seen:
    price = "" if row.price is None else f" @ {row.price:g} c"
    why = f": {row.why}" if row.why and rule.field == "refused" else ""
    qty = "" if row.qty is None else f" {row.qty:f}"
    words = f"{row.side}{qty}{price} {row.market}: {row.word}{why}"
    return Seen(row.id, row.market, met=_ENDS.get(row.status) == rule.field, text=words)


def _settlements(rule: Rule, view: SettlementsView) -> tuple[Seen, ...]:
    lines = [line for line in view.queue if rule.subject in {"", line.market}]
    found = []
    for line in lines:
        disputed = line.outcome == "DISPUTED"
        met = disputed if rule.field == "disputed" else line.outcome not in {"OPEN", "WAITING", "DISPUTED"}
        paid = "" if line.payout is None else f", paid {line.payout:f} $"
        why = f": {line.reason}" if disputed and line.reason else ""
        found.append(Seen(line.market, line.name, met=met, text=f"{line.name} {line.outcome}{why}{paid}"))
    return tuple(found)


def _vols(rule: Rule, view: ExpiriesView) -> tuple[Seen, ...]:
    """Return volatilities at the forward, per cent."""
    rows = [row for row in view.rows if rule.subject in {"", row.key}]
    return tuple(Seen(row.key, expiry_words(row), _percent(row.atm_iv)) for row in rows)


def expiry_words(row: ExpiryLine) -> str:
    """Return what an expiry is called: ``BTC 27NOV26 Deribit``."""
    at = dt.datetime.fromtimestamp(row.expires // SECOND, dt.UTC)
    return f"{row.underlying} {at.day}{at:%b%y}".upper() + f" {row.venue_title}"


def _greeks(rule: Rule, view: GreeksView) -> tuple[Seen, ...]:
    """Return sizes of greeks: coins, coins for one per cent, dollars a point."""
    rows = [row for row in view.rows if rule.subject in {"", row.underlying}]
    return tuple(Seen(row.underlying, f"{row.underlying} {rule.field}", _size(row, rule.field)) for row in rows)


def _size(row: UnderlyingGreeks, field: str) -> Decimal | None:
    value = {"delta": row.delta, "gamma": row.gamma, "vega": row.vega}[field]
    if field == "gamma":
        value = None if value is None or row.index is None else value * row.index / 100.0
    return None if value is None else _number(abs(value))


def _bands(rule: Rule, view: HedgingView) -> tuple[Seen, ...]:
    found = []
    for line in view.lines:
        if rule.subject not in {"", line.underlying}:
            continue
        value, most = (line.delta, line.band) if rule.field == "band" else (_per_cent(line), line.gamma_limit)
        word = "delta" if rule.field == "band" else "gamma for 1 %"
        met = None if value is None or not most else abs(value) > most
        text = "" if value is None or most is None else f"{line.underlying} {word} is {value:+.4g}, band ± {most:.4g}"
        found.append(Seen(line.underlying, f"{line.underlying} {word}", met=met, text=text))
    return tuple(found)


def _per_cent(line: HedgeLine) -> float | None:
    return None if line.gamma is None or line.spot is None else line.gamma * line.spot / 100.0


def _percent(value: float | None) -> Decimal | None:
    return None if value is None else _number(round(100.0 * value, 4))


def _number(value: float | Decimal | None) -> Decimal | None:
    """Return a number as a decimal by its own digits; what is not finite is not known."""
    if value is None:
        return None
    found = Decimal(str(value))
    return found if found.is_finite() else None

"""Any message of Polymarket to events, by its shape: for tools that look at recordings. Pure.

A running session knows which token is which leg and which orders are ours. Here the first token that a message names
of a market is taken for YES, and every order for one of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from engine.core.errors import WireError
from engine.core.events import BookSnapshot, Event, Listed
from engine.core.fee_rule import NO_FEE
from engine.core.ids import POLYMARKET, FamilyId, InstrumentId, OrderId
from engine.core.instrument import Family
from engine.core.units import Leg, Nanos, Side
from engine.venues.polymarket import listing, market_events, wire_gamma, wire_market, wire_user
from engine.venues.polymarket.wire_market import SIDES, Whose
from engine.venues.polymarket.wire_user import OrderRow, Ours, TradeRow

if TYPE_CHECKING:
    from collections.abc import Iterator

_ANY: Final = msgspec.json.Decoder()
Rows = list[dict[str, Any]]


def decode(raw: bytes | str, at: Nanos) -> tuple[Event, ...]:
    """Return what a message of any of the venue's channels or hosts says.

    Nothing comes of PONG, and of kinds that say nothing of a market or an order.

    Raises
    ------
    WireError
        If it cannot be read, or is of no shape that the venue is known for.
    """
    data = raw.encode() if isinstance(raw, str) else raw
    if data == b"PONG":
        return ()
    rows = _rows(data)
    first = rows[0] if rows else {}
    for fits, read in _SHAPES:
        if fits(first):
            return tuple(read(data, rows, at))
    raise WireError(POLYMARKET, "of no shape that is known", data)


def _rows(data: bytes) -> Rows:
    if len(data) > wire_market.LARGEST * 2:
        raise WireError(POLYMARKET, f"a message of {len(data)} bytes", data)
    try:
        found = _ANY.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as e:
        raise WireError(POLYMARKET, f"unreadable ({str(e)[:120]})", data) from e
    rows = found if isinstance(found, list) else [found]
    if not rows or not all(isinstance(row, dict) for row in rows):
        raise WireError(POLYMARKET, "neither an object nor a list of them", data)
    return rows


def _is_account(row: dict[str, Any]) -> bool:
    return row.get("event_type") in ("order", "trade") or "taker_order_id" in row or "original_size" in row


def _is_account_page(row: dict[str, Any]) -> bool:
    inner = row.get("data")
    return isinstance(inner, list) and bool(inner) and isinstance(inner[0], dict) and _is_account(inner[0])


def _is_market(row: dict[str, Any]) -> bool:
    return (
        "event_type" in row
        or bool({"bids", "price_changes", "new_tick_size"} & row.keys())
        or ("asset_id" in row and "price" in row)
    )


def _account(data: bytes, rows: Rows, at: Nanos) -> Iterator[Event]:
    for row in wire_user.rows(data):
        yield from wire_user.events(row, at, _ours(row))


def _account_page(data: bytes, rows: Rows, at: Nanos) -> Iterator[Event]:
    yield from _account(msgspec.json.encode(rows[0]["data"]), rows, at)


def _market(data: bytes, rows: Rows, at: Nanos) -> Iterator[Event]:
    for frame in wire_market.frames(data):
        named = [frame.asset_id, frame.winning_asset_id or "", *(c.asset_id for c in frame.price_changes or ())]
        tokens = dict.fromkeys(token for token in named if token)
        name = InstrumentId(POLYMARKET, frame.market)
        whose = {token: Whose(name, leg) for token, leg in zip(tokens, Leg, strict=False)}
        yield from market_events.events(frame, at, whose)


def _gamma_events(data: bytes, rows: Rows, at: Nanos) -> Iterator[Event]:
    yield from (one for event in wire_gamma.events(data) if (one := listing.listed(event, at)) is not None)


def _gamma_markets(data: bytes, rows: Rows, at: Nanos) -> Iterator[Event]:
    for row in rows:
        found = listing.of_market(wire_gamma.market(msgspec.json.encode(row)), at)
        if found is not None:
            yield found


def _clob_markets(data: bytes, rows: Rows, at: Nanos) -> Iterator[Event]:
    for row in rows[0].get("data", rows):
        one = listing.clob_market(msgspec.json.encode(row), at)
        if one is None:
            continue
        family = FamilyId(f"{POLYMARKET}:{one.fact('slug') or one.id.symbol}")
        yield Listed(at=at, family=Family(id=family, title=one.title, members=(one.id,)), instruments=(one,))


def _quiet(data: bytes, rows: Rows, at: Nanos) -> Iterator[BookSnapshot]:
    return iter(())


def _has(*names: str) -> Any:  # noqa: ANN401 - a predicate
    return lambda row: set(names) <= row.keys()


def _inner(name: str) -> Any:  # noqa: ANN401 - a predicate
    def fits(row: dict[str, Any]) -> bool:
        inner = row.get("data")
        return isinstance(inner, list) and bool(inner) and isinstance(inner[0], dict) and name in inner[0]

    return fits


def _ours(row: OrderRow | TradeRow) -> Mapping[str, Ours]:
    """Take every order that a row names for one of ours."""
    if isinstance(row, OrderRow):
        return {row.id: _as_ours(row.id, row.market, row.asset_id, SIDES.get(row.side, Side.BUY))}
    taker = SIDES.get(row.side, Side.BUY)
    found = {row.taker_order_id: _as_ours(row.taker_order_id, row.market, row.asset_id, taker)}
    for maker in row.maker_orders:
        against = taker if maker.asset_id != row.asset_id else (Side.SELL if taker is Side.BUY else Side.BUY)
        side = SIDES.get(maker.side or "", against)
        found[maker.order_id] = _as_ours(maker.order_id, row.market, maker.asset_id, side)
    return found


def _as_ours(name: str, market: str, token: str, side: Side) -> Ours:
    return Ours(OrderId(name), InstrumentId(POLYMARKET, market), side, Leg.YES, token, NO_FEE)


_SHAPES: Final = (
    (_is_account, _account),
    (_is_account_page, _account_page),
    (_is_market, _market),
    (_has("condition_id", "tokens"), _clob_markets),
    (_inner("condition_id"), _clob_markets),
    (_has("slug", "markets"), _gamma_events),
    (_has("events", "pagination"), _gamma_events),
    (_has("conditionId", "question"), _gamma_markets),
    (_has("conditionId", "proxyWallet"), _quiet),
    (_has("slug", "label"), _quiet),
    (_has("topic", "payload"), _quiet),
)
"""What a message looks like, and how it is read; the first that fits."""

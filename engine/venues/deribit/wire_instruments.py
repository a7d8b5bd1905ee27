"""Deribit's instruments as ours: scales, grids, fees, families by expiry. Pure.

One unit of quantity is what the venue calls one of ``amount``: a coin of an option or of a linear future, a dollar of
an inverse future. Names are never taken apart for what they mean: strike, expiry and kind are fields of their own.
A tick grows above some prices (``tick_size_steps``); a price on such an edge lies on both grids.

Source: Deribit API v2, ``public/get_instruments``; contract specifications (fees capped at 12.5 % of the premium).
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from engine.core.events import Listed
from engine.core.fee_rule import NO_FEE, FeeRule
from engine.core.ids import DERIBIT, FamilyId, InstrumentId
from engine.core.instrument import Band, Family, Instrument, Payoff
from engine.core.units import Nanos, Qty, Ticks
from engine.venues.deribit.numbers import Scale, exact, nanos
from engine.venues.deribit.wire_market import STATES, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

TOP_COIN: Final = Decimal(100)
"""No option in coin costs more."""
TOP_DOLLARS: Final = Decimal(100_000_000)
FINEST: Final = Decimal("1e-10")
"""No tick or lot is smaller."""
MOST_TICKS: Final = 10**18
"""Of the highest price at the finest tick; our journal can hold nine times as many."""
CAP: Final = Decimal("0.125")
"""Of an option's premium: no fee is larger."""
DELIVERY: Final = {True: Decimal("0.00015"), False: Decimal("0.00025")}
"""Of the underlying when options, and futures, are delivered: half of what takers pay, and `CAP` holds for options.

Source of the half and the cap: an older fee page of the venue (deribit.com/pages/information/fees: 0.025 % and 0.02 %,
when takers of options paid 0.04 %); half of today's 0.03 % is reckoned from it, not read. That what ends daily is free
is from memory. Futures of a week may be free as well: they are charged here, so that paper does not flatter. No message
tells any of it; what the account is charged is what counts.
"""
FREE: Final = frozenset({"day", "perpetual"})
"""Settlement periods that are delivered free."""
NEVER_MS: Final = 32_000_000_000_000
"""A perpetual's "expiry" lies beyond the year 2984."""
MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DOLLARS: Final = frozenset({"USD", "USDC", "USDT"})
KINDS: Final = frozenset({"option", "future"})
"""What we trade; combos and spot are left alone."""


class Step(msgspec.Struct):
    """From above this price on the tick is larger."""

    above_price: Decimal
    tick_size: Decimal


class Row(msgspec.Struct):
    """One instrument as the venue lists it."""

    instrument_name: str
    kind: str
    tick_size: Decimal
    min_trade_amount: Decimal
    contract_size: Decimal
    base_currency: str
    quote_currency: str
    expiration_timestamp: int | None = None
    creation_timestamp: int | None = None
    settlement_currency: str = ""
    counter_currency: str = ""
    instrument_type: str = ""
    """``reversed`` is inverse; left out by old answers."""
    option_type: str | None = None
    strike: Decimal | None = None
    tick_size_steps: list[Step] = []
    block_trade_tick_size: Decimal | None = None
    maker_commission: Decimal = Decimal(0)
    taker_commission: Decimal = Decimal(0)
    settlement_period: str = ""
    price_index: str = ""
    state: str = ""
    is_active: bool = True
    instrument_id: int | None = None


ROWS: Final = msgspec.json.Decoder(list[Row])
RAW: Final = msgspec.json.Decoder(list[msgspec.Raw])
ROW: Final = msgspec.json.Decoder(Row)


def inverse(row: Row) -> bool:
    """Whether it is priced or settled in the coin it is about."""
    if row.instrument_type:
        return row.instrument_type == "reversed"
    return row.settlement_currency not in DOLLARS and "_" not in row.instrument_name


def scale(row: Row) -> Scale:
    """Return the finest price and size of an instrument; ValueError where there is none.

    Ticks never change in an instrument's life, while the venue may make its grid finer: blocks already trade at finer
    prices, so these are the ticks.
    """
    steps = [row.tick_size, *(one.tick_size for one in row.tick_size_steps)]
    if row.block_trade_tick_size is not None and row.block_trade_tick_size > 0:
        steps.append(row.block_trade_tick_size)
    unit = min(exact(one) for one in steps)
    if unit <= 0 or any(one % unit for one in steps):
        unit = exact(row.tick_size)
    least = _size(row)
    lot = min(least, Decimal(1)) if _dollar_future(row) else least / 10
    if not FINEST <= unit <= 1_000_000 or not FINEST <= lot <= 1_000_000:
        msg = f"steps of {row.instrument_name[:80]} that cannot be"
        raise ValueError(msg)
    return Scale(unit, lot)


def _size(row: Row) -> Decimal:
    """Return the step of quantities: a contract, or less where the venue trades less."""
    found = min(exact(row.contract_size), exact(row.min_trade_amount))
    if not found > 0:
        msg = f"sizes of {row.instrument_name[:80]} that cannot be"
        raise ValueError(msg)
    return found


def _dollar_future(row: Row) -> bool:
    return row.kind == "future" and inverse(row)


def grid(row: Row, unit: Decimal) -> tuple[Band, ...]:
    """Return where orders may lie."""
    top = TOP_COIN if row.kind == "option" and inverse(row) else TOP_DOLLARS
    edges = sorted((exact(one.above_price), exact(one.tick_size)) for one in row.tick_size_steps)
    bands: list[Band] = []
    start, step = _ticks(row.tick_size, unit), _ticks(row.tick_size, unit)
    for above, tick in edges:
        edge = _ticks(above, unit)
        if edge >= start:
            bands.append(Band(Ticks(start), Ticks(edge), Ticks(step)))
            start = edge
        step = _ticks(tick, unit)
        start = max(step, -(-start // step) * step)
    bands.append(Band(Ticks(start), Ticks(_ticks(top, unit) // step * step), Ticks(step)))
    return tuple(bands)


def _ticks(price: Decimal, unit: Decimal) -> int:
    found, off = divmod(price, unit)
    if off or not 0 < found <= MOST_TICKS:
        msg = f"a step of {price}, with ticks of {unit}"
        raise ValueError(msg)
    return int(found)


def instrument(row: Row, known: Scale | None = None) -> Instrument:
    """Return an instrument; ValueError where its facts contradict each other.

    Parameters
    ----------
    known : Scale, optional
        Its ticks and lots if it was listed before: they must not change.
    """
    found = known or scale(row)
    option = row.kind == "option"
    if row.kind not in KINDS or (option and (row.option_type not in {"call", "put"} or row.strike is None)):
        msg = f"{row.instrument_name[:80]} is of a kind that is not traded here"
        raise ValueError(msg)
    ends = row.expiration_timestamp
    expires = None if ends is None or ends >= NEVER_MS else nanos(ends)
    step = _size(row)
    coin = row.base_currency[:20].upper()
    return Instrument(
        id=named(row.instrument_name),
        title=_title(row, coin, expires),
        label=_label(row),
        family=family_of(row),
        payoff={"call": Payoff.CALL, "put": Payoff.PUT}[row.option_type or ""] if option else Payoff.LINEAR,
        unit=found.unit,
        grid=grid(row, found.unit),
        lot=found.lot,
        least=Qty(max(exact(row.min_trade_amount), step)),
        step=step,
        fee=_fee(row),
        opens=None if row.creation_timestamp is None else nanos(row.creation_timestamp),
        closes=expires,
        expires=expires,
        status=_status(row),
        underlying=coin,
        exercise=None if row.strike is None else exact(row.strike),
        contract_size=Decimal(1),
        inverse=inverse(row),
        settles_in=(row.settlement_currency or row.quote_currency)[:20],
        source=row.price_index[:40],
        facts=(
            ("index", row.price_index[:40]),
            ("contract_size", f"{exact(row.contract_size):f}"),
            ("currency", (row.settlement_currency or row.base_currency)[:20]),
            ("period", row.settlement_period[:20]),
        ),
    )


def _status(row: Row) -> str:
    if row.state:
        return STATES.get(row.state, "paused")
    return "open" if row.is_active else "closed"


def _fee(row: Row) -> FeeRule:
    """Return the schedule: of options a share of the underlying, of futures a share of what they come to."""
    taker, maker = exact(row.taker_commission), exact(row.maker_commission)
    if not taker and not maker:
        return NO_FEE
    option = row.kind == "option"
    delivery = Decimal(0) if row.settlement_period in FREE else DELIVERY[option]
    return FeeRule(
        kind="of_underlying" if option else "of_value", rate=taker, maker_rate=maker, cap=CAP if option else Decimal(0),
        delivery=delivery,
    )  # fmt: skip


def day(expires: Nanos) -> str:
    """Return a day as the venue's names have it, such as ``6JAN25``."""
    when = datetime.fromtimestamp(expires // 1_000_000_000, UTC)
    return f"{when.day}{MONTHS[when.month - 1]}{when:%y}"


def chain(row: Row) -> str:
    """Return what a chain's names begin with: ``BTC``, ``BTC_USDC``."""
    return row.instrument_name.partition("-")[0][:40]


def family_of(row: Row) -> FamilyId:
    """Return the family: options of one expiry, and all futures of a coin."""
    ends = row.expiration_timestamp
    if row.kind == "option" and ends is not None:
        return FamilyId(f"{DERIBIT}:{chain(row)}-{day(nanos(ends))}")
    return FamilyId(f"{DERIBIT}:{chain(row)}-FUTURES")


def _title(row: Row, coin: str, expires: Nanos | None) -> str:
    against = "" if inverse(row) else f" ({row.settlement_currency or row.quote_currency})"[:24]
    if expires is None:
        return f"{coin} perpetual{against}"
    if row.kind == "future":
        return f"{coin} future {day(expires)}{against}"
    word = "call" if row.option_type == "call" else "put"
    return f"{coin} {day(expires)} {_strike(row)} {word}{against}"


def _strike(row: Row) -> str:
    """Return a strike without the zeros behind its point."""
    return f"{exact(row.strike or Decimal(0)).normalize():f}"


def _label(row: Row) -> str:
    if row.kind != "option":
        return row.instrument_name.partition("-")[2][:20] or row.instrument_name[:20]
    return f"{_strike(row)} {'C' if row.option_type == 'call' else 'P'}"


def families(rows: Iterable[Row], some: Iterable[Instrument], at: Nanos) -> list[Listed]:
    """Return instruments as families, the next expiry first; members by strike, the call before the put."""
    by_name = {row.instrument_name: row for row in rows}
    found: dict[FamilyId, list[Instrument]] = {}
    for one in some:
        found.setdefault(one.family or FamilyId(""), []).append(one)
    listed = [_family(by_name[members[0].id.symbol], members, at) for members in found.values()]
    return sorted(listed, key=lambda one: (one.family.closes is None, one.family.closes or 0, one.family.id))


def _family(row: Row, some: Sequence[Instrument], at: Nanos) -> Listed:
    members = sorted(some, key=_order)
    first = members[0]
    option = row.kind == "option"
    name = chain(row).replace("_", "/")
    title = f"{name} options {day(first.expires)}" if option and first.expires is not None else f"{name} futures"
    family = Family(
        id=first.family or FamilyId(""),
        title=title,
        subtitle=f"settled in {first.settles_in}",
        group=f"Options · {name}" if option else "Futures and perpetuals",
        members=tuple(one.id for one in members),
        source=first.source,
        closes=first.expires if option else None,
    )
    return Listed(at=at, family=family, instruments=tuple(members))


def _order(one: Instrument) -> tuple[bool, int, Decimal, str, InstrumentId]:
    futures = one.payoff is Payoff.LINEAR
    return futures, (one.expires or 0) if futures else 0, one.exercise or Decimal(0), one.payoff.value, one.id

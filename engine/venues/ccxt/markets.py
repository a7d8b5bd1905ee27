"""The library's markets as instruments, and its numbers as ours. Pure.

An instrument is named by the exchange's own id, never by taking the library's symbol apart. Everything the library
gives is a float: it is read by its shortest text. A price grid with several steps (Deribit's `tick_size_steps`) is
read from the exchange's own row, since the library knows only one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from engine.core.errors import WireError
from engine.core.events import BookSnapshot, Listed
from engine.core.fee_rule import FeeRule
from engine.core.ids import FamilyId, InstrumentId, VenueId
from engine.core.instrument import Band, Family, Instrument, Payoff
from engine.core.units import MICRO, NO_MONEY, Lots, Money, Nanos, Qty, Ticks
from engine.venues.ccxt.endpoints import exchange_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MS: Final = 1_000_000
TICK_SIZE, PLACES = 4, 2
"""How the library counts precision: as a step, or as digits behind the point."""
DOLLARS: Final = frozenset({"USD", "USDT", "USDC", "USDE", "FDUSD", "TUSD", "BUSD", "PYUSD", "DAI"})
"""What counts as dollars here."""
INDEX: Final = {"deribit": "index_price", "okx": "fillIdxPx"}
"""Where an exchange's own row of a trade says what the coin was worth then."""
TOP: Final = Decimal(10_000_000)
LEVELS: Final = 1_000
FAR: Final = 400
"""Powers of ten beyond which no float of the library lies, and a text would be of millions of digits."""
AMOUNTS_ARE_COINS: Final = frozenset({"deribit"})
"""Exchanges whose amounts are coins (or dollars, of inverse ones) though the library states a size of contracts."""
KINDS: Final = {"spot": "spot", "margin": "spot", "swap": "perpetuals", "future": "futures", "option": "options"}


@dataclass(frozen=True, slots=True)
class Spec:
    """An instrument, and the library's symbol of it."""

    instrument: Instrument
    symbol: str
    kind: str

    @property
    def id(self) -> InstrumentId:
        """Its name here."""
        return self.instrument.id


def number(value: object) -> Decimal:
    """Return a number of the library exactly as it is written; ValueError where it is none, or beyond reason."""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or (found and not -FAR <= found.adjusted() <= FAR):
        msg = f"no number: {str(value)[:40]!r}"
        raise ValueError(msg)
    return found


def spec(venue: VenueId, market: Mapping[str, Any], mode: int) -> Spec:
    """Return a market as an instrument.

    Raises
    ------
    ValueError
        If a number of it cannot be, or its kind is none that is traded here.
    """
    kind = str(market.get("type") or "")
    if kind not in KINDS:
        msg = f"{str(market.get('id'))[:60]}: a market of kind {kind[:20]!r}"
        raise ValueError(msg)
    quote = str(market.get("quote") or "")[:16].upper()
    if quote not in DOLLARS:
        msg = f"{str(market.get('id'))[:60]}: quoted in {quote!r}, which nobody here tells in dollars"
        raise ValueError(msg)
    precision = market.get("precision") or {}
    step = _step(precision.get("price"), mode)
    lot = _step(precision.get("amount"), mode)
    steps = _steps(market.get("info"), step)
    unit = min(one for _, one in steps)
    limits = (market.get("limits") or {}).get("amount") or {}
    base = str(market.get("base") or "")[:16].upper()
    expiry = market.get("expiry") if kind in {"option", "future"} else None
    instrument = Instrument(
        id=InstrumentId(venue, str(market["id"])[:96]),
        title=str(market["symbol"])[:96],
        label=_label(market),
        family=FamilyId(f"{venue}:{_group(market)}"),
        payoff=_payoff(market),
        unit=unit,
        grid=_grid(steps, unit),
        lot=lot,
        least=Qty(max(number(limits["min"]), lot)) if limits.get("min") is not None else Qty(lot),
        step=lot,
        fee=FeeRule(
            kind="of_underlying" if kind == "option" else "of_value",
            rate=number(market["taker"]) if market.get("taker") is not None else Decimal(0),
            maker_rate=number(market["maker"]) if market.get("maker") is not None else Decimal(0),
            taker_only=False,
        ),
        closes=Nanos(int(expiry) * MS) if expiry else None,
        expires=Nanos(int(expiry) * MS) if expiry else None,
        status="open" if market.get("active") is not False else "paused",
        underlying=base,
        exercise=number(market["strike"]) if market.get("strike") else None,
        contract_size=_contract(venue, market),
        inverse=bool(market.get("inverse")),
        settles_in=str(market.get("settle") or market.get("quote") or "USD")[:16].upper(),
        facts=(("symbol", str(market["symbol"])[:96]),),
    )
    return Spec(instrument, str(market["symbol"]), kind)


def listed(specs: Iterable[Spec], at: Nanos, exchange: str) -> list[Listed]:
    """Return instruments by family: options of one expiry together, all else alone."""
    families: dict[FamilyId, list[Spec]] = {}
    for one in specs:
        assert one.instrument.family is not None
        families.setdefault(one.instrument.family, []).append(one)
    found = []
    for name, members in sorted(families.items()):
        members.sort(key=lambda one: (one.instrument.exercise or Decimal(0), one.instrument.payoff.value))
        first, kind = members[0].instrument, KINDS[members[0].kind]
        family = Family(
            id=name,
            title=name.partition(":")[2] if first.exercise is not None else first.title,
            subtitle=f"{exchange} {kind}",
            group=f"Crypto · {kind}",
            members=tuple(one.id for one in members),
            closes=first.expires,
        )
        found.append(Listed(at=at, family=family, instruments=tuple(one.instrument for one in members)))
    return found


def snapshot(one: Spec, book: Mapping[str, Any], at: Nanos) -> BookSnapshot:
    """Return a book of the library as a whole book; one that crosses itself is refused.

    The library merges a second snapshot into the first and never looks for gaps: what it keeps may cross.

    Raises
    ------
    WireError
        If it crosses itself, or a number of it cannot be.
    """
    venue = one.id.venue
    try:
        bids = _side(one.instrument, book["bids"], best_high=True)
        asks = _side(one.instrument, book["asks"], best_high=False)
        stamp = book.get("timestamp")
        told = Nanos(int(stamp) * MS) if stamp else None
    except (ValueError, KeyError, TypeError, ArithmeticError, IndexError) as e:
        raise WireError(venue, f"an order book that cannot be read ({str(e)[:80]})") from e
    if bids and asks and bids[0][0] >= asks[0][0]:
        raise WireError(venue, "the book's best bid is not below its best ask")
    return BookSnapshot(at=at, instrument=one.id, bids=bids, asks=asks, venue_time=told)


def on_grid(instrument: Instrument, price: Ticks) -> bool:
    """Whether an order may lie at a price: the library would move it, and by the nearest step."""
    return any(b.start <= price <= b.stop and (price - b.start) % b.step == 0 for b in instrument.grid)


def moved(exchange: Any, one: Spec, price: Decimal, size: Decimal) -> str:  # noqa: ANN401 - a class of the library
    """Return what the library would make of an order before it sends it; empty where it leaves it as it is.

    Some exchanges count prices by digits that matter, which is no grid of steps: there the library rounds by itself.
    """
    sent = number(exchange.price_to_precision(one.symbol, float(price)))
    if sent != price:
        return f"its price would be sent as {sent:f}, not {price:f}"
    sent = number(exchange.amount_to_precision(one.symbol, float(size)))
    return f"its size would be sent as {sent:f}, not {size:f}" if sent != size else ""


def in_dollars(instrument: Instrument) -> str:
    """Return why what a trade of an instrument comes to could not be told in dollars; empty where it can."""
    told = not instrument.inverse or instrument.payoff is Payoff.LINEAR or exchange_of(instrument.id.venue) in INDEX
    return "" if told else "it is paid in a coin, and this exchange does not say what that was worth"


def cost(instrument: Instrument, price: Decimal, qty: Decimal, trade: Mapping[str, Any]) -> Money:
    """Return what a trade comes to in dollars: of an inverse future its face value, of an inverse option by the index.

    Raises
    ------
    ValueError
        If it is paid in a coin, and its row does not say what that was worth.
    """
    if instrument.inverse and instrument.payoff is Payoff.LINEAR:
        return Money(qty * instrument.contract_size)
    worth = Decimal(1)
    if instrument.inverse:
        index = _index(instrument, trade)
        if index is None:
            msg = f"a trade in {instrument.underlying} without its price"
            raise ValueError(msg)
        worth = index
    return Money((price * qty * instrument.contract_size * worth).quantize(MICRO))


def fee(instrument: Instrument, trade: Mapping[str, Any]) -> tuple[Money, str]:
    """Return a trade's fee in dollars, and what of it cannot be told in them, such as ``0.0001 BNB``.

    One in the coin itself is told at the trade's own price, of an inverse option at the index. ValueError where it is
    no number.
    """
    known, rest = Decimal(0), []
    for paid in [trade["fee"]] if trade.get("fee") else trade.get("fees") or [{}]:
        coin = str(paid.get("currency") or "")[:16].upper()
        if paid.get("cost") is None:
            rest.append("not said")
            continue
        amount = number(paid["cost"])
        each = Decimal(1) if coin in DOLLARS or not amount else _worth(instrument, coin, trade)
        if each is None:
            rest.append(f"{amount.normalize():f} {coin or 'of an unnamed coin'}")
        else:
            known += amount * each
    return Money(NO_MONEY if rest else known), " + ".join(rest)


def _worth(instrument: Instrument, coin: str, trade: Mapping[str, Any]) -> Decimal | None:
    """Return what a coin was worth in dollars when a trade was made; None where the trade does not say it."""
    if coin != instrument.underlying:
        return None
    return number(trade["price"]) if instrument.payoff is Payoff.LINEAR else _index(instrument, trade)


def _index(instrument: Instrument, trade: Mapping[str, Any]) -> Decimal | None:
    info = trade.get("info")
    told = info.get(INDEX.get(exchange_of(instrument.id.venue), "")) if isinstance(info, dict) else None
    found = None if told in {None, ""} else number(told)
    return found if found is not None and found > 0 else None


def _side(
    instrument: Instrument, levels: Sequence[Sequence[object]], *, best_high: bool
) -> tuple[tuple[Ticks, Lots], ...]:
    found: dict[Ticks, Lots] = {}
    for level in list(levels)[:LEVELS]:
        price = number(level[0]) / instrument.unit
        ticks = int(price.to_integral_value())
        if abs(price - ticks) > Decimal("1e-6") or ticks < 0:
            msg = f"{level[0]} is off the steps of {instrument.unit}"
            raise ValueError(msg)
        size = int((number(level[1]) / instrument.lot + Decimal("1e-6")).to_integral_value(ROUND_FLOOR))
        if size > 0:
            found[Ticks(ticks)] = Lots(found.get(Ticks(ticks), 0) + size)
    return tuple(sorted(found.items(), reverse=best_high))


def _step(precision: object, mode: int) -> Decimal:
    if precision is None:
        return Decimal("0.00000001")
    value = number(precision)
    step = value if mode == TICK_SIZE else Decimal(1).scaleb(-int(value)) if mode == PLACES else Decimal("0.00000001")
    if step <= 0:
        msg = f"no step: {precision}"
        raise ValueError(msg)
    return step


def _steps(info: object, step: Decimal) -> list[tuple[Decimal, Decimal]]:
    """Return from which price on which step holds, lowest first."""
    rows = info.get("tick_size_steps") if isinstance(info, dict) else None
    found = [(Decimal(0), step)]
    if isinstance(rows, list):
        found += [(number(row["above_price"]), number(row["tick_size"])) for row in rows[:16]]
    return sorted(found)


def _grid(steps: Sequence[tuple[Decimal, Decimal]], unit: Decimal) -> tuple[Band, ...]:
    bands = []
    for number_, (start, step) in enumerate(steps):
        ticks = int(step / unit)
        first = int(start / unit) + (ticks if not number_ else 0)
        end = steps[number_ + 1][0] if number_ + 1 < len(steps) else TOP
        last = first + (int(end / unit) - first) // ticks * ticks
        bands.append(Band(Ticks(first), Ticks(max(last, first)), Ticks(ticks)))
    return tuple(bands)


def _payoff(market: Mapping[str, Any]) -> Payoff:
    kinds = {"call": Payoff.CALL, "put": Payoff.PUT}
    return kinds.get(str(market.get("optionType") or ""), Payoff.LINEAR)


def _group(market: Mapping[str, Any]) -> str:
    """Return what an instrument's family is called."""
    if market.get("type") != "option":
        return str(market["id"])[:96]
    day = str(market.get("expiryDatetime") or market.get("expiry") or "")[:10]
    return f"{str(market.get('base') or '')[:16]}-{str(market.get('settle') or '')[:16]}-{day}"


def _contract(venue: VenueId, market: Mapping[str, Any]) -> Decimal:
    """Return what one unit of quantity is of; where amounts are no numbers of contracts, one."""
    if not market.get("contractSize") or exchange_of(venue) in AMOUNTS_ARE_COINS:
        return Decimal(1)
    return number(market["contractSize"])


def _label(market: Mapping[str, Any]) -> str:
    if market.get("strike"):
        return f"{market['strike']:g} {str(market.get('optionType') or '?')[:1].upper()}"[:40]
    return KINDS[str(market["type"])].capitalize()

"""Instruments of Derive: what each is, how it is counted and charged, and as `Listed`. Pure.

Options of one underlying and expiry are a family; a perpetual and a pair of coins stand alone. Strikes are read from
the instrument's details, never from its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from engine.core.events import Listed
from engine.core.fee_rule import FeeRule
from engine.core.ids import DERIVE, FamilyId, InstrumentId
from engine.core.instrument import Band, Family, Instrument, Payoff
from engine.core.units import SECOND, Nanos, Qty, Ticks
from engine.core.when import iso
from engine.venues.derive import abi
from engine.venues.derive.numbers import number
from engine.venues.derive.wire import MOST, Digits, Page, Stamp, Word

if TYPE_CHECKING:
    from collections.abc import Iterable

FINEST: Final = Decimal("0.01")
"""A tick, unless the venue quotes finer: its steps may become smaller within an instrument's life, ticks may not."""
TOP: Final = Decimal(10_000_000)
"""Dollars of the highest price that an order may have here; the venue's own bands are far narrower."""
DEFAULT_CAP: Final = Decimal("0.125")
"""Of an option's price: what its fee is never above, where the venue does not say."""
_FAR: Final = 1 << 53
"""Seconds: a day on which nothing ends."""


class OptionRow(msgspec.Struct, frozen=True):
    """What only options have."""

    expiry: Stamp
    strike: Digits
    option_type: Word
    index: Word = ""
    settlement_price: Digits | None = None


class InstrumentRow(msgspec.Struct, frozen=True):
    """An instrument as the venue describes it."""

    instrument_name: Annotated[str, msgspec.Meta(max_length=64, pattern=r"\A[A-Za-z0-9_-]+\Z")]
    instrument_type: Word
    is_active: bool
    tick_size: Digits
    amount_step: Digits
    minimum_amount: Digits
    maximum_amount: Digits
    base_asset_address: Word
    base_asset_sub_id: Digits
    base_currency: Word
    quote_currency: Word
    base_fee: Digits
    maker_fee_rate: Digits
    taker_fee_rate: Digits
    mark_price_fee_rate_cap: Digits | None = None
    scheduled_activation: Stamp = 0
    scheduled_deactivation: Stamp = 0
    option_details: OptionRow | None = None


class InstrumentsReply(msgspec.Struct, frozen=True):
    """A page of them."""

    instruments: Annotated[list[InstrumentRow], msgspec.Meta(max_length=MOST)]
    pagination: Page = Page()


INSTRUMENT: Final = msgspec.json.Decoder(InstrumentRow)
INSTRUMENTS: Final = msgspec.json.Decoder(InstrumentsReply)


@dataclass(frozen=True, slots=True)
class Spec:
    """What has to be known of an instrument to read its frames and to sign its orders."""

    instrument: Instrument
    kind: str
    """``option``, ``perp`` or ``erc20``."""
    asset: str
    sub_id: int
    step: Decimal
    """Of prices."""
    amount_step: Decimal
    base_fee: Decimal
    maker_rate: Decimal
    taker_rate: Decimal

    @property
    def id(self) -> InstrumentId:
        """Its name here."""
        return self.instrument.id

    @property
    def unit(self) -> Decimal:
        """Dollars of a tick."""
        return self.instrument.unit

    @property
    def lot(self) -> Decimal:
        """Size of a lot."""
        return self.instrument.lot


def spec(row: InstrumentRow, at: Nanos) -> Spec:
    """Return an instrument.

    Raises
    ------
    ValueError
        If a number of it cannot be, or its kind is not known.
    """
    step, amount_step = _positive(row.tick_size), _positive(row.amount_step)
    sub_id = int(row.base_asset_sub_id)
    abi.address(row.base_asset_address)
    abi.uint(sub_id)
    unit = FINEST if step % FINEST == 0 else step
    fees = [number(text) for text in (row.base_fee, row.maker_fee_rate, row.taker_fee_rate)]
    instrument = Instrument(
        id=InstrumentId(DERIVE, row.instrument_name),
        title=row.instrument_name,
        label=_label(row),
        family=family_id(row),
        payoff=_payoff(row),
        unit=unit,
        grid=(_band(step, unit),),
        lot=amount_step,
        least=Qty(_positive(row.minimum_amount)),
        step=amount_step,
        fee=_fee(row, fees),
        closes=_expiry(row),
        expires=_expiry(row),
        status=_status(row, at),
        underlying=row.base_currency.upper()[:16],
        exercise=None if row.option_details is None else _positive(row.option_details.strike),
        result=_result(row),
        settles_in=row.quote_currency[:16],
        facts=(("kind", row.instrument_type), ("base_fee", row.base_fee), ("currency", row.base_currency)),
    )
    return Spec(instrument, row.instrument_type, row.base_asset_address, sub_id, step, amount_step, *fees)


def finest(symbol: str) -> Spec:
    """Return an instrument of which nothing is known but its name, counted as finely as any: to read recordings by."""
    fine = Decimal("0.00000001")
    instrument = Instrument(
        id=InstrumentId(DERIVE, symbol), title=symbol, payoff=Payoff.LINEAR, unit=fine, lot=fine, step=fine
    )  # fmt: skip
    none = Decimal(0)
    return Spec(instrument, "", "", 0, fine, fine, none, none, none)


def listed(specs: Iterable[Spec], at: Nanos) -> list[Listed]:
    """Return instruments by family: a chain's options by strike, calls before puts."""
    families: dict[FamilyId, list[Spec]] = {}
    for one in specs:
        assert one.instrument.family is not None
        families.setdefault(one.instrument.family, []).append(one)
    return [_family(name, sorted(members, key=_place), at) for name, members in sorted(families.items())]


def family_id(row: InstrumentRow) -> FamilyId:
    """Return the family that an instrument belongs to: ``derive:ETH-20270326``, ``derive:ETH-PERP``."""
    name = row.instrument_name
    if row.option_details is None:
        return FamilyId(f"{DERIVE}:{name}")
    return FamilyId(f"{DERIVE}:{'-'.join(name.split('-')[:2])}")


def _family(name: FamilyId, members: list[Spec], at: Nanos) -> Listed:
    first = members[0].instrument
    option = first.exercise is not None
    kind = {"option": "options", "perp": "perpetuals", "erc20": "spot"}[members[0].kind]
    family = Family(
        id=name,
        title=f"{first.underlying} {_day(first.expires)}" if option else first.title,
        subtitle=f"Derive {kind}",
        group=f"Crypto · {kind}",
        members=tuple(one.id for one in members),
        closes=first.expires,
    )
    return Listed(at=at, family=family, instruments=tuple(one.instrument for one in members))


def _place(one: Spec) -> tuple[Decimal, str]:
    return one.instrument.exercise or Decimal(0), one.instrument.payoff.value


def _payoff(row: InstrumentRow) -> Payoff:
    if row.instrument_type in {"perp", "erc20"}:
        return Payoff.LINEAR
    kinds = {"C": Payoff.CALL, "P": Payoff.PUT}
    if row.instrument_type != "option" or row.option_details is None or row.option_details.option_type not in kinds:
        msg = f"{row.instrument_name}: neither an option nor a perpetual nor a pair"
        raise ValueError(msg)
    return kinds[row.option_details.option_type]


def _label(row: InstrumentRow) -> str:
    if row.option_details is None:
        return {"perp": "Perpetual", "erc20": "Spot"}.get(row.instrument_type, "")
    return f"{row.option_details.strike} {row.option_details.option_type}"[:40]


def _fee(row: InstrumentRow, fees: list[Decimal]) -> FeeRule:
    """Return the schedule; the base fee of each trade, some cents, is among the instrument's facts."""
    _, maker, taker = fees
    if row.option_details is None:
        return FeeRule(kind="of_value", rate=taker, maker_rate=maker, taker_only=False)
    cap = number(row.mark_price_fee_rate_cap) if row.mark_price_fee_rate_cap else DEFAULT_CAP
    return FeeRule(kind="of_underlying", rate=taker, maker_rate=maker, cap=cap or DEFAULT_CAP, taker_only=False)


def _band(step: Decimal, unit: Decimal) -> Band:
    ticks = Ticks(int(step / unit))
    return Band(ticks, Ticks(int(TOP / step) * ticks), ticks)


def _expiry(row: InstrumentRow) -> Nanos | None:
    if row.option_details is None:
        return None
    if not 0 < row.option_details.expiry < _FAR // SECOND * 1_000:
        msg = f"{row.instrument_name}: no time of expiry: {row.option_details.expiry}"
        raise ValueError(msg)
    return Nanos(row.option_details.expiry * SECOND)


def _status(row: InstrumentRow, at: Nanos) -> str:
    if row.option_details is not None and row.option_details.settlement_price is not None:
        return "settled"
    expires = _expiry(row)
    if expires is not None and at >= expires:
        return "closed"
    if row.is_active:
        return "open"
    return "unopened" if 0 < at // SECOND < row.scheduled_activation < _FAR else "paused"


def _result(row: InstrumentRow) -> str:
    """Return the price of the underlying at which an option has settled."""
    details = row.option_details
    if details is None or details.settlement_price is None:
        return ""
    return f"{number(details.settlement_price):f}"


def _positive(text: str) -> Decimal:
    value = number(text)
    if value <= 0:
        msg = f"not above 0: {text[:40]!r}"
        raise ValueError(msg)
    return value


def _day(expires: Nanos | None) -> str:
    return "" if expires is None else iso(expires)[:10]

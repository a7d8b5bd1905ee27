"""A small floor to trade on: one netting instrument, one of tokens, three accounts."""

from __future__ import annotations

import random
from decimal import Decimal

from engine.core.ids import KALSHI, POLYMARKET, AccountId, InstrumentId
from engine.core.instrument import Band, Instrument
from engine.core.units import Nanos, Qty, Ticks
from engine.sandbox.floor import Floor
from engine.sandbox.floor_fees import Kalshi, Polymarket

NETTING = InstrumentId(KALSHI, "KXHIGHCHI-26JUL03-B86.5")
TOKENS = InstrumentId(POLYMARKET, "0x" + "ab" * 32)
ANN, BEN, CAT = AccountId("ann"), AccountId("ben"), AccountId("cat")
START = Nanos(1_783_000_000_000_000_000)
CENTS = (Band(Ticks(100), Ticks(9_900), Ticks(100)),)


def floor(seed: int = 1, cash: str = "1000") -> Floor:
    made = Floor(START, random.Random(seed))
    one = Decimal("0.01")
    made.bring(Instrument(id=NETTING, title="86 to 87", grid=CENTS, lot=one, least=Qty(one), step=one), Kalshi())
    micro = Decimal("0.000001")
    tokens = Instrument(id=TOKENS, title="Up", grid=CENTS, lot=micro, least=Qty(micro), step=micro, nets=False)
    made.bring(tokens, Polymarket(Decimal("0.05")))
    for account in (ANN, BEN, CAT):
        made.open_account(account, Decimal(cash))
    return made


def balance(made: Floor) -> Decimal:
    """Return what the law of the floor says is always 0."""
    total = made.fees - made.deposits
    for account in made.accounts.values():
        total += account.cash
    for name, instrument in made.instruments.items():
        holdings = [a.holdings[name] for a in made.accounts.values() if name in a.holdings]
        yes, no = sum(h.yes for h in holdings), sum(h.no for h in holdings)
        assert yes == no, f"{name.symbol}: {yes} YES and {no} NO"
        total += yes * instrument.lot
    return total

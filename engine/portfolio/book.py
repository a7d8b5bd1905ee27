"""Our own positions, from fills: what the screen shows as held, and what it has earned.

Fills reach the book only once they are final, so it may lag the exchange by a commit; the gates look at the
exchange, which never lags.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.core.ids import EMBEDDED, InstrumentId, MarketId, outcome_of
from engine.core.units import NO_MONEY, Leg, Money, Qty, Side
from engine.portfolio.netting import Part, Traded, book, moved, undo
from engine.portfolio.position import FLAT, Position

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from engine.core.snapshot import HeldRow, HoldingRow

Held = tuple[InstrumentId, Leg, Position]
Key = tuple[InstrumentId, Leg]
NOTHING_HELD: Final[dict[tuple[int, Leg], Key]] = {}
PICO: Final = Decimal("0.000000000001")
PICOS: Final = 1e12
"""Marks are taken to twelve places: sums stay exact, and a float's own 50 digits take three times as long."""
BUY: Final = Side.BUY
YES: Final = Leg.YES
"""Here because looking a member up costs as much as a function."""


class Change(NamedTuple):
    """What a fill on a venue did to our positions, and what that realised."""

    parts: tuple[Part, ...]
    realised: Money
    moved: Money
    """Into the account, before the fee."""


class Book:
    """Positions by instrument and leg; flat ones stay, for what they realised."""

    def __init__(self) -> None:
        self._positions: dict[Key, Position] = {}
        self._markets: dict[MarketId, dict[tuple[int, Leg], Key]] = {}
        self._held: dict[InstrumentId, None] | None = None
        """As `instruments` has it; None once a position moved."""
        self.turn = 0
        """Counts the changes of positions."""
        self.realised: Money = NO_MONEY
        self.fees: Money = NO_MONEY
        self.past: Money | None = None
        """What flat positions brought, fees counted, whose markets were let go; None before the first of them."""

    def restore(self, row: HoldingRow) -> None:
        """Take in a position that the ledger knows."""
        instrument = InstrumentId("lmsr", f"{row.market}/{row.outcome}")  # type: ignore[arg-type]
        self._put(instrument, row.leg, Position(row.qty, row.cost, row.realised, row.fees))
        self.realised = Money(self.realised + row.realised)
        self.fees = Money(self.fees + row.fees)

    def restore_held(self, row: HeldRow) -> None:
        """Take in a position on a venue that the ledger knows."""
        self._put(row.instrument, row.leg, Position(row.qty, row.cost, row.realised, row.fees, row.quoted))
        self.realised = Money(self.realised + row.realised)
        self.fees = Money(self.fees + row.fees)

    def trade(self, instrument: InstrumentId, traded: Traded, fee: Money, *, nets: int) -> Change:
        """Book a fill on a venue, as `nets` (a `Booking`) has it; it may close one leg and open the other."""
        held = {(instrument, leg): self.get(instrument, leg) for leg in Leg}
        return self._traded(instrument, traded, held, book(held, instrument, traded, fee, nets=nets), nets)

    def undo(self, instrument: InstrumentId, back: Traded, fee: Money, realised: Money, *, nets: int) -> Change:
        """Book what undoes a fill that realised so much less than nothing, as `netting.undo` does."""
        held = {(instrument, leg): self.get(instrument, leg) for leg in Leg}
        return self._traded(instrument, back, held, undo(held, instrument, back, fee, realised, nets=nets), nets)

    def _traded(
        self, instrument: InstrumentId, traded: Traded, held: dict[Key, Position], done: tuple[Part, ...], nets: int
    ) -> Change:
        realised = [
            self._book(instrument, leg, self.get(instrument, leg), held[instrument, leg])
            for leg in dict.fromkeys(part.leg for part in done)
        ]
        gained = Money(sum(realised, NO_MONEY))
        return Change(done, gained, moved(traded, done, gained, nets=nets))

    def fill(self, instrument: InstrumentId, leg: Leg, side: Side, qty: Qty, cost: Money, fee: Money) -> Money:
        """Book a fill and return what it realised.

        Raises
        ------
        NotHeld
            If more is sold than is held.
        """
        key = (instrument, leg)
        self.turn, self._held = self.turn + 1, None
        before = self._positions.get(key)
        if before is None:
            before = FLAT
            self._put(instrument, leg, before)
        if fee:
            self.fees = Money(self.fees + fee)
        if side is BUY:
            self._positions[key] = before.bought(qty, cost, fee)
            return NO_MONEY
        after = self._positions[key] = before.sold(qty, cost, fee)
        realised: Money = after.realised - before.realised  # type: ignore[assignment] # as in `units`
        self.realised = self.realised + realised  # type: ignore[assignment]
        return realised

    def settle(self, instrument: InstrumentId, leg: Leg, after: Position) -> Money:
        """Put what a settlement made of a position in its place; return what that realised.

        A later ruling does the same once more: it realises what it pays more, or less, than the one before.
        """
        return self._book(instrument, leg, self.get(instrument, leg), after)

    def get(self, instrument: InstrumentId, leg: Leg) -> Position:
        """Return a position, flat when there is none."""
        return self._positions.get((instrument, leg), FLAT)

    def held(self) -> Iterator[Held]:
        """Iterate over the positions that are not flat, in the order they were first opened."""
        for (instrument, leg), position in self._positions.items():
            if position.qty:
                yield instrument, leg, position

    def instruments(self) -> Mapping[InstrumentId, None]:
        """Return what is held of, in the order first opened; not to be changed."""
        if self._held is None:
            self._held = {instrument: None for instrument, _, _ in self.held()}
        return self._held

    def every(self) -> Iterator[Held]:
        """Iterate over all positions, flat ones too."""
        for (instrument, leg), position in self._positions.items():
            yield instrument, leg, position

    def of_market(self, market: MarketId) -> list[tuple[int, Leg, Position]]:
        """Return the open positions of a market."""
        found = self._positions
        return [
            (outcome, leg, position)
            for (outcome, leg), key in self._markets.get(market, NOTHING_HELD).items()
            if (position := found[key]).qty
        ]

    def worth(self, market: MarketId, prices: Sequence[float]) -> Decimal | None:
        """Return what the positions of a market are worth less what they cost; None where nothing is held.

        `prices` are those of YES, by outcome, in [0, 1].
        """
        total, found = None, self._positions
        for (outcome, leg), key in self._markets.get(market, NOTHING_HELD).items():
            position = found[key]
            qty = position.qty
            if qty:
                yes = prices[outcome]
                here = qty * (round((yes if leg is YES else 1.0 - yes) * PICOS) * PICO) - position.cost
                total = here if total is None else total + here
        return total

    def let_go(self, market: MarketId) -> None:
        """Keep of the flat positions of a market only what they brought; `realised` and `fees` stay as they are.

        Raises
        ------
        ValueError
            If shares of it are held.
        """
        if any(self.of_market(market)):
            msg = f"shares of {market} are held; it cannot be let go"
            raise ValueError(msg)
        for key in self._markets.pop(market, NOTHING_HELD).values():
            flat = self._positions.pop(key)
            self.past = Money((self.past or NO_MONEY) + flat.realised - flat.fees)

    def markets(self) -> list[MarketId]:
        """Return the markets with an open position."""
        return [m for m in self._markets if any(self.of_market(m))]

    def _book(self, instrument: InstrumentId, leg: Leg, before: Position, after: Position) -> Money:
        realised = Money(after.realised - before.realised)
        self.realised = Money(self.realised + realised)
        self.fees = Money(self.fees + after.fees - before.fees)
        self._put(instrument, leg, after)
        return realised

    def _put(self, instrument: InstrumentId, leg: Leg, position: Position) -> None:
        key = (instrument, leg)
        if key not in self._positions and instrument.venue == EMBEDDED:
            market, outcome = outcome_of(instrument)
            self._markets.setdefault(market, {})[outcome, leg] = key
        self._positions[key] = position
        self.turn, self._held = self.turn + 1, None

"""A basket of markets around a place that pays when the weather there does harm.

From the place's cell outwards, ring by ring, the first one to three cells with a market on the quantity share the
loss: the nearer, the more. What they cost is not a price times a quantity, since every share moves its price, and
two brackets of one market move each other's: the purchases are made, one after the other, on a sketch of the
exchange, with its own rounding, fees and limits. The exchange itself stays as it is.

Whoever holds the basket is hedged against what the stations measure, not against what happens to them: the notes say
how far apart these are.

Source: LMSR sheet §4 (cell of resolution 7, growing disk, weights 1 / (1 + km/5), sequential exact cost).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor
from typing import TYPE_CHECKING, Final

import h3

from engine.core.commands import Place, Tif
from engine.core.ids import AccountId, Cell, InstrumentId, OrderId, embedded
from engine.core.units import NO_MONEY, TICKS_PER_UNIT, Leg, Money, Nanos, Qty, Side, Ticks, is_money, money_up
from engine.exchange.answers import Declined, Quote
from engine.exchange.market import LOTS, OPEN, Market, of_lots
from engine.exchange.rules import MOST
from engine.maths import lmsr_basket
from engine.views.hedge import HedgeDraft, HedgeLine, HedgeView
from engine.weather import cells

if TYPE_CHECKING:
    from engine.core.contract import Bracket
    from engine.exchange.exchange import Exchange

RINGS: Final = 8
"""How far to look: about 20 km."""
MOST_CELLS: Final = 3
CELL_KM2: Final = 5.2
LEAST_LOTS: Final = 100
"""Of the smallest basket: the farthest of three cells gets one lot of eleven at least."""
TRIED: Final = OrderId("hedge-sketch")

_KM = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Near:
    """A market near the place, and what of it pays."""

    market: Market
    km: float
    outcomes: tuple[int, ...]
    leg: Leg


@dataclass(frozen=True, slots=True)
class Purchase:
    """One purchase of a basket."""

    near: Near
    outcome: int
    qty: Qty
    quote: Quote | None
    """After the purchases before it; None where it, or one before, is refused."""

    @property
    def limit(self) -> Ticks | None:
        """The price of its dearest share; None where it is not quoted."""
        return None if self.quote is None else Ticks(ceil(self.quote.worst * TICKS_PER_UNIT))

    @property
    def instrument(self) -> InstrumentId:
        """What is bought."""
        return embedded(self.near.market.id, self.outcome)


@dataclass(frozen=True, slots=True)
class Basket:
    """A hedge, priced; payoffs are what shares pay, before what they cost."""

    draft: HedgeDraft
    account: AccountId
    purchases: tuple[Purchase, ...]
    shares: tuple[Qty, ...]
    """Of each cell, nearest first."""
    near: tuple[Near, ...]
    at_the_touch: float
    refused: Declined | None

    @property
    def cost(self) -> Money:
        """Of what is quoted, before fees."""
        return Money(sum((p.quote.cost for p in self.purchases if p.quote is not None), NO_MONEY))

    @property
    def fee(self) -> Money:
        """Of what is quoted."""
        return Money(sum((p.quote.fee for p in self.purchases if p.quote is not None), NO_MONEY))

    @property
    def total(self) -> Money:
        """What is paid, and the most that can be lost."""
        return Money(self.cost + self.fee)

    @property
    def pays_all(self) -> Money:
        """If it happens in every cell."""
        return Money(sum(self.shares, NO_MONEY))

    @property
    def pays_any(self) -> Money:
        """The least it pays if it happens in one cell."""
        return Money(min(self.shares))


def plan(exchange: Exchange, account: AccountId, draft: HedgeDraft, at: Nanos) -> Basket | Declined:
    """Return the basket that hedges a loss, priced as it could be bought now; changes nothing.

    With a budget that the loss would pass, the same basket smaller. A basket that a limit refuses is returned with
    the reason; Declined is only what leaves no basket: terms that make no sense, or no market in reach.
    """
    refused = _refuse(draft)
    if refused is not None:
        return refused
    near = _near(exchange, draft, at)
    if not near:
        return Declined("NO_MARKET", _none(draft))
    whole = _priced(exchange, account, draft, near, draft.loss, at)
    if draft.budget is None or (whole.refused is None and whole.total <= draft.budget):
        return whole
    return _within(exchange, account, draft, near, at, draft.budget)


def orders(basket: Basket) -> tuple[Place, ...]:
    """Return the orders that buy a basket, in its order: each in full at the quoted prices or better, or not at all.

    Orders stand alone: if one is refused because a price has moved, those before it stay bought.

    Raises
    ------
    ValueError
        If the basket is refused.
    """
    if basket.refused is not None:
        msg = f"a refused basket cannot be bought: {basket.refused.text}"
        raise ValueError(msg)
    return tuple(_order(basket.account, p, p.limit) for p in basket.purchases if p.quote is not None)


def view(found: Basket | Declined) -> HedgeView:
    """Return a basket, or the reason why there is none, for the screen."""
    if isinstance(found, Declined):
        return HedgeView(refused=found.text)
    bought = found.refused is None
    return HedgeView(
        refused="" if found.refused is None else found.refused.text,
        lines=tuple(_line(found, purchase) for purchase in found.purchases),
        cells=len(found.near),
        cost=found.cost if bought else None,
        fee=found.fee if bought else None,
        total=found.total if bought else None,
        at_the_touch=money_up(found.at_the_touch),
        pays_all=found.pays_all,
        pays_any=found.pays_any,
        pays_none=NO_MONEY,
        notes=notes(found),
    )


def notes(basket: Basket) -> tuple[str, ...]:
    """Return how what is bought differs from what is to be hedged."""
    draft, near = basket.draft, basket.near
    stations = ", ".join(dict.fromkeys(_station(one.market) for one in near))
    far = f"{near[0].km:.1f}" if len(near) == 1 else f"{near[0].km:.1f} to {max(one.km for one in near):.1f}"
    said = [
        f"The cells' centres lie {far} km from the place; a cell is about {CELL_KM2} km².",
        f"What counts is measured at {stations} from the cell, not at the place.",
    ]
    off = [one.market for one in near if draft.level is not None and _level(one.market, draft) != draft.level]
    if off:
        levels = ", ".join(dict.fromkeys(f"{_level(market, draft)}" for market in off))
        said.append(f"The loss begins at {draft.level} {draft.unit.value}; the markets' levels are {levels}.")
    if len({one.market.contract.closes for one in near}) > 1:
        said.append("The markets' windows end at different times.")
    if basket.pays_all < draft.loss:
        said.append(f"The budget covers {floor(1_000 * basket.pays_all / draft.loss) / 10:g}% of the loss.")
    if len(basket.purchases) > 1:
        said.append("Orders are sent one after the other; if a price moves, those already bought stay.")
    return tuple(said)


def _refuse(draft: HedgeDraft) -> Declined | None:
    if (draft.cell is None) == (draft.place is None):
        return Declined("BAD_TERMS", "A hedge is of a place or of a cell.")
    if draft.cell is not None and not cells.is_cell(draft.cell):
        return Declined("BAD_TERMS", f"{draft.cell[:40]!r} is no cell that a market can be on.")
    if draft.place is not None and not (abs(draft.place[0]) <= 90.0 and abs(draft.place[1]) <= 180.0):
        return Declined("BAD_TERMS", f"There is no place at {draft.place[0]:.6g}, {draft.place[1]:.6g}.")
    if not draft.loss.is_finite() or not 0 < draft.loss <= MOST or not is_money(draft.loss):
        return Declined("BAD_TERMS", f"The loss must be above 0 and at most {MOST}, to the millionth.")
    if draft.budget is not None and not (draft.budget.is_finite() and draft.budget > 0):
        return Declined("BAD_TERMS", "The budget must be above 0.")
    if draft.level is not None and not draft.level.is_finite():
        return Declined("BAD_TERMS", "The level must be a number.")
    if not 1 <= draft.most_cells <= MOST_CELLS:
        return Declined("BAD_TERMS", f"A basket has 1 to {MOST_CELLS} cells, was {draft.most_cells}.")
    return None


def _near(exchange: Exchange, draft: HedgeDraft, at: Nanos) -> tuple[Near, ...]:
    """Return the market to use of each of the nearest cells that have one, nearest first."""
    place, middle = _place(draft)
    shelves: dict[Cell, list[Market]] = {}
    for market in exchange.markets.values():
        if market.status == OPEN and at < market.contract.closes:
            shelves.setdefault(market.cell, []).append(market)
    found: list[Near] = []
    for ring in range(RINGS + 1):
        around = [Cell(cell) for cell in h3.grid_ring(middle, ring)]
        found += [one for cell in around if cell in shelves and (one := _best(shelves[cell], draft, place)) is not None]
        if len(found) >= draft.most_cells:
            break
    return tuple(sorted(found, key=lambda one: (one.km, one.market.id))[: draft.most_cells])


def _place(draft: HedgeDraft) -> tuple[tuple[float, float], Cell]:
    if draft.place is not None:
        return draft.place, cells.cell_at(*draft.place)
    middle = Cell(draft.cell or "")
    return cells.center(middle), middle


def _best(markets: Sequence[Market], draft: HedgeDraft, place: tuple[float, float]) -> Near | None:
    """Return the market of a cell that ends first, of these the one whose level is nearest."""
    ranked = []
    for market in markets:
        outcomes = _outcomes(market, draft)
        if outcomes:
            level = _level(market, draft)
            off = NO_MONEY if draft.level is None or level is None else abs(level - draft.level)
            ranked.append((market.contract.closes, off, market.id, market, outcomes))
    if not ranked:
        return None
    _, _, _, market, outcomes = min(ranked, key=lambda row: row[:3])
    leg = Leg.YES if draft.above or market.contract.brackets else Leg.NO
    return Near(market, cells.km(place, cells.center(market.cell)), outcomes, leg)


def _outcomes(market: Market, draft: HedgeDraft) -> tuple[int, ...]:
    """Return what of a market to hold: its first outcome, or every bracket wholly on the losing side of the level."""
    contract = market.contract
    if (contract.metric, contract.unit) != (draft.metric, draft.unit):
        return ()
    if not contract.brackets:
        return (0,)
    if draft.level is None:
        return ()
    return tuple(n for n, bracket in enumerate(contract.brackets) if _beyond(bracket, draft.level, draft.above))


def _beyond(bracket: Bracket, level: Decimal, above: bool) -> bool:
    """Whether every value of a bracket is on the losing side of a level."""
    if above:
        return bracket.low is not None and bracket.low > level
    return bracket.high is not None and bracket.high < level


def _level(market: Market, draft: HedgeDraft) -> Decimal | None:
    """Return where a market begins to pay: its threshold, or the edge of its brackets on the losing side."""
    contract = market.contract
    if not contract.brackets:
        return contract.threshold
    chosen = [contract.brackets[n] for n in _outcomes(market, draft)]
    edges = (
        [b.low for b in chosen if b.low is not None] if draft.above else [b.high for b in chosen if b.high is not None]
    )
    return Decimal(min(edges) - 1 if draft.above else max(edges) + 1)


def _priced(
    exchange: Exchange, account: AccountId, draft: HedgeDraft, near: Sequence[Near], loss: Decimal, at: Nanos
) -> Basket:
    """Return the basket for a loss, bought on a sketch up to the first refusal."""
    touch = [sum(one.market.leg_price(outcome, one.leg) for outcome in one.outcomes) for one in near]
    table = [
        lmsr_basket.Cell(min(price, 1.0), lmsr_basket.weight_at(one.km)) for price, one in zip(touch, near, strict=True)
    ]
    marginal = lmsr_basket.basket(float(loss), table)
    shares = _shared(loss, [cell.weight for cell in table])
    sketch = exchange.sketch(account, [one.market.id for one in near])
    refused: Declined | None = None
    purchases = []
    for one, qty in zip(near, shares, strict=True):
        for outcome in one.outcomes:
            purchase = Purchase(one, outcome, qty, None)
            if refused is None:
                answer = sketch.quote(_order(account, purchase), at)
                if isinstance(answer, Declined):
                    refused = answer
                else:
                    sketch.trade(answer, at, TRIED)
                    purchase = Purchase(one, outcome, qty, answer)
            purchases.append(purchase)
    return Basket(draft, account, tuple(purchases), shares, tuple(near), marginal.cost, refused)


def _shared(loss: Decimal, weights: Sequence[float]) -> tuple[Qty, ...]:
    """Return whole lots by weight that come to the loss exactly; what rounding leaves goes to the nearest."""
    lots = floor(loss * LOTS)
    whole = sum(weights)
    parts = [floor(lots * (weight / whole)) for weight in weights]
    parts[0] += lots - sum(parts)
    return tuple(of_lots(part) for part in parts)


def _within(
    exchange: Exchange, account: AccountId, draft: HedgeDraft, near: Sequence[Near], at: Nanos, budget: Decimal
) -> Basket:
    """Return the largest basket that can be bought within a budget, to the lot; refused if not even the least can."""
    high = floor(draft.loss * LOTS)
    low = min(LEAST_LOTS, high)
    best = _priced(exchange, account, draft, near, of_lots(low), at)
    if best.refused is not None or best.total > budget:
        text = f"{budget} does not buy the least basket."
        return _refused(best, best.refused or Declined("MIN_QTY", text, limit=budget, would_be=best.total))
    while high - low > 1:  # cost, exposure and what could be lost all rise with the loss
        middle = (low + high) // 2
        tried = _priced(exchange, account, draft, near, of_lots(middle), at)
        if tried.refused is None and tried.total <= budget:
            low, best = middle, tried
        else:
            high = middle
    return best


def _refused(basket: Basket, why: Declined) -> Basket:
    return Basket(basket.draft, basket.account, basket.purchases, basket.shares, basket.near, basket.at_the_touch, why)


def _order(account: AccountId, purchase: Purchase, limit: Ticks | None = None) -> Place:
    return Place(
        by=account,
        instrument=purchase.instrument,
        side=Side.BUY,
        leg=purchase.near.leg,
        qty=purchase.qty,
        price=limit,
        tif=Tif.FOK,
        tag="hedge",
        origin="map",
    )


def _line(basket: Basket, purchase: Purchase) -> HedgeLine:
    market, quote = purchase.near.market, purchase.quote
    contract = market.contract
    label = f" · {contract.brackets[purchase.outcome].label}" if contract.brackets else ""
    share = basket.shares[basket.near.index(purchase.near)]
    return HedgeLine(
        instrument=purchase.instrument,
        market=market.id,
        title=f"{contract.title}{label}",
        cell=market.cell,
        leg=purchase.near.leg,
        km=purchase.near.km,
        weight=float(share / basket.pays_all),
        qty=purchase.qty,
        cost=None if quote is None else quote.cost,
        fee=None if quote is None else quote.fee,
        average=None if quote is None else float(quote.average) * 100.0,
        before=None if quote is None else quote.leg_before * 100.0,
        after=None if quote is None else quote.leg_after * 100.0,
        station=_station(market),
    )


def _station(market: Market) -> str:
    nearest = min(market.contract.stations, key=lambda station: station.km)
    return f"{nearest.id}, {nearest.km.quantize(_KM)} km"


def _none(draft: HedgeDraft) -> str:
    what, unit = draft.metric.value.replace("_", " "), draft.unit.value
    brackets = " Brackets need a level." if draft.level is None else ""
    return f"No open market on {what} in {unit} lies within {RINGS} cells, about 20 km, of the place.{brackets}"

"""What we may come to hold and lose in a market where orders of ours rest, whatever of them fills."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.core.ids import YOU
from engine.core.units import NO_MONEY, TICK, Leg, Money, Side
from engine.kernel import exposing, results
from engine.portfolio.exposure import Resting, Stake, loss
from engine.portfolio.groups import Swing, group_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.core.ids import Cell
    from engine.exchange.answers import Quote
    from engine.exchange.market import Market
    from engine.exchange.resting import Rest
    from engine.kernel.state import State
    from engine.risk.probe import Probe

ZERO: Final = Decimal(0)
BUY: Final = Side.BUY
YES: Final = Leg.YES
"""Here because looking a member up costs as much as a function."""


def loss_of(state: State, market: Market) -> Money:
    """Return the worst loss of our positions and resting orders in a market."""
    return _worst(market, _stakes(market, None), [_resting(one) for one in state.exchange.hybrid.of(YOU, market.id)])


def expose(state: State, found: Probe, market: Market, quote: Quote, but: Rest | None = None) -> None:
    """Fill in what an order would come to, whatever of it fills; `but` is the one that it takes the place of."""
    buying, yes = quote.side is BUY, quote.leg is YES
    others = [one for one in state.exchange.hybrid.of(YOU, market.id) if but is None or one.order != but.order]
    open_ = [_resting(one) for one in others]
    if quote.rest:
        price = quote.price * TICK
        open_.append(Resting(quote.outcome, quote.side, quote.leg, quote.rest, price, ZERO))
        found.cost = Money(quote.cost + (quote.reserve if buying else quote.rest * price))
    found.qty = type(quote.qty)(quote.qty + quote.rest)
    stakes = _stakes(market, quote)
    after = _worst(market, stakes, open_)
    before = state.losses.get(market.id, NO_MONEY)
    found.market_after = sum((s.qty for s in stakes), ZERO) + sum((r.qty for r in open_ if r.side is BUY), ZERO)
    found.event_loss_after = after
    if not buying and after > before and not found.whole:
        found.reducing = False  # one leg of a hedge: fewer shares, and more to lose
    found.at_risk_after = Money(results.at_risk(state) - before + after)
    before_it, elsewhere = around(state, market)
    if but is not None:
        open_up, open_down = (but.qty, ZERO) if but.up else (ZERO, but.qty)
        before_it = before_it._replace(up=before_it.up - open_up, down=before_it.down - open_down)
    qty = quote.qty + quote.rest
    near(found, before_it, before_it.swayed(qty if buying is yes else -qty), elsewhere)


def near(found: Probe, before: Swing, after: Swing, others: Decimal) -> None:
    """Fill in net shares in a market's cell and around it, before an order and after it."""
    found.cell_after = after.most
    found.group_after = after.most + others
    if found.whole:  # the other leg goes, too
        found.cell_before, found.group_before = found.cell_after, found.group_after
    else:
        found.cell_before, found.group_before = before.most, before.most + others


def around(state: State, market: Market) -> tuple[Swing, Decimal]:
    """Return what we hold and have open in a market's cell, and the most of it in those around; on venues, too."""
    held = state.exchange.near(YOU, market)
    swings = swayed(state, {}, market.group)
    for cell, swing in (exposing.swings(state) if state.desks else {}).items():
        if cell in held or group_of(cell) == group_of(market.cell):
            one = swings.get(cell, Swing())
            swings[cell] = Swing(one.net + swing.net, one.up + swing.up, one.down + swing.down)
    here = swings.pop(market.cell, Swing())
    return here, sum([one.most for one in swings.values()], ZERO)


def swayed(state: State, swings: dict[Cell, Swing], group: str | None = None) -> dict[Cell, Swing]:
    """Add what we hold on the embedded exchange, and what may still fill there, of one group of cells or of all."""
    for held_group, cells in state.exchange.nets(YOU).items():
        for cell, net in cells.items() if group in {None, held_group} else ():
            swings[cell] = swings.get(cell, Swing()).moved(net)
    for open_group, ways in state.exchange.ways(YOU).items():
        for cell, (up, down) in ways.items() if group in {None, open_group} else ():
            one = swings.get(cell, Swing())
            swings[cell] = one._replace(up=one.up + up, down=one.down + down)
    return swings


def crossing(state: State, found: Probe, market: Market, outcome: int, but: Rest | None = None) -> int:
    """Return how many resting orders of ours an order would meet; NO bought is YES sold."""
    place = found.place
    up = (place.side is BUY) is (place.leg is YES)
    limit = None if place.price is None else place.price if place.leg is YES else 10_000 - place.price
    count = 0
    for one in state.exchange.hybrid.of(YOU, market.id):
        if one.outcome != outcome or one.up is up or (but is not None and one.order == but.order):
            continue
        count += limit is None or (limit >= one.ticks if up else limit <= one.ticks)
    return count


def _resting(one: Rest) -> Resting:
    return Resting(one.outcome, one.side, one.leg, one.qty, one.price * TICK, ZERO)


def _stakes(market: Market, quote: Quote | None) -> list[Stake]:
    """Return what we hold, and the purchase or sale of a quote with it."""
    held = market.stakes.get(YOU)
    found: list[Stake] = []
    for index in range(2 * len(market.contract.tradable)):
        leg = Leg.NO if index % 2 else Leg.YES
        qty, cost = (ZERO, ZERO) if held is None else (Decimal(held[index].qty), Decimal(held[index].cost))
        if quote is not None and (quote.outcome, quote.leg) == (index // 2, leg):
            buying = quote.side is BUY
            qty += quote.qty if buying else -quote.qty
            cost += quote.cost + quote.fee if buying else quote.fee - quote.cost
        if qty or cost:
            found.append(Stake(index // 2, leg, qty, cost))
    return found


def _worst(market: Market, stakes: Sequence[Stake], open_: Sequence[Resting]) -> Money:
    many = bool(market.contract.brackets)
    return loss(stakes, open_, len(market.contract.tradable), exclusive=many, sure=many)

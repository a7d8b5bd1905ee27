"""The hedging tool put together: a place from the map or typed, the basket priced, bought leg by leg through the gates.

Between the answer and the press prices may have moved: the basket is planned again, and one that would cost more than
was shown is not bought. Orders then go one after the other, no faster than the RATE gate lets them; after the first
that is not filled nothing more is sent, since half a hedge is for the trader to judge.
"""

from __future__ import annotations

import asyncio
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec import structs
from PySide6.QtCore import QTimer

from app import places
from engine.core.effects import Level
from engine.core.ids import YOU, Cell, MarketId
from engine.core.order import ENDS, Status
from engine.core.units import NO_MONEY, NOTHING, SECOND, Money
from engine.exchange import hedge
from engine.exchange.answers import Declined
from engine.host.clock import steady
from engine.kernel import results
from engine.kernel.project import hexagons
from engine.views.hedge import HedgeDone, HedgeLeg
from widgets.hedge import HedgeDialog

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.boot import Session
    from app.window import Window
    from engine.core.commands import AnyCommand, Place
    from engine.exchange.hedge import Basket
    from engine.orders.register import Order
    from engine.views.hedge import HedgeDraft, HedgeView

AGAIN_MS: Final = 1_000
"""Between two prices of a basket that is looked at."""
PATIENCE_S: Final = 10.0
"""How long an order may take to be safe on disk and told."""
LOOK_S: Final = 0.02
PACE: Final = 2 * SECOND
"""The span that the RATE gate counts over."""


class Hedging:
    """One dialog, and at most one basket being bought."""

    def __init__(self, session: Session, window: Window, ask: Callable[[AnyCommand], None]) -> None:
        self._session = session
        self._window = window
        self._ask = ask
        self._baskets = 0
        self._work: asyncio.Task[None] | None = None
        self.dialog: HedgeDialog | None = None
        self._again = QTimer(window)
        self._again.setInterval(AGAIN_MS)
        self._again.timeout.connect(self._look_again)

    def open(self, cell: str = "", market: str = "") -> None:
        """Open the dialog, about a cell if one is given, and about what a market measures."""
        if self.dialog is None:
            self.dialog = HedgeDialog(self._window, lambda text: places.find(self._session.kernel.state, text))
            self.dialog.draft.connect(self.answer)
            self.dialog.confirmed.connect(self.buy)
            self.dialog.finished.connect(lambda _how: self._again.stop())
        found = self._session.kernel.state.exchange.markets.get(MarketId(market))
        if found is not None:
            self.dialog.set_metric(found.contract.metric, found.contract.unit)
            event = hexagons.event_of(found.contract, found.prices)
            if found.contract.brackets and event is not None and not self.dialog.level.text():
                self.dialog.level.setText(str(math.floor(event.level)))  # brackets are bought beyond a level
        if cell:
            self.dialog.set_cell(Cell(cell))
        self.dialog.open()
        self._again.start()

    def picked(self, cell: str) -> None:
        """Take the map's selection while the dialog is open."""
        if self.dialog is not None and self.dialog.isVisible() and not self.buying():
            self.dialog.set_cell(Cell(cell))

    def buying(self) -> bool:
        """Whether a basket is being bought."""
        return self._work is not None and not self._work.done()

    def answer(self, draft: HedgeDraft) -> None:
        """Price a draft and show it."""
        if self.dialog is not None and not self.buying():
            self.dialog.show_view(self._view(self._plan(draft)))

    def buy(self, draft: HedgeDraft) -> None:
        """Buy what was shown, if it still costs no more."""
        if self.dialog is None or self.buying():
            return
        shown, basket = self.dialog.shown, self._plan(draft)
        view = self._view(basket)
        if isinstance(basket, Declined) or view.refused or shown is None or shown.total is None:
            self.dialog.show_view(view)
            return
        if basket.total > shown.total:
            self.dialog.show_view(view)
            now, then = f"${basket.total:.2f}", f"${shown.total:.2f}"
            self.dialog.say(f"Nothing was bought: the basket now costs {now} and not {then}. Look again and confirm.")
            return
        self._baskets += 1
        self._again.stop()
        self._work = asyncio.ensure_future(self._send(basket, self._orders(basket)))

    def _look_again(self) -> None:
        """Price what is shown again, as long as the dialog is open and nothing was bought."""
        if self.dialog is None or not self.dialog.isVisible():
            self._again.stop()
        elif not self.buying() and self.dialog.basket.done is None:
            self.dialog.refresh()

    def _plan(self, draft: HedgeDraft) -> Basket | Declined:
        return hedge.plan(self._session.kernel.state.exchange, YOU, draft, self._session.clock.now())

    def _view(self, found: Basket | Declined) -> HedgeView:
        """Return a basket for the screen; refused also where a gate would stop one of its orders."""
        view = hedge.view(found)
        if isinstance(found, Declined) or view.refused:
            return view
        return structs.replace(view, refused=self._gates(found))

    def _gates(self, basket: Basket) -> str:
        """Return which gate would refuse the basket and why; empty where none would."""
        kernel = self._session.kernel
        before: set[MarketId] = set()
        for place, purchase in zip(hedge.orders(basket), basket.purchases, strict=True):
            market = purchase.near.market.id  # a leg's limit is below today's price where one before it moves that
            card = kernel.preview(structs.replace(place, price=None) if market in before else place)
            before.add(market)
            if card.refused_by:
                return f"{card.refused_by} would refuse {purchase.near.market.contract.title}: {card.refused_why}"
        after, limit = results.at_risk(kernel.state) + basket.total, kernel.state.limits["AT_RISK"]
        if len(basket.purchases) > 1 and after > limit:
            return f"AT_RISK: the worst loss of all positions could become ${after:.2f}; the limit is ${limit:.2f}"
        return ""

    def _orders(self, basket: Basket) -> list[Place]:
        stem = self._session.journal.stem
        return [
            structs.replace(place, intent=f"hedge-{stem}-{self._baskets}-{n}")
            for n, place in enumerate(hedge.orders(basket))
        ]

    async def _send(self, basket: Basket, orders: list[Place]) -> None:
        """Send the orders one after the other, each when the one before was filled."""
        for n, place in enumerate(orders):
            await self._breathe()
            self._ask(place)
            order = await self._ended(place)
            self._show(basket, orders, n + 1, over=False)
            if order is None or order.status is not Status.FILLED:
                break
        done = self._show(basket, orders, n + 1, over=True)
        good = all(leg.state == "bought" for leg in done.legs)
        self._window.tell(done.words, Level.INFO if good else Level.WARN)

    async def _breathe(self) -> None:
        """Wait until the RATE gate has room for one more order."""
        state = self._session.kernel.state
        most = int(state.limits["RATE"])
        recent = [at for at, _ in state.pressed if steady() - at < PACE][-most:]
        if len(recent) >= most:
            await asyncio.sleep((recent[0] + PACE - steady()) / SECOND + LOOK_S)

    async def _ended(self, place: Place) -> Order | None:
        """Return the order once nothing more can come of it; what it became by then if that takes too long."""
        register = self._session.kernel.state.register
        end = steady() + int(PATIENCE_S * SECOND)
        while steady() < end:
            order = register.of_intent(place.intent)
            if order is not None and order.status in ENDS:
                return order
            await asyncio.sleep(LOOK_S)
        return register.of_intent(place.intent)

    def _show(self, basket: Basket, orders: list[Place], sent: int, *, over: bool) -> HedgeDone:
        done = self._done(basket, orders, sent, over=over)
        if self.dialog is not None:
            self.dialog.show_done(done)
        return done

    def _done(self, basket: Basket, orders: list[Place], sent: int, *, over: bool) -> HedgeDone:
        """Return what became of a basket of which so many orders were sent."""
        register = self._session.kernel.state.register
        legs = []
        for n, (place, purchase) in enumerate(zip(orders, basket.purchases, strict=True)):
            order = register.of_intent(place.intent)
            contract = purchase.near.market.contract
            label = f" · {contract.brackets[purchase.outcome].label}" if contract.brackets else ""
            legs.append(_leg(order, place, f"{contract.title}{label}", was_sent=n < sent, over=over))
        paid = sum(((leg.cost or NO_MONEY) + (leg.fee or NO_MONEY) for leg in legs), NO_MONEY)
        whole: dict[str, bool] = {}
        for leg, purchase in zip(legs, basket.purchases, strict=True):
            name = purchase.near.market.id
            whole[name] = whole.get(name, True) and leg.state == "bought"
        pays = [qty for one, qty in zip(basket.near, basket.shares, strict=True) if whole.get(one.market.id, False)]
        shown = HedgeDone(
            legs=tuple(legs), over=over, paid=Money(paid), pays_all=Money(sum(pays, Decimal(0))), words=""
        )
        return structs.replace(shown, words=_words(shown, basket))


def _leg(order: Order | None, place: Place, title: str, *, was_sent: bool, over: bool) -> HedgeLeg:
    state, why = "waiting", ""
    if order is None:
        state = "waiting" if not over else "unsure" if was_sent else "unsent"
        why = "" if state != "unsent" else "an order before it was not filled"
    elif order.status is Status.FILLED:
        state = "bought"
    elif order.status in ENDS:
        state, why = "refused", order.why
    elif over:
        state = "unsure"
    return HedgeLeg(
        title=title,
        leg=place.leg,
        qty=place.qty or NOTHING,
        state=state,
        bought=NOTHING if order is None else order.filled,
        cost=order.cost if order is not None and order.filled else None,
        fee=order.fee if order is not None and order.filled else None,
        why=why,
    )


def _words(done: HedgeDone, basket: Basket) -> str:
    bought, all_legs = sum(leg.state == "bought" for leg in done.legs), len(done.legs)
    paid = f"${done.paid:.2f}"
    if bought == all_legs:
        return f"The hedge is bought: {paid} for ${done.pays_all:.2f} if it happens in every cell."
    if not done.over:
        return f"{bought} of {all_legs} purchases are in, {paid} so far."
    failed = next(leg for leg in done.legs if leg.state != "bought")
    why = f" ({failed.why})" if failed.why else ""
    what = {"refused": "was refused", "unsure": "is not confirmed; it stays in the blotter"}.get(
        failed.state, "was not sent"
    )
    if not bought:
        return f"Nothing was bought: the first order, {failed.title}, {what}{why}."
    return (
        f"The hedge is not complete: {bought} of {all_legs} purchases are in for {paid} and stay bought;"
        f" {failed.title} {what}{why}."
        f" It pays ${done.pays_all:.2f} of ${basket.pays_all:.2f} if it happens in every cell."
    )

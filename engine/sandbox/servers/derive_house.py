"""The house of the sandbox's Derive: it quotes every instrument around its mark, and now and then takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.sandbox.servers.derive_order import HOUSE, ZERO, Order

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator
    from decimal import Decimal

    from engine.sandbox.servers.derive_floor import Floor
    from engine.sandbox.servers.derive_market import Contract


class House:
    """Quotes every instrument around its mark, and now and then takes."""

    def __init__(self, floor: Floor, ids: Callable[[], str], rng: random.Random) -> None:
        self._floor = floor
        self._id = ids
        self._rng = rng
        self._marks: dict[str, Decimal] = {}
        self._last = -1

    def run(self, at_s: int, rate: float) -> None:
        """Quote anew where the mark has moved; take something with a chance of `rate` a second."""
        if at_s == self._last:
            return
        self._last = at_s
        live = [one for one in self._floor.contracts.values() if one.expiry_s == 0 or one.expiry_s > at_s]
        for one in live:
            reckoned = one.price(float(self._floor.mark(one).price))
            if self._marks.get(one.name) != reckoned:
                self._marks[one.name] = reckoned
                self._quote(one, reckoned)
        if self._rng.random() < rate:
            self._take(self._rng.choice(live))

    def _quote(self, one: Contract, reckoned: Decimal) -> None:
        for order in [o for side in self._floor.resting[one.name] for o in side if o.account == HOUSE]:
            self._floor.cancel(order, "")
        for price, buys in self._prices(one, reckoned):
            order = self._order(one, price, one.least * self._rng.randint(20, 200), buys=buys, tif="gtc")
            if not self._floor.crossing(order):
                self._floor.place(order)

    def _prices(self, one: Contract, reckoned: Decimal) -> Iterator[tuple[Decimal, bool]]:
        half = max(one.tick, one.price(float(reckoned) * (0.01 if one.kind == "option" else 0.0004)))
        for level in range(1, 4):
            bid = reckoned - half * level
            if bid >= one.tick:
                yield bid, True
            yield reckoned + half * level, False

    def _take(self, one: Contract) -> None:
        buys = self._rng.random() < 0.5
        side = [o for o in self._floor.resting[one.name][1 if buys else 0] if o.account != HOUSE]
        if side:
            self._floor.place(self._order(one, side[0].price, min(side[0].left, one.least * 5), buys=buys, tif="ioc"))

    def _order(self, one: Contract, price: Decimal, amount: Decimal, *, buys: bool, tif: str) -> Order:
        return Order(self._id(), HOUSE, one, buys, price, amount, ZERO, 0, tif)

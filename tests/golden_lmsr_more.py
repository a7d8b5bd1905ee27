"""The cases of ``golden/models.json`` on markets with resting orders, a falling b, and baskets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.maths import lmsr, lmsr_basket, lmsr_decay, lmsr_hybrid

if TYPE_CHECKING:
    from collections.abc import Callable

Out = dict[str, Any]
SIDES = {"BUY_YES": (0, True), "SELL_YES": (0, False), "BUY_NO": (1, True), "SELL_NO": (1, False)}
"""Outcome and whether it is bought; limit and book are prices of that outcome."""


def hybrid_match(q: list[float], b: float, side: str, limit: float, qty: float, book: list[list[float]]) -> Out:
    outcome, buy = SIDES[side]
    resting = sorted((lmsr_hybrid.Resting(*one) for one in book), key=lambda one: one.price if buy else -one.price)
    found = lmsr_hybrid.match(lmsr.price(q, outcome, b), b, limit, qty, resting, buy=buy)
    return {
        "fills": [
            {"src": "lmsr", "shares": fill.shares, "cost": fill.cost}
            if fill.resting is None
            else {"src": "book", "price": resting[fill.resting].price, "shares": fill.shares, "cost": fill.cost}
            for fill in found.fills
        ],
        "filled": found.filled,
        "cost": found.cost,
        "avg": abs(found.cost) / found.filled if found.filled else None,
        "unfilled": found.unfilled,
        "p_after": found.price,
    }


def rebase(q: list[float], o: list[float], b_old: float, b_new: float) -> Out:
    found = lmsr_decay.rebase(q, o, b_old, b_new)
    return {"offset": list(found.offset), "p": list(found.prices)}


def hedge_basket(loss: float, cells: list[list[float]], budget: float | None = None) -> Out:
    found = lmsr_basket.basket(loss, [lmsr_basket.Cell(*cell) for cell in cells], budget)
    return found._asdict() | {"shares": list(found.shares)}


FUNCTIONS: dict[str, Callable[..., Out]] = {
    "lmsr.hybrid_match": hybrid_match,
    "lmsr.b_decay": lambda b0, b_min, v24, v_half: {"b": lmsr_decay.decayed(b0, b_min, v24, v_half)},
    "lmsr.rebase": rebase,
    "lmsr.hedge_basket": hedge_basket,
}

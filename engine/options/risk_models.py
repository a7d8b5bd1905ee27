"""Deltas to hedge, by several models under one name each: what is registered here can be chosen and compared.

``black76``: the sum of Black's deltas. ``coin``: the same less what the premiums are worth in coin, for who counts his
result in coin. ``scenario``: by a central difference of the whole book, volatility standing still where it is.
``minimum-variance``: Black's, moved by vega times how volatility goes with the price.

Source: Hull and White, "Optimal Delta Hedging for Options", 2017, for the last.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from engine.maths import black

MOVE: Final = 0.01
"""Of the price, either way, in the scenario."""


class Held(NamedTuple):
    """One option position."""

    coins: float
    """Short negative."""
    forward: float
    strike: float
    vol: float
    years: float
    put: bool
    inverse: bool = False
    """Paid for in coin."""


class Book(NamedTuple):
    """What is hedged."""

    options: tuple[Held, ...]
    linear: float
    """Coins of futures and perpetuals."""
    spot: float
    slope: float = 0.0
    """By how much volatility goes with the price: its change for the price's own relative change, such as -0.5."""


Model = Callable[[Book], float]
"""Returns the delta to hedge, coins."""
MODELS: dict[str, Model] = {}


def register(name: str) -> Callable[[Model], Model]:
    """Return what puts a model under a name.

    Raises
    ------
    ValueError
        If the name is taken.
    """

    def put(model: Model) -> Model:
        if name in MODELS:
            msg = f"a risk model named {name!r} is registered already"
            raise ValueError(msg)
        MODELS[name] = model
        return model

    return put


def value(book: Book, move: float = 0.0) -> float:
    """Return what the book is worth in dollars once the price has moved by a fraction; volatilities stay."""
    total = book.linear * book.spot * (1.0 + move)
    for one in book.options:
        total += one.coins * _option(one, move).price
    return total


def _option(one: Held, move: float = 0.0) -> black.Option:
    return black.option(one.forward * (1.0 + move), one.strike, one.vol, one.years, put=one.put)


@register("black76")
def _black(book: Book) -> float:
    return book.linear + sum(one.coins * _option(one).delta for one in book.options)


@register("coin")
def _coin(book: Book) -> float:
    premiums = sum(one.coins * _option(one).price / one.forward for one in book.options if one.inverse)
    return _black(book) - premiums


@register("scenario")
def _scenario(book: Book) -> float:
    return (value(book, MOVE) - value(book, -MOVE)) / (2.0 * MOVE * book.spot)


@register("minimum-variance")
def _minimum_variance(book: Book) -> float:
    vega = sum(one.coins * _option(one).vega for one in book.options)
    return _black(book) + vega * book.slope / book.spot

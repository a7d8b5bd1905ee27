"""The RFQ desk as a line of the registry: what it may be told. What it does stands in `engine.kernel.rfq`.

OFF: requests are shown and nothing is answered. SHADOW: they are priced, and nothing leaves. PAPER: quotes go to a
simulated taker, unsigned. LIVE: they are signed and sent while live trading is armed.
"""

from __future__ import annotations

from typing import Final

from engine.core.ids import StrategyId
from engine.strategies.base import Strategy
from engine.strategies.spec import Kind, Parameter, Spec

NAME: Final = StrategyId("rfq")
OFFSET, DELTA, NONE = "offset", "delta", "none"
PARAMETERS: Final = (
    Parameter("auto", Kind.SWITCH, True, help="Answer by itself; off: every quote waits for your press."),
    Parameter("valid", Kind.NUMBER, 30.0, 1.0, 600.0, "s", "How long a quote may be taken."),
    Parameter("wait", Kind.NUMBER, 2.0, 0.2, 60.0, "s", "How long a request waits for a book of its hedge."),
    Parameter("edge", Kind.NUMBER, 100.0, 0.0, 5_000.0, "bp", "Of the hedge's price, on each option."),
    Parameter("least_edge", Kind.NUMBER, 0.0, 0.0, 10_000.0, "$", "A unit, whatever the shares come to."),
    Parameter("vol_edge", Kind.NUMBER, 1.0, 0.0, 50.0, "vol pt", "The model's volatility, moved against the taker."),
    Parameter("inventory_edge", Kind.NUMBER, 100.0, 0.0, 5_000.0, "bp", "More for what fills the inventory up."),
    Parameter(
        "hedge", Kind.CHOICE, OFFSET, choices=(OFFSET, DELTA, NONE),
        help="offset: the same option elsewhere; delta: futures for its delta; none: the book's hedger minds it.",
    ),
    Parameter("slippage", Kind.NUMBER, 50.0, 0.0, 1_000.0, "bp", "Of a hedge order, beyond the best price."),
    Parameter("stale", Kind.NUMBER, 3.0, 0.5, 60.0, "s", "A hedge venue that was silent for longer prices nothing."),
    Parameter("stale_mark", Kind.NUMBER, 60.0, 1.0, 600.0, "s", "A mark that is older counts as none."),
    Parameter("max_size", Kind.NUMBER, 10.0, 0.0, 1e6, "units", "Largest position in one option, either way."),
    Parameter("max_delta", Kind.NUMBER, 10.0, 0.0, 1e6, "coins", "Of an underlying, live quotes taken, unhedged."),
    Parameter("max_gamma", Kind.NUMBER, 5.0, 0.0, 1e6, "", "Coins a dollar times a hundred dollars."),
    Parameter("max_vega", Kind.NUMBER, 1_000.0, 0.0, 1e9, "$/pt", "Of an underlying."),
    Parameter("max_premium", Kind.NUMBER, 50_000.0, 0.0, 1e9, "$", "Of all quotes that may still be taken."),
    Parameter("debounce", Kind.NUMBER, 5.0, 0.0, 60.0, "s", "The same request again within it gets the same price."),
    Parameter(
        "requote", Kind.SWITCH, False,
        help="Quote anew by itself where the price moved or the quote's time runs out while the request is open.",
    ),
    Parameter("requote_move", Kind.NUMBER, 100.0, 1.0, 5_000.0, "bp", "Of our price: from there on it has moved."),
    Parameter("requote_before", Kind.NUMBER, 5.0, 1.0, 120.0, "s", "Before a quote's time is out."),
    Parameter("requote_pause", Kind.NUMBER, 2.0, 1.0, 120.0, "s", "At most so often for one request."),
    Parameter("requotes", Kind.WHOLE, 3, 0, 100, "", "At most so many for one request."),
    Parameter("dummy", Kind.SWITCH, False, help="Paper: show a price where none can be had. Never sent, never signed."),
    Parameter("dummy_price", Kind.NUMBER, 1.0, 0.01, 1e6, "$", "That price, a unit."),
)  # fmt: skip


class RfqDesk(Strategy):
    """Answers requests for quotes."""

    specs = (
        Spec(
            NAME, "RFQ desk", "Request",
            "Answers requests for quotes at the hedge's price and an edge, and hedges what is taken.", PARAMETERS,
        ),
    )  # fmt: skip

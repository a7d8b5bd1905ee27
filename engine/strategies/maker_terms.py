"""What the market maker may be told and what that means to its model, and its reasons for silence in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engine.core.ids import StrategyId
from engine.maths.marchetypes import MARCHETYPES
from engine.maths.quoting import Depth
from engine.strategies import market_maker
from engine.strategies.market_maker import Gate, Terms
from engine.strategies.said import Why
from engine.strategies.spec import Kind, Parameter, Spec, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME: Final = StrategyId(market_maker.NAME)
MOST: Final = 16
"""Markets made at once."""
_D: Final = market_maker.TERMS
PARAMETERS: Final = (
    Parameter("markets", Kind.TEXT, "", help=f"Up to {MOST} symbols, as in the markets tree, with commas between."),
    Parameter(
        "kind", Kind.CHOICE, "e2", choices=tuple(MARCHETYPES),
        help="a: may resolve at any time, e: at the end; 1 to 3: little to much is known before.",
    ),
    Parameter("pull", Kind.SWITCH, False, help="Take every quote back and stay out."),
    Parameter("widen", Kind.NUMBER, 1.0, 0.5, 10.0, "x", "Times the half-spread."),
    Parameter("widen_at", Kind.NUMBER, 1.8, 1.0, 6.0, "", "Toxicity from which the half-spread is doubled."),
    Parameter("pull_at", Kind.NUMBER, 2.5, 1.0, 6.0, "", "Toxicity from which nothing rests."),
    Parameter("bankroll", Kind.NUMBER, _D.bankroll, 10.0, 1e6, "$", "Of all markets; each has an equal part."),
    Parameter("eta", Kind.NUMBER, _D.eta, 0.25, 0.75, "", "How capacity falls with the time left."),
    Parameter("slip", Kind.NUMBER, _D.slip, 0.02, 0.12, "", "What hedging costs above the price."),
    Parameter("cash_share", Kind.NUMBER, _D.phi_min, 0.0, 0.5, "", "Of a market's bankroll that always stays."),
    Parameter("gamma_a", Kind.NUMBER, _D.gamma_a, 0.8, 1.2, "", "How fear grows as the room fills."),
    Parameter("gamma_max", Kind.NUMBER, _D.gamma_max, 5.0, 10.0, "", "Most fear."),
    Parameter("lambda_min", Kind.NUMBER, _D.lambda_min, 0.5, 1.0, "", "Least structural danger."),
    Parameter("lambda_max", Kind.NUMBER, _D.lambda_max, 1.5, 3.0, "", "Most structural danger."),
    Parameter("beta", Kind.NUMBER, 0.0, 0.0, 1.8, "", "Ambiguity's fall away from 50 cents; 0 is the kind's."),
    Parameter("alpha", Kind.NUMBER, 0.0, 0.0, 2.0, "", "How a crowd calms; 0 is the kind's."),
    Parameter("c_risk", Kind.NUMBER, _D.c_risk, 0.1, 0.5, "", "Weight of risk in the half-spread."),
    Parameter("kappa", Kind.NUMBER, _D.kappa, 0.5, 100.0, "", "How fast quotes further out are hit less."),
    Parameter("rate_ref", Kind.NUMBER, _D.rate_ref, 0.01, 0.2, "1/s", "Trades a second that count as ordinary."),
    Parameter("least_half", Kind.NUMBER, 100 * _D.min_half, 0.0, 20.0, "c", "Narrowest half-spread."),
    Parameter("levels", Kind.WHOLE, 3, 1, 8, "", "Orders a side."),
    Parameter("decay", Kind.NUMBER, _D.depth.decay, 0.5, 1.0, "", "Of the money risked, from level to level."),
    Parameter("least_size", Kind.NUMBER, 5.0, 1.0, 1_000.0, "ct", "Smallest order."),
    Parameter("side_notional", Kind.NUMBER, _D.depth.max_notional, 1.0, 100_000.0, "$", "Most at risk on one side."),
    Parameter("refresh", Kind.NUMBER, 2.0, 1.0, 60.0, "s", "How often quotes are brought up to date."),
    Parameter("messages", Kind.WHOLE, 3, 1, 20, "", "New and moved orders at one time, the best prices first."),
    Parameter("requote", Kind.WHOLE, 1, 1, 20, "ticks", "Closer prices stay as they are."),
)  # fmt: skip
TEXTS: Final = {
    Gate.WARMING: "it is still learning the market",
    Gate.NO_BOOK: "the others' book has only one side",
    Gate.RESOLVED: "the market's time is over",
    Gate.NO_MONEY: "the cash floor leaves nothing",
    Gate.TOXIC: "the flow is too poisonous",
    Gate.NO_ROOM: "no tick or no size is left to quote",
}
REASONS: Final = {gate: Why(NAME, gate.value, text) for gate, text in TEXTS.items()}
NO_MARKET: Final = Why(NAME, "no_market", "name the markets to make in its parameters")
UNKNOWN: Final = Why(
    NAME, "unknown_market",
    f"a market that is named is not listed, names two, is no share that pays 1, or comes after the {MOST}th",
)  # fmt: skip
STALE: Final = Why(NAME, "stale", "the book is stale, or the market is not open")
PULLED: Final = Why(NAME, "pulled", "you pulled its quotes")
NO_BANKROLL: Final = Why(NAME, "no_bankroll", "the venue has not said what our account holds")
SPEC: Final = Spec(
    NAME, "Market maker", "every second",
    "Quotes both sides of the markets you name, in logit space: skewed by inventory, wider with fear, "
    "structure and poison in the flow, within a cash floor.",
    PARAMETERS,
)  # fmt: skip


def terms_of(said: Mapping[str, Value], markets: int) -> Terms:
    """Return what the parameters say, for so many markets."""
    kind = MARCHETYPES[str(said["kind"])]
    return Terms(
        bankroll=float(said["bankroll"]), markets=markets, eta=float(said["eta"]), slip=float(said["slip"]),
        phi_min=float(said["cash_share"]), gamma_a=float(said["gamma_a"]), gamma_max=float(said["gamma_max"]),
        lambda_min=float(said["lambda_min"]), lambda_max=float(said["lambda_max"]),
        beta=float(said["beta"]) or kind.beta.start, alpha=float(said["alpha"]) or kind.alpha.start,
        reference=kind.reference, floor=kind.floor, c_risk=float(said["c_risk"]), kappa=float(said["kappa"]),
        widen_at=float(said["widen_at"]), pull_at=float(said["pull_at"]),
        rate_ref=float(said["rate_ref"]), min_half=float(said["least_half"]) / 100.0, widen=float(said["widen"]),
        depth=Depth(
            levels=int(said["levels"]), decay=float(said["decay"]), min_size=float(said["least_size"]),
            max_notional=float(said["side_notional"]),
        ),
    )  # fmt: skip

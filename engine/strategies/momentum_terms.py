"""What momentum may be told, and its reasons for silence in words."""

from __future__ import annotations

from typing import Final

from engine.core.ids import StrategyId
from engine.strategies import bracket_leader, bracket_momentum
from engine.strategies.bracket_momentum import Gate
from engine.strategies.said import Why
from engine.strategies.spec import Kind, Parameter

NAME: Final = StrategyId(bracket_momentum.NAME)
NOMINAL: Final = 1_000.0
"""Bankroll that entries are proposed for; a proposal is a part of it."""
_D: Final = bracket_momentum.TERMS
PARAMETERS: Final = (
    Parameter("cadence", Kind.NUMBER, 1.0, 1.0, 60.0, "s", "How often features are made and decided on."),
    Parameter("theta", Kind.NUMBER, _D.theta, 1e-6, 0.1, "$/s²", "Acceleration against the faster neighbour."),
    Parameter("spread", Kind.NUMBER, _D.spread_c, 1.0, 20.0, "c", "Widest spread of the leader."),
    Parameter("volume", Kind.NUMBER, _D.volume, 0.0, 10_000.0, "ct", "Least traded in 20 minutes."),
    Parameter("tolerance", Kind.NUMBER, _D.tolerance, 0.0, 0.5, "", "How far the mids' sum may be from 1."),
    Parameter("maker_edge", Kind.NUMBER, _D.maker_c, 0.0, 20.0, "c", "What resting must be worth a contract."),
    Parameter("taker_edge", Kind.NUMBER, _D.taker_c, 0.0, 20.0, "c", "What taking must be worth a contract."),
    Parameter("horizon", Kind.NUMBER, _D.horizon_s, 5.0, 600.0, "s", "How long an order rests."),
    Parameter("hold", Kind.NUMBER, _D.hold_s, 60.0, 86_400.0, "s", "After which a position is left."),
    Parameter("close", Kind.NUMBER, _D.close_s, 0.0, 43_200.0, "s", "No entry within this of the close."),
    Parameter("stale", Kind.NUMBER, _D.stale_s, 60.0, 14_400.0, "s", "Age of the newest report that is too old."),
    Parameter("bracket", Kind.NUMBER, _D.bracket_usd, 1.0, 10_000.0, "$", "Most in one bracket."),
    Parameter("city", Kind.NUMBER, 100 * _D.city_share, 0.5, 50.0, "%", "Of the bankroll in one event."),
    Parameter(
        "daily_loss",
        Kind.NUMBER,
        300.0,
        1.0,
        100_000.0,
        "$",
        "Lost in a UTC day, open positions at the bids included, nothing is entered.",
    ),
    Parameter("classifier", Kind.SWITCH, False, help="Enter only where the short-horizon model agrees."),
    Parameter("likely", Kind.NUMBER, _D.likely, 0.5, 0.99, "", "Chance of a rise that the model must give."),
    Parameter("fair", Kind.CHOICE, "pool", choices=("pool", "filter"), help="Chances that are traded against."),
)
TEXTS: Final = {
    Gate.NO_QUOTES: "a bracket that can still win has no book",
    Gate.NO_WEATHER: "the weather model has no opinion of the event",
    Gate.NO_HAZARD: "the event's day has not begun, or nothing is reported of it",
    Gate.STALE_WEATHER: "the newest report is too old",
    Gate.COHERENCE: "the mids do not sum to 1 closely enough",
    Gate.CLOSE: "the event closes too soon",
    bracket_leader.Gate.EDGE_BRACKET: "only the outermost brackets move",
    bracket_leader.Gate.SPREAD: "the spread is too wide",
    bracket_leader.Gate.VOLUME: "too little is traded",
    bracket_leader.Gate.VELOCITY: "no bracket rises",
    bracket_leader.Gate.ACCEL: "no bracket accelerates away from its neighbours",
    bracket_leader.Gate.OFI: "the flow of orders does not press upwards",
    bracket_leader.Gate.QUEUE: "sellers stand in the queue",
    Gate.TAILS: "the leader's price is too near 0 or 1",
    Gate.CLASSIFIER: "the short-horizon classifier does not agree",
    Gate.LEAVING: "what is held of the bracket is being sold",
    Gate.SIZE: "it is worth no more than it costs",
    Gate.EV: "neither resting nor taking is worth enough after fees",
    Gate.CITY: "the event has its share of the bankroll",
    bracket_leader.Gate.PASS: "",
}
"""By how far each gate let a bracket come: of all, the furthest is told."""
REASONS: Final = {gate: Why(NAME, gate.value, text) for gate, text in TEXTS.items() if text}
RANKS: Final = {gate: rank for rank, gate in enumerate(TEXTS)}
NO_FAMILY: Final = Why(NAME, "no_event", "no daily temperature with a full row of brackets is listed")
NO_BANKROLL: Final = Why(NAME, "no_bankroll", "the venue has not said what our account holds")
DAILY_LOSS: Final = Why(NAME, "daily_loss", "the day's loss has reached its limit")
NO_ROOM: Final = Why(NAME, "no_room", "bracket or event have what they may have")
NOT_HELD: Final = Why(NAME, "not_held", "nothing of it is held")

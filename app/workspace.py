"""Where each dock stands as drawn: the arrangements of a workspace, wide and small.

An arrangement is data: columns of places with the pixels they take, None takes what is left; or, where columns are not
enough, a tree of `app.arrangement`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app import arrangement as trees
from app.arrangement import Split

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from widgets.panel import Panel

REST: Final = None


@dataclass(frozen=True, slots=True)
class Place:
    """Docks at one place, by name, and its height; None takes what is left."""

    docks: tuple[str, ...]
    height: int | None = REST


@dataclass(frozen=True, slots=True)
class Column:
    """Places over one another, and their width."""

    places: tuple[Place, ...]
    width: int | None = REST


Arrangement = tuple[Column, ...]
BELOW: Final = (
    "positions",
    "orders",
    "fills",
    "pnl",
    "tape",
    "curve",
    "scenarios",
    "alerts",
    "rules",
    "connections",
    "latency",
    "health",
    "settlements",
    "log",
)
WEATHER: Final[Arrangement] = (
    Column((Place(("markets",)), Place(("station",), 566)), 292),
    Column((Place(("map", "chart", "heat", "gates")), Place(("board",), 252), Place(BELOW, 230))),
    Column((Place(("ladder",)), Place(("ticket",), 316)), 562),
)
WEATHER_SMALL: Final[Arrangement] = (
    Column((Place(("map", "chart", "heat", "station", "markets")), Place(("board",), 226), Place(BELOW, 192))),
    Column((Place(("ladder", "ticket", "gates")),), 446),
)
BLOTTER: Final = ("orders", "positions", "fills", "pnl", "gates", "markets", "connections", "latency", "log")
UPDOWN: Final = trees.row(
    trees.column(trees.place("cockpit", "chart"), trees.place("strategies", size=262), trees.place(*BLOTTER, size=190)),
    trees.column(
        trees.row(trees.place("ladder"), trees.place("down", size=220)),
        trees.row(trees.place("tape", "heat", size=220), trees.place("ticket"), size=316),
        size=784,
    ),
)
UPDOWN_SMALL: Final[Arrangement] = (
    Column((Place(("cockpit", "chart")), Place(("strategies", *BLOTTER), 236))),
    Column((Place(("ladder", "down", "ticket", "tape", "heat")),), 446),
)
OPTION_BLOTTER: Final = (
    "orders", "positions", "fills", "pnl", "gates", "option_maker", "gaps", "strategies", "connections", "log"
)  # fmt: skip
OPTIONS: Final = trees.column(
    trees.row(
        trees.place("options"), trees.place("smile", size=492), trees.place("rfq", "option_ticket", "ladder", size=446)
    ),
    trees.row(trees.place("legs", size=626), trees.place("payoff"), trees.place("hedges", size=446), size=300),
    trees.place(*OPTION_BLOTTER, size=186),
)
OPTIONS_SMALL: Final[Arrangement] = (
    Column((Place(("options",)), Place(("legs", *OPTION_BLOTTER), 230))),
    Column((Place(("smile", "rfq", "option_ticket", "ladder")), Place(("payoff", "hedges"), 290)), 446),
)
MAKING: Final = trees.row(
    trees.column(
        trees.place("quoter", "option_maker"),
        trees.row(trees.place("inventory"), trees.place("toxicity"), trees.place("gates"), size=256),
        trees.row(
            trees.place("orders", "fills", "positions", "pnl", "chart", "strategies"), trees.place("log"), size=244
        ),
    ),
    trees.column(trees.place("ladder"), trees.place("heat", "ticket", "tape", size=316), size=562),
)
MAKING_SMALL: Final[Arrangement] = (
    Column(
        (
            Place(("quoter", "option_maker")),
            Place(("orders", "inventory", "toxicity", "positions", "fills", "chart", "pnl", "strategies", "log"), 240),
        )
    ),
    Column((Place(("ladder", "heat", "gates", "ticket", "tape")),), 446),
)
RESEARCH: Final = trees.column(
    trees.row(
        trees.column(trees.place("board", "markets"), trees.place("positions", "orders", "fills", size=260), size=640),
        trees.place("chart", "ladder", "map", "tape"),
        trees.place("decisions", size=640),
    ),
    trees.row(
        trees.place("recorder", "backtests", "strategies", size=640),
        trees.place("journal"),
        trees.place("log", "pnl", size=560),
        size=360,
    ),
)
RESEARCH_SMALL: Final[Arrangement] = (
    Column(
        (
            Place(("board", "markets", "decisions", "journal", "backtests")),
            Place(("recorder", "positions", "orders", "fills", "log"), 290),
        )
    ),
    Column((Place(("chart", "ladder", "map", "tape")), Place(("pnl", "strategies"), 230)), 446),
)
SETTLE: Final[Arrangement] = (
    Column((Place(("settlements",)), Place(("chain",), 330))),
    Column((Place(("evidence",)), Place(("payouts", "oversight", "health", "fills", "positions"), 330)), 640),
    Column((Place(("map",)), Place(("notes", "log"), 330)), 500),
)
SETTLE_SMALL: Final[Arrangement] = (
    Column((Place(("settlements",)), Place(("chain",), 260))),
    Column(
        (
            Place(("evidence", "map")),
            Place(("payouts", "oversight", "health", "notes", "log", "fills", "positions"), 260),
        ),
        520,
    ),
)


def tree_of(arrangement: Arrangement | Split) -> Split:
    """Return an arrangement as a tree: columns beside one another, places over one another in each."""
    if isinstance(arrangement, Split):
        return arrangement
    columns = (
        trees.column(*(trees.place(*one.docks, size=one.height) for one in column.places), size=column.width)
        for column in arrangement
    )
    return trees.row(*columns)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A workspace as it is drawn: its key, its docks and where they stand. One of these is one workspace."""

    digit: str
    """With Ctrl it chooses the workspace."""
    name: str
    """What the saved layout calls it; never shown, never changed."""
    title: str
    wide: Split
    small: Split
    docks: Callable[[], Mapping[str, Callable[[], Panel]]]
    """What makes each dock, by name."""

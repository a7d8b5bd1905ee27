"""The workspaces of the terminal as they are drawn: one entry here is one workspace, its key, its docks, its places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app import docks, workspace
from app.workspace import Drawn, tree_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.units import Nanos


def workspaces(now: Callable[[], Nanos]) -> tuple[Drawn, ...]:
    """Return them in the order of their keys; one whose docks do not exist is not there, and its key does nothing."""
    return (
        Drawn(
            digit="1",
            name="Weather",
            title="Weather",
            wide=tree_of(workspace.WEATHER),
            small=tree_of(workspace.WEATHER_SMALL),
            docks=lambda: docks.weather(now),
        ),
        Drawn(
            digit="2",
            name="Updown",
            title="Up/Down",
            wide=tree_of(workspace.UPDOWN),
            small=tree_of(workspace.UPDOWN_SMALL),
            docks=docks.updown,
        ),
        Drawn(
            digit="3",
            name="Options",
            title="Options",
            wide=tree_of(workspace.OPTIONS),
            small=tree_of(workspace.OPTIONS_SMALL),
            docks=docks.options,
        ),
        Drawn(
            digit="4",
            name="Making",
            title="Making",
            wide=tree_of(workspace.MAKING),
            small=tree_of(workspace.MAKING_SMALL),
            docks=docks.making,
        ),
        Drawn(
            digit="5",
            name="Research",
            title="Research",
            wide=tree_of(workspace.RESEARCH),
            small=tree_of(workspace.RESEARCH_SMALL),
            docks=lambda: docks.research(now),
        ),
        Drawn(
            digit="6",
            name="Settle",
            title="Settle",
            wide=tree_of(workspace.SETTLE),
            small=tree_of(workspace.SETTLE_SMALL),
            docks=lambda: docks.settle(now),
        ),
    )

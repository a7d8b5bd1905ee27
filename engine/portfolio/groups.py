"""How much of one place, and of one neighbourhood, an account may hold.

Markets of near cells come out together, so the sizes of their positions are added without their signs.
A neighbourhood is a parent cell at resolution 4, 1,770 km² on average. The compatible mode takes the first five
characters of the cell's name instead; these cut through 3-bit digits, so such a group is an arbitrary union of
151,000 km² on average.
"""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

import h3

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.core.ids import Cell

PARENT_RESOLUTION: Final = 4
PREFIX: Final = 5

ZERO: Final = Decimal(0)
N = TypeVar("N", float, Decimal)


class Swing(NamedTuple):
    """Net shares in one cell, and how far open orders could move them either way."""

    net: Decimal = ZERO
    up: Decimal = ZERO
    down: Decimal = ZERO

    @property
    def most(self) -> Decimal:
        """The largest |net| that any fills of the orders could lead to."""
        return max(abs(self.net + self.up), abs(self.net - self.down))

    def moved(self, change: Decimal) -> Swing:
        """Return it with shares that are held; negative are of NO."""
        return self._replace(net=self.net + change)

    def swayed(self, change: Decimal) -> Swing:
        """Return it with an order that may still trade so much; negative makes the net smaller."""
        return self._replace(up=self.up + change) if change > ZERO else self._replace(down=self.down - change)


class GroupMode(Enum):
    """Which cells belong together."""

    PARENT = "parent"
    PREFIX5 = "prefix5"


class Outcome(Enum):
    """What the limiter says."""

    OK = "OK"
    PER_CELL = "PER_CELL"
    CORRELATED = "CORRELATED"


OK: Final = Outcome.OK
"""Here because looking a member up costs as much as a function."""


@lru_cache(maxsize=4_096)
def group_of(cell: Cell, mode: GroupMode = GroupMode.PARENT) -> str:
    """Return the key of a cell's neighbourhood.

    Raises
    ------
    ValueError
        If the cell is no valid H3 cell, or coarser than resolution 4 in the parent mode.
    """
    if not h3.is_valid_cell(cell):
        msg = f"no H3 cell: {cell!r}"
        raise ValueError(msg)
    if mode is GroupMode.PREFIX5:
        return cell[:PREFIX]
    if h3.get_resolution(cell) < PARENT_RESOLUTION:
        msg = f"cell {cell} is coarser than resolution {PARENT_RESOLUTION}"
        raise ValueError(msg)
    parent: str = h3.cell_to_parent(cell, PARENT_RESOLUTION)
    return parent


class Limited(NamedTuple):
    """The limiter's answer: net of the cell and sum of the group as they would be."""

    outcome: Outcome
    cell: float
    group: float


def judge(before: N, delta: N, others: N, max_cell: N, max_group: N) -> Outcome:
    """Return whether a trade that moves a cell's net from `before` by `delta` may pass.

    `others` is the sum of |net| over the other cells of its group. What makes |net| smaller always passes, so
    that an account beyond a limit can leave.
    """
    after = abs(before + delta)
    if after < abs(before):
        return OK
    if after > max_cell:
        return Outcome.PER_CELL
    return Outcome.CORRELATED if after + others > max_group else OK


def correlation_limiter(
    target: Cell,
    delta: float,
    exposures: Mapping[Cell, float],
    groups: Mapping[Cell, str],
    max_cell: float = 1000.0,
    max_group: float = 5000.0,
) -> Limited:
    """Return whether an account with these net exposures may add `delta` shares in a cell.

    Parameters
    ----------
    target : Cell
        Where the trade is; must be in `groups`.
    delta : float, shares
        Change of YES minus NO.
    exposures : net shares per cell
    groups : group of every cell named in `exposures`
    max_cell, max_group : float, shares
        Most |net| of one cell, and most sum of |net| over a group; reaching them is allowed.
    """
    own = groups[target]
    before = exposures.get(target, 0.0)
    others = sum(abs(net) for cell, net in exposures.items() if cell != target and groups[cell] == own)
    after = before + delta
    return Limited(judge(before, delta, others, max_cell, max_group), after, abs(after) + others)

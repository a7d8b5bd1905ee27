"""Where rows of a ladder went when it was laid around the market anew. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.views.ladder import LadderView


def moved_by(was: LadderView, now: LadderView, first: int, count: int) -> int | None:
    """Return by how many rows what is seen lies further down now; None where other prices would be seen.

    Parameters
    ----------
    first, count : int
        Index of the top row that is seen, and how many are.
    """
    seen = [row.price for row in was.rows[first : first + count]]
    at = next((n for n, row in enumerate(now.rows) if seen and row.price == seen[0]), None)
    if at is None or [row.price for row in now.rows[at : at + count]] != seen:
        return None
    return at - first

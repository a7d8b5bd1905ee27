"""Alerts in force against orders sent, in spans of one length: what the dashboard's graph of both shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from engine.core.units import Nanos

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.core.ids import Cell
    from engine.weather.alerts import Alert, Alerts


class OrderAt(NamedTuple):
    """Orders for the count: when they were sent, and the cell of their market where it has one."""

    at: Nanos
    cell: Cell | None
    orders: int = 1
    ours: int = 0
    """So many of them."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """One span of the dashboard's graph of alerts against orders."""

    opens: Nanos
    alerts: int
    """In force at some time of the span."""
    orders: int
    under: int
    """Of these, on a cell that an alert lay on when they were sent."""
    ours: int = 0
    ours_under: int = 0


def against_orders(
    alerts: Sequence[Alert],
    index: Alerts,
    orders: Iterable[OrderAt],
    opens: Nanos,
    span: Nanos,
    buckets: int,
) -> tuple[Bucket, ...]:
    """Return alerts in force and orders sent, in spans of one length.

    Parameters
    ----------
    alerts : sequence of Alert
        Those to count, ones that are over since included.
    index : Alerts
        Where they lie.
    opens, span : Nanos
        Start of the first span, and the length of each, > 0.
    buckets : int
        How many spans.
    """
    if span <= 0 or buckets < 1:
        msg = f"a graph has at least one span of some length, was {buckets} of {span} ns"
        raise ValueError(msg)
    sent, under, ours, ours_under = ([0] * buckets for _ in range(4))
    laid: dict[Cell, tuple[Alert, ...]] = {}
    for order in orders:
        place = (order.at - opens) // span
        if 0 <= place < buckets:
            sent[place] += order.orders
            ours[place] += order.ours
            if order.cell is not None and _is_under(laid, index, order.cell, order.at):
                under[place] += order.orders
                ours_under[place] += order.ours
    starts = [Nanos(opens + n * span) for n in range(buckets)]
    standing = [_standing(alerts, at, Nanos(at + span)) for at in starts]
    return tuple(map(Bucket, starts, standing, sent, under, ours, ours_under))


def _is_under(laid: dict[Cell, tuple[Alert, ...]], index: Alerts, cell: Cell, at: Nanos) -> bool:
    """Whether an alert lay on a cell at an instant; what ever lay there is looked up once."""
    if cell not in laid:
        laid[cell] = index.ever_on(cell)
    return any(alert.stands(at) for alert in laid[cell])


def _standing(alerts: Sequence[Alert], opens: Nanos, closes: Nanos) -> int:
    return sum(alert.effective < closes and alert.over_at > opens and not alert.cancelled for alert in alerts)

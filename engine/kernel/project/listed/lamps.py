"""How the gates of orders on venues stand now, desk by desk, without an order."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from engine.core.snapshot import LIVE
from engine.core.units import SECOND
from engine.kernel import linking, weighing
from engine.kernel.live import armed

if TYPE_CHECKING:
    from engine.kernel.desks import Desk
    from engine.kernel.state import State


def standing(state: State, desk: Desk, code: str) -> tuple[Decimal | None, bool]:
    """Return what a venue's gate has used without any order, and whether it refuses all opening there now."""
    match code:
        case "ARMED":
            return None, state.session.mode == LIVE and not armed(state)
        case "VENUE_LINK":
            return None, bool(weighing.link_down(desk))
        case "RECONCILED":
            return None, not desk.reconciled
        case "CLOCK":
            return _clock(state, desk)
        case "BOOK_AGE":
            silent = linking.silence_s(state, desk)
            used = None if silent is None else Decimal(round(silent, 1)).quantize(Decimal("0.1"))
            return used, used is None or used > state.limits[code]
        case "VENUE_RATE":
            return Decimal(sum(state.now - at < SECOND for at in desk.sent)), False
        case _:
            return None, False  # of one instrument or one order: its ladder and its card say so


def _clock(state: State, desk: Desk) -> tuple[Decimal | None, bool]:
    skew = None if desk.report is None else desk.report.skew_ms
    return None if skew is None else Decimal(round(abs(skew))), linking.clock_wrong(state, desk.report)

"""The plan of the legs dock on disk: in a file of the profile, by mode, written as soon as it changes."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from PySide6.QtCore import QObject

from app.kept import Kept, Versioned
from engine.core.effects import Level
from engine.core.ids import InstrumentId, VenueId
from engine.core.units import Nanos
from widgets.legs import LegsPanel
from widgets.option_legs import LARGEST, MOST, Planned

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from app.window import Window
    from widgets.panel import Panel

SCHEMA: Final = 1

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Above0 = Annotated[float, msgspec.Meta(gt=0.0, le=1e12)]


class One(msgspec.Struct, frozen=True, kw_only=True):
    """A leg, as `Planned` has it."""

    venue: Name
    symbol: Name
    name: Name
    underlying: Name
    currency: Name
    put: bool
    inverse: bool
    strike: Above0
    expires: Annotated[int, msgspec.Meta(ge=0, le=1 << 62)]
    qty: Decimal
    price: Above0
    iv: Above0


class File(Versioned, kw_only=True, frozen=True, omit_defaults=True):
    """The plan of each mode: what is simulated is planned apart from what is not."""

    plans: dict[str, Annotated[tuple[One, ...], msgspec.Meta(max_length=MOST)]] = msgspec.field(default_factory=dict)


class Plans(QObject):
    """Keeps the plan of a window's legs docks in a file; a change in one of them is what is kept.

    Parameters
    ----------
    path : Path or None
        None keeps nothing, as in safe mode.
    mode : str
        Of the session: ``demo``, ``paper`` or ``live``.
    """

    def __init__(self, window: Window, path: Path | None, mode: str) -> None:
        super().__init__(window)
        self._window = window
        self._mode = mode
        self._kept = None if path is None else Kept(path, File, SCHEMA, "legs that were planned")
        self._file = File(schema=SCHEMA)

    def restore(self, now: Nanos) -> None:
        """Put the plan of the profile into the docks, less what has expired, and keep it from now on."""
        if self._kept is None:
            return
        self._file, wrong = self._kept.load()
        if wrong:
            self._window.tell(wrong, Level.WARN)
        self._take_in(self._window.panels_made(), now)
        self._window.adopted.connect(lambda one: self._take_in(one.docks.values(), now))

    def _take_in(self, panels: Iterable[Panel], now: Nanos) -> None:
        plan = tuple(leg for one in self._file.plans.get(self._mode, ()) if (leg := _leg(one)) and leg.expires > now)
        for panel in panels:
            if isinstance(panel, LegsPanel):
                panel.take_plan(plan)
                panel.plan_changed.connect(self._save)

    def _save(self, plan: tuple[Planned, ...]) -> None:
        self._file = File(schema=SCHEMA, plans={**self._file.plans, self._mode: tuple(_one(leg) for leg in plan)})
        wrong = "" if self._kept is None else self._kept.save(self._file)
        if wrong:
            self._window.tell(wrong, Level.WARN)


def _leg(one: One) -> Planned | None:
    """Return a leg; None where its size is none."""
    if not one.qty.is_finite() or not 0 < abs(one.qty) <= LARGEST:
        return None
    return Planned(
        InstrumentId(VenueId(one.venue), one.symbol), one.name, one.underlying, one.put, one.strike,
        Nanos(one.expires), one.qty, one.price, one.inverse, one.iv, one.currency,
    )  # fmt: skip


def _one(leg: Planned) -> One:
    return One(
        venue=leg.instrument.venue, symbol=leg.instrument.symbol, name=leg.name, underlying=leg.underlying,
        currency=leg.currency, put=leg.put, inverse=leg.inverse, strike=leg.strike, expires=leg.expires, qty=leg.qty,
        price=leg.price, iv=leg.iv,
    )  # fmt: skip

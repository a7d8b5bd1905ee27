"""When a draft is put to the engine: soon after the trader's hand, seldom while only the market moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QElapsedTimer, QObject, QTimer

if TYPE_CHECKING:
    from collections.abc import Callable

ANEW_MS: Final = 100
"""Least time between two answers to what the trader has not changed: the card on screen stays until the next."""


class Drafts(QObject):
    """Asks what an order would cost.

    Parameters
    ----------
    owner : QObject
        Whose draft it is; no more is asked once it ends.
    ask : callable
        Asks.
    soon_ms : int
        How long a change of the trader's rests before it is asked about: a pointer crosses many rows.
    """

    def __init__(self, owner: QObject, ask: Callable[[], None], soon_ms: int) -> None:
        super().__init__(owner)
        self._ask = ask
        self._soon_ms = soon_ms
        self._since = QElapsedTimer()
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._fall_due)

    def changed(self) -> None:
        """Ask soon: the trader wants something else."""
        self._timer.start(self._soon_ms)

    def moved(self) -> None:
        """Ask once more, not before its time: a market that moves all the while asks neither always nor never."""
        if not self._timer.isActive():
            passed = self._since.elapsed() if self._since.isValid() else ANEW_MS
            self._timer.start(max(self._soon_ms, ANEW_MS - passed))

    def _fall_due(self) -> None:
        self._since.start()
        self._ask()

"""Closing the program: at once, unless live orders work; then what becomes of them is asked first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal

from engine.kernel import taping
from engine.kernel.project import names
from engine.views import topics
from engine.views.strategies import StrategiesView
from widgets.leave import CANCEL, STAY, LeaveDialog

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtWidgets import QWidget

    from app.boot import Session

LOOK_MS: Final = 100


class Leaving(QObject):
    """Asks what becomes of live orders.

    Parameters
    ----------
    orders, strategies : () -> sequence of str
        A line for each live order that works, a name for each strategy that sends; asked while the question stands.
    cancel : () -> None
        Ask the venues to cancel them all.
    """

    left = Signal()
    """The program may end."""

    def __init__(
        self,
        window: QWidget,
        orders: Callable[[], Sequence[str]],
        strategies: Callable[[], Sequence[str]],
        cancel: Callable[[], None],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._orders, self._strategies, self._cancel = orders, strategies, cancel
        self._cancelling = False
        self.dialog: LeaveDialog | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look)

    def ask(self) -> None:
        """Leave, or ask first; asked again while the question stands, show it again."""
        if self.dialog is not None:
            self.dialog.raise_()
            self.dialog.activateWindow()
            return
        if not self._orders():
            self.left.emit()
            return
        self._cancelling = False
        self.dialog = LeaveDialog(self._window)
        self.dialog.chosen.connect(self._chosen)
        self._look()
        self._timer.start()
        self.dialog.show()  # not modal: the kill switch works while the question stands

    def end(self) -> None:
        """Ask nothing more."""
        self._timer.stop()
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.hide()
            dialog.deleteLater()

    def _chosen(self, what: str) -> None:
        if what == CANCEL:
            self._cancelling = True
            self._cancel()
            self._look()
            return
        if what != STAY and self.dialog is not None and self.dialog.over and self._orders():
            self._look()  # one was sent since it said that none works: that is told first
            return
        self.end()
        if what != STAY:
            self.left.emit()

    def _look(self) -> None:
        orders = self._orders()
        if self.dialog is None:
            return
        if orders:
            self.dialog.show_work(orders, self._strategies(), cancelling=self._cancelling)
        elif self._cancelling:
            self.end()
            self.left.emit()
        else:  # they filled, or were cancelled elsewhere: what that means is the trader's to say
            self.dialog.show_over(self._strategies())


def live_orders(session: Session) -> list[str]:
    """Return a line for each order at a real venue that works or whose fate is unknown; none but in a live session."""
    if session.mode != "live":
        return []
    stranded = session.stranded()
    found = []
    for order in session.kernel.state.register.open() if stranded is None else stranded.orders():
        place, state = order.place, session.kernel.state
        name, done = names.instrument(state, place.instrument), f", {order.filled:f} filled" if order.filled else ""
        venue = f"{place.instrument.venue}: {taping.told(state, place)}"
        found.append(f"{venue}, {name}, {order.status.value}{done}")
    return found


def sending(session: Session) -> list[str]:
    """Return the titles of the strategies that send now."""
    view = session.kernel.view(topics.STRATEGIES)
    return [line.title for line in view.rows if line.sends] if isinstance(view, StrategiesView) else []

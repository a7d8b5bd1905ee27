"""Whether a ladder sends: the mode of the session, the arm of this ladder, and what takes that away again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QTimer

from widgets.states import HALTED

if TYPE_CHECKING:
    from engine.core.units import Nanos
    from widgets.ladder import LadderPanel

IDLE_MS: Final = 5 * 60_000
PAPER: Final = frozenset({"paper", "demo"})


class LadderArm:
    """Mode and arm of one ladder. On paper it always sends; live begins disarmed, and disarms when nobody trades."""

    def __init__(self, panel: LadderPanel) -> None:
        self._panel = panel
        self.mode = "paper"
        self.live = False
        """Armed where money is real."""
        self._until: Nanos | None = None
        self._shown: tuple[str, bool, bool] | None = None
        self._idle = QTimer(panel, singleShot=True)
        self._idle.timeout.connect(lambda: panel.set_armed(False))

    @property
    def on(self) -> bool:
        """Whether a click sends."""
        return self.live or self.mode in PAPER

    def set_mode(self, mode: str) -> bool:
        """Take the session's mode; return whether it is another one."""
        if mode == self.mode:
            return False
        self.mode, self.live = mode, False
        return True

    def ended(self, until: Nanos | None) -> bool:
        """Take until when the session is armed; return whether the one it knew is over, or another by now."""
        was, self._until = self._until, until
        return was is not None and until != was

    def set(self, armed: bool) -> None:  # a setter of one thing
        """Arm or disarm; on paper nothing changes."""
        self.live = armed and self.mode == "live"
        self._idle.start(IDLE_MS) if self.live else self._idle.stop()

    def used(self) -> None:
        """An order was sent: the wait for an idle hand begins anew."""
        if self.live:
            self._idle.start(IDLE_MS)

    def show(self) -> None:
        """Show it in the strip."""
        panel, halted = self._panel, self._panel.state == HALTED
        facts = (self.mode, self.on, halted)
        if facts == self._shown:
            return
        self._shown = facts
        strip = panel.arm_strip
        strip.mode = self.mode
        strip.arm.setChecked(self.on and not halted)
        strip.arm.setEnabled(self.mode == "live" and not halted)
        strip.resizeEvent(None)  # type: ignore[arg-type]  # the chip's place follows from the pill's words
        strip.update()

"""What a ladder says: the line under it, the label at the pointer, the mark of what a press would send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QTimer

from widgets import formats, ladder_orders
from widgets.ladder_keys import Column
from widgets.ladder_words import FLATTENS, asks_parts, label_parts, offer_parts, own_words

if TYPE_CHECKING:
    from widgets.ladder import LadderPanel
    from widgets.ladder_keys import Offer

SAYS_MS: Final = 4000
ASKS_MS: Final = 8000
"""How long a question stays."""


class LadderVoice:
    """The words of one ladder."""

    def __init__(self, panel: LadderPanel) -> None:
        self._panel = panel
        self._said: tuple[str, str] = ("", "")
        self._unsay = QTimer(panel, singleShot=True)
        self._unsay.timeout.connect(self.forget)

    def say(self, words: str, colour: str = "danger.text") -> None:
        """Show one sentence for a few seconds."""
        self._said = (formats.plain(words, 200), colour)
        self._unsay.start(SAYS_MS)
        self.show()

    def hush(self) -> None:
        """Take the sentence back."""
        self._said = ("", "")

    def ask(self) -> None:
        """Show what the hand asks about; after a while it is forgotten."""
        self.hush()
        self._unsay.start(ASKS_MS if self._panel.hand.question is not None else SAYS_MS)
        self.show()

    def forget(self) -> None:
        """Take back what was said and asked."""
        self.hush()
        self._panel.hand.drop_question()
        self.show()

    def show(self) -> None:
        """Say what a press would do now, or what is to be said first."""
        panel = self._panel
        grid, hand = panel.grid, panel.hand
        offered = panel.offered()
        parts, icon = offer_parts(panel.view, offered, panel.preview, armed=panel.armed, hover=bool(grid.hover))
        told = self._told()
        if grid.mouse.dragging is not None:
            label: tuple[tuple[str, str, int, bool], ...] = ((told.partition(" · ")[0], "text.strong", 500, False),)
        else:
            label = label_parts(parts) if grid.hover else ()
        grid.say(label, self._draft(offered))
        if hand.flattens:
            panel.footer.say(*FLATTENS)
        elif hand.question is not None:
            panel.footer.say(*asks_parts(hand.question.words))
        elif self._said[0]:
            panel.footer.say((*self._said, 500, False))
        elif told:
            panel.footer.say((told, "text.default", 400, False))
        else:
            panel.footer.say(*parts, icon=icon)

    def _draft(self, what: Offer | None) -> tuple[int, Column, str] | None:
        """Return the mark of what a press would send: none where it may not, or where an order of ours stands."""
        panel, grid = self._panel, self._panel.grid
        index, side = grid.hover or (grid.caret.row, grid.caret.side)
        if what is None or what.why or not panel.armed or what.place.qty is None:
            return None
        if grid.mouse.dragging is not None or grid.owns(index, side):
            return None
        return index, side, f"[{what.place.qty.normalize():f}]"

    def _told(self) -> str:
        """Return what is to be said of the own orders under the pointer, or of the one that is dragged."""
        grid, view = self._panel.grid, self._panel.view
        held, over = grid.mouse.dragging, grid.over
        if view is None or (held is None and over is None):
            return ""
        index, side = (held.index, held.side) if held is not None else over or (0, Column.BID)
        row = grid.row(index)
        if row is None:
            return ""
        to = None if held is None else grid.row(held.to)
        drag = None if held is None or to is None else (held.kind, to.price)
        return own_words(ladder_orders.at(view, row, side), grid.ends.get((row.price, side)), drag, view.scale)

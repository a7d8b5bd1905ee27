"""The tape: trades, newest on top, filtered by size, side, owner and place. It stands still under the pointer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget
from typing_extensions import override

from engine.views import topics
from engine.views.tape import TapeView
from engine.views.topics import TapeFilter
from widgets import formats, keymap, panel, states, view_sheets
from widgets.fields import Segments
from widgets.tape_roll import Roll
from widgets.toolrow import Switch, ToolRow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from PySide6.QtGui import QKeyEvent
    from PySide6.QtWidgets import QMenu

    from engine.core.ids import InstrumentId, Topic
    from engine.views.sheet import Sheet
    from widgets.crosshair import Pointed

HELP: Final = (
    "Trades: time, price of YES, size, whether it lifted or pressed the price, and what was bought less what was sold"
    " since the oldest row. A mark shows your own. S shows one side, O only your own, A gathers what traded at once, V"
    " the whole event or all that is followed, + and − only larger trades. Arrows and the wheel scroll; under the"
    " pointer the tape stands still."
)
PICK: Final = "Pick a market to see its trades."
SCOPES: Final = (("market", "market"), ("event", "event"), ("all", "all"))
SIDES: Final = (("", "both"), ("buy", "up"), ("sell", "down"))
SIZES: Final = (0, 5, 10, 25, 50, 100, 250, 1_000)
"""Shares that a trade must have to be shown."""
GONE: Final = "All trades are filtered out."


class TapePanel(panel.Panel):
    """The tape dock."""

    count_ages = True

    rests_ms = 50
    area = "tape"

    pointed = Signal(object)
    """A `Pointed` of the row under the pointer or the cursor, or None."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Tape", help_text=HELP, parent=parent)
        self.instrument: InstrumentId | None = None
        self.filter = TapeFilter()
        self.roll = Roll()
        self.scope = Segments("Trades of", SCOPES, height=18)
        self.side = Segments("Side", SIDES, height=18)
        self.mine = Switch("own")
        self.together = Switch("gathered")
        self.least = Switch("any size", checkable=False)
        self.tools = ToolRow((self.scope, self.side, self.least, self.mine, self.together))
        self._lay_out()
        self.scope.chosen.connect(lambda key: self.set_filter(scope=key))
        self.side.chosen.connect(lambda key: self.set_filter(side=key))
        self.mine.clicked.connect(lambda on: self.set_filter(mine=on))
        self.together.clicked.connect(lambda on: self.set_filter(together=on))
        self.least.clicked.connect(lambda: self.turn_size(1, around=True))
        self.roll.keyed.connect(self._key)
        self.roll.pointed.connect(self.pointed)
        self.set_state(states.EMPTY, PICK, icon="clock")

    def _lay_out(self) -> None:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.tools)
        column.addWidget(self.roll, 1)
        body.setFocusProxy(self.roll)
        self.set_body(body)

    def set_instrument(self, instrument: InstrumentId | None) -> None:
        """Turn to another instrument; None to none."""
        if instrument == self.instrument:
            return
        self.instrument = instrument
        self.roll.show_view(None)
        if instrument is None:
            self.set_state(states.EMPTY, PICK, icon="clock")
        else:
            self.set_state(states.LOADING, "Waiting for the first trades")
        self.retarget()

    def set_filter(self, **chosen: Any) -> None:  # noqa: ANN401 - of the fields' own types
        """Change what is shown, by the names of `TapeFilter`."""
        wanted = self.filter._replace(**chosen)
        if wanted == self.filter:
            return
        self.filter = wanted
        self.scope.set_value(wanted.scope)
        self.side.set_value(wanted.side)
        self.mine.setChecked(wanted.mine)
        self.together.setChecked(wanted.together)
        self.least.set_words(f"≥ {formats.count(wanted.least)}" if wanted.least else "any size")
        self.tools.lay_out()
        self.roll.expect()
        self.retarget()

    def turn_size(self, steps: int, *, around: bool = False) -> None:
        """Show only larger trades, or smaller ones, too; `around` begins anew after the largest."""
        at = max((n for n, size in enumerate(SIZES) if size <= self.filter.least), default=0) + steps
        at = at % len(SIZES) if around else min(max(at, 0), len(SIZES) - 1)
        self.set_filter(least=SIZES[at])

    def show_pointed(self, where: Pointed | None) -> None:
        """Mark the trades of the moment that another dock points at."""
        self.roll.show_pointed(where)

    @override
    def sheets(self) -> Sequence[Callable[[], Sheet]]:
        return (lambda: view_sheets.tape(self.roll.view()),)

    @override
    def topics(self) -> frozenset[Topic]:
        return (
            frozenset() if self.instrument is None else frozenset({topics.tape_of(self.instrument.symbol, self.filter)})
        )

    def whole(self) -> Topic:
        """Return the topic that says when a filtered tape is out of date."""
        if self.instrument is None or self.filter.scope != "market":
            return topics.MARKETS
        return topics.tape(self.instrument.symbol)

    @override
    def render(self, topic: Topic, view: object) -> None:  # type: ignore[override]  # see Panel.render
        if not isinstance(view, TapeView) or view.instrument != self.instrument:
            return
        self.set_count(len(view.rows))
        if view.rows:
            self.set_state(states.LIVE)
        elif self.filter == TapeFilter():
            self.set_state(states.EMPTY, "Nobody has traded here yet.", icon="clock")
        else:
            self.set_state(states.LOADING, GONE)
        delta = formats.quantity(view.bought - view.sold, signed=True)
        self.set_subtitle(
            f"10 min: {formats.quantity(view.bought)} up, {formats.quantity(view.sold)} down, {delta} net"
        )
        self.roll.named = self.filter.scope != "market"
        self.roll.summed = self.filter == TapeFilter(together=self.filter.together)
        self.roll.show_view(view)

    @override
    def strip_top(self) -> int:
        return self.tools.height()

    @override
    def fill_menu(self, menu: QMenu) -> None:
        for key, words in SCOPES:
            action = menu.addAction(
                f"Trades of {'this market' if key == 'market' else 'its event' if key == 'event' else words}"
            )
            action.setCheckable(True)
            action.setChecked(self.filter.scope == key)
            action.triggered.connect(lambda _=False, scope=key: self.set_filter(scope=scope))
        menu.addSeparator()
        for words, name in (("Only our own", "mine"), ("Gather what traded at once", "together")):
            action = menu.addAction(words)
            action.setCheckable(True)
            action.setChecked(bool(getattr(self.filter, name)))
            action.triggered.connect(lambda on, field=name: self.set_filter(**{field: on}))

    @override
    def settings(self) -> dict[str, object]:
        return self.filter._asdict()

    @override
    def apply_settings(self, chosen: Mapping[str, object]) -> None:
        known: dict[str, Any] = {
            name: value for name, value in chosen.items() if type(value) is type(getattr(self.filter, name, None))
        }
        wanted = TapeFilter()._replace(**known)
        if topics.tape_filter(topics.tape_of("", wanted).key.removeprefix(topics.AT)) == wanted:
            self.set_filter(**wanted._asdict())

    @override
    def acts(self) -> Mapping[str, Callable[[], object]]:
        roll = self.roll
        return {
            "tape.up": lambda: roll.move_cursor(-1),
            "tape.down": lambda: roll.move_cursor(1),
            "tape.page_up": lambda: roll.move_cursor(-max(1, roll.visible_rows())),
            "tape.page_down": lambda: roll.move_cursor(max(1, roll.visible_rows())),
            "tape.newest": roll.go_home,
            "tape.side": lambda: self.set_filter(side=_after(SIDES, self.filter.side)),
            "tape.mine": lambda: self.set_filter(mine=not self.filter.mine),
            "tape.together": lambda: self.set_filter(together=not self.filter.together),
            "tape.scope": lambda: self.set_filter(scope=_after(SCOPES, self.filter.scope)),
            "tape.bigger": lambda: self.turn_size(1),
            "tape.smaller": lambda: self.turn_size(-1),
        }

    def _key(self, event: QKeyEvent) -> None:
        act = self.acts().get(keymap.current().action(self.area, keymap.key_of(event)))
        if act is not None:
            act()
            event.accept()


def _after(choices: Sequence[tuple[str, str]], key: str) -> str:
    keys = [one for one, _ in choices]
    return keys[(keys.index(key) + 1) % len(keys)]

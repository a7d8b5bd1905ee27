"""Every action that has a key or a place in the palette: its name, its words, where it works, its key at first. Pure.

This table is the one source of the menu, the palette, the overlay of keys, the hotkey editor and `docs/keys.md`.
What an action does is bound where it is done: the window binds its own, a dock tells its own in `Panel.acts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Kind(Enum):
    """What an action may cost."""

    QUIET = "quiet"
    STOP = "stop"
    """Takes orders back or holds them off: at once by its key, asked once in the palette."""
    MONEY = "money"
    """May send an order: never on auto-repeat, never in a field, and never from the palette."""


@dataclass(frozen=True, slots=True)
class Area:
    """Where keys work. Two areas share their keys when one lies within the other."""

    id: str
    title: str
    within: str = ""
    typed_into: bool = False
    """Whether it has fields: a letter alone is typed there and is no key."""


@dataclass(frozen=True, slots=True)
class Action:
    """One action; its name begins with its area."""

    id: str
    words: str
    keys: tuple[str, ...] = ()
    """At first, as Qt writes them portably, such as ``Ctrl+Shift+K``."""
    kind: Kind = Kind.QUIET
    code: str = ""
    """Two to four letters that find it at once in the palette."""

    @property
    def area(self) -> str:
        """Where its key works."""
        return self.id.partition(".")[0]


WINDOW: Final = "window"
AREAS: Final = {
    one.id: one
    for one in (
        Area(WINDOW, "Everywhere", typed_into=True),
        Area("ladder", "Ladder", WINDOW),
        Area("board", "Bracket board", WINDOW),
        Area("ticket", "Ticket", WINDOW, typed_into=True),
        Area("markets", "Markets", WINDOW),
        Area("map", "Map", WINDOW),
        Area("chart", "Chart", WINDOW),
        Area("heat", "Depth heat", WINDOW),
        Area("tape", "Tape", WINDOW),
        Area("options", "Options chain", WINDOW),
        Area("plane", "Smile and payoff", WINDOW),
        Area("rfq", "RFQ", WINDOW),
        Area("hedges", "Hedge", WINDOW),
        Area("table", "Tables", WINDOW),
        Area("blotter", "Blotter", "table"),
    )
}
DOCKS: Final = (
    ("markets", "Markets", "", "mkt"),
    ("board", "Bracket board", "Ctrl+B", "bb"),
    ("ladder", "Ladder", "Ctrl+L", "lad"),
    ("ticket", "Ticket", "Ctrl+T", "tic"),
    ("map", "Map", "Ctrl+M", "map"),
    ("station", "Station", "", "sta"),
    ("positions", "Positions", "Ctrl+P", "pos"),
    ("orders", "Blotter", "Ctrl+O", "blo"),
    ("fills", "Fills", "", "fil"),
    ("pnl", "PnL", "", "pnl"),
    ("tape", "Tape", "", "tape"),
    ("chart", "Chart", "", "cht"),
    ("heat", "Depth heat", "", "heat"),
    ("curve", "Curve", "", "cur"),
    ("gates", "Risk gates", "Ctrl+G", "gate"),
    ("scenarios", "Scenarios", "", "scen"),
    ("alerts", "Alerts", "", "al"),
    ("rules", "Alert rules", "", "rul"),
    ("connections", "Connections", "", "con"),
    ("latency", "Latency", "", "lat"),
    ("health", "Services", "", "svc"),
    ("settlements", "Settlements", "", "set"),
    ("chain", "Hash chain", "", "cha"),
    ("evidence", "Evidence", "", "evi"),
    ("notes", "Settlement notes", "", "not"),
    ("cockpit", "Up/Down cockpit", "", "ud"),
    ("down", "Ladder DOWN", "", "down"),
    ("strategies", "Strategies", "", "str"),
    ("quoter", "Quoter", "", "quo"),
    ("option_maker", "Option maker", "", "om"),
    ("inventory", "Inventory", "", "inv"),
    ("toxicity", "Toxicity and markout", "", "tox"),
    ("payouts", "Payouts", "", "pay"),
    ("options", "Options chain", "", "opt"),
    ("smile", "Smile and surface", "", "smi"),
    ("legs", "Positions by leg", "", "leg"),
    ("payoff", "Payoff", "", "off"),
    ("option_ticket", "Option ticket", "", "ot"),
    ("oversight", "Exchange oversight", "", "ove"),
    ("rfq", "RFQ", "", "rfq"),
    ("hedges", "Hedge", "", "hed"),
    ("gaps", "Venue gaps", "", "gap"),
    ("log", "Log", "", "log"),
    ("decisions", "Decisions diff", "", "dif"),
    ("recorder", "Recorder", "", "rec"),
    ("journal", "Journal", "", "jou"),
    ("backtests", "Backtest runs", "", "bt"),
)
"""Name of a dock in `app.docks`, its title, its key and its code."""
_STOP, _MONEY = Kind.STOP, Kind.MONEY
_WAYS: Final = (
    ("left", "on the left", "Left"),
    ("right", "on the right", "Right"),
    ("above", "above", "Up"),
    ("below", "below", "Down"),
)
_WINDOW: Final = (
    Action("window.palette", "Search or command", ("Ctrl+K",)),
    Action("window.keys", "Show the keys that work here", ("F1", "?"), code="keys"),
    Action("window.help", "Help: the guide", ("Shift+F1",), code="help"),
    Action("window.hotkeys", "Edit hotkeys…", code="hot"),
    Action("window.coach", "Show the first steps"),
    *(Action(f"window.workspace_{n}", f"Workspace {n}", (f"Ctrl+{n}",)) for n in range(1, 10)),
    *(
        Action(f"window.dock_{name}", f"Go to {title}", (key,) if key else (), code=code)
        for name, title, key, code in DOCKS
    ),
    Action("window.next_dock", "Next dock", ("F6",)),
    Action("window.previous_dock", "Previous dock", ("Shift+F6",)),
    Action("window.layout_out", "Open the dock in its own window, or put it back", ("Ctrl+Shift+O",), code="out"),
    Action("window.layout_close", "Close the dock that has the focus", ("Ctrl+Shift+W",)),
    *(
        Action(f"window.layout_{way}", f"Move the dock behind a tab {words}", (f"Ctrl+Alt+{arrow}",))
        for way, words, arrow in _WAYS
    ),
    *(
        Action(f"window.layout_beside_{way}", f"Move the dock beside what is {words}", (f"Ctrl+Alt+Shift+{arrow}",))
        for way, words, arrow in _WAYS
    ),
    Action("window.layout_lock", "Lock or unlock the docks of this workspace", ("Ctrl+Shift+L",), code="lock"),
    Action("window.layout_undo", "Undo the last layout change", ("Ctrl+Shift+Z",)),
    Action("window.layout_reset", "Reset this workspace to as drawn"),
    Action("window.layout_clone", "Clone this workspace"),
    Action("window.layout_rename", "Rename this workspace…"),
    Action("window.layout_delete", "Delete this clone"),
    Action("window.layout_open", "Open the closed docks of this workspace"),
    Action("window.layout_export", "Export this workspace…"),
    Action("window.layout_export_all", "Export the whole layout…"),
    Action("window.layout_import", "Import a layout file…"),
    Action("window.link_0", "Pin the dock that has the focus: it keeps what it shows", code="pin"),
    *(Action(f"window.link_{n}", f"Link group {n} for the dock that has the focus") for n in range(1, 9)),
    Action("window.filter", "Filter the dock that has the focus", ("Ctrl+F",)),
    Action("window.export", "Export the table that has the focus…", ("Ctrl+E",), code="exp"),
    Action("window.replay", "Replay a recorded session…", code="rep"),
    Action("window.settings", "Settings…", ("Ctrl+,",), code="cfg"),
    Action("window.theme", "Next theme", code="thm"),
    Action("window.density", "Next density of rows", ("Ctrl+Shift+D",), code="den"),
    Action("window.full_screen", "Full screen", ("F11",)),
    Action("window.hedge", "Hedge a place…", ("Ctrl+Shift+H",), code="hdg"),
    Action("window.new_market", "New market…"),
    Action("window.map_page", "Export map page"),
    Action("window.accounts", "Accounts: keys, balances and limits…", code="acc"),
    Action("window.diagnostics", "Diagnostics bundle, without secrets", code="diag"),
    Action("window.trace", "Record a performance trace, or end and write it", code="trc"),
    Action("window.statement", "Export daily statement", code="stm"),
    Action("window.realised", "Export realised results (FIFO lots)", code="tax"),
    Action("window.role", "Act as operator, or as trader again"),
    Action("window.arm_ladder", "Arm or disarm the ladder", ("Ctrl+Shift+A",)),
    Action("window.arm", "Arm live trading…", code="live"),
    Action("window.disarm", "Disarm, and cancel what works", kind=_STOP),
    Action("window.cancel_all", "Cancel all orders everywhere", ("Ctrl+Shift+X",), _STOP),
    Action("window.reduce_only", "Reduce-only on or off", ("Ctrl+Shift+R",), _STOP),
    Action("window.kill", "KILL: cancel everything and halt", ("Ctrl+Shift+K",), _STOP),
    Action("window.quit", "Quit"),
)
_SIZES: Final = (1, 5, 10, 25, 50, 100)
_LADDER: Final = (
    Action("ladder.up", "Cursor up", ("Up",)),
    Action("ladder.down", "Cursor down", ("Down",)),
    Action("ladder.page_up", "Cursor up 10 rows", ("PgUp",)),
    Action("ladder.page_down", "Cursor down 10 rows", ("PgDown",)),
    Action("ladder.best_ask", "Cursor to the best ask", ("Home",)),
    Action("ladder.best_bid", "Cursor to the best bid", ("End",)),
    Action("ladder.bid_side", "Cursor to the buying side", ("Left",)),
    Action("ladder.ask_side", "Cursor to the selling side", ("Right",)),
    Action("ladder.centre", "Centre on the market", ("C",)),
    Action("ladder.place", "Place at the cursor", ("Return",), _MONEY),
    Action("ladder.join_bid", "Join the best bid", ("B",), _MONEY),
    Action("ladder.join_ask", "Join the best ask", ("S",), _MONEY),
    Action("ladder.improve_bid", "Improve the best bid by a tick", ("Shift+B",), _MONEY),
    Action("ladder.improve_ask", "Improve the best ask by a tick", ("Shift+S",), _MONEY),
    Action("ladder.take", "Take what is there, within protect", ("T",), _MONEY),
    Action("ladder.amend_up", "Amend the selected order up a row", ("Shift+Up",), _MONEY),
    Action("ladder.amend_down", "Amend the selected order down a row", ("Shift+Down",), _MONEY),
    Action("ladder.next_own", "Select the next own order", ("O",)),
    Action("ladder.hedge", "Hedge to flat across the event, in the basket ticket", ("H",)),
    Action("ladder.flatten", "Flatten this market: once asks, twice sends", ("F",), _MONEY),
    Action("ladder.cancel", "Cancel the selected order", ("Del",), _STOP),
    Action("ladder.cancel_all", "Cancel all orders of this market", ("Backspace",), _STOP),
    Action("ladder.bigger", "Next size up", ("+", "=")),
    Action("ladder.smaller", "Next size down", ("-",)),
    *(Action(f"ladder.size_{n}", f"Size {size}", (str(n),)) for n, size in enumerate(_SIZES, 1)),
    Action("ladder.cumulative", "Cumulative sizes on or off", ("U",)),
    Action("ladder.edge", "Edge column on or off", ("E",)),
    Action("ladder.clear_traded", "Count trades at a price anew", ("X",)),
    Action("ladder.card", "The whole pre-trade card, or one line", ("I",)),
    Action("ladder.arm", "Arm or disarm", ("A",)),
    Action("ladder.escape", "Drop selection and questions, disarm", ("Esc",)),
)
_OTHERS: Final = (
    Action("board.up", "Outcome above", ("Up",)),
    Action("board.down", "Outcome below", ("Down",)),
    Action("board.buy", "Buy YES of the selected outcome", ("B",), _MONEY),
    Action("board.sell", "Buy NO of the selected outcome", ("S",), _MONEY),
    Action("board.tick", "Tick the selected outcome for a basket and its what-if", ("Space",)),
    Action("board.basket", "Basket ticket of the ticked outcomes", ("Shift+B",)),
    Action("board.view", "Rows of one board, or ladders side by side", ("V",)),
    Action("ticket.send", "Send the order", ("Ctrl+Return",), _MONEY),
    Action("markets.up", "Line above", ("Up",)),
    Action("markets.down", "Line below", ("Down",)),
    Action("markets.page_up", "Up 10 lines", ("PgUp",)),
    Action("markets.page_down", "Down 10 lines", ("PgDown",)),
    Action("markets.take", "Turn the linked docks to it", ("Return", "Space")),
    Action("markets.fold", "Close the market", ("Left",)),
    Action("markets.unfold", "Open the market", ("Right",)),
    Action("markets.filter", "Filter", ("/",)),
    Action("markets.star", "Star, or no more", ("*",)),
    Action("markets.watch", "Into the watchlist, or out of it", ("W",)),
    Action("markets.move_up", "Move up in the watchlist", ("Alt+Up",)),
    Action("markets.move_down", "Move down in the watchlist", ("Alt+Down",)),
    Action("map.zoom_in", "Zoom in", ("+", "=")),
    Action("map.zoom_out", "Zoom out", ("-",)),
    Action("map.left", "Move left", ("Left",)),
    Action("map.right", "Move right", ("Right",)),
    Action("map.up", "Move up", ("Up",)),
    Action("map.down", "Move down", ("Down",)),
    Action("map.home", "Back to the whole event", ("Home",)),
    Action("chart.zoom_in", "Zoom in", ("+", "=")),
    Action("chart.zoom_out", "Zoom out", ("-",)),
    Action("chart.earlier", "Go to earlier", ("Left",)),
    Action("chart.later", "Go to later", ("Right",)),
    Action("chart.whole", "Show all there is", ("Home",)),
    Action("chart.follow", "Follow now", ("F", "End")),
    Action("chart.shorter", "Shorter bars", ("[",)),
    Action("chart.longer", "Longer bars", ("]",)),
    Action("chart.zone", "Next clock: this machine's, UTC, the station's", ("Z",)),
    Action("chart.percent", "Prices in cents or per cent", ("P",)),
    Action("chart.cross_back", "Crosshair to the bar before", ("Shift+Left",)),
    Action("chart.cross_on", "Crosshair to the next bar", ("Shift+Right",)),
    Action("chart.escape", "Let go of an order, drop the crosshair", ("Esc",)),
    Action("heat.zoom_in", "Zoom in", ("+", "=")),
    Action("heat.zoom_out", "Zoom out", ("-",)),
    Action("heat.earlier", "Go to earlier", ("Left",)),
    Action("heat.later", "Go to later", ("Right",)),
    Action("heat.up", "Higher prices", ("Up",)),
    Action("heat.down", "Lower prices", ("Down",)),
    Action("heat.more", "More prices", ("PgUp",)),
    Action("heat.fewer", "Fewer prices", ("PgDown",)),
    Action("heat.whole", "Show all there is", ("Home",)),
    Action("heat.follow", "Follow now and the market", ("F", "End")),
    Action("heat.zone", "Next clock: this machine's, UTC, the station's", ("Z",)),
    Action("heat.trades", "Trades on or off", ("T",)),
    Action("heat.cross_back", "Crosshair to the column before", ("Shift+Left",)),
    Action("heat.cross_on", "Crosshair to the next column", ("Shift+Right",)),
    Action("heat.escape", "Drop the crosshair", ("Esc",)),
    Action("tape.up", "Trade above", ("Up",)),
    Action("tape.down", "Trade below", ("Down",)),
    Action("tape.page_up", "Up a page", ("PgUp",)),
    Action("tape.page_down", "Down a page", ("PgDown",)),
    Action("tape.newest", "Newest trade", ("Home",)),
    Action("tape.side", "Both sides, buys or sells", ("S",)),
    Action("tape.mine", "Only our own, or all", ("O",)),
    Action("tape.together", "Gather what traded at once, or each alone", ("A",)),
    Action("tape.scope", "This market, its whole event, or all that is followed", ("V",)),
    Action("tape.bigger", "Only larger trades", ("+", "=")),
    Action("tape.smaller", "Smaller trades, too", ("-",)),
    Action("options.up", "Strike above", ("Up",)),
    Action("options.down", "Strike below", ("Down",)),
    Action("options.page_up", "Up 10 strikes", ("PgUp",)),
    Action("options.page_down", "Down 10 strikes", ("PgDown",)),
    Action("options.calls", "To the call", ("Left",)),
    Action("options.puts", "To the put", ("Right",)),
    Action("options.home", "Back to the forward", ("Home", "C")),
    Action("options.sooner", "Expiry before", ("[",)),
    Action("options.later", "Expiry after", ("]",)),
    Action("options.take", "Turn the linked docks to it", ("Return", "Space")),
    Action("options.buy", "Put a purchase at the ask into the ticket", ("B",)),
    Action("options.sell", "Put a sale at the bid into the ticket", ("S",)),
    Action("options.leg_buy", "Add a bought leg to the plan", ("Shift+B",)),
    Action("options.leg_sell", "Add a sold leg to the plan", ("Shift+S",)),
    Action("plane.left", "Crosshair to the left", ("Left",)),
    Action("plane.right", "Crosshair to the right", ("Right",)),
    Action("plane.next", "Next view of the dock", ("V",)),
    Action("plane.wider", "Wider range of prices", ("-",)),
    Action("plane.narrower", "Narrower range of prices", ("+", "=")),
    Action("plane.escape", "Drop the crosshair", ("Esc",)),
    Action("rfq.up", "Request above", ("Up",)),
    Action("rfq.down", "Request below", ("Down",)),
    Action("rfq.quote", "Quote the selected request now", ("Ctrl+Return",), _MONEY),
    Action("rfq.pass", "Let the selected request go by", ("Del",)),
    Action("hedges.next", "Next underlying", ("Down", "Right")),
    Action("hedges.previous", "Previous underlying", ("Up", "Left")),
    Action("hedges.now", "Hedge the underlying now", ("H",), _MONEY),
    Action("table.copy", "Copy the selection", ("Ctrl+C",)),
    Action("blotter.cancel", "Cancel the selected order", ("Del",), _STOP),
)
ACTIONS: Final = {one.id: one for one in (*_WINDOW, *_LADDER, *_OTHERS)}


def way_up(area: str) -> tuple[str, ...]:
    """Return an area and those it lies in, the innermost first; an unknown one lies in the window."""
    found = [area] if area in AREAS else []
    at = area if area in AREAS else ""
    while at and AREAS[at].within:
        at = AREAS[at].within
        found.append(at)
    return tuple(found) if found else (WINDOW,)


def meet(one: str, other: str) -> bool:
    """Whether a key could mean an action of either area at the same moment."""
    return one in way_up(other) or other in way_up(one)

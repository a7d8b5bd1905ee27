"""Pictures of a day at work, made by the program: small ones of every workspace, every dock in every state on one
sheet, and those of the guide, in both themes.

    python packaging/pictures.py            # docs/shots and resources/help/pictures
    python packaging/pictures.py DIR        # the same at full size, for looking at

A demo day is traded by hand until something settles; then the same profile is opened again at a pace at which prices
move from minute to minute, strategies are switched to paper, markets are made and options are held.
"""

import os
import sys
import tempfile
from functools import partial
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from app import cli, dressing, gallery, loop, shots
from app.headless import Driver
from engine.core.commands import SetParameter, SetStrategy, StrategyState
from engine.core.ids import KALSHI
from engine.core.units import TICKS_PER_CENT, Side
from engine.host.player import FILL
from engine.sandbox import day, venues
from engine.views import topics
from tests.app.program import program
from tests.engine.research import windows
from widgets import focus
from widgets.option_picture import Spot
from widgets.replaybar import ReplayAsk

ROOT = Path(__file__).resolve().parents[1]
THEMES = ("dark", "light")
PACE = "20"
"""Of the second session's day; its crowd does as much in a real second as at the demo's own pace."""
WORK_S = 150
WIDE = 640
"""Of a small picture."""
AFTER = 40
"""Events after a fill: what came of it is told by then."""
FULL = ("weather-1920x1080", "weather-1366x768", "updown-1920x1080")
"""Of the first theme, at their size: the README shows them."""
GUIDE = {
    "weather": ("weather-1366", None), "trading": ("weather-1366", "ladder"), "ticket": ("weather", "ticket"),
    "board": ("weather", "board"), "station": ("weather", "station"), "map": ("weather", "map"),
    "updown": ("updown", "cockpit"), "strategies": ("updown", "strategies"), "options": ("options", "options"),
    "payoff": ("options", "payoff"), "rfq": ("options", "rfq"), "hedge": ("options", "hedges"),
    "quoter": ("making", "quoter"), "inventory": ("making", "inventory"), "risk": ("making", "gates"),
    "journal": ("research", "journal"), "recorder": ("research", "recorder"),
    "settlement": ("settle", "settlements"), "evidence": ("settle", "evidence"), "chain": ("settle", "chain"),
    "connections": ("weather", "connections"), "backtests": ("research", "backtests"),
}  # fmt: skip
"""Each picture of the guide: the workspace it is taken of, and the dock of it; None is the whole window."""
ON = {
    "latency_arb": "paper", "certainty_capture": "paper", "convexity_fade": "shadow", "strike_misalign": "paper",
    "lp_extreme": "paper", "bracket_momentum": "shadow", "market_maker": "paper", "rfq": "paper",
    "hedger": "paper", "option_maker": "shadow",
}  # fmt: skip


async def traded(folder):
    """Trade a day by hand until something has settled, and close the program."""
    async with program(folder, "--demo") as desk:
        await desk.ready()
        driver = Driver(desk.terminal.session, desk.window, desk.bridge)
        await driver.trade()
        await driver.settled()


async def work(desk):
    """Do what a desk does in the morning: choose, switch on, make, hold."""
    await desk.ready()
    ask, state = desk.bridge.ask, desk.state

    def rows(venue):
        return [row for row in desk.terminal.view(topics.MARKETS).rows if row.instrument.venue == venue and row.mid]

    await desk.until(lambda: len(rows(KALSHI)) > 3, 40)
    await desk.breathe(5)
    middle = sorted(rows(KALSHI), key=lambda row: abs(row.mid - 45))
    home = next((row for row in middle if state.place in row.event), middle[0])
    desk.bridge.turning.choose(home.instrument)
    made = middle[:4]
    names = ", ".join(f"{row.instrument.venue}/{row.instrument.symbol}" for row in made)
    known = {row.name for row in desk.terminal.view(topics.STRATEGIES).rows}
    if set(ON) - known:
        raise SystemExit(f"there is no strategy {sorted(set(ON) - known)}")
    ask(SetParameter(strategy="market_maker", name="markets", value=names))
    for name, to in ON.items():
        ask(SetStrategy(strategy=name, to=StrategyState(to)))
    await desk.breathe(2)
    await options(desk)


async def options(desk):
    """Hold a call and a put away from the money, bought at what is asked, and plan to sell a call beyond."""
    desk.window.choose(2)
    chain = desk.dock("options")
    await desk.until(lambda: len(chain.grid.rows) > 8 and chain.grid.side(Spot(0, put=False)) is not None, 30)
    middle = len(chain.grid.rows) // 2
    await buy(desk, Spot(middle + 4, put=False))
    await buy(desk, Spot(middle - 4, put=True))
    chain._leg(Spot(middle + 6, put=False), Side.SELL)
    desk.window.current().show_dock("rfq")
    desk.window.choose(0)


async def buy(desk, spot):
    """Buy one option of the chain with its ticket."""
    before = len(desk.state.register)
    desk.window.current().show_dock("option_ticket")
    desk.dock("options")._to_ticket(spot, Side.BUY)
    await desk.breathe(0.7)
    desk.dock("option_ticket")._send()
    await desk.until(lambda: len(desk.state.register) > before, 10)
    await desk.breathe(0.7)


async def taken(desk, store, big):
    """Take every picture in one theme after the other, into folders of these names."""
    docks = desk.window.workspaces[0].docks
    best = docks["ladder"].view.best_bid
    if best is not None:
        price = docks["ticket"].form.price
        price.setText(f"{best / TICKS_PER_CENT:g}")
        price.textEdited.emit(price.text())
    desk.window.reach("ladder")
    desk.window.toasts.hide()
    desk.window.toasts.place = lambda: None  # what would show them again: they would lie over docks
    for theme in THEMES:
        store.set("look.theme", theme)
        (big / theme / "docks").mkdir(parents=True, exist_ok=True)
        await desk.breathe(1)
        await shots.take(desk.window, big / theme)
    store.set("look.theme", THEMES[0])
    await desk.breathe(1)
    await guide(desk, big / "guide")  # after both: it brings docks to the front that the drawings have behind
    for theme in THEMES:
        store.set("look.theme", theme)
        await desk.breathe(1)
        await gallery.take(desk.window, big / theme / "docks", desk.bridge.clock)


async def replayed(folder, big):
    """Take the recorded first session at its last fill but one, in the workspace of research, at both sizes."""
    first = min((folder / "journal").glob("*.db"))
    async with program(folder, "--replay", first.stem) as desk:
        await desk.until(lambda: desk.window.mode == "replay", 30)
        session = desk.terminal.session
        player = session.transport.player
        await desk.until(lambda: not player.scanning, 120)
        fills = [mark for mark in player.marks if mark.kind == FILL]
        session.do(ReplayAsk("position", fills[-2].position + AFTER))
        await desk.until(lambda: session.transport.seeking is None, 60)
        fill = session.kernel.state.fills[-2]
        desk.bridge.turning.choose(fill.instrument)
        place = next(n for n, one in enumerate(desk.window.workspaces) if one.name == "Research")
        desk.window.choose(place)
        desk.window.toasts.hide()
        for size in shots.SIZES:
            desk.window.resize(*size)
            await shots.settled(desk.window)
            await desk.breathe(1)
            shots.still(desk.window)
            if not desk.window.grab().save(str(big / f"replay-{size[0]}.png")):
                raise SystemExit("replay.png cannot be written")


def compared(folder):
    """Leave three runs over the same made-up windows in the profile: two strategies alone, and both."""
    (folder / "set").mkdir()
    (folder / "backtests").mkdir()
    data = windows.write(folder / "set", windows=48)
    for n, names in enumerate((("latency_arb",), ("certainty_capture",), ("latency_arb", "certainty_capture")), 1):
        kept = folder / "backtests" / f"r-{n:04d}.json"
        if cli.run(
            ["backtest", str(data), *(word for one in names for word in ("--strategy", one)), "--save", str(kept)]
        ):
            raise SystemExit("the backtest failed")


async def guide(desk, folder):
    """Take the pictures of the guide."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (place, dock) in GUIDE.items():
        small = place.endswith("-1366")
        desk.window.resize(*(shots.SIZES[1] if small else shots.SIZES[0]))
        at = next(n for n, one in enumerate(desk.window.workspaces) if one.name.lower() == place.partition("-")[0])
        desk.window.choose(at)
        if dock is not None:
            desk.window.current().show_dock(dock)
        await shots.settled(desk.window)
        widget = desk.window if dock is None else desk.dock(dock)
        if not widget.grab().save(str(folder / f"{name}.png")):
            raise SystemExit(f"{name}.png cannot be written")


def small(source, target, wide=WIDE):
    """Write a picture again, narrower and in few colours."""
    image = QImage(str(source))
    if image.width() > wide:
        image = image.scaledToWidth(wide, Qt.TransformationMode.SmoothTransformation)
    target.parent.mkdir(parents=True, exist_ok=True)
    gallery.save(gallery.fewer_colours(image.convertToFormat(QImage.Format.Format_RGB32)), target)


def kept(big):
    """Write the small pictures into the checkout."""
    for theme in THEMES:
        for path in sorted((big / theme).glob("*.png")):
            small(path, ROOT / "docs" / "shots" / "small" / f"{path.stem}-{theme}.png")
        (ROOT / "docs" / "shots" / f"contact-{theme}.png").write_bytes(
            (big / theme / "docks" / "contact.png").read_bytes()
        )
    small(big / "replay-1920.png", ROOT / "docs" / "shots" / "replay.png", shots.SIZES[0][0])
    for name in FULL:
        small(big / THEMES[0] / f"{name}.png", ROOT / "docs" / "shots" / f"{name}.png", shots.SIZES[0][0])
    for path in sorted((big / "guide").glob("*.png")):
        small(path, ROOT / "resources" / "help" / "pictures" / path.name, 900)


async def main(folder, big):
    """Trade, work, take."""
    await traded(folder)
    big.mkdir(parents=True, exist_ok=True)
    await replayed(folder, big)
    compared(folder)
    share = day.SPEED / float(PACE)
    venues.events = partial(venues.events, rate=share * venues.RATE, coin_rate=share * venues.COIN_RATE)
    async with program(folder, "--demo", "--speed", PACE) as desk:
        store = desk.terminal.opening.store
        dressing.follow(QApplication.instance(), store)
        desk.window.resize(*shots.SIZES[0])
        await work(desk)
        await desk.breathe(WORK_S)
        await taken(desk, store, big)
    return 0


if __name__ == "__main__":
    app = QApplication(["pictures"])
    focus.Focus(app)
    with tempfile.TemporaryDirectory() as place:
        full = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(place) / "big"
        code = loop.run(lambda: main(Path(place) / "profile", full))
        if len(sys.argv) == 1:
            kept(full)
    raise SystemExit(code)

"""A window of the program on a real window system, arranged and restored: a child process of `test_on_screen`.

Prints one JSON document of what it saw; run as a program::

    python -m tests.app.on_screen FOLDER arrange|restore
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QApplication

from app import layout, screens
from app.desktop import Desktop
from app.layout import WindowLayout
from app.window import Window
from engine.core.units import Nanos
from widgets import theme

SETTLE_S = 0.25
LADDER = WindowLayout(dock="ladder", x=700, y=120, width=520, height=640)


def _settle(app: QApplication) -> None:
    end = time.monotonic() + SETTLE_S
    while time.monotonic() < end:
        app.processEvents()
        time.sleep(0.01)


class Desk:
    """A window and its desktop on a file."""

    def __init__(self, app: QApplication, path: Path) -> None:
        self.app = app
        self.window = Window(lambda: Nanos(0))
        self.window.resize(1700, 900)
        self.window.choose(0)
        self.desktop = Desktop(self.window, path)
        self.window.arrange_with(self.desktop)
        self.wrong = self.desktop.restore()
        if self.desktop.main is not None:
            self.window.put(self.desktop.main)
        self.window.show()
        _settle(app)

    def seen(self) -> dict[str, Any]:
        here = self.window.current()
        out = {name: self.window.moving.windows[here.name, name] for name in here.out()}
        room = self.window.screen().availableGeometry()
        return {
            "wrong": self.wrong,
            "workspace": here.name,
            "titles": [one.title for one in self.window.workspaces],
            "sizes": here.sizes(),
            "tree": repr(here.tree()),
            "closed": here.closed(),
            "windows": {name: one.geometry().getRect() for name, one in out.items()},
            "visible": all(one.isVisible() for one in out.values()),
            "inside": all(room.contains(one.geometry()) for one in out.values()),
            "main": self.window.geometry().getRect(),
        }

    def end(self) -> None:
        self.desktop.save()
        self.desktop._timer.stop()
        self.window.wind_up()
        _settle(self.app)


def arrange(app: QApplication, path: Path) -> dict[str, Any]:
    """Do what a trader does, and save it."""
    desk = Desk(app, path)
    here = desk.window.current()
    here.unlocked = True
    here.move_dock("tape", "map", "right")
    here.close_dock("scenarios")
    here.take_out(LADDER)
    desk.window.move(40, 50)
    _settle(app)
    desk.desktop.rename(here, "Dawn")
    found = desk.seen()
    desk.end()
    return found


def restore(app: QApplication, path: Path) -> dict[str, Any]:
    """Open it again; then with a screen that is gone, with a file that is broken, and with one of schema 1."""
    desk = Desk(app, path)
    found = {"again": desk.seen()}
    desk.end()
    saved = json.loads(path.read_text())
    for where in (saved["window"], *saved["workspaces"][0]["windows"]):
        where |= {"screen": "HDMI-9", "x": 5_000, "y": 3_000, "screen_width": 3_840, "screen_height": 2_160}
    path.write_text(json.dumps(saved))
    desk = Desk(app, path)
    found["gone"] = desk.seen()
    desk.end()
    path.write_bytes(b'{"schema": 2, "workspaces": [')
    desk = Desk(app, path)
    found["broken"] = desk.seen()
    desk.end()
    path.write_bytes((Path(__file__).with_name("old_layouts") / "schema-1.json").read_bytes())
    desk = Desk(app, path)
    desk.window.choose(0)
    found["first"] = desk.seen()
    desk.end()
    found["second"] = {"schema": json.loads(path.read_text())["schema"], "same": layout.load(path)[1] == ""}
    return found


def main() -> int:
    """Do one step in a folder."""
    app = QApplication(["atmx"])
    theme.install(app, "dark")
    step = {"arrange": arrange, "restore": restore}[sys.argv[2]]
    found = step(app, Path(sys.argv[1]) / "layout.json")
    found["platform"] = QApplication.platformName()
    found["screens"] = [one.name for one in screens.attached()]
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Writes docs/keys.md from the table of actions. Run: python packaging/keys.py."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "keys.md"
HEAD = """# Keys

Written by `packaging/keys.py` from `widgets/actions.py`: what every key means before anything is changed. Ctrl+K finds
each of these actions by its words; F1 or ? shows those that work where the keyboard is; *Edit hotkeys…* in the menu
changes them. A key works where it stands: *Everywhere* in the whole window, the others while that dock has the focus.

An action marked **order** may send one: it never acts while its key is held down, nor in the half second after the
window came to the front or the palette closed, and the palette does not do it. One marked *stop* takes orders back or
holds them off; the palette asks before it does.

## In hotkeys.json

`{"schema": 1, "keys": {"ladder.take": ["T"], "ladder.join_bid": []}}`: actions by their names below, up to four keys
each, as Qt writes them. What is absent has its first keys; an empty list is no key. An action this version does
not know is kept. In the profile a bad value is named at the start and its own key used; an imported file with one is
refused as a whole.
"""


def page() -> str:
    """Return the page."""
    sys.path.insert(0, str(ROOT))
    from widgets.actions import ACTIONS, AREAS, Kind

    marks = {Kind.MONEY: " **order**", Kind.STOP: " *stop*", Kind.QUIET: ""}
    lines = [HEAD]
    for area in AREAS.values():
        own = [one for one in ACTIONS.values() if one.area == area.id]
        lines += [f"## {area.title}\n", "| key | action | name | code |", "|---|---|---|---|"]
        for one in own:
            keys = " ".join(f"`{key}`" for key in one.keys) or "—"
            code = f"`{one.code}`" if one.code else ""
            lines.append(f"| {keys} | {one.words}{marks[one.kind]} | `{one.id}` | {code} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

"""The pictures of the documents: each that a page names is there, small, and none is kept that no page shows."""

from __future__ import annotations

import re

from tests.app.conftest import ROOT

IMAGE = re.compile(r"\((shots/small/[a-z0-9-]+\.png)\)")
DOCS = ROOT / "docs"


def test_the_page_of_the_workspaces_shows_both_themes_and_sizes_from_small_pictures() -> None:
    named = IMAGE.findall((DOCS / "look.md").read_text(encoding="utf-8"))
    places = {name.removeprefix("shots/small/").partition("-")[0] for name in named}
    assert places == {"weather", "updown", "options", "making", "research", "settle"}
    kept = {f"shots/small/{path.name}": path.stat().st_size for path in (DOCS / "shots" / "small").glob("*.png")}
    assert set(named) <= set(kept)
    wanted = {f"shots/small/{place}-{size}-{theme}.png" for place in places for size in ("1920x1080", "1366x768")
              for theme in ("dark", "light")}  # fmt: skip
    assert set(kept) == wanted
    assert max(kept.values()) < 120_000
    assert sum(kept.values()) < 2_000_000

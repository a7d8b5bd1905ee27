"""The shipped dashboard asks for metrics that there are."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

from app import boot
from app.local.metrics import Metrics
from engine.store.profile import Profile

DASHBOARD = Path(__file__).resolve().parents[3] / "docs" / "grafana.json"


def test_every_name_of_the_dashboard_is_exposed(tmp_path: Path) -> None:
    async def names() -> set[str]:
        options = boot.Options(demo=True, speed=1.0, keyring=False)
        loop = asyncio.get_running_loop()
        session = boot.open_session(Profile(tmp_path), options, loop, changed=lambda _: None, broken=lambda _: None)
        made = Metrics(session, lambda: 1.0, lambda: 0)
        found = {line.split()[2] for line in made.text().decode().splitlines() if line.startswith("# TYPE")}
        session.close()
        return found

    exposed = asyncio.run(names())
    panels = json.loads(DASHBOARD.read_text())["panels"]
    asked = {name for one in panels for target in one["targets"] for name in re.findall(r"atmx_\w+", target["expr"])}
    assert len(asked) > 12
    assert {name for name in asked if name.removesuffix("_bucket") not in exposed} == set()

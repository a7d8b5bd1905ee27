"""Documents for engineers name what there is: every benchmark, every line of health that a session has by itself."""

from __future__ import annotations

import re
from pathlib import Path

from app.commands import bench

ROOT = Path(__file__).resolve().parents[1]
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
FILE = re.compile(r"`((?:app|engine|widgets|packaging|tests|docs)/[\w./-]+)`")


def test_every_benchmark_stands_in_its_family() -> None:
    text = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    for module, names in bench.FAMILIES.items():
        row = next(line for line in text.splitlines() if f"| `{module}` |" in line)
        assert all(f"`{name}`" in row for name in names), module


def test_documents_link_to_and_name_files_that_there_are() -> None:
    made = {"docs/results/peers.md"}  # left by commands that need more than this repository
    for page in (ROOT / "docs").glob("*.md"):
        text = page.read_text(encoding="utf-8")
        for link in LINK.findall(text):
            assert (page.parent / link).exists(), (page.name, link)
        if page.name in {"threats.md", "containers.md", "benchmarks.md"}:
            for name in FILE.findall(text):
                assert name in made or (ROOT / name).exists() or list(ROOT.glob(name)), (page.name, name)


def test_the_settlement_service_and_every_other_line_of_health_have_their_row() -> None:
    rows = (ROOT / "docs" / "containers.md").read_text(encoding="utf-8")
    source = (ROOT / "app" / "local" / "health.py").read_text(encoding="utf-8")
    lines = re.findall(r'yield _line\("([^"]+)"', source)
    assert len(lines) >= 4
    assert all(f"| `{name}` |" in rows for name in (*lines, "simulated day", "discovery", "weather"))

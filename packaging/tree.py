"""Writes the tree into ARCHITECTURE.md from the first lines of the modules, and docs/keys.md from the table of actions.

Run: python packaging/tree.py.
"""

from __future__ import annotations

import ast
import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "ARCHITECTURE.md"
ENGINE = (
    "core", "maths", "weather", "views", "portfolio", "orders", "risk", "exchange", "oracle", "kernel", "sources",
    "store", "host", "sandbox",
)  # fmt: skip
"""The engine's layers from the ground up; others follow by name."""
CAPTION_AT = 32
LONGEST = 112


def caption(file: Path) -> str:
    """Return what a module says it is, cut where a clause ends if it is long."""
    text = " ".join((ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").split("\n\n")[0].split())
    text = text.replace("``", "`")
    for mark in (". ", "; ", ": ", ", "):
        if len(text) > LONGEST and mark in text:
            text = text[: LONGEST + 2].rpartition(mark)[0] or text.partition(mark)[0]
    return text.rstrip(".")


def lines(folder: Path, depth: int = 0) -> list[str]:
    """Return the lines of a package: itself, its modules, its packages."""
    found = [f"{'  ' * depth + folder.name + '/':<{CAPTION_AT}}{caption(folder / '__init__.py')}"]
    modules = [file for file in sorted(folder.glob("*.py")) if file.name != "__init__.py"]
    found += [f"{'  ' * (depth + 1) + file.name:<{CAPTION_AT}}{caption(file)}" for file in modules]
    inner = [place for place in folder.iterdir() if (place / "__init__.py").exists()]
    for place in sorted(inner, key=lambda p: (ENGINE.index(p.name) if p.name in ENGINE else len(ENGINE), p.name)):
        found += lines(place, depth + 1)
    return found


if __name__ == "__main__":
    tree = "\n".join(line for top in ("app", "widgets", "engine", "resources") for line in lines(ROOT / top))
    before, _, rest = PAGE.read_text(encoding="utf-8").partition("## The tree\n")
    _, _, after = rest.partition("```\n")[2].partition("```\n")
    PAGE.write_text(f"{before}## The tree\n\n```\n{tree}\n```\n{after}", encoding="utf-8")
    runpy.run_path(str(ROOT / "packaging" / "keys.py"), run_name="__main__")

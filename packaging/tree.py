"""Writes what the code says of itself: the rooms into ARCHITECTURE.md and every module into docs/tree.md, each by its
first line, and docs/keys.md from the table of actions.

Run: python packaging/tree.py.
"""

from __future__ import annotations

import ast
import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "ARCHITECTURE.md"
MODULES = ROOT / "docs" / "tree.md"
TOP = ("app", "widgets", "engine", "resources")
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


def inner(folder: Path) -> list[Path]:
    """Return the packages of a package, the engine's layers from the ground up."""
    found = [place for place in folder.iterdir() if (place / "__init__.py").exists()]
    return sorted(found, key=lambda p: (ENGINE.index(p.name) if p.name in ENGINE else len(ENGINE), p.name))


def room(folder: Path, depth: int) -> str:
    """Return the line of a package."""
    return f"{'  ' * depth + folder.name + '/':<{CAPTION_AT}}{caption(folder / '__init__.py')}"


def rooms(folder: Path, depth: int = 0) -> list[str]:
    """Return the lines of a package and of all packages in it."""
    return [room(folder, depth), *(line for place in inner(folder) for line in rooms(place, depth + 1))]


def lines(folder: Path, depth: int = 0) -> list[str]:
    """Return the lines of a package: itself, its modules, its packages."""
    modules = [file for file in sorted(folder.glob("*.py")) if file.name != "__init__.py"]
    found = [f"{'  ' * (depth + 1) + file.name:<{CAPTION_AT}}{caption(file)}" for file in modules]
    return [room(folder, depth), *found, *(line for place in inner(folder) for line in lines(place, depth + 1))]


def put(page: Path, head: str, found: list[str]) -> None:
    """Put lines into the block that follows a page's head."""
    before, _, rest = page.read_text(encoding="utf-8").partition(head)
    words, _, block = rest.partition("```\n")
    after = block.partition("```\n")[2]
    page.write_text(f"{before}{head}{words}```\n{chr(10).join(found)}\n```\n{after}", encoding="utf-8")


if __name__ == "__main__":
    put(PAGE, "## The tree\n", [line for top in TOP for line in rooms(ROOT / top)])
    put(MODULES, "# Every module\n", [line for top in TOP for line in lines(ROOT / top)])
    runpy.run_path(str(ROOT / "packaging" / "keys.py"), run_name="__main__")

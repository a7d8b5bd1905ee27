"""The tree is what the design says, and nothing of one machine or one person is committed in it."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("app", "widgets", "engine", "resources")
TOP = {
    ".ci", ".github", ".gitignore", ".pre-commit-config.yaml", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md",
    "LICENSE", "Makefile", "README.md", "app", "atmx.spec", "docs", "engine", "locks", "mkdocs.yml", "packaging",
    "pyproject.toml", "resources", "tests", "widgets",
}  # fmt: skip

MACHINE = re.compile(r"(?<![\w./])/(?:work|home|root|Users)/[\w.-]+")
"""A path of somebody's own machine."""
INDEX = re.compile(
    r"--(?:extra-)?index-url|--find-links|\b(?:py" + r"pi|python" + r"hosted|npm" + r"js)\.(?:org|com)\b"
)
"""A package index: which one is used is the machine's business."""
PRIVATE_KEY = re.compile("-----BEGIN " + r"(?:[A-Z]+ )*PRIVATE KEY-----\s*\n[A-Za-z0-9+/=]{16}")


def _tracked() -> list[Path]:
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs a git checkout")
    files = [ROOT / name for name in listed.decode().split("\0") if name]
    return [file for file in files if file.is_file()]


def _texts() -> list[tuple[str, str]]:
    found = []
    for file in _tracked():
        body = file.read_bytes()
        if b"\0" not in body[:8192]:
            found.append((file.relative_to(ROOT).as_posix(), body.decode("utf-8", "replace")))
    return found


def _modules() -> list[Path]:
    return [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))]


def test_the_top_level_is_the_designed_one():
    assert {file.relative_to(ROOT).parts[0] for file in _tracked()} <= TOP


def test_packaging_is_never_importable():
    assert not list((ROOT / "packaging").rglob("__init__.py"))


def test_the_wheel_holds_the_four_packages_and_nothing_else():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert tuple(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == PACKAGES


@pytest.mark.parametrize("package", PACKAGES)
def test_every_folder_of_code_is_a_package(package):
    folders = {file.parent for file in (ROOT / package).rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def test_every_module_says_what_it_is():
    silent = [file for file in _modules() if not ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))]
    assert [file.relative_to(ROOT).as_posix() for file in silent] == []


def _pictured() -> set[str]:
    """Return the modules that docs/tree.md shows."""
    return _named((ROOT / "docs" / "tree.md").read_text(encoding="utf-8"))[0]


def _named(page: str) -> tuple[set[str], set[str]]:
    """Return the modules and the folders of a page's first tree."""
    block = page.split("```")[1]
    found: set[str] = set()
    rooms: set[str] = set()
    folders: list[str] = []
    for line in block.strip().splitlines():
        name = line.split()[0]
        folders = folders[: (len(line) - len(line.lstrip())) // 2]
        if name.endswith("/"):
            folders.append(name.removesuffix("/"))
            rooms.add("/".join(folders))
        else:
            found.add("/".join([*folders, name]))
    return found, rooms


def test_the_tree_pictures_every_module_and_no_other():
    modules = {file.relative_to(ROOT).as_posix() for file in _modules() if file.name != "__init__.py"}
    assert _pictured() == modules


def test_the_architecture_pictures_every_room_and_no_other():
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").split("## The tree")[1]
    rooms = {file.parent.relative_to(ROOT).as_posix() for file in _modules() if file.name == "__init__.py"}
    assert _named(page) == (set(), rooms)


def test_no_module_is_called_after_nothing():
    vague = {"utils.py", "util.py", "helpers.py", "common.py", "misc.py", "manager.py"}
    assert [file for file in _modules() if file.name in vague] == []


@pytest.mark.parametrize(
    "pattern", [MACHINE, INDEX, PRIVATE_KEY], ids=["path of a machine", "package index", "private key"]
)
def test_nothing_of_one_machine_is_committed(pattern):
    hits = [
        f"{name}: {match.group(0)}"
        for name, text in _texts()
        if name not in {"tests/test_layout.py", "locks/make.sh"}
        for match in [pattern.search(text)]
        if match
    ]
    assert hits == []


@pytest.mark.parametrize("part", ["core", "extras", "dev"])
def test_the_locks_are_hashed_and_name_no_index(part):
    text = (ROOT / "locks" / f"{part}.txt").read_text(encoding="utf-8")
    pins = re.findall(r"^[\w.-]+(?:\[[\w,-]+\])?==\S+", text, re.MULTILINE)
    assert len(pins) > 20
    assert text.count("--hash=sha256:") >= len(pins)
    assert "index-url" not in text.replace("--no-emit-index-url", "")


def test_every_font_has_its_licence_beside_it():
    fonts = ROOT / "resources" / "fonts"
    families = {file.name.split("-")[0] for file in fonts.glob("*.ttf")}
    assert families == {"Inter", "JetBrainsMono"}
    for family in families:
        assert "SIL OPEN FONT LICENSE" in (fonts / f"{family}-OFL.txt").read_text(encoding="utf-8").upper()

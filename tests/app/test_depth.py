"""No part of the program lifts Python's recursion limit: it is what refuses hostile, deeply nested text."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

WALK = """
import importlib, json, pkgutil, sys
import msgspec
import app, engine, widgets
before = sys.getrecursionlimit()
for package in (app, engine, widgets):
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
assert sys.getrecursionlimit() == before == 1000, sys.getrecursionlimit()
for decode in (json.loads, msgspec.json.decode):
    try:
        decode(b"[" * 1_000_000)
    except (RecursionError, ValueError):
        continue
    sys.exit("deep text was read")
"""


def test_every_module_leaves_the_recursion_limit_and_deep_text_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WALK], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")

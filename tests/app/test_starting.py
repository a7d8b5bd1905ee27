from __future__ import annotations

import sys

from app import starting


def test_another_run_of_this_program_is_started_from_source_or_frozen(monkeypatch) -> None:
    assert starting.command("--replay", "x") == [sys.executable, "-m", "app", "--replay", "x"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert starting.command("--replay", "x") == [sys.executable, "--replay", "x"]

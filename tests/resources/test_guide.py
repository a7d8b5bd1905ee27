"""The guide says what the code says: every strategy has its page, and figures on the pages are computed anew."""

from __future__ import annotations

import pytest

import resources
from engine.kernel.strategies import registry
from engine.risk import two_tier
from engine.strategies.updown import LIMITS_OF
from engine.strategies.updown_lines import SPECS

NUMBERS = {spec.title.split()[0]: spec.name for spec in SPECS}


def page(name: str) -> str:
    """Return the text of a page."""
    return resources.path("help", f"{name}.md").read_text(encoding="utf-8")


def rows(text: str, head: str) -> list[list[str]]:
    """Return the rows of the table whose first row begins with `head`, cells without spaces at their ends."""
    lines = iter(text[text.index(f"| {head}") :].splitlines())
    found = []
    for line in lines:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found[2:]


@pytest.mark.parametrize("spec", [spec for one in registry.build() for spec in one.specs], ids=lambda spec: spec.name)
def test_every_strategy_has_a_page_that_names_its_limits(spec) -> None:
    text = page(spec.name)
    assert text.splitlines()[0] == f"# {spec.title}"
    assert "Limits" in text


@pytest.mark.parametrize("profile", sorted(two_tier.PROFILES))
def test_the_limits_of_up_and_down_are_those_on_the_page(profile: str) -> None:
    told = {}
    for names, one, total, pause, orders in rows(page("updown"), f"limits, `{profile}`"):
        limits = two_tier.StrategyLimits(
            float(one.split()[0]) / 100,
            float(total.split()[0]) / 100,
            round(float(pause.split()[0]) * 1000),
            int(orders),
        )
        told |= {NUMBERS[name]: limits for name in names.split(", ")}
    assert told == dict(LIMITS_OF[profile])

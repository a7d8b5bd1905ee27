"""Puts the pages of the site together: pages.py FOLDER. What the code knows of itself is taken from the code.

::

    docs/*.md, docs/shots, docs/results    as they are
    resources/help/*.md                    as they are, under guide/: the program shows the same files
    README, ARCHITECTURE, CONTRIBUTING…    with their links turned
    made/gates.md, made/settings.md, made/strategies.md, made/settlement.md, made/benchmarks.md
"""

import json
import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOP = {"README.md": "readme.md", "ARCHITECTURE.md": "architecture.md", "CONTRIBUTING.md": "contributing.md",
       "CHANGELOG.md": "changelog.md", "packaging/README.md": "packaging.md"}  # fmt: skip
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)\s]+)\)")
NEVER = ("|", "<", ">")


def main(folder: Path) -> None:
    """Write every page."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "docs", folder, ignore=shutil.ignore_patterns("README.md"))
    shutil.copytree(ROOT / "resources" / "help", folder / "guide", dirs_exist_ok=True)
    for source, target in TOP.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        (folder / target).write_text(turned(text, Path(source).parent), encoding="utf-8")
    made = folder / "made"
    made.mkdir()
    for name, text in {"gates": gates(), "settings": settings(), "strategies": strategies(),
                       "settlement": settlement(), "benchmarks": benchmarks()}.items():  # fmt: skip
        (made / f"{name}.md").write_text(text, encoding="utf-8")
    (folder / "index.md").write_text(index(folder), encoding="utf-8")


def turned(text: str, base: Path) -> str:
    """Return a page of the checkout with its links as they are on the site; a link to no page becomes its words."""

    def turn(found: re.Match[str]) -> str:
        path, _, part = found[1].partition("#")
        place = (base / path).as_posix() if path else ""
        place = re.sub(r"[^/]+/\.\./", "", place)
        anchor = f"#{part}" if part else ""
        if place in TOP:
            return f"]({TOP[place]}{anchor})"
        if place.startswith("docs/") and (ROOT / place).is_file() and place != "docs/README.md":
            return f"]({place.removeprefix('docs/')}{anchor})"
        if place.startswith("resources/help/"):
            return f"](guide/{place.removeprefix('resources/help/')}{anchor})"
        return "](index.md)"

    return LINK.sub(turn, text)


def cell(text: object) -> str:
    """Return a text as a cell of a table."""
    found = " ".join(str(text).split())
    for sign in NEVER:
        found = found.replace(sign, f"\\{sign}" if sign == "|" else {"<": "&lt;", ">": "&gt;"}[sign])
    return found


def table(head: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    """Return a table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def gates() -> str:
    """Return the page of the risk gates."""
    from engine.risk import gates as all_gates
    from engine.risk.limits import SPECS

    rows = []
    for gate in all_gates.GATES:
        spec = SPECS.get(gate.code)
        limit = "—" if spec is None else f"{spec.start:f} {spec.unit}{' of the balance' if spec.of_equity else ''}"
        whose = "strategies" if gate.automated else "venues" if gate.venue else "every order"
        rows.append(
            (gate.code, gate.meaning, gate.scope, whose, limit, "passes" if gate.spares_reducing else "stopped")
        )
    return (
        "# Risk gates\n\nEvery order meets them, in this order; the first that refuses is named in the blotter. "
        "Made from the gates themselves.\n\n"
        + table(("Gate", "What it asks", "Scope", "Whose orders", "Limit at the start", "An order that reduces"), rows)
    )


def settings() -> str:
    """Return the page of the settings."""
    from app.setting_list import PAGES, SETTINGS

    text = ["# Settings\n\nIn `settings.toml` of the profile, the settings dialog or the environment, which wins.\n"]
    for page in PAGES:
        rows = [
            (f"`{s.key}`", s.help, s.unset if s.default in (None, "", ()) else s.default, f"`{s.env}`")
            for s in SETTINGS.values()
            if s.page == page
        ]
        if rows:
            text.append(f"## {page}\n\n" + table(("Key", "What it does", "Without it", "Environment"), rows))
    return "\n".join(text)


def strategies() -> str:
    """Return the page of every strategy's parameters."""
    from engine.kernel.strategies import registry

    text = ["# Strategies and their parameters\n\nMade from the registry; the formulas are in the guide.\n"]
    for strategy in registry.build():
        for spec in strategy.specs:
            text.append(f"## {spec.title}\n\n{spec.help}\n\nTrigger: {spec.trigger}\n")
            rows = [
                (f"`{p.name}`", getattr(p, "help", ""), p.default, _range(p), getattr(p, "unit", ""))
                for p in spec.parameters
            ]
            if rows:
                text.append(table(("Parameter", "What it does", "Default", "Range", "Unit"), rows))
    return "\n".join(text)


def _range(p: object) -> str:
    low, high = getattr(p, "low", None), getattr(p, "high", None)
    return "—" if low is None and high is None else f"{low} to {high}"


def settlement() -> str:
    """Return the paper on how contracts settle, from the rules that settle them."""
    from engine.core.contract import Metric
    from engine.oracle import rules

    text = [
        "# Settlement method\n\nHow this version settles contracts of the embedded exchange, in the words of the rules "
        "that do it. A value is computed from stored reports alone: the same reports give the same outcome and the "
        "same hash, in whatever order they came.\n"
    ]
    for metric in Metric:
        why = rules.missing_source(metric)
        text.append(f"## {metric.value.replace('_', ' ').capitalize()}\n")
        if why is not None:
            text.append(f"Declared and refused. {why}\n")
            continue
        rule = rules.RULES[metric]
        units = ", ".join(
            f"{unit.value} (a native step is {float(scale.factor):g})" for unit, scale in rule.scales.items()
        )
        apart = (
            f"{float(rules.TEMPERATURE_SPREAD_K):g} K"
            if rule.ratio_floor is None
            else f"{rules.RATIO:.0%} of their mean, from a mean of {float(rule.ratio_floor):g} native steps on"
        )
        text.append(
            f"* **Value**: {rule.words}.\n* **Units**: {units}.\n* **Stations may differ by** {apart}; by more, the "
            "market is DISPUTED and an operator rules, in a record of its own.\n"
        )
    text.append(
        "## Always\n\nToo few stations, too little of the window covered, or a report that contradicts an official one "
        "make a market DISPUTED, with the reason. A correction is a new record that names the old one. The terms of "
        "each contract (stations, weights, coverage, spread) are frozen when it is listed and sealed with its outcome; "
        "`atmx chain verify` recomputes every record.\n"
    )
    return "\n".join(text)


def benchmarks() -> str:
    """Return the page of the benchmarks' bars, with the figures that `make full-bench` left last."""
    found = json.loads((ROOT / "docs" / "results" / "bench.json").read_text(encoding="utf-8"))
    rows = []
    for name, one in found.items():
        bar = one.get("bar")
        held = "—" if bar is None else f"{'/'.join(f'{x:g}' for x in bar) if isinstance(bar, list) else f'{bar:g}'}"
        met = "—" if bar is None else "yes" if one["ok"] else "no"
        rows.append(
            (f"`{name}`", one["median"], one["p99"], one["unit"], held, one.get("of", "—"), met, f"`atmx bench {name}`")
        )
    return (
        "# Benchmarks: the figures of the last full run\n\nFrom `docs/results/bench.json`, one run of one machine; "
        "[what they mean](../benchmarks.md).\n\n"
        + table(("Benchmark", "Median", "99th percentile", "Unit", "Bar", "Held against", "Met", "Command"), rows)
    )


def index(folder: Path) -> str:
    """Return the first page: every other one by its title."""
    text = ["# atmx\n\nA desktop trading terminal for weather, event and options markets.\n"]
    parts = {"Guide": "guide", "Made from the code": "made", "For engineers and operators": ".", "Results": "results"}
    for title, place in parts.items():
        pages = sorted((folder / place).glob("*.md"))
        lines = [
            f"* [{_title(page)}]({page.relative_to(folder).as_posix()})" for page in pages if page.name != "index.md"
        ]
        if lines:
            text.append(f"## {title}\n\n" + "\n".join(lines) + "\n")
    return "\n".join(text)


def _title(page: Path) -> str:
    found = next((line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("# ")), "")
    return found.removeprefix("# ").strip() or page.stem


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main(Path(sys.argv[1]))

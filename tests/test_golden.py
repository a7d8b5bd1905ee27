"""Every implemented case of the reference file, within that file's own tolerances."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import golden_options
from tests.golden import FUNCTIONS, answer, evaluate, main
from tests.shared import SHARED, shared

FILE = "golden/models.json"
SIGNING = "golden/signing.json"


def cases(file: str) -> list[Any]:
    path = SHARED / file
    if not path.exists():
        return [pytest.param("", {}, {}, marks=pytest.mark.skip(reason=f"needs ../shared/{file}"))]
    models = json.loads(path.read_text(encoding="utf-8"))["models"]
    return [
        pytest.param(name, model, case, id=f"{name}-{case['name']}")
        for name, model in models.items()
        if name in FUNCTIONS
        for case in model["cases"]
    ]


def differs(got: Any, want: Any, rel: float, tiny: float) -> str:
    """Return where two results differ; nothing when they agree."""
    if isinstance(want, dict):
        if not isinstance(got, dict) or want.keys() != got.keys():
            return f"{got} has not the fields of {want}"
        return next((f"{k}: {d}" for k in want if (d := differs(got[k], want[k], rel, tiny))), "")
    if isinstance(want, list):
        if not isinstance(got, list) or len(got) != len(want):
            return f"{got} is not {want}"
        return next((d for g, w in zip(got, want, strict=True) if (d := differs(g, w, rel, tiny))), "")
    if isinstance(want, int | float) and not isinstance(want, bool):
        close = isinstance(got, int | float) and math.isclose(got, want, rel_tol=rel, abs_tol=tiny)
        return "" if close else f"{got} is not {want}"
    return "" if got == want else f"{got!r} is not {want!r}"


@pytest.mark.parametrize(("name", "model", "case"), cases(FILE) + cases(SIGNING))
def test_case_holds(name, model, case) -> None:
    got = answer(FUNCTIONS[name], case["in"])
    if "error" in case["out"]:
        assert "error" in got
    else:
        assert "out" in got, got
        assert differs(got["out"], case["out"], model["rel_tol"], model["abs_tol"]) == ""


def test_no_model_is_missing() -> None:
    models = json.loads(shared(FILE).read_text(encoding="utf-8"))["models"]
    assert models.keys() <= FUNCTIONS.keys()


def test_no_signature_of_a_venue_we_trade_on_is_missing() -> None:
    models = json.loads(shared(SIGNING).read_text(encoding="utf-8"))["models"]
    assert {
        name for name in models if name.startswith(("kalshi.", "polymarket.", "derive.", "deribit.", "rysk."))
    } <= FUNCTIONS.keys()


def test_every_value_of_the_options_file_holds(capsys) -> None:
    file = shared("golden/options_math.json")
    assert main([str(file)]) == 0
    wanted = json.loads(file.read_text(encoding="utf-8"))
    del wanted["inputs"]
    assert differs(json.loads(capsys.readouterr().out), wanted, 1e-7, 1e-14) == ""


def test_a_value_of_options_that_is_not_known_is_missing() -> None:
    given = {"F": 6.3e4, "K": 6.5e4, "T": 0.04, "sigma": 0.5, "df": 0.999}
    assert golden_options.evaluate({"inputs": given, "heston": {"price": 1.0}}) == {"heston": {"missing": True}}


def test_an_unknown_name_is_missing() -> None:
    assert evaluate({"no.such": {"cases": [{"in": {}}]}}) == {"no.such": {"missing": True}}


def test_a_case_with_a_wrong_argument_is_refused() -> None:
    assert "error" in evaluate({"lmsr.prior": {"cases": [{"in": {"nonsense": 1}}]}})["lmsr.prior"][0]


def test_the_command_prints_one_answer_a_case_in_order(tmp_path: Path) -> None:
    file = tmp_path / "cases.json"
    wanted = [{"in": {"p": 0.5, "b": 100.0, "c": c}} for c in (10.0, 0.0)]
    file.write_text(json.dumps({"models": {"lmsr.shares_for_budget": {"cases": wanted}, "x.y": {"cases": []}}}))
    ran = subprocess.run(
        [sys.executable, "-m", "tests.golden", str(file)],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    said = json.loads(ran.stdout)
    assert [round(a["out"]["shares"], 3) for a in said["lmsr.shares_for_budget"]] == [19.09, 0.0]
    assert said["x.y"] == {"missing": True}


def test_the_command_without_a_file_says_how_it_is_used() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.golden"],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2
    assert "CASES.json" in ran.stderr


def test_a_case_that_comes_to_no_number_leaves_the_others_their_answers(tmp_path: Path, capsys) -> None:
    cases = [
        {"in": {"x": float("nan")}},
        {"in": {"x": 0.0}},
        {},
        7,
        {"in": {"x": "a"}},
    ]
    file = tmp_path / "cases.json"
    file.write_text(json.dumps({"models": {"updown.normal_cdf": {"cases": cases}}}))
    assert main([str(file)]) == 0
    answers = json.loads(capsys.readouterr().out)["updown.normal_cdf"]
    assert ["error" in one for one in answers] == [True, False, True, True, True]
    assert answers[1]["out"]["cdf"] == 0.5


@pytest.mark.parametrize(
    "content", [None, b"", b"\xff\x00", b"[]", b"{}", b'{"models": 3}', b'{"models": {"a": 1}}', b"7"]
)
def test_what_is_no_file_of_cases_is_said_in_one_line(content: bytes | None, tmp_path: Path, capsys) -> None:
    file = tmp_path / "cases.json"
    if content is not None:
        file.write_bytes(content)
    code = main([str(file)])
    said = capsys.readouterr()
    if content == b'{"models": {"a": 1}}':
        assert (code, json.loads(said.out)) == (0, {"a": {"missing": True}})
        return
    assert (code, said.out, said.err.count("\n")) == (2, "", 1)
    assert str(file) in said.err

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.contract import Metric, Unit
from engine.core.errors import StoreDamaged
from engine.core.ids import MarketId
from engine.core.reading import ReportKind
from engine.oracle import chain
from engine.oracle.resolve import resolve
from tests.engine.oracle.cases import CLOSES, MIDWAY, at, contract, day, rain
from tests.engine.weather import katl
from tests.shared import shared

KEY = b"k" * 32
Row = tuple[object, object, object, object]


def rows(count: int = 5) -> list[Row]:
    return [(r.seq, r.prev, r.hash, r.body) for r in chain.records({"n": str(n)} for n in range(count))]


def changed(place: int, column: int, value: object) -> list[Row]:
    made = rows()
    made[place] = (*made[place][:column], value, *made[place][column + 1 :])  # type: ignore[assignment] # four columns still
    return made


def test_the_golden_chains() -> None:
    for case in json.loads(shared("golden/models.json").read_text())["models"]["lmsr.hash_chain"]["cases"]:
        found = chain.records(case["in"]["payloads"])
        assert [{"seq": r.seq, "prev": r.prev, "hash": r.hash} for r in found] == case["out"]["records"], case["name"]


def test_the_form_is_sorted_close_and_unescaped() -> None:
    assert chain.canonical({"b": Decimal("1.50"), "a": "µ°"}) == '{"a":"µ°","b":"1.50"}'.encode()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, "\ud800", Decimal("NaN"), b"x"])
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        chain.canonical({"a": value})


def test_a_sound_chain_verifies() -> None:
    found = chain.verify(rows())
    assert (found.ok, found.records, found.first_bad, found.head) == (True, 5, None, rows()[-1][2])
    assert chain.verify([]) == chain.Verification(True, 0, None, chain.GENESIS)


@pytest.mark.parametrize("column", range(4))
@pytest.mark.parametrize("value", [None, 2.0, True, "x", b"x", "", 9])
def test_a_change_of_any_column_is_found_where_it_is(column: int, value: object) -> None:
    found = chain.verify(changed(2, column, value))
    assert (found.ok, found.first_bad, found.records) == (False, 2, 5)


@given(st.integers(0, 4), st.data())
def test_a_flipped_character_of_a_body_is_found(place: int, data: st.DataObject) -> None:
    body = str(rows()[place][3])
    spot = data.draw(st.integers(0, len(body) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda c: c != body[spot]))
    assert chain.verify(changed(place, 3, body[:spot] + other + body[spot + 1 :])).first_bad == place


def test_a_body_of_the_same_meaning_in_other_bytes_is_found() -> None:
    spaced = json.dumps(json.loads(str(rows()[2][3])))
    assert chain.verify(changed(2, 3, spaced)).first_bad == 2


@given(st.permutations(range(5)))
def test_swapped_records_are_found(order: list[int]) -> None:
    made = rows()
    assert chain.verify([made[n] for n in order]).ok == (list(order) == list(range(5)))


def test_a_missing_a_doubled_and_a_malformed_row_are_found() -> None:
    made = rows()
    assert chain.verify([*made[:2], *made[3:]]).first_bad == 2
    assert chain.verify([*made[:3], made[2], *made[3:]]).first_bad == 3
    assert chain.verify([*made, made[0]]).first_bad == 5
    assert chain.verify([made[0][:3]]).first_bad == 0


def test_a_record_resealed_after_a_change_breaks_the_next_one() -> None:
    forged = chain.seal(2, str(rows()[1][2]), {"n": "X"})
    made = rows()
    made[2] = (forged.seq, forged.prev, forged.hash, forged.body)
    assert chain.verify(made).first_bad == 3


def test_only_the_checkpoint_finds_a_cut_or_rewritten_tail() -> None:
    whole, cut = chain.verify(rows()), chain.verify(rows()[:3])
    stated = chain.checkpoint(whole.records, whole.head, KEY)
    assert cut.ok
    assert chain.check(stated, whole.records, whole.head, KEY)
    assert not chain.check(stated, cut.records, cut.head, KEY)


@pytest.mark.parametrize(
    "change",
    [{"count": 4}, {"head": "0" * 64}, {"mac": "0" * 64}, {"v": 2}, {"count": 5.0}, {"mac": None}, {"mac": "é"}],
)
def test_a_changed_checkpoint_is_no_proof(change: dict) -> None:
    stated = chain.checkpoint(5, "a" * 64, KEY)
    assert not chain.check(stated | change, 5, "a" * 64, KEY)


def test_another_key_or_form_is_no_proof() -> None:
    stated = chain.checkpoint(5, "a" * 64, KEY)
    assert not chain.check(stated, 5, "a" * 64, b"other")
    assert not chain.check(stated | {"extra": 1}, 5, "a" * 64, KEY)
    assert not chain.check([], 5, "a" * 64, KEY)


def sealed_payload() -> dict:
    terms, readings = contract(), {MIDWAY: rain(10)}
    return chain.payload(
        terms,
        resolve(terms, readings),
        readings,
        market=MarketId("m1"),
        settled_at=CLOSES,
        payouts=[("you", Decimal("12.50")), ("house", Decimal("0E-6"))],
    )


def test_a_record_states_terms_value_and_evidence() -> None:
    stated = sealed_payload()
    assert (stated["outcome"], stated["winner"], stated["observed_value"], stated["threshold"]) == (
        "YES",
        0,
        "2.54",
        "2.5",
    )
    assert stated["settled_at"] == "2026-07-04T06:00:00Z"
    assert stated["payouts"] == [
        {"account": "you", "amount": "12.50"},
        {"account": "house", "amount": "0.000000"},
    ]
    assert len(stated["evidence"]) == 24
    assert stated["evidence"][0]["raw"] == "KMDW 0"


def test_a_record_resolves_again_from_its_own_stored_text() -> None:
    body = json.loads(chain.seal(0, chain.GENESIS, sealed_payload()).body)
    found = chain.reverify(body["payload"])
    assert (found.outcome, found.value) == ("YES", Decimal("2.54"))
    terms, readings = chain.evidence_of(body["payload"])
    assert terms == contract()
    assert list(readings[MIDWAY]) == rain(10)


def test_changed_evidence_resolves_otherwise() -> None:
    stated = sealed_payload()
    del stated["evidence"][5:]
    assert chain.reverify(stated).reason == "coverage"


@pytest.mark.parametrize("change", [{"contract": {}}, {"evidence": 3}, {"evidence": [{}]}, {"contract": None}])
def test_an_unreadable_record_is_damaged(change: dict) -> None:
    with pytest.raises(StoreDamaged, match="cannot be read"):
        chain.reverify(sealed_payload() | change)


@pytest.mark.parametrize(
    ("field", "value"),
    [("coverage", "NaN"), ("threshold", "1E-999999999"), ("unit", "kt"), ("max_spread", "sNaN")],
)
def test_a_record_whose_contract_makes_no_sense_is_damaged_and_holds_nobody_up(field: str, value: object) -> None:
    stated = sealed_payload()
    terms = dict(stated["contract"], **{field: value})  # type: ignore[call-overload] # an object by its fields
    with pytest.raises(StoreDamaged, match="cannot be"):
        chain.reverify(stated | {"contract": terms})


def test_a_dispute_is_a_record_too() -> None:
    terms = contract(metric=Metric.TEMP_MAX, unit=Unit.FAHRENHEIT)
    readings = {MIDWAY: day(temp_tenths_c=300)}
    stated = chain.payload(
        terms, resolve(terms, readings), readings, market=MarketId("m"), settled_at=CLOSES, supersedes=4, ruled_by="op"
    )
    assert (stated["reason"], stated["supersedes"], stated["ruled_by"]) == ("provisional", 4, "op")
    assert chain.reverify(stated).reason == "provisional"


def test_a_record_of_the_first_rules_resolves_by_them() -> None:
    terms = contract(metric=Metric.TEMP_MIN, unit=Unit.FAHRENHEIT, threshold=Decimal(68))
    group = at(23, temp_tenths_c=300, min24_tenths_c=206)
    readings = {MIDWAY: [*day(range(23), temp_tenths_c=300), group, at(24, 0, kind=ReportKind.CLIMATE, low_f=68)]}
    stated = chain.payload(terms, resolve(terms, readings), readings, market=MarketId("m"), settled_at=CLOSES)
    assert (chain.reverify(stated).outcome, stated["code_version"]) == ("NO", "rules-2")
    then = chain.reverify(stated | {"code_version": "rules-1"})
    assert (then.reason, then.detail) == (
        "sources", "Sources of KMDW disagree: climate report 68 °F, 24-hour group 69 °F.",
    )  # fmt: skip


def test_real_evidence_survives_the_round_trip() -> None:
    real = katl.days()[2]
    name = real.readings[0].station
    terms = contract(opens=real.opens, closes=real.closes, stations=(contract().stations[0].__class__(
        id=name, km=Decimal(1), weight=Decimal(1)),))  # fmt: skip
    verdict = resolve(terms, {name: real.readings})
    stated = chain.payload(terms, verdict, {name: real.readings}, market=MarketId("m"), settled_at=real.closes)
    assert chain.reverify(json.loads(chain.canonical(stated))) == verdict

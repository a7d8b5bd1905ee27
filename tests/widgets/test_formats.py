from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.units import HOUR, MINUTE, SECOND, Nanos, Ticks
from widgets import formats

NOW = Nanos(1_783_107_127_104_999_999)  # 2026-07-03 19:32:07.104Z


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("-52.14"), "−$52.14"),
        (Decimal("52.14"), "$52.14"),
        (Decimal("1250.5"), "$1\u00a0250.50"),
        (Decimal("-0.004"), "$0.00"),
        (Decimal(0), "$0.00"),
        (None, "—"),
        (float("nan"), "—"),
        (Decimal("Infinity"), "—"),
    ],
)
def test_money(value, shown):
    assert formats.money(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(Decimal("3.18"), "+$3.18"), (Decimal("-3.18"), "−$3.18"), (Decimal(0), "$0.00")]
)
def test_signed_money(value, shown):
    assert formats.money(value, signed=True) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(1.08, "+1.08"), (-0.12, "−0.12"), (0.0, "0.00"), (-0.001, "0.00"), (None, "—")]
)
def test_amounts_of_a_column_have_signs_but_no_symbol(value, shown):
    assert formats.amount(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(1.8, "▲ +1.80"), (-0.33, "▼ −0.33"), (0, "0.00"), (0.001, "0.00"), (None, "—")]
)
def test_results_have_arrow_and_sign(value, shown):
    assert formats.arrowed(value) == shown


@pytest.mark.parametrize(("value", "shown"), [(1.0, "▲1.0"), (-1.5, "▼1.5"), (0.0, "0.0"), (None, "—")])
def test_a_change_has_its_arrow_for_a_sign(value, shown):
    assert formats.change(value) == shown


@pytest.mark.parametrize(
    ("ticks", "shown"), [(4200, "42"), (4250, "42.5"), (4251, "42.51"), (0, "0"), (-150, "−1.5"), (None, "—")]
)
def test_cents_of_ticks(ticks, shown):
    assert formats.cents(None if ticks is None else Ticks(ticks)) == shown


def test_cents_with_fixed_places():
    assert formats.cents(Ticks(4200), 1) == "42.0"


@pytest.mark.parametrize(("p", "shown"), [(0.468, "46.8 %"), (0.0, "0.0 %"), (1.0, "100.0 %"), (None, "—")])
def test_probabilities(p, shown):
    assert formats.percent(p) == shown


@pytest.mark.parametrize(("p", "shown"), [(0.468, "46.8"), (None, "—")])
def test_probabilities_under_a_percent_header(p, shown):
    assert formats.points(p) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "—"),
        (Decimal(76_000), "76\u00a0000"),
        (Decimal("2.350"), "2.35"),
        (0.125, "0.125"),
        (-0.1, "−0.1"),
        (0, "0"),
    ],
)
def test_all_the_decimals_that_a_number_has(value, shown):
    assert formats.exact(value) == shown


@pytest.mark.parametrize(
    ("price", "currency", "shown"),
    [
        (61_250.5, "USDC", "$61\u00a0250.5"), (185.25, "USDC", "$185.25"), (2.3451, "USDC", "$2.3451"),
        (2.3, "USD", "$2.30"), (-0.0123, "USDC", "−$0.0123"), (0.00001234, "USDT", "$0.00001234"),
        (0.0, "USDC", "$0.00"),
        (0.0505, "BTC", "0.0505 BTC"), (None, "USDC", "—"), (43.0, "", "43.0"),
    ],
)  # fmt: skip
def test_prices_of_derivatives_keep_the_digits_of_cheap_coins(price, currency, shown):
    assert formats.priced(price, 1, currency) == shown


@pytest.mark.parametrize(
    ("qty", "shown"),
    [
        (Decimal(1250), "1\u00a0250"), (Decimal("0.42"), "0.42"), (Decimal("10.000000"), "10"), (-16, "−16"),
        (None, "—"), (Decimal("0.001"), "0.001"), (Decimal("-0.0045"), "−0.0045"), (Decimal("3.4251"), "3.43"),
        (Decimal(0), "0"), (Decimal("0.333333"), "0.3333"), (Decimal("0.5"), "0.50"),
        (Decimal("0.00012345"), "0.00012345"),
    ],
)  # fmt: skip
def test_quantities(qty, shown):
    assert formats.quantity(qty) == shown


def test_brief_tells_parts_of_a_share_only_below_ten():
    shown = [formats.brief(None if q is None else Decimal(q), signed=True) for q in (None, "9.52", "10.4", "-3", "0")]
    assert shown == ["—", "+9.5", "+10", "−3", "0"]


def test_signed_quantity():
    assert formats.quantity(Decimal(24), signed=True) == "+24"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.022, "22 ms"),
        (0.4, "0.4 s"),
        (2.44, "2.4 s"),
        (9.96, "10 s"),
        (14, "14 s"),
        (89.4, "89 s"),
        (39 * 60, "39 m"),
        (3 * 3600, "3 h"),
        (50 * 3600, "2 d"),
        (-1, "0 ms"),
        (None, "—"),
    ],
)
def test_ages(seconds, shown):
    assert formats.age(seconds) == shown


def test_age_of_a_moment_is_never_negative():
    assert formats.since(Nanos(NOW - 14 * SECOND), NOW) == "14 s"
    assert formats.since(Nanos(NOW + SECOND), NOW) == "0 ms"
    assert formats.since(None, NOW) == "—"


@pytest.mark.parametrize(
    ("span", "shown"),
    [
        (10 * HOUR + 26 * MINUTE + 53 * SECOND, "10:26:53"),
        (59 * SECOND, "0:00:59"),
        (-1, "0:00:00"),
        (76 * HOUR, "3 d 04 h"),
        (None, "—"),
    ],
)
def test_durations(span, shown):
    assert formats.duration(span) == shown


def test_times_are_local_with_an_offset_and_utc_with_a_z():
    assert formats.local(NOW, -6) == "13:32:07"
    assert formats.stamp(NOW, -6) == "13:32:07.104"
    assert formats.utc(NOW) == "19:32:07Z"
    assert formats.local(None, -6) == formats.utc(None) == formats.stamp(None, 0) == "—"


def test_an_offset_may_turn_the_day():
    assert formats.local(NOW, 9, "%Y-%m-%d %H:%M") == "2026-07-04 04:32"


@pytest.mark.parametrize(("hours", "shown"), [(-6, "UTC−6"), (0, "UTC"), (9, "UTC+9")])
def test_zone_names(hours, shown):
    assert formats.zone(hours) == shown


@pytest.mark.parametrize(("value", "sign"), [(0.01, 1), (-0.01, -1), (0.001, 0), (None, 0)])
def test_direction_is_that_of_the_shown_text(value, sign):
    assert formats.direction(value) == sign


@given(st.decimals(-(10**9), 10**9, places=6))
def test_no_number_holds_a_hyphen_or_a_space_that_breaks(value):
    for text in (formats.money(value), formats.amount(value), formats.quantity(value)):
        assert "-" not in text
        assert " " not in text


@given(st.decimals(-(10**9), 10**9, places=2))
def test_money_reads_back(value):
    text = formats.money(value).replace("\u00a0", "").replace("$", "").replace("−", "-")
    assert Decimal(text) == value


@given(st.text(max_size=600))
def test_foreign_text_becomes_one_short_printable_line(text):
    shown = formats.plain(text, 60)
    assert len(shown) <= 60
    assert all(c.isprintable() for c in shown)


def test_what_turns_text_round_is_taken_out():
    assert formats.plain("a\u202eb\nc\x00d") == "a b c d"


def test_a_tool_tip_does_not_take_markup_at_its_word():
    assert formats.tip("<img src=x> & co") == "<qt>&lt;img src=x&gt; &amp; co</qt>"
    assert formats.tip("") == ""

"""Order bodies and refusals: the fee that is signed, when a signature ends, and what a no means."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.commands import Tif
from engine.core.units import SECOND, Leg, Nanos, Side, Ticks
from engine.sandbox.servers import derive_auth
from engine.venues.derive import wire, wire_orders
from engine.venues.derive.endpoints import PROD
from engine.venues.derive.keys import DeriveKeys
from engine.venues.derive.sign import Signer
from engine.venues.derive.wire_orders import Terms, Unsendable
from tests.engine.venues.derive.test_wire import AT, spec

OWNER = derive_auth.address_of(5)
SIGNER = Signer(DeriveKeys(6, OWNER, 42), PROD)
NOW_S = AT // SECOND
CALL = spec("ETH-20270326-4000-C")


def terms(**fields) -> Terms:
    given = {"client": "c", "buys": True, "price": Ticks(1_190), "qty": Decimal("1.25"), "tif": Tif.GTC} | fields
    return Terms(**given)


@given(
    st.integers(1, 10**7), st.decimals("0.01", 1000, places=2), st.decimals(1, 10**6, places=2), st.booleans(),
    st.booleans(), st.sampled_from(list(Tif)),
)  # fmt: skip
def test_a_venue_that_checks_finds_the_signers_own_signature(price, qty, index, buys, post_only, tif) -> None:
    until = Nanos(AT + 3_600 * SECOND) if tif is Tif.GTD else None
    what = terms(buys=buys, price=Ticks(price), qty=qty, post_only=post_only, tif=tif, until=until)
    body = wire_orders.create(CALL, what, index, SIGNER, int(AT), AT)
    wallet = derive_auth.Wallet(OWNER, (42,), {SIGNER.address: derive_auth.Session(SIGNER.address)})
    data = derive_auth.order_data(
        CALL.asset, CALL.sub_id, body["limit_price"], body["amount"], body["max_fee"], 42, buys=buys
    )
    assert derive_auth.check(wallet, body, derive_auth.TRADE, data, int(AT)) == int(AT)
    spoilt = dict(body, nonce=str(int(AT) + 1))
    with pytest.raises(derive_auth.Wrong, match="14014"):
        derive_auth.check(wallet, spoilt, derive_auth.TRADE, data, int(AT))


def test_the_fee_that_is_signed_is_three_times_the_venues_suggestion() -> None:
    dear = wire_orders.max_fee(CALL, Decimal("119"), Decimal(3500), post_only=False)
    assert dear == 3 * 2 * Decimal("0.0003") * 3500 + Decimal("0.5") / Decimal("0.01")
    assert wire_orders.max_fee(CALL, Decimal("119"), Decimal(3500), post_only=True) == Decimal("6.3")
    assert dear < 100


@pytest.mark.parametrize(("tif", "life"), [(Tif.GTC, 90 * 86_400), (Tif.IOC, 600), (Tif.FOK, 600)])
def test_an_order_lives_as_long_as_its_signature(tif, life) -> None:
    assert wire_orders.expires(terms(tif=tif), AT) - NOW_S == life


def test_an_end_is_kept_and_one_too_near_is_refused() -> None:
    assert wire_orders.expires(terms(tif=Tif.GTD, until=Nanos(AT + 60 * SECOND)), AT) - NOW_S == 60
    assert wire_orders.expires(terms(tif=Tif.GTD, until=Nanos(AT + 400 * 86_400 * SECOND)), AT) - NOW_S == 90 * 86_400
    with pytest.raises(Unsendable, match="10 s"):
        wire_orders.expires(terms(tif=Tif.GTD, until=Nanos(AT + 5 * SECOND)), AT)


def test_post_only_is_refused_rather_than_repriced() -> None:
    body = wire_orders.create(CALL, terms(post_only=True), Decimal(1), SIGNER, 1, AT)
    assert (body["time_in_force"], body["reject_post_only"], body["label"]) == ("post_only", True, "c")
    assert isinstance(body["nonce"], str)
    assert isinstance(body["subaccount_id"], int)


@pytest.mark.parametrize(
    ("side", "leg", "wanted"),
    [(Side.BUY, Leg.YES, True), (Side.SELL, Leg.YES, False), (Side.BUY, Leg.NO, False), (Side.SELL, Leg.NO, True)],
)
def test_a_leg_held_short_is_closed_by_a_purchase(side, leg, wanted) -> None:
    assert wire_orders.buys(side, leg) is wanted


def error(code: int, message: str = "") -> wire.RpcError:
    return wire.RpcError(code=code, message=message)


@pytest.mark.parametrize(
    ("code", "wanted"),
    [(11000, "funds"), (11008, "post_only"), (11023, "max_fee"), (14014, "signature"), (14099, "auth"),
     (16001, "compliance"), (-32000, "throttled"), (424242, "424242")],
)  # fmt: skip
def test_a_no_is_told_in_our_words(code, wanted) -> None:
    found = wire_orders.refusal(error(code, "<script>"))
    assert found.code == wanted
    assert "<" not in found.text
    assert len(found.text.split()) > 3


@pytest.mark.parametrize(
    ("one", "wanted"),
    [(error(9000), True), (error(9001), True), (error(-32603), True), (error(-32603, "signature error"), False),
     (error(11000), False)],
)  # fmt: skip
def test_what_the_venue_does_not_know_itself_is_no_answer(one, wanted) -> None:
    assert wire_orders.unknown(one) is wanted

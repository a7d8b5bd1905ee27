"""What is signed follows from the type string alone; the venue's vectors are in `tests/golden_rysk`."""

from __future__ import annotations

import pytest

from engine.venues.polymarket.sign import Wallet
from engine.venues.rysk import sign
from engine.venues.rysk.endpoints import CURRENT, DEMO, FIRST, PROD
from engine.venues.rysk.keys import RyskKeys

MESSAGE = {
    "assetAddress": "0x" + "0a" * 20, "chainId": 84532, "isPut": False, "strike": "300000000000", "expiry": 1791532800,
    "maker": "0x" + "0b" * 20, "nonce": "1791315116263", "price": "1250000000000000000", "quantity": str(10**18),
    "isTakerBuy": False, "validUntil": 1791315146, "usd": "0x" + "0c" * 20, "collateralAsset": "0x" + "0a" * 20,
}  # fmt: skip
KEY = RyskKeys(private_key=0xA11CE)


def test_the_type_that_makers_sign_has_the_hash_that_the_contract_knows() -> None:
    assert sign.type_hash(CURRENT).hex() == "bdd6bb1e47b2cb4c2ff3a42e52c71f8a116d25b90a84cbfd331688ceda9176c1"


def test_chain_type_and_every_member_change_what_is_signed() -> None:
    base = sign.digest(CURRENT, MESSAGE, sign.domain(DEMO))
    found = {base, sign.digest(CURRENT, MESSAGE, sign.domain(PROD)), sign.digest(FIRST, MESSAGE, sign.domain(DEMO))}
    for name, value in MESSAGE.items():
        other = (not value) if isinstance(value, bool) else (value + 1 if isinstance(value, int) else value[:-1] + "7")
        found.add(sign.digest(CURRENT, {**MESSAGE, name: other}, sign.domain(DEMO)))
    assert len(found) == 3 + len(MESSAGE)


@pytest.mark.parametrize(
    ("name", "value"),
    [("nonce", 2**64), ("price", "-1"), ("price", "1.5"), ("isPut", 1), ("maker", "0x12"), ("chainId", True)],
)
def test_a_member_that_does_not_fit_its_type_is_not_signed(name, value) -> None:
    with pytest.raises(ValueError, match=name if name != "maker" else "address"):
        sign.digest(CURRENT, {**MESSAGE, name: value}, sign.domain(DEMO))


@pytest.mark.parametrize("text", ["Quote", "Quote(uint7x a)", "Quote(bytes a)", "Quote(address)"])
def test_a_type_that_cannot_be_encoded_is_refused(text) -> None:
    with pytest.raises(ValueError, match=r"member|type"):
        sign.struct_hash(text, MESSAGE)


def test_a_key_is_in_no_representation() -> None:
    assert str(0xA11CE) not in repr(KEY)
    assert Wallet(KEY.private_key).address.startswith("0x")

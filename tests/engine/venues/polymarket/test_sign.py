"""Polymarket's signatures, against the Ethereum library that its own clients use."""

from __future__ import annotations

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.venues.polymarket import sign
from engine.venues.polymarket.endpoints import Endpoints
from engine.venues.polymarket.keys import Credentials, PolymarketKeys, private_key_of

THROW_AWAY = 0x5EED_0000_1234
ADDRESS = "0x" + "1" * 40
CURVE = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
KEYS = st.integers(1, CURVE - 1)
WORD = st.binary(min_size=32, max_size=32).map(lambda b: "0x" + b.hex())
WALLETS = st.binary(min_size=20, max_size=20).map(lambda b: "0x" + b.hex())
ORDERS = st.builds(
    sign.Order,
    salt=st.integers(0, 2**53 - 1),
    maker=WALLETS,
    signer=WALLETS,
    token=st.integers(0, 2**256 - 1),
    maker_amount=st.integers(0, 2**64),
    taker_amount=st.integers(0, 2**64),
    side=st.integers(0, 1),
    signature_type=st.integers(0, 2),
    timestamp_ms=st.integers(0, 2**48),
    metadata=WORD,
    builder=WORD,
)
DOMAINS = st.builds(sign.Domain, st.sampled_from([137, 80002]), WALLETS, st.sampled_from(["2", "3"]))
FIELDS = [part.split(" ") for part in sign.ORDER_TYPE[len("Order(") : -1].split(",")]
ORDER_FIELDS = [{"type": kind, "name": name} for kind, name in FIELDS]
DOMAIN_FIELDS = [
    {"type": "string", "name": "name"},
    {"type": "string", "name": "version"},
    {"type": "uint256", "name": "chainId"},
    {"type": "address", "name": "verifyingContract"},
]


def raw(key: int) -> bytes:
    return key.to_bytes(32, "big")


def message(order: sign.Order) -> dict[str, object]:
    return dict(zip([name for _, name in FIELDS], order, strict=True))


def oracle(domain: sign.Domain, types: dict[str, object], primary: str, body: dict[str, object]):
    where = {
        "name": domain.name,
        "version": domain.version,
        "chainId": domain.chain_id,
        "verifyingContract": domain.contract,
    }
    return encode_typed_data(
        full_message={
            "types": {"EIP712Domain": DOMAIN_FIELDS, **types},
            "primaryType": primary,
            "domain": where,
            "message": body,
        }
    )


@settings(max_examples=25, deadline=None)
@given(KEYS, ORDERS, DOMAINS)
def test_an_order_is_signed_as_the_ethereum_library_signs_it(key, order, domain) -> None:
    typed = oracle(domain, {"Order": ORDER_FIELDS}, "Order", message(order))
    signed = Account.sign_message(typed, raw(key))
    assert sign.Wallet(key).sign_order(order, domain) == "0x" + bytes(signed.signature).hex()
    assert sign.order_digest(order, domain) == bytes(signed.message_hash)


@settings(max_examples=10, deadline=None)
@given(KEYS, ORDERS, DOMAINS)
def test_a_deposit_wallet_wraps_the_order_in_its_own_typed_data(key, order, domain) -> None:
    order = order._replace(signature_type=3, maker=order.signer)
    nested = [
        {"type": "Order", "name": "contents"},
        *DOMAIN_FIELDS,
        {"type": "bytes32", "name": "salt"},
    ]
    body = {
        "contents": message(order),
        "name": "DepositWallet",
        "version": "1",
        "chainId": domain.chain_id,
        "verifyingContract": order.signer,
        "salt": sign.NO_BYTES,
    }
    typed = oracle(domain, {"Order": ORDER_FIELDS, "TypedDataSign": nested}, "TypedDataSign", body)
    got = bytes.fromhex(sign.Wallet(key).sign_order(order, domain)[2:])
    assert got[:65] == bytes(Account.sign_message(typed, raw(key)).signature)
    assert got[65:97] == sign.separator(domain)
    assert got[97:129] == sign.struct_hash(order)
    assert got[129:] == sign.ORDER_TYPE.encode() + len(sign.ORDER_TYPE).to_bytes(2, "big")


@settings(max_examples=10, deadline=None)
@given(KEYS, st.integers(0, 2**40), st.integers(0, 2**256 - 1))
def test_the_attestation_is_what_the_ethereum_library_signs(key, at, nonce) -> None:
    typed = encode_typed_data(
        domain_data={"name": "ClobAuthDomain", "version": "1", "chainId": 137},
        message_types={
            "ClobAuth": [
                {"type": "address", "name": "address"},
                {"type": "string", "name": "timestamp"},
                {"type": "uint256", "name": "nonce"},
                {"type": "string", "name": "message"},
            ]
        },
        message_data={
            "address": Account.from_key(raw(key)).address,
            "timestamp": str(at),
            "nonce": nonce,
            "message": sign.ATTEST,
        },
    )
    signed = Account.sign_message(typed, raw(key))
    assert sign.Wallet(key).attest(at, nonce, 137) == "0x" + bytes(signed.signature).hex()


@settings(max_examples=25, deadline=None)
@given(KEYS)
def test_an_address_carries_its_checksum(key) -> None:
    assert sign.Wallet(key).address == Account.from_key(raw(key)).address


@settings(max_examples=25, deadline=None)
@given(KEYS, st.binary(min_size=32, max_size=32))
def test_a_signature_has_the_low_half_of_s(key, digest) -> None:
    assert int.from_bytes(sign.Wallet(key).sign(digest)[32:64], "big") <= CURVE // 2


def test_each_kind_of_token_has_its_contract() -> None:
    where = Endpoints()
    ordinary = 1 << 45
    assert sign.domain_of(ordinary, False, where) == sign.Domain(137, where.exchange, "2")
    assert sign.domain_of(ordinary, True, where) == sign.Domain(137, where.negative_risk, "2")
    position = (0xABCD << 104) | 7
    assert sign.domain_of(position, True, where) == sign.Domain(137, where.exchange_v3, "3")


@pytest.mark.parametrize(
    "change",
    [{"salt": -1}, {"token": 2**256}, {"maker": "0x12"}, {"signer": "no address"}, {"metadata": "0x00"}],
)
def test_what_does_not_fit_its_field_is_refused(change) -> None:
    order = sign.Order(1, ADDRESS, ADDRESS, 2, 3, 4, 0, 0, 5)._replace(**change)
    with pytest.raises(ValueError, match=r"256-bit|hexadecimal"):
        sign.struct_hash(order)


def test_the_query_is_not_signed_and_padding_does_not_matter() -> None:
    padded, bare = "AAECAwQFBgcICQoLDA0ODw==", "AAECAwQFBgcICQoLDA0ODw"
    whole = sign.hmac_signature(padded, 7, "GET", "/data/orders?market=1")
    assert whole == sign.hmac_signature(bare, 7, "GET", "/data/orders")
    assert whole != sign.hmac_signature(bare, 7, "GET", "/data/orders", b"{}")


def test_a_secret_that_is_none_is_refused_without_being_shown() -> None:
    with pytest.raises(ValueError, match="no base64") as e:
        sign.hmac_signature("canary secret!", 7, "GET", "/time")
    assert "canary" not in repr(e.value)


def test_no_secret_is_shown() -> None:
    keys = PolymarketKeys(THROW_AWAY, credentials=Credentials("public", "canary-secret", "canary-phrase"))
    shown = repr(keys) + repr(sign.Wallet(THROW_AWAY))
    assert "canary" not in shown
    assert str(THROW_AWAY) not in shown


def test_a_private_key_is_64_digits_within_the_curve() -> None:
    assert private_key_of("0x" + f"{THROW_AWAY:064x}") == THROW_AWAY
    for wrong in ("", "12", "zz" * 32, "0" * 64, f"{CURVE:064x}"):
        with pytest.raises(ValueError, match="64 hexadecimal digits"):
            private_key_of(wrong)


def test_a_wallet_that_holds_the_money_must_be_named() -> None:
    with pytest.raises(ValueError, match="wallet's address"):
        PolymarketKeys(THROW_AWAY, signature_type=1)
    with pytest.raises(ValueError, match="0 to 3"):
        PolymarketKeys(THROW_AWAY, signature_type=4)

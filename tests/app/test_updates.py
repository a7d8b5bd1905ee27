"""P30: an update is announced only on the word of a pinned key; everything else is no update."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app import updates
from app.updates import Channel, judge

NOW = 1_800_000_000
KEY, OTHER = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
GOOD = {"program": "atmx", "version": "2.0.0", "made": NOW - 10, "expires": NOW + 1_000, "artefacts": []}


def public(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def body(**changed: Any) -> bytes:
    return json.dumps(GOOD | changed).encode()


def found(text: bytes, key: Ed25519PrivateKey = KEY, ours: str = "1.0.0") -> str | None:
    answer = judge(text, key.sign(text).hex(), [public(KEY)], NOW, ours)
    return None if answer is None else answer.version


def test_p30_a_signed_newer_version_is_announced_and_says_that_nothing_was_done() -> None:
    assert found(body()) == "2.0.0"
    assert "Nothing was downloaded" in updates.Newer("2.0.0").words
    assert judge(body(), KEY.sign(body()).hex(), [public(OTHER), public(KEY)], NOW, "1.0.0") is not None


@pytest.mark.parametrize(
    "changed",
    [
        {"version": "1.0.0"}, {"version": "0.9.9"}, {"version": "2"}, {"version": "2.0.0-rc1"}, {"expires": NOW},
        {"made": NOW + 10**6}, {"program": "another"}, {"version": 2}, {"artefacts": "none"}, {"pad": "x" * 70_000},
    ],
    ids=str,
)  # fmt: skip
def test_p30_what_is_old_expired_early_or_misformed_is_no_update(changed: dict[str, Any]) -> None:
    assert found(body(**changed)) is None


def test_p30_other_keys_cut_bytes_and_no_signature_are_no_update() -> None:
    assert found(body(), OTHER) is None
    good = KEY.sign(body()).hex()
    for text, signature in (
        (body() + b" ", good), (body()[:-1], good), (body(), ""), (body(), "zz"), (body(), good[:-2]), (b"", good)
    ):  # fmt: skip
        assert judge(text, signature, [public(KEY)], NOW, "1.0.0") is None
    assert judge(body(), good, [], NOW, "1.0.0") is None
    assert judge(body(), good, ["no key"], NOW, "1.0.0") is None


def test_p30_a_redirect_a_flood_and_an_open_address_are_no_update() -> None:
    async def run() -> None:
        async def manifest(_: web.Request) -> web.Response:
            return web.Response(body=served["body"])

        async def signature(_: web.Request) -> web.Response:
            return web.Response(text=KEY.sign(served["body"][:200_000]).hex())

        async def away(_: web.Request) -> web.Response:
            raise web.HTTPFound("/manifest.json")

        served = {"body": body(version="9999.0.0")}
        app = web.Application()
        app.add_routes([web.get("/manifest.json", manifest), web.get("/manifest.sig", signature)])
        app.add_routes([web.get("/away.json", away), web.get("/away.sig", signature)])
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        where = f"http://127.0.0.1:{runner.addresses[0][1]}"
        keys = (public(KEY),)
        try:
            answer = await updates.ask(Channel(f"{where}/manifest.json", keys), NOW)
            assert answer == updates.Newer("9999.0.0")
            assert await updates.ask(Channel(f"{where}/away.json", keys), NOW) is None
            assert await updates.ask(Channel(f"{where}/none.json", keys), NOW) is None
            assert await updates.ask(Channel("http://example.invalid/manifest.json", keys), NOW) is None
            assert await updates.ask(Channel("http://127.0.0.1:9/manifest.json", keys), NOW) is None
            served["body"] = b"x" * 200_000
            assert await updates.ask(Channel(f"{where}/manifest.json", keys), NOW) is None
        finally:
            await runner.cleanup()

    asyncio.run(run())


def test_a_program_built_without_keys_never_asks() -> None:
    shipped = updates.channel()
    assert asyncio.run(updates.ask(Channel(address="https://example.invalid/manifest.json"), NOW)) is None
    assert bool(shipped.address) == bool(shipped.keys)

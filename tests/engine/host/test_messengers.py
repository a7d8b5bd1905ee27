"""Channels of alerts against servers of a few lines: plain text, thrice at most, bounded, and no secret in sight."""

from __future__ import annotations

import asyncio
import json

import pytest
from aiohttp import web

from engine.core.errors import InputError
from engine.core.when import instant
from engine.host import messengers
from engine.host.messengers import Messenger, Note, Ntfy, Telegram, Webhook, address
from tests.engine.sources.desk import Clock, Desk, cut, serving, text

NOON = instant("2026-07-03T12:00:00Z")
TOKEN = "123456:AAcanary_token-0123456789"
NOTE = Note("Chicago <b>86</b>", "bid 41 c, at or above 40", "2026-07-03T12:00:00Z", "price", urgent=True, times=3)
GOOD = text('{"ok":true}')


class Reading(Desk):
    """Remembers the bodies, too."""

    def __init__(self, *script) -> None:
        super().__init__(*script)
        self.bodies: list[dict] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.bodies.append(json.loads(await request.read()))
        return await super().handle(request)


def keys_of(kind, base):
    made = {
        "telegram": Telegram(TOKEN, "-100123", base),
        "ntfy": Ntfy("canary-topic-4711", "canary-bearer", base),
        "webhook": Webhook(f"{base}/hooks/canary-path?x=1", "canary-bearer"),
    }
    return made[kind]


async def sent(desk, kind="webhook", note=NOTE, puts=0):
    """Return a messenger that sent a test, or so many notes in a row, with its clock and what the test said."""
    clock = Clock(NOON)
    one = Messenger("Channel", changed=lambda: None, now=clock.now, rest=clock.sleep)
    async with serving(desk) as base:
        one.keys = keys_of(kind, base)
        said = (True, "") if puts else await one.test(note)
        for n in range(puts):
            one.put(note._replace(title=str(n), urgent=n == 0))
        while one.waiting:
            await asyncio.sleep(0)
            if one._task is not None:
                await one._task
    return one, clock, said


async def test_telegram_gets_plain_text_for_one_chat() -> None:
    desk = Reading(GOOD)
    _, _, said = await sent(desk, "telegram")
    assert said == (True, "Channel took the message")
    assert desk.asked[0].path == f"/bot{TOKEN}/sendMessage"
    assert desk.bodies == [
        {
            "chat_id": "-100123",
            "text": "Chicago <b>86</b>\nbid 41 c, at or above 40\n2026-07-03T12:00:00Z",
            "disable_notification": False,
            "link_preview_options": {"is_disabled": True},
        }
    ]


async def test_ntfy_gets_topic_title_and_priority_as_json() -> None:
    desk = Reading(GOOD)
    await sent(desk, "ntfy")
    assert desk.asked[0].path == "/"
    assert desk.asked[0].headers["Authorization"] == "Bearer canary-bearer"
    assert desk.bodies == [
        {
            "topic": "canary-topic-4711",
            "title": "Chicago <b>86</b>",
            "message": "bid 41 c, at or above 40\n2026-07-03T12:00:00Z",
            "priority": 5,
        }
    ]


async def test_a_webhook_gets_every_field_of_the_alert() -> None:
    desk = Reading(GOOD)
    await sent(desk)
    assert desk.asked[0].path_qs == "/hooks/canary-path?x=1"
    assert desk.bodies == [
        {
            "source": "atmx", "at": "2026-07-03T12:00:00Z", "rule": "Chicago <b>86</b>", "kind": "price",
            "text": "bid 41 c, at or above 40", "urgent": True, "times": 3,
        }
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["telegram", "ntfy", "webhook"])
async def test_a_refusal_is_one_sentence_without_a_secret_and_is_not_repeated(kind) -> None:
    words = json.dumps({"ok": False, "description": f"Unauthorized {TOKEN} canary-topic-4711 canary-bearer \u202e<b>"})
    desk = Desk(text(words, 401))
    one, _, (good, said) = await sent(desk, kind)
    assert (good, one.failed, one.sent, len(desk.asked)) == (False, 1, 0, 1)
    assert said.startswith("Channel refused (401: Unauthorized")
    assert not any(secret and secret in said for secret in one.keys.secrets())
    assert "\u202e" not in said
    assert all(secret not in repr(one.keys) for secret in one.keys.secrets() if secret)


async def test_what_may_pass_is_tried_thrice_with_longer_waits() -> None:
    desk = Desk(text("", 503), cut, GOOD)
    one, clock, (good, _) = await sent(desk)
    assert (good, one.why, len(desk.asked)) == (True, "", 3)
    assert clock.waits == [1.0, 2.0]


async def test_a_server_that_stays_away_is_given_up() -> None:
    one, _, (good, said) = await sent(Desk(text("", 500)))
    assert (good, said, one.last_at) == (False, "Channel refused (500)", None)
    one, _, (good, said) = await sent(Desk(cut))
    assert (good, said.startswith("Channel cannot be reached")) == (False, True)


@pytest.mark.parametrize(
    ("reply", "wait"),
    [
        (text("", 429, Retry_After="7"), 7.0),
        (text('{"ok":false,"parameters":{"retry_after":9}}', 429), 9.0),
        (text("", 429, Retry_After="86000"), 60.0),
        (text('{"parameters":{"retry_after":true}}', 429), 1.0),
    ],
)
async def test_a_service_that_asks_for_a_pause_gets_it_within_reason(reply, wait) -> None:
    _, clock, (good, _) = await sent(Desk(reply, GOOD))
    assert (good, clock.waits) == (True, [wait])


async def test_a_slow_server_is_left_after_its_time(monkeypatch) -> None:
    monkeypatch.setattr(messengers, "TIMEOUT_S", 0.05)
    monkeypatch.setattr(messengers, "TRIES", 1)
    stay = asyncio.Event()

    class Slow(Desk):
        async def handle(self, request):
            await stay.wait()
            return web.Response()

    task = asyncio.ensure_future(sent(Slow(GOOD)))
    one, _, (good, said) = await task
    stay.set()
    assert not good
    assert one.failed == 1
    assert said.startswith(("Channel did not answer within", "Channel cannot be reached (ReadTimeout"))


async def test_a_redirect_is_not_followed_and_a_flood_of_bytes_is_not_read() -> None:
    desk = Desk(text("", 302, Location="http://127.0.0.1:1/elsewhere"))
    _, _, (good, said) = await sent(desk)
    assert (good, said, len(desk.asked)) == (False, "Channel refused (302)", 1)
    _, _, (good, said) = await sent(Desk(text(b"[" * 5_000_000, 400)))
    assert (good, said) == (False, "Channel refused (400)")


async def test_messages_wait_in_a_bounded_row_and_the_urgent_one_is_kept() -> None:
    desk = Reading(GOOD)
    one, _, _ = await sent(desk, puts=50)
    assert one.dropped == 30
    assert one.sent == messengers.ROOM
    titles = [body["rule"] for body in desk.bodies]
    assert titles[0] == "0"
    assert titles[1:] == [str(n) for n in range(31, 50)]


async def test_without_a_key_nothing_is_sent() -> None:
    one = Messenger("ntfy", changed=lambda: None, now=lambda: NOON)
    one.put(NOTE)
    assert (one.waiting, await one.test(NOTE)) == (0, (False, "ntfy has no key"))


@pytest.mark.parametrize(
    "bad",
    ["http://example.org/x", "ftp://example.org", "https://", "https://me:secret@example.org/", "javascript:alert(1)",
     "https://[::1", "https://x:0/", "https://x:99999/", "//example.org", "https://" + "a" * 2_100],
)  # fmt: skip
def test_an_address_is_https_or_this_machine_and_its_refusal_does_not_show_it(bad) -> None:
    with pytest.raises(InputError) as refused:
        address(bad)
    assert "example" not in str(refused.value)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("good", ["https://example.org/hook", "http://127.0.0.1:8080/x", "http://localhost/x"])
def test_a_sound_address_is_taken(good) -> None:
    assert address(f" {good} ") == good
    assert address(f"{good}/") == f"{good}/"  # where it ends so, its server may want it

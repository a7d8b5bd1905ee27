"""The sandbox's Polymarket catalogue: look-ups by slug, listings by key, series, search, lists inside strings."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal

import pytest

from engine.core.units import Side
from engine.sandbox.coin import Coin
from engine.sandbox.offers import window
from tests.engine.sandbox.servers.polymarket_stage import START, played


def run(story):
    async def told():
        async with played() as client:
            return await asyncio.wait_for(story(client), 20)

    return asyncio.run(told())


async def ask(client, path, **query):
    return await client.get(path, host="gamma", **query)


def test_a_window_is_found_by_slug_with_its_lists_inside_strings():
    async def story(client):
        stage = client.stage
        stage.quote(stage.plain, Side.BUY, "0.41", "100")
        stage.quote(stage.plain, Side.SELL, "0.45", "100")
        status, event = await ask(client, f"/events/slug/btc-updown-5m-{START}")
        assert (status, event["slug"]) == (200, f"btc-updown-5m-{START}")
        (market,) = event["markets"]
        assert json.loads(market["outcomes"]) == ["Up", "Down"]
        assert json.loads(market["clobTokenIds"]) == list(stage.plain.tokens)
        assert json.loads(market["outcomePrices"]) == ["0.43", "0.57"]
        assert market["eventStartTime"] == event["startTime"]
        assert (market["bestBid"], market["bestAsk"], market["orderMinSize"]) == (0.41, 0.45, 5.0)
        assert market["feeSchedule"] == {"exponent": 1, "rate": 0.07, "takerOnly": True, "rebateRate": 0.25}
        status, same = await ask(client, f"/markets/slug/{market['slug']}")
        assert same["conditionId"] == stage.plain.condition
        assert same["events"][0]["slug"] == event["slug"]
        assert (await ask(client, f"/events/{event['id']}"))[1]["slug"] == event["slug"]

    run(story)


def test_listings_page_by_key_and_filter():
    async def story(client):
        _, first = await ask(client, "/markets/keyset", limit="1")
        _, second = await ask(client, "/markets/keyset", limit="1", after_cursor=first["next_cursor"])
        assert "next_cursor" not in second
        found = [first["markets"][0]["conditionId"], second["markets"][0]["conditionId"]]
        assert found == [client.stage.plain.condition, client.stage.neg.condition]
        _, events = await ask(
            client, "/events/keyset", closed="false", tag_slug="crypto", order="endDate", ascending="true"
        )
        assert [e["slug"] for e in events["events"]] == [f"btc-updown-5m-{START}", "brackets"]
        assert (await ask(client, "/events/keyset", closed="true"))[1]["events"] == []
        _, by_token = await ask(client, "/markets/keyset", clob_token_ids=client.stage.neg.tokens[1])
        assert [m["conditionId"] for m in by_token["markets"]] == [client.stage.neg.condition]

    run(story)


def test_negative_risk_is_said_of_the_event_and_of_each_market():
    async def story(client):
        _, event = await ask(client, "/events/slug/brackets")
        assert (event["negRisk"], event["title"]) == (True, "Brackets of a day")
        assert event["negRiskMarketID"] == event["markets"][0]["negRiskMarketID"]

    run(story)


def test_a_series_lists_its_events():
    async def story(client):
        _, found = await ask(client, "/series", slug="btc-up-or-down-5m")
        assert [e["slug"] for e in found[0]["events"]] == [f"btc-updown-5m-{START}", "brackets"]
        assert (await ask(client, f"/series/{found[0]['id']}"))[1]["slug"] == "btc-up-or-down-5m"

    run(story)


def test_search_finds_titles():
    async def story(client):
        _, found = await ask(client, "/public-search", q="bitcoin up")
        assert [e["slug"] for e in found["events"]] == [f"btc-updown-5m-{START}"]
        assert found["pagination"] == {"hasMore": False, "totalResults": 1}

    run(story)


def test_a_settled_market_is_closed_at_one_and_nought():
    async def story(client):
        stage = client.stage
        stage.floor.settle(stage.plain.id, Decimal(0))
        _, market = await ask(client, f"/markets/slug/{stage.plain.slug}")
        assert json.loads(market["outcomePrices"]) == ["0", "1"]
        assert (market["closed"], market["acceptingOrders"], market["umaResolutionStatus"]) == (True, False, "resolved")
        assert market["closedTime"].endswith("+00")
        stage.floor.drop(stage.plain.id)
        assert (await ask(client, f"/markets/slug/{stage.plain.slug}"))[0] == 404
        assert (await ask(client, f"/events/slug/btc-updown-5m-{START}"))[0] == 404

    run(story)


def test_tags_and_the_old_listings_answer_too():
    async def story(client):
        _, (tag,) = await ask(client, "/tags")
        assert (await ask(client, f"/tags/slug/{tag['slug']}"))[1] == tag
        assert (await ask(client, "/events/brackets/tags"))[1] == [tag]
        _, events = await ask(client, "/events", slug="brackets", tag_id=tag["id"])
        assert [e["slug"] for e in events] == ["brackets"]
        assert len((await ask(client, "/markets", offset="1"))[1]) == 1

    run(story)


def test_what_has_left_the_floor_is_forgotten_when_the_next_event_comes():
    async def story(client):
        stage = client.stage
        stage.floor.drop(stage.plain.id)
        late = window(Coin(1, stage.at), START + 600)
        stage.floor.bring(late.instruments[0], late.schedule)
        _, events = await ask(client, "/events/keyset")
        assert [e["slug"] for e in events["events"]] == ["brackets", f"btc-updown-5m-{START + 600}"]
        assert (await ask(client, f"/markets/{stage.plain.number}"))[0] == 404

    run(story)


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/events/slug/none", {}, 404), ("/markets/slug/none", {}, 404), ("/series/1", {}, 404), ("/tags/1", {}, 404),
        ("/events", {"offset": "2001"}, 422), ("/events/keyset", {"limit": "101"}, 422),
        ("/markets/keyset", {"after_cursor": "?"}, 422), ("/events/keyset", {"end_date_min": "soon"}, 422),
        ("/public-search", {}, 422),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_said_so(path, query, status):
    async def story(client):
        assert (await ask(client, path, **query))[0] == status

    run(story)

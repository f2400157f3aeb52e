"""The Discord stand-in at the wire: the gateway's ways to fail, rate limits, faults, and the control over HTTP."""

import asyncio
import base64
import io
import json
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import aiohttp
import discord
import orjson
import pytest

from bot.standins.discord.limits import Limits, Rate
from bot.standins.faults import answer_lost, error, flood, malformed
from tests.support.clock import settle
from tests.support.discord_client import Bot, Scene, a_scene, logged_in, point_at, text_channel
from tests.support.patience import PATIENCE_S

Socket = aiohttp.ClientWebSocketResponse
Connect = Callable[[Scene], Awaitable[Socket]]


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with a_scene() as made:
        yield made


@pytest.fixture
async def bot(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bot]:
    async with logged_in(scene.discord, monkeypatch) as client:
        yield client


async def missed_while(scene: Scene, bot: Bot, break_it: Callable[[], None]) -> list[str]:
    """What the bot receives of three messages: before, right after and some time after something broke."""
    said = ["before", "during", "after"]
    scene.discord.people.say(scene.alice, scene.channel, said[0])
    received = [(await bot.next_message()).content]
    back = scene.discord.gateway.arrivals
    break_it()
    scene.discord.people.say(scene.alice, scene.channel, said[1])
    gateway = scene.discord.gateway
    await scene.discord.wait_for(lambda: gateway.arrivals > back and gateway.connected, PATIENCE_S)
    scene.discord.people.say(scene.alice, scene.channel, said[2])
    while received[-1] != said[2]:
        received.append((await bot.next_message()).content)
    return received


async def test_a_dropped_socket_is_resumed_and_nothing_is_missed(scene: Scene, bot: Bot) -> None:
    assert await missed_while(scene, bot, scene.discord.gateway.drop) == ["before", "during", "after"]
    assert (scene.discord.gateway.identified, scene.discord.gateway.resumed) == (1, 1)


async def test_a_wish_to_reconnect_is_followed(scene: Scene, bot: Bot) -> None:
    assert await missed_while(scene, bot, scene.discord.gateway.reconnect) == ["before", "during", "after"]
    assert scene.discord.gateway.resumed == 1


async def test_an_invalid_session_that_can_be_resumed_is_resumed(scene: Scene, bot: Bot) -> None:
    def invalidate() -> None:
        scene.discord.gateway.invalidate(resumable=True)

    assert await missed_while(scene, bot, invalidate) == ["before", "during", "after"]
    assert scene.discord.gateway.resumed == 1


async def test_an_invalid_session_loses_what_came_meanwhile_and_history_has_it(scene: Scene, bot: Bot) -> None:
    def invalidate() -> None:
        scene.discord.gateway.invalidate(resumable=False)

    assert await missed_while(scene, bot, invalidate) == ["before", "after"]
    assert (scene.discord.gateway.identified, scene.discord.gateway.resumed) == (2, 0)
    history = [message.content async for message in text_channel(bot, scene).history(oldest_first=True)]
    assert history == ["before", "during", "after"]


async def test_a_session_whose_events_fell_out_of_the_buffer_is_invalid(monkeypatch: pytest.MonkeyPatch) -> None:
    async with (
        a_scene(limits=Limits(replay_events=2)) as scene,
        logged_in(scene.discord, monkeypatch) as bot,
    ):

        def drop_for_long() -> None:
            scene.discord.gateway.drop()
            for number in range(5):
                scene.discord.people.say(scene.bob, scene.channel, str(number))

        assert await missed_while(scene, bot, drop_for_long) == ["before", "after"]
        assert (scene.discord.gateway.identified, scene.discord.gateway.resumed) == (2, 0)


async def test_a_close_with_4000_is_resumed(scene: Scene, bot: Bot) -> None:
    assert await missed_while(scene, bot, lambda: scene.discord.gateway.close(4000)) == ["before", "during", "after"]


@pytest.mark.parametrize("broken", ["garbage", "event"])
async def test_a_payload_that_the_library_cannot_parse_ends_its_client(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    point_at(scene.discord, monkeypatch)
    async with Bot(intents=discord.Intents.default()) as client:
        running = asyncio.create_task(client.start(scene.discord.token))
        await client.next("ready")
        if broken == "garbage":
            scene.discord.gateway.send_raw("{")
        else:
            scene.discord.gateway.dispatch_raw("MESSAGE_CREATE", {"id": "1"})
        with pytest.raises((ValueError, KeyError)):
            await running


async def test_an_intent_that_the_portal_does_not_grant_ends_the_client(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.discord.world.portal.message_content = False
    point_at(scene.discord, monkeypatch)
    async with Bot(intents=discord.Intents.all()) as client:
        with pytest.raises(discord.PrivilegedIntentsRequired):
            await client.start(scene.discord.token)


async def test_with_the_members_intent_everybody_is_known(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.discord.world.portal.guild_members = True
    async with logged_in(scene.discord, monkeypatch, members=True) as client:
        assert {member.name for member in client.guilds[0].members} == {"Alice", "Bob", "Parley"}
        carol = scene.discord.people.open_person("Carol")
        scene.discord.people.join(carol, scene.guild)
        assert (await client.next("member_join")).id == carol


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Opens plain connections to the gateway, past their HELLO."""
    async with aiohttp.ClientSession() as session:

        async def opened(scene: Scene) -> Socket:
            socket = await session.ws_connect(f"{scene.discord.gateway_url}?v=10&encoding=json")
            assert (await socket.receive_json())["op"] == 10
            return socket

        yield opened


def identify(scene: Scene, **fields: Any) -> dict[str, Any]:
    return {"op": 2, "d": {"token": scene.discord.token, "intents": 512, "properties": {}, **fields}}


async def closed(socket: Socket) -> int | None:
    async with asyncio.timeout(PATIENCE_S):
        async for _ in socket:
            pass
    return socket.close_code


async def test_a_client_whose_heart_stops_is_closed_with_4009(
    connect: Connect,
) -> None:
    async with a_scene(limits=Limits(heartbeat_interval_s=0.05)) as scene:
        socket = await connect(scene)
        await socket.send_json(identify(scene))
        assert await closed(socket) == 4009


async def test_heartbeats_are_answered_unless_the_connection_is_half_dead(scene: Scene, connect: Connect) -> None:
    socket = await connect(scene)
    await socket.send_json({"op": 1, "d": None})
    assert (await socket.receive_json())["op"] == 11
    scene.discord.gateway.holds_acks = True
    await socket.send_json({"op": 1, "d": None})
    await socket.send_json(identify(scene))
    assert (await socket.receive_json())["t"] == "READY"


@pytest.mark.parametrize(
    ("payloads", "code"),
    [
        ([{"op": 2, "d": {"token": "wrong", "intents": 1}}], 4004),
        ([{"op": 3, "d": {}}], 4003),
        ([{"op": 99, "d": {}}], 4001),
        ([{"nothing": 1}], 4002),
        ([{"op": 1, "d": "x" * 5000}], 4002),
        ([{"op": 1, "d": None}] * 121, 4008),
    ],
)
async def test_what_the_gateway_does_not_take_closes_with_its_code(
    scene: Scene, connect: Connect, payloads: list[dict[str, Any]], code: int
) -> None:
    socket = await connect(scene)
    for payload in payloads:
        await socket.send_json(payload)
    assert await closed(socket) == code


async def test_identifying_twice_and_unknown_sessions(scene: Scene, connect: Connect) -> None:
    socket = await connect(scene)
    resume = {"token": scene.discord.token, "session_id": "unknown", "seq": 1}
    await socket.send_json({"op": 6, "d": resume})
    assert await socket.receive_json() == {"t": None, "s": None, "op": 9, "d": False}
    await socket.send_json(identify(scene))
    ready = await socket.receive_json()
    assert (ready["t"], ready["s"], ready["d"]["resume_gateway_url"]) == ("READY", 1, scene.discord.gateway_url)
    await socket.send_json(identify(scene))
    assert await closed(socket) == 4005


# REST: limits and faults


def call(scene: Scene, session: aiohttp.ClientSession, body: object) -> Any:
    url = f"{scene.discord.api_url}/channels/{scene.channel}/messages"
    return session.post(url, json=body, headers={"Authorization": f"Bot {scene.discord.token}"})


async def test_the_sixth_message_within_the_window_is_refused_and_the_headers_say_so() -> None:
    async with a_scene(rate_limited=True) as scene, aiohttp.ClientSession() as session:
        for left in range(4, -1, -1):
            async with call(scene, session, {"content": "x"}) as answer:
                assert answer.status == 200
                assert answer.headers["Content-Type"] == "application/json"
                assert answer.headers["X-RateLimit-Remaining"] == str(left)
        async with call(scene, session, {"content": "x"}) as answer:
            body = await answer.json()
            assert (answer.status, body["global"]) == (429, False)
            assert 0 < body["retry_after"] <= 5
            assert 0 < float(answer.headers["X-RateLimit-Reset-After"]) <= 5
            assert (answer.headers["Retry-After"], answer.headers["Via"]) == ("5", "1.1 google")
        assert scene.discord.rates.refused == 1
        scene.discord.rates.via = False
        async with call(scene, session, {"content": "x"}) as answer:
            assert (answer.status, answer.content_type, "Via" in answer.headers) == (429, "text/html", False)


async def test_the_whole_bot_may_not_call_more_than_fifty_times_a_second() -> None:
    limits = Limits(overall=Rate(3, 60), buckets={})
    async with a_scene(limits=limits, rate_limited=True) as scene, aiohttp.ClientSession() as session:
        for _ in range(3):
            async with call(scene, session, {"content": "x"}) as answer:
                assert answer.status == 200
        async with call(scene, session, {"content": "x"}) as answer:
            assert (answer.status, (await answer.json())["global"]) == (429, True)
            assert answer.headers["X-RateLimit-Global"] == "true"


async def test_a_client_that_heeds_the_headers_causes_no_429(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = replace(Limits(), buckets={"message.create": Rate(2, 0.2)})
    async with a_scene(limits=limits, rate_limited=True) as scene, logged_in(scene.discord, monkeypatch) as bot:
        for number in range(5):
            await text_channel(bot, scene).send(str(number))
        assert scene.discord.transcript(scene.channel).texts == ["0", "1", "2", "3", "4"]
        assert scene.discord.rates.refused == 0


async def test_a_thread_can_be_renamed_twice_in_ten_minutes() -> None:
    async with a_scene(rate_limited=True) as scene, aiohttp.ClientSession() as session:
        thread = scene.discord.people.open_thread(scene.alice, scene.channel, "one")
        url = f"{scene.discord.api_url}/channels/{thread}"
        headers = {"Authorization": f"Bot {scene.discord.token}"}
        statuses = []
        for name in ("two", "three", "four"):
            async with session.patch(url, json={"name": name}, headers=headers) as answer:
                statuses.append(answer.status)
        assert statuses == [200, 200, 429]
        assert scene.discord.transcript(thread).name == "three"


async def test_a_lost_answer_leaves_the_message_and_its_nonce_finds_it(scene: Scene, bot: Bot) -> None:
    scene.discord.faults.add(answer_lost(), method="message.create", chat=scene.channel)
    with pytest.raises((aiohttp.ClientError, OSError)):
        await text_channel(bot, scene).send("once", nonce="page-1")
    again = await text_channel(bot, scene).send("once", nonce="page-1")
    assert [message.id for message in scene.discord.transcript(scene.channel).messages] == [again.id]


async def test_faults_have_the_form_that_the_library_knows(scene: Scene, bot: Bot) -> None:
    channel = text_channel(bot, scene)
    scene.discord.faults.add(flood(0.01), method="message.create")
    await channel.send("waited")
    scene.discord.faults.add(error(503), method="message.create")
    with pytest.raises(discord.DiscordServerError):
        await channel.send("unavailable")
    scene.discord.faults.add(malformed(), method="message.create")
    with pytest.raises(ValueError, match="column"):
        await channel.send("unreadable")
    scene.discord.rates.via = False
    scene.discord.faults.add(flood(1), method="message.create")
    with pytest.raises(discord.HTTPException) as banned:
        await channel.send("banned")
    assert banned.value.status == 429
    assert scene.discord.transcript(scene.channel).texts == ["waited", "unreadable"]
    assert [one.fault for one in scene.discord.calls if one.name == "message.create"] == [
        "flood",
        "",
        "error",
        "malformed",
        "flood",
    ]


async def test_errors_are_exactly_json_and_unknown_addresses_are_404(scene: Scene) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{scene.discord.api_url}/users/@me") as answer:
            assert (answer.status, await answer.json()) == (401, {"message": "401: Unauthorized", "code": 0})
        async with call(scene, session, {"content": "x" * 2001}) as answer:
            wrong = await answer.json()
            assert answer.headers["Content-Type"] == "application/json"
            assert wrong["errors"] == {
                "content": {
                    "_errors": [
                        {"code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 2000 or fewer in length."},
                    ]
                }
            }
        async with session.get(f"{scene.discord.api_url}/nowhere") as answer:
            assert (answer.status, (await answer.json())["message"]) == (404, "404: Not Found")


async def test_too_many_and_too_large_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_scene(limits=Limits(file_bytes=10)) as scene, logged_in(scene.discord, monkeypatch) as bot:
        with pytest.raises(discord.HTTPException) as refused:
            await text_channel(bot, scene).send(file=discord.File(io.BytesIO(b"x" * 11), "x.txt"))
        assert (refused.value.status, refused.value.code) == (413, 40005)


# Control


async def test_people_act_over_http_and_their_view_comes_back(scene: Scene) -> None:
    url = scene.discord.url

    async with aiohttp.ClientSession() as session:

        async def do(deed: str, **fields: Any) -> Any:
            async with session.post(f"{url}/control", json={"do": deed, **fields}) as answer:
                return await answer.json()

        carol = (await do("open_person", name="Carol"))["result"]
        guild = (await do("open_guild", name="Other", members=[carol]))["result"]
        channel = (await do("open_channel", guild=guild, name="talk"))["result"]
        file = {"data": base64.b64encode(b"x").decode(), "name": "x.txt", "media_type": "text/plain"}
        said = (await do("say", person=carol, channel=channel, text="hi", files=[file]))["result"]
        async with session.get(f"{url}/control/state", params={"channel": channel, "viewer": carol}) as answer:
            state = await answer.json()
        message = state["channel"]["messages"][0]
        assert (message["id"], message["sender"], message["text"]) == (said, carol, "hi")
        assert message["files"][0]["name"] == "x.txt"
        async with session.get(f"{url}/control/state", params={"viewer": carol}) as answer:
            everything = await answer.json()
        assert [one["id"] for one in everything["channels"]] == [channel]
        refused = await do("say", person=str(scene.alice), channel=channel, text="intruder")
        assert (refused["ok"], "does not see" in refused["error"]) == (False, True)
        assert not (await do("nothing"))["ok"]
        assert (await do("fault", fault={"kind": "error", "status": 503}, method="typing"))["ok"]
        assert scene.discord.faults.pending[0].method == "typing"
        async with session.post(f"{url}/control", data='{"do": "clear_faults"}') as answer:
            assert answer.status == 400


async def test_a_change_ends_the_wait_for_it(scene: Scene) -> None:
    async with aiohttp.ClientSession() as session:
        params = {"channel": str(scene.channel), "after": str(scene.discord.world.changes.version)}
        url = f"{scene.discord.url}/control/state"
        async with session.get(url, params={**params, "wait_s": "0.01"}) as answer:
            assert (await answer.json())["channel"]["messages"] == []
        waiting = asyncio.create_task(session.get(url, params=params))
        await settle()
        scene.discord.people.say(scene.alice, scene.channel, "now")
        async with await waiting as answer:
            assert (await answer.json())["channel"]["messages"][0]["text"] == "now"


async def test_it_runs_as_a_process_of_its_own() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.standins.discord", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            known = json.loads(await process.stdout.readline())
        async with aiohttp.ClientSession(headers={"Authorization": f"Bot {known['token']}"}) as session:
            async with session.get(f"{known['api_url']}/users/@me") as answer:
                assert (await answer.json(loads=orjson.loads))["id"] == known["application_id"]
            async with session.get(f"{known['api_url']}/gateway/bot") as answer:
                assert (await answer.json())["url"] == known["gateway_url"]
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE_S):
            assert await process.wait() == 0
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()

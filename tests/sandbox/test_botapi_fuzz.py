"""Any call is answered or refused; any history survives a restart."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sandbox import Refusal, SandboxBotApi
from bot.sandbox.botapi.routes import METHODS

READER, GROUP = 100_001, -1_001_000_000_001
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.just(READER), st.just(GROUP), st.integers(), st.floats(),
    st.text(alphabet=st.characters(), max_size=8), st.sampled_from(["<b>a</b>", "HTML", "@desk", "[1]", "{}", "[[]]", "null", "1e9", "attach://x"]),
)  # fmt: skip
KEYS = st.sampled_from(
    ["inline_keyboard", "text", "callback_data", "url", "message_id", "command", "description", "type", "chat_id",
     "offset", "length", "allow_sending_without_reply"]
)  # fmt: skip
VALUES = st.recursive(
    LEAVES, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)), max_leaves=8
)
NAMES = st.sampled_from(
    ["chat_id", "text", "parse_mode", "entities", "message_id", "message_ids", "message_thread_id", "reply_parameters",
     "reply_to_message_id", "reply_markup", "callback_query_id", "commands", "scope", "language_code", "user_id", "url",
     "offset", "limit", "allowed_updates", "action", "photo", "caption", "caption_entities", "file_id", "secret_token",
     "description", "name", "show_alert", "disable_notification"]
)  # fmt: skip


TAKES = {
    "deletemessages": ["message_ids"],
    "setmycommands": ["commands", "scope", "language_code"],
    "setwebhook": ["url", "secret_token", "allowed_updates"],
    "getupdates": ["offset", "limit", "allowed_updates"],
    "sendmessage": ["text", "parse_mode", "entities", "reply_parameters", "reply_markup", "message_thread_id"],
    "editmessagetext": ["text", "parse_mode", "entities", "reply_markup", "message_id"],
    "sendphoto": ["photo", "caption", "caption_entities"],
}
CALLS = st.sampled_from(sorted(METHODS)).flatmap(
    lambda name: st.tuples(
        st.just(name),
        st.dictionaries(st.sampled_from(TAKES[name]) if name in TAKES else NAMES, VALUES, min_size=1, max_size=4),
    )
)


@settings(max_examples=300, deadline=None)
@given(CALLS, st.booleans())
def test_no_call_breaks_the_server(given_call: tuple[str, dict[str, Any]], reach: bool) -> None:
    """Whatever is sent to whatever method, it is answered or refused in an orderly way."""

    async def run() -> None:
        api = SandboxBotApi()
        assert api.add_user("Rita") == READER
        assert api.add_group(admins=(READER,), username="desk") == GROUP
        await api.call("sendMessage", chat_id=READER, text="first")
        method, given_params = given_call[0], {**given_call[1], "timeout": 0}
        if reach:
            given_params |= {"chat_id": READER, "message_id": 1}
        try:
            msgspec.json.encode(await api.call(method, **given_params))
        except Refusal as refusal:
            msgspec.json.encode(refusal.envelope())

    asyncio.run(run())


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["send", "edit", "delete", "say", "group-say", "press", "poll", "block", "unblock", "topic", "drop-topic",
             "promote", "kick", "migrate", "commands", "rank"]
        ),
        st.integers(1, 4),
    ),
    max_size=25,
)  # fmt: skip


async def step(api: SandboxBotApi, basic: int, name: str, number: int) -> None:
    """One thing that happens."""
    keys = {"inline_keyboard": [[{"text": "x", "callback_data": str(number)}]]}
    match name:
        case "send":
            await api.call("sendMessage", chat_id=READER, text=f"<b>{number}</b>", parse_mode="HTML", reply_markup=keys)
        case "edit":
            await api.call("editMessageText", chat_id=READER, message_id=number, text=f"e{number}")
        case "delete":
            await api.call("deleteMessage", chat_id=READER, message_id=number)
        case "say":
            await api.user_sends(READER, f"/w{number}")
        case "group-say":
            await api.user_sends(GROUP, f"/w{number}", user=READER)
        case "press":
            await api.press(READER, str(number))
        case "poll":
            updates: Any = await api.call("getUpdates", limit=number)
            if updates:
                await api.call("getUpdates", offset=updates[-1]["update_id"] + 1, limit=1)
        case "block":
            api.block(READER)
        case "unblock":
            api.unblock(READER)
        case "topic":
            api.add_topic(GROUP, f"t{number}")
        case "drop-topic":
            api.remove_topic(GROUP, number)
        case "promote":
            api.promote_bot(GROUP, ["administrator", "member"][number % 2])
        case "kick":
            api.kick(GROUP)
        case "migrate":
            api.migrate(basic)
        case "commands":
            await api.call("setMyCommands", commands=[{"command": f"c{number}", "description": "d"}])
        case "rank":
            api.set_member(GROUP, number, "administrator")


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_any_history_survives_a_restart(steps: list[tuple[str, int]]) -> None:
    """After any history the journal alone brings back exactly the same world, twice."""

    async def run(folder: Path) -> None:
        api = SandboxBotApi(folder=folder)
        api.add_user("Rita")
        api.add_group(admins=(READER,), forum=True)
        basic = api.add_group(admins=(READER,), basic=True)
        for name, number in steps:
            try:
                await step(api, basic, name, number)
            except (Refusal, LookupError):
                continue
        for _ in range(2):
            again = SandboxBotApi(folder=folder)
            for part in ("people", "chats", "messages", "updates", "settings", "counters", "newest_update"):
                mine, theirs = (_bare(getattr(world.state, part)) for world in (api, again))
                assert mine == theirs, part
            again.close()
        api.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder)))


def _bare(part: Any) -> Any:
    return {key: value for key, value in part.items() if value != {}} if isinstance(part, dict) else part

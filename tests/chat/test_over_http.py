"""The whole chat over HTTP: python-telegram-bot against the sandbox's Bot API, on the embedded store."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, MutableMapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
import structlog
from chat_looks import FIXTURES, judge
from chat_world import CONFIGURED, NOW, Rules

from bot.chat import ChatBot, build
from bot.errors import SettingsError
from bot.model import Message, Severity, Subscription, Target
from bot.sandbox.botapi import SandboxBotApi
from bot.store import Store, open_store

TITLE = "US mediation between Russia and Ukraine"


class Stage:
    """A running bot, its Telegram and its store."""

    def __init__(self, api: SandboxBotApi, root: str, store: Store):
        self.api = api
        self.root = root
        self.store = store
        self.rules = SimpleNamespace(current=Rules())

    def bot(self, *, token: str = "", store: object = None, admins: tuple[int, ...] = (), root: str = "") -> ChatBot:
        return build(
            store or self.store,
            self.rules,
            token=token or self.api.token,
            api_url=root or self.root,
            clock=lambda: NOW,
            sources=lambda: CONFIGURED,
            admins=admins,
        )

    async def says(self, chat: int, truth: str | Callable[[list[str]], bool]) -> None:
        """Wait until the newest message of the bot holds `truth`."""
        check = truth if callable(truth) else lambda texts: bool(texts) and truth in texts[-1]
        try:
            await self.api.until(lambda: check(self.api.texts(chat)))
        except TimeoutError:
            raise AssertionError(f"{truth!r} not in {self.api.texts(chat)}") from None

    async def follows(self, chat: int, thread: int | None = None) -> dict[str, str | None]:
        return {row.storyline: row.paused for row in await self.store.subscriptions.of_target(Target(chat, thread))}

    async def until(self, truth: Callable[[], object]) -> None:
        """Wait for something in the store, which tells nobody."""
        async with asyncio.timeout(10):
            while not await truth():  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def settled(self) -> None:
        """Wait until the bot has dealt with everything that happened: a later private command is answered."""
        witness = self.api.add_user("Witness")
        await self.api.user_sends(witness, "/help")
        await self.says(witness, "How this works")


@asynccontextmanager
async def stage(folder: Path) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        api = SandboxBotApi()
        root = await stack.enter_async_context(api.serve())
        store = await stack.enter_async_context(open_store(None, folder))
        yield Stage(api, root, store)


@pytest.fixture
async def on_stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A stage whose bot is answering."""
    async with stage(tmp_path) as it:
        bot = it.bot()
        await bot.start()
        try:
            yield it
        finally:
            await bot.stop()


async def test_from_start_to_following_in_one_press(on_stage: Stage) -> None:
    """A new reader: /start, one press, followed; the same screen shows the tick and no new message comes."""
    reader = on_stage.api.add_user("Rita", started=False)
    await on_stage.api.user_sends(reader, "/start")
    await on_stage.says(reader, "Press a storyline to follow it")
    query = await on_stage.api.press(reader, TITLE)
    assert (await on_stage.api.answered(query))["text"] == "Followed. Alerts will appear here."
    assert await on_stage.follows(reader) == {"mediation": None}
    assert len(on_stage.api.texts(reader)) == 1
    assert "You follow 1 of 3" in on_stage.api.texts(reader)[0]
    query = await on_stage.api.press(reader, "f:mediation:0:p0")
    assert (await on_stage.api.answered(query))["text"] == "Stopped."
    assert await on_stage.follows(reader) == {}


async def test_every_screen_is_accepted(on_stage: Stage) -> None:
    """Telegram takes the HTML and the buttons of each command, and each button that they show does something."""
    api = on_stage.api
    reader = api.add_user("Rita")
    for text in ("/start", "/help", "/stories", "/story mediation", "/story", "/subscribe", "/subscribe all", "/my"):
        before = len(api.texts(reader))
        await api.user_sends(reader, text)
        await on_stage.says(reader, lambda texts, before=before: len(texts) > before)
    for text in ("/latest", "/sources", "/story nothing like it", "/roll", "plain words", "/unsubscribe talks"):
        before = len(api.texts(reader))
        await api.user_sends(reader, text)
        await on_stage.says(reader, lambda texts, before=before: len(texts) > before)
    for message in api.messages(reader):
        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        for data in [button["callback_data"] for row in rows for button in row]:
            try:
                query = await api.press(reader, data, message=message["message_id"])
            except LookupError:  # an earlier press has changed the screen
                continue
            await api.answered(query)
    assert [call for call in api.calls if call.code not in (0, 200) and "not modified" not in call.description] == []


async def test_every_alert_is_accepted(on_stage: Stage) -> None:
    """Telegram takes each alert and each ring, and reads the same text out of it as we count."""
    api = on_stage.api
    reader = api.add_user("Rita")
    for path in sorted(FIXTURES.glob("*-*.txt")):
        shown = path.read_text(encoding="utf-8").partition("\n----\n")[0]
        sent = await api.call("sendMessage", chat_id=reader, text=shown, parse_mode="HTML")
        assert sent["text"] == judge(Message(html=shown)), path.name


async def test_a_refresh_without_news_says_so(on_stage: Stage) -> None:
    """ "Not modified" is no trouble: the presser reads that nothing is new."""
    reader = on_stage.api.add_user("Rita")
    await on_stage.api.user_sends(reader, "/story mediation")
    await on_stage.says(reader, TITLE)
    query = await on_stage.api.press(reader, "Refresh")
    assert (await on_stage.api.answered(query))["text"] == "Nothing new."


async def test_forged_and_expired_buttons(on_stage: Stage) -> None:
    """A button of another bot's making is answered with a box; a screen that was deleted comes anew."""
    api = on_stage.api
    reader = api.add_user("Rita")
    await api.call(
        "sendMessage",
        chat_id=reader,
        text="old",
        reply_markup={"inline_keyboard": [[{"text": "Old", "callback_data": "toggle|mediation|yes"}]]},
    )
    answer = await api.answered(await api.press(reader, "Old"))
    assert answer["alert"]
    assert "older version" in answer["text"]
    await api.user_sends(reader, "/stories")
    await on_stage.says(reader, "Storylines")
    newest = api.messages(reader)[-1]["message_id"]
    pressed = api.press(reader, "s:mediation", message=newest)
    api.fail_next("refused", method="editMessageText", description="Bad Request: message to edit not found")
    await api.answered(await pressed)
    await on_stage.says(reader, TITLE)
    assert api.messages(reader)[-1]["message_id"] > newest


async def test_groups_are_changed_by_admins_only(on_stage: Stage) -> None:
    """A member presses and types in vain and reads why; an admin is obeyed, with the bot's name in the command."""
    api = on_stage.api
    admin, member = api.add_user("Ada"), api.add_user("Max")
    group = api.add_group(admins=(admin,), members=(member,))
    await on_stage.says(group, "Hello. I can tell this group")
    await api.user_sends(group, "/subscribe mediation", user=member)
    await on_stage.says(group, "Only admins of this group")
    await api.user_sends(group, "/subscribe", user=member)
    await on_stage.says(group, "Choose storylines")
    refused = await api.answered(await api.press(group, TITLE, user=member))
    assert "Only admins" in refused["text"]
    assert refused["alert"]
    assert await on_stage.follows(group) == {}
    await api.answered(await api.press(group, TITLE, user=admin))
    assert await on_stage.follows(group) == {"mediation": None}
    await api.user_sends(group, "/subscribe@wirewatch_demo_bot talks critical", user=admin)
    await on_stage.says(group, "This chat now follows")
    row = await on_stage.store.subscriptions.get(Target(group), "talks")
    assert row is not None
    assert row.minimum is Severity.CRITICAL
    count = len(api.texts(group))
    await api.user_sends(group, "/story@other_bot mediation", user=admin)
    await api.user_sends(group, "/roll 20", user=admin)
    await on_stage.settled()
    assert len(api.texts(group)) == count, "not for us"


async def test_an_admin_who_cannot_be_checked_is_asked_to_come_back(on_stage: Stage) -> None:
    """When Telegram does not say who is an admin, nothing changes and the sentence says what to do."""
    api = on_stage.api
    admin = api.add_user("Ada")
    group = api.add_group(admins=(admin,))
    api.fail_next("refused", method="getChatMember", times=5)
    await api.user_sends(group, "/subscribe mediation", user=admin)
    await on_stage.says(group, "could not check")
    assert await on_stage.follows(group) == {}


async def test_a_topic_has_its_own_subscriptions(on_stage: Stage) -> None:
    """Answers go to the topic they were asked in, and so do subscriptions."""
    api = on_stage.api
    admin = api.add_user("Ada")
    group = api.add_group(admins=(admin,), forum=True)
    topic = api.add_topic(group, "Wire")
    await api.user_sends(group, "/subscribe mediation", user=admin, thread=topic)
    await on_stage.says(group, "This chat now follows")
    assert api.messages(group, thread=topic)[-1]["text"].startswith("This chat now follows")
    assert await on_stage.follows(group, topic) == {"mediation": None}
    assert await on_stage.follows(group) == {}
    await api.user_sends(group, "/my", user=admin, thread=topic)
    await on_stage.says(group, "This chat follows 1 storyline")
    await api.answered(await api.press(group, "f:mediation:0:m", user=admin))
    assert await on_stage.follows(group, topic) == {}


async def test_blocking_pauses_and_coming_back_resumes(on_stage: Stage) -> None:
    """A blocked bot stops owing; once unblocked it goes on, and says so."""
    api = on_stage.api
    reader = api.add_user("Rita")
    await api.user_sends(reader, "/subscribe mediation")
    await on_stage.says(reader, "You now follow")
    api.block(reader)
    await on_stage.until(lambda: is_paused(on_stage, reader))
    api.unblock(reader)
    await on_stage.says(reader, "Hello again. You follow 1 storyline as before.")
    assert await on_stage.follows(reader) == {"mediation": None}


async def is_paused(it: Stage, chat: int) -> bool:
    rows = await it.follows(chat)
    return bool(rows) and all(rows.values())


async def test_a_removed_bot_pauses_the_group_and_its_topics(on_stage: Stage) -> None:
    """Kicked from a forum: every topic's subscriptions pause; added again they go on."""
    api = on_stage.api
    admin = api.add_user("Ada")
    group = api.add_group(admins=(admin,), forum=True)
    topic = api.add_topic(group, "Wire")
    await on_stage.store.subscriptions.put(Subscription(target=Target(group, topic), storyline="talks", since=NOW))
    api.kick(group)

    async def topic_paused() -> bool:
        return (await on_stage.follows(group, topic))["talks"] == "kicked"

    await on_stage.until(topic_paused)
    api.promote_bot(group, "member")
    await on_stage.says(group, "This chat follows 1 storyline as before")
    assert await on_stage.follows(group, topic) == {"talks": None}


async def test_a_migrated_group_keeps_what_it_follows(on_stage: Stage) -> None:
    """When a group becomes a supergroup its subscriptions move to the new id."""
    api = on_stage.api
    admin = api.add_user("Ada")
    group = api.add_group(admins=(admin,), basic=True)
    await api.user_sends(group, "/subscribe mediation", user=admin)
    await on_stage.says(group, "This chat now follows")
    new = api.migrate(group)

    async def moved() -> bool:
        return await on_stage.follows(new) == {"mediation": None}

    await on_stage.until(moved)
    assert await on_stage.follows(group) == {}
    await api.user_sends(new, "/my", user=admin)
    await on_stage.says(new, "This chat follows 1 storyline")


@pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")
@pytest.mark.parametrize("timedelta", ["true", "false"])
async def test_flood_control_is_waited_out_and_server_trouble_tried_again(
    on_stage: Stage, timedelta: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A short 429 (the library gives an int or a timedelta) and one bad gateway do not cost a person the answer."""
    monkeypatch.setenv("PTB_TIMEDELTA", timedelta)
    api = on_stage.api
    reader = api.add_user("Rita")
    for kind in ("flood", "bad-gateway"):
        count = len(api.texts(reader))
        api.fail_next(kind, method="sendMessage", seconds=1.0)
        await api.user_sends(reader, "/help")
        await on_stage.says(reader, lambda texts, count=count: len(texts) == count + 1)


class Away:
    """A store that does not answer."""

    def __getattr__(self, name: str) -> object:
        from bot.errors import StoreUnavailable

        async def raises(*_: object, **__: object) -> None:
            raise StoreUnavailable("no answer")

        return SimpleNamespace(
            **dict.fromkeys(("of_target", "healths", "phases", "phase", "latest", "reserve", "hold"), raises)
        )


async def test_without_its_store_the_bot_still_says_so(tmp_path: Path) -> None:
    """Redis away: a sentence with a next step, and /help works."""
    async with stage(tmp_path) as it:
        reader = it.api.add_user("Rita")
        bot = it.bot(store=Away())
        await bot.start()
        await it.api.user_sends(reader, "/my")
        await it.says(reader, "try again in a minute")
        await it.api.user_sends(reader, "/help")
        await it.says(reader, "How this works")
        await bot.stop()


async def test_a_refused_token_is_one_clear_error_without_the_token(tmp_path: Path) -> None:
    """A wrong token stops the start with a sentence; the sentence does not hold the token."""
    async with stage(tmp_path) as it:
        bot = it.bot(token="12345:wrong-token-of-somebody")
        with pytest.raises(SettingsError) as raised:
            await bot.start()
        assert "TELEGRAM_BOT_TOKEN" in str(raised.value)
        assert "wrong-token" not in str(raised.value)
        assert raised.value.__suppress_context__
        await bot.stop()


async def test_telegram_away_at_start_is_tried_again(tmp_path: Path) -> None:
    """The process starts without Telegram and answers once it is there; stop works in either state."""
    async with stage(tmp_path) as it:
        bot = it.bot(root="http://127.0.0.1:9")
        await bot.start()
        assert not bot.ready.is_set()
        await bot.stop()
        it.api.fail_next("bad-gateway", method="getMe", times=1)
        bot = it.bot()
        await bot.start()
        async with asyncio.timeout(10):
            await bot.ready.wait()
        assert bot.username == "wirewatch_demo_bot"
        await bot.stop()


async def test_a_second_poller_is_told_to_the_admins_and_outlived(tmp_path: Path) -> None:
    """409 Conflict: the admins read why, and polling goes on when the other one has gone."""
    async with stage(tmp_path) as it:
        admin = it.api.add_user("Ada")
        reader = it.api.add_user("Rita")
        bot = it.bot(admins=(admin,))
        it.api.fail_next(
            "refused",
            method="getUpdates",
            code=409,
            description="Conflict: terminated by other getUpdates request",
        )
        await bot.start()
        await it.says(admin, "Another process polls Telegram")
        await it.api.user_sends(reader, "/help")
        await it.says(reader, "How this works")
        await bot.stop()


async def test_menus_are_named_for_private_chats_and_groups(on_stage: Stage) -> None:
    """setMyCommands is called once for each scope."""
    scopes = {str(call.params.get("scope")) for call in on_stage.api.called("setMyCommands")}
    assert len(scopes) == 2
    assert any("all_private_chats" in scope for scope in scopes)


async def test_a_stray_404_does_not_end_the_polling(on_stage: Stage) -> None:
    """A gateway that says "Not Found" once, which the library reads as a refused token, costs no command."""
    api = on_stage.api
    reader = api.add_user("Rita")
    await api.until(lambda: api.polling)
    for code, description in ((404, "Not Found"), (401, "Unauthorized")):
        count = len(api.texts(reader))
        api.fail_next("refused", method="getUpdates", code=code, description=description)
        await api.user_sends(reader, "/my")  # ends the poll under way; the next one is refused
        await api.user_sends(reader, "/help")
        await on_stage.says(reader, lambda texts, count=count: len(texts) == count + 2)


async def test_stopping_does_not_wait_for_a_silent_telegram(tmp_path: Path) -> None:
    """With an answer under way that never comes, stop still ends; what was asked is lost, nothing else."""
    async with stage(tmp_path) as it:
        reader = it.api.add_user("Rita")
        bot = it.bot()
        await bot.start()
        it.api.fail_next("flood", method="sendMessage", seconds=9.0)
        await it.api.user_sends(reader, "/help")

        async def told_to_wait() -> bool:
            return bool(it.api.called("sendMessage"))

        await it.until(told_to_wait)
        await bot.stop()
        assert it.api.texts(reader) == []


@pytest.fixture
def written() -> Iterator[list[str]]:
    """Every log line, with its traceback, whatever other tests have made of the logging before."""
    lines: list[str] = []

    def keep(_logger: object, _method: str, event: MutableMapping[str, Any]) -> NoReturn:
        lines.append(repr(event))
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.processors.format_exc_info, keep],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        logger_factory=structlog.ReturnLoggerFactory(),
        cache_logger_on_first_use=False,
    )
    yield lines
    structlog.configure(**before)


async def test_logs_hold_neither_the_token_nor_what_people_write(
    tmp_path: Path, written: list[str], capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Through commands, refusals, a dead store and a Telegram that cannot be reached."""
    caplog.set_level("INFO")
    async with stage(tmp_path) as it:
        for bot in (it.bot(), it.bot(store=Away()), it.bot(root="http://127.0.0.1:9")):
            # A reader for each bot: what the one before it read last may come again to the next.
            reader = it.api.add_user("Rita")
            await bot.start()
            if bot.ready.is_set():
                it.api.fail_next("refused", method="sendMessage", description="Bad Request: made to fail")
                await it.api.user_sends(reader, "/subscribe xyzzyword")
                await it.api.user_sends(reader, "xyzzyword")
                await it.api.until(lambda reader=reader: len(answers(it, reader)) == 2)
            await bot.stop()
        printed = capsys.readouterr()
        everything = "\n".join((*written, printed.out, printed.err, caplog.text))
        assert "asked" in everything, "something was logged"
        assert "answer lost" in everything, "a refusal was logged"
        assert it.api.token not in everything
        assert it.api.token.split(":")[1] not in everything
        assert "xyzzyword" not in everything


def answers(it: Stage, chat: int) -> list[Any]:
    """The calls that were to put a message into the chat, refused ones too."""
    return [call for call in it.api.called("sendMessage") if str(call.params.get("chat_id")) == str(chat)]


async def test_a_refused_farewell_is_no_drama(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Telegram going away while the bot stops is one quiet line, not a traceback."""
    async with stage(tmp_path) as it:
        bot = it.bot()
        await bot.start()
        await it.api.until(lambda: it.api.polling)
        it.api.fail_next("bad-gateway", method="getUpdates", times=3)
        await bot.stop()
        assert not [record for record in caplog.records if record.levelname in {"ERROR", "CRITICAL"}]

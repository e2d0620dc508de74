"""python-telegram-bot itself, driving the sandbox over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import telegram
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.constants import ChatMemberStatus, ParseMode
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes

from bot.sandbox import SandboxBotApi

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92ef"
    "0000000049454e44ae426082"
)


@pytest.fixture
async def bot(api: SandboxBotApi, root: str) -> AsyncIterator[telegram.Bot]:
    async with telegram.Bot(api.token, base_url=f"{root}/bot", base_file_url=f"{root}/file/bot") as bot:
        yield bot


async def test_me(api: SandboxBotApi, bot: telegram.Bot) -> None:
    """The library starts and knows who it is."""
    assert (bot.id, bot.username) == (int(api.token.split(":")[0]), "wirewatch_demo_bot")


async def test_send_and_edit(api: SandboxBotApi, bot: telegram.Bot, reader: int) -> None:
    """A message goes out with entities and buttons, and changes in place."""
    keys = InlineKeyboardMarkup([[InlineKeyboardButton("Why?", callback_data="why")]])
    sent = await bot.send_message(reader, "<b>One</b> 🕊 <i>two</i>", parse_mode=ParseMode.HTML, reply_markup=keys)
    assert sent.parse_entities() == {sent.entities[0]: "One", sent.entities[1]: "two"}
    edited = await sent.edit_text("<b>Three</b>", parse_mode=ParseMode.HTML)
    assert isinstance(edited, telegram.Message)
    assert (edited.message_id, edited.text, edited.reply_markup) == (sent.message_id, "Three", None)
    assert edited.edit_date is not None
    assert api.texts(reader) == ["Three"]


async def test_refusals_become_the_librarys_errors(
    api: SandboxBotApi, bot: telegram.Bot, reader: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each kind of refusal arrives as the class that callers catch, with its data."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")  # the library's own way to its next major version
    with pytest.raises(telegram.error.BadRequest, match="Message text is empty"):
        await bot.send_message(reader, " ")
    api.block(reader)
    with pytest.raises(telegram.error.Forbidden, match="bot was blocked by the user"):
        await bot.send_message(reader, "a")
    basic = api.add_group(admins=(reader,), basic=True)
    new = api.migrate(basic)
    with pytest.raises(telegram.error.ChatMigrated) as migrated:
        await bot.send_message(basic, "a")
    assert migrated.value.new_chat_id == new
    api.fail_next("flood", seconds=7)
    with pytest.raises(telegram.error.RetryAfter) as flood:
        await bot.send_message(new, "a")
    assert flood.value._retry_after.total_seconds() == 7
    api.fail_next("bad-gateway")
    with pytest.raises(telegram.error.NetworkError, match=r"Bad Gateway|502"):
        await bot.send_message(new, "a")


async def test_wrong_token(root: str) -> None:
    """A wrong token is refused at the start."""
    with pytest.raises(telegram.error.InvalidToken):
        async with telegram.Bot("1:wrong", base_url=f"{root}/bot"):
            pass


async def test_photo(api: SandboxBotApi, bot: telegram.Bot, reader: int) -> None:
    """A picture goes up by multipart, comes back by its path, and can be sent again by its id."""
    sent = await bot.send_photo(reader, PIXEL, caption="<b>c</b>", parse_mode=ParseMode.HTML)
    assert (sent.photo[0].width, sent.caption, len(sent.caption_entities)) == (1, "c", 1)
    file = await bot.get_file(sent.photo[0].file_id)
    assert bytes(await file.download_as_bytearray()) == PIXEL
    again = await bot.send_photo(reader, sent.photo[0].file_id)
    assert again.photo[0].file_id == sent.photo[0].file_id
    with pytest.raises(telegram.error.BadRequest):
        await bot.send_photo(reader, b"no picture")


async def test_groups(api: SandboxBotApi, bot: telegram.Bot, reader: int) -> None:
    """Members and administrators of a group, as the library reads them."""
    member = api.add_user("Olha")
    group = api.add_group("Desk", admins=(reader,), members=(member,), forum=True)
    assert (await bot.get_chat_member(group, reader)).status == ChatMemberStatus.OWNER
    assert (await bot.get_chat_member(group, member)).status == ChatMemberStatus.MEMBER
    assert (await bot.get_chat_member(group, bot.id)).status == ChatMemberStatus.MEMBER
    api.promote_bot(group)
    admins = await bot.get_chat_administrators(group)
    assert {admin.user.id for admin in admins} == {reader, bot.id}
    chat = await bot.get_chat(group)
    assert (chat.title, chat.type, chat.is_forum) == ("Desk", "supergroup", True)
    assert (await bot.get_chat(reader)).first_name == "Rita"


async def test_commands(api: SandboxBotApi, bot: telegram.Bot) -> None:
    """Commands are kept by scope and language, and refused when malformed."""
    await bot.set_my_commands([("start", "Hello")])
    await bot.set_my_commands([("start", "Привіт")], language_code="uk")
    assert [command.description for command in await bot.get_my_commands()] == ["Hello"]
    assert [command.description for command in await bot.get_my_commands(language_code="uk")] == ["Привіт"]
    await bot.delete_my_commands(language_code="uk")
    assert await bot.get_my_commands(language_code="uk") == ()
    with pytest.raises(telegram.error.BadRequest, match="command_invalid"):
        await bot.set_my_commands([("Start Now", "x")])


async def test_application(api: SandboxBotApi, root: str, reader: int) -> None:
    """A whole application polls, hears commands and presses, answers, and stops."""

    async def start(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.effective_message is not None
        keys = InlineKeyboardMarkup([[InlineKeyboardButton("Go", callback_data="go:1")]])
        await update.effective_message.reply_text("hello", reply_markup=keys)

    async def press(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.callback_query is not None
        await update.callback_query.answer(f"pressed {update.callback_query.data}")
        await update.callback_query.edit_message_text("changed")

    app = Application.builder().token(api.token).base_url(f"{root}/bot").build()
    app.add_handler(CommandHandler("start", start))
    app.add_handler(CallbackQueryHandler(press))
    async with app:
        await app.start()
        assert app.updater is not None
        await app.updater.start_polling(allowed_updates=Update.ALL_TYPES)
        await api.user_sends(reader, "/start")
        await api.until(lambda: api.texts(reader) == ["hello"])
        query = await api.press(reader, "Go")
        assert (await api.answered(query))["text"] == "pressed go:1"
        await api.until(lambda: api.texts(reader) == ["changed"])
        await app.updater.stop()
        await app.stop()
    await asyncio.sleep(0)

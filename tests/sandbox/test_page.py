"""The chat page, in a real browser: what a person sees and does."""

from __future__ import annotations

import asyncio
import importlib.util
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from bot.sandbox import Sandbox, Story, StoryClock
from bot.sandbox.clock import real_now

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(
        not CHROMIUM.exists(), reason=f"{CHROMIUM} is absent: install Debian's chromium to try the page"
    ),
]
fixture = partial(pytest_asyncio.fixture, loop_scope="module")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def _scripted() -> Any:
    spec = importlib.util.spec_from_file_location("scripted_bot", Path(__file__).parent / "scripted_bot.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Skip:
    """A clock that can be told to be later."""

    def __init__(self) -> None:
        self.later = timedelta(0)

    def __call__(self) -> Any:
        return real_now() + self.later


@pytest.fixture
def skip() -> Skip:
    return Skip()


@fixture()
async def sandbox(fixtures: Path, skip: Skip) -> AsyncIterator[Sandbox]:
    """The whole sandbox on a free port, its story not begun."""
    length = Story.load(fixtures / "wire" / "story.yaml").length
    async with Sandbox(fixtures / "wire", None, StoryClock(length, now=skip), port=0) as sandbox:
        sandbox.api.set_flood(None)  # here many messages come at once
        yield sandbox


@fixture()
async def bot(sandbox: Sandbox) -> AsyncIterator[Any]:
    async with _scripted().ScriptedBot(sandbox.root_url, sandbox.token) as bot:
        yield bot


@fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@fixture()
async def page(sandbox: Sandbox, browser: Browser) -> AsyncIterator[Page]:
    """A browser that looks at the page; any script error fails the test."""
    errors: list[str] = []
    context = await browser.new_context()
    page = await context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    await page.goto(sandbox.page_url)
    yield page
    await context.close()
    assert errors == []


async def test_a_person_talks_with_the_bot(sandbox: Sandbox, bot: Any, page: Page) -> None:
    """What is typed reaches the bot, its answer stands in the chat, a press reaches it and its answer is shown."""
    await page.fill("#text", "/start")
    await page.keyboard.press("Enter")
    await expect(page.locator(".theirs .text").last).to_contain_text("Wirewatch watches channels")
    assert bot.heard == ["/start"]
    await page.get_by_role("button", name="Subscribe to all").click()
    await expect(page.locator("#toast")).to_have_text("You pressed all.")
    assert bot.pressed == ["all"]


async def test_a_message_changes_in_place(sandbox: Sandbox, bot: Any, page: Page) -> None:
    """An edit changes the bubble where it stands, marks it and says when; no second message appears."""
    await sandbox.begin()
    message = await bot.alert(sandbox.reader)
    bubble = page.locator(f"#m{sandbox.reader}-{message}")
    await expect(bubble).to_contain_text("1 post, 1 origin")
    count = await page.locator(".theirs").count()
    await bot.update(sandbox.reader, message, "5 posts, 3 origins")
    await expect(bubble).to_contain_text("5 posts, 3 origins")
    await expect(bubble).to_have_class("theirs changed")
    await expect(bubble.locator(".edited")).to_contain_text("edited ")
    assert await page.locator(".theirs").count() >= count
    assert await page.locator(f"[id='m{sandbox.reader}-{message}']").count() == 1


async def test_a_change_out_of_sight_is_announced(sandbox: Sandbox, bot: Any, page: Page) -> None:
    """When a message above the visible part changes, the page says so and leads there."""
    await sandbox.begin()
    message = await bot.alert(sandbox.reader)
    for number in range(20):
        await sandbox.api.user_sends(sandbox.reader, f"line {number}\n" * 4)
    await expect(page.locator(".theirs:not(.typing)")).to_have_count(23)
    await bot.update(sandbox.reader, message, "5 posts, 3 origins")
    await page.get_by_role("button", name="A message above changed").click()
    await expect(page.locator(f"#m{sandbox.reader}-{message}")).to_be_in_viewport()
    await expect(page.locator("#above")).to_be_hidden()


async def test_the_view_goes_to_the_answer(sandbox: Sandbox, page: Page) -> None:
    """Wherever a person has scrolled to: an answer longer than the view is shown from the question on, and stays."""
    await sandbox.api.user_sends(sandbox.reader, "hello")
    for number in range(12):
        await sandbox.api.call("sendMessage", chat_id=sandbox.reader, text=f"earlier {number}\n" * 4)
    await expect(page.locator(".theirs:not(.typing)")).to_have_count(12)
    await page.locator("#scroll").evaluate("node => { node.scrollTop = 0 }")
    await page.fill("#text", "/help")
    await page.keyboard.press("Enter")
    await expect(page.locator(".mine")).to_have_count(2)
    await sandbox.api.call("sendMessage", chat_id=sandbox.reader, text="first line\n" + "more\n" * 150)
    await page.wait_for_function(_TOP_OF_VIEW, arg=".mine")
    await sandbox.api.call("sendMessage", chat_id=sandbox.reader, text="an alert that comes meanwhile")
    await expect(page.locator("#below-count")).to_have_text("1")
    await page.wait_for_function(_TOP_OF_VIEW, arg=".mine")


_TOP_OF_VIEW = """name => {
    const view = document.getElementById("scroll").getBoundingClientRect();
    const top = [...document.querySelectorAll(name)].at(-1).getBoundingClientRect().top;
    return top >= view.top && top < view.top + 40;
}"""


async def test_a_pressed_button_leads_to_its_answer(sandbox: Sandbox, bot: Any, page: Page) -> None:
    """A button far above the end: the message that it brings comes into view."""
    await sandbox.api.user_sends(sandbox.reader, "hello")
    message = await bot.alert(sandbox.reader)
    for number in range(12):
        await sandbox.api.call("sendMessage", chat_id=sandbox.reader, text=f"later {number}\n" * 4)
    await expect(page.locator(".theirs:not(.typing)")).to_have_count(14)  # the bot answers "hello" too
    await page.locator("#scroll").evaluate("node => { node.scrollTop = 0 }")
    await page.locator(f"#m{sandbox.reader}-{message}").get_by_role("button", name="Why this?").click()
    await sandbox.api.call("sendMessage", chat_id=sandbox.reader, text="the answer")
    await expect(page.locator(".theirs .text").last).to_have_text("the answer")
    await expect(page.locator(".theirs .text").last).to_be_in_viewport()


async def test_a_quote_ends_its_line(sandbox: Sandbox, page: Page) -> None:
    """The line break after a quote is no empty line; two of them are one."""
    await sandbox.api.user_sends(sandbox.reader, "hello")
    html = "head\n<blockquote>said\nthus</blockquote>\nwho\n<blockquote>and</blockquote>\n\nafter"
    await sandbox.api.call("sendMessage", chat_id=sandbox.reader, text=html, parse_mode="HTML")
    text = page.locator(".theirs .text").last
    await expect(text.locator("blockquote")).to_have_count(2)
    assert await text.evaluate("node => node.textContent") == "head\nsaid\nthuswho\nand\nafter"


async def test_entities_are_shown_and_nothing_is_run(sandbox: Sandbox, page: Page) -> None:
    """Styles, quotes and links become elements; markup inside words stays words."""
    await sandbox.api.user_sends(sandbox.reader, "<img src=x onerror=alert(1)> <b>no</b>")
    await expect(page.locator(".mine .text")).to_have_text("<img src=x onerror=alert(1)> <b>no</b>")
    html = '<b>a <i>b</i></b> <a href="https://t.me/nowhere_demo/1">c</a> <tg-spoiler>e</tg-spoiler> 🕊 <u>f</u>'
    await sandbox.api.call("sendMessage", chat_id=sandbox.reader, text=html, parse_mode="HTML")
    text = page.locator(".theirs .text").last
    await expect(text.locator("b i")).to_have_text("b")
    await expect(text.locator("a")).to_have_attribute("href", "https://t.me/nowhere_demo/1")
    await expect(text.locator("u")).to_have_text("f")
    await expect(text.locator(".spoiler")).to_have_text("e")


async def test_the_wire_unfolds(sandbox: Sandbox, skip: Skip, bot: Any, page: Page) -> None:
    """Posts appear as they are published; a link in the chat leads to the post behind it; edits and deletions show."""
    await sandbox.begin()
    message = await bot.alert(sandbox.reader)
    await expect(page.locator(".post").first).to_be_visible()
    skip.later = timedelta(seconds=95)
    await expect(page.locator(".post.deleted")).to_contain_text("deleted by its source")
    await expect(page.locator("[id='p-skyline/2753'] .mark.edit")).to_contain_text("edited")
    await page.locator(f"#m{sandbox.reader}-{message} .text a").click()
    await expect(page.locator("[id='p-northgate/4103']")).to_have_class(re.compile(r"\bfound\b"))
    await expect(page.locator("#speed")).to_have_text("60×")
    assert await page.locator(".banner").inner_text() != ""


async def test_commands_are_offered(sandbox: Sandbox, bot: Any, page: Page) -> None:
    """A slash opens the bot's commands; Enter takes the chosen one."""
    await sandbox.api.until(lambda: sandbox.api.polling)
    await page.reload()
    await page.fill("#text", "/sub")
    await expect(page.get_by_role("option")).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(page.locator(".mine .text").last).to_have_text("/subscribe")


async def test_deep_link(sandbox: Sandbox, bot: Any, page: Page) -> None:
    """A link to the bot with a payload sends it as `/start payload`."""
    link = '<a href="https://t.me/wirewatch_demo_bot?start=story_mediation">open</a>'
    await sandbox.api.user_sends(sandbox.reader, "hello")
    await sandbox.api.call("sendMessage", chat_id=sandbox.reader, text=link, parse_mode="HTML")
    await page.get_by_role("link", name="open").click()
    await expect(page.locator(".mine .text").last).to_have_text("/start story_mediation")


async def test_phone_width(sandbox: Sandbox, bot: Any, page: Page) -> None:
    """On a phone one view fills the width, nothing scrolls sideways, and tabs change views."""
    await page.set_viewport_size({"width": 360, "height": 740})
    await sandbox.begin()
    await bot.alert(sandbox.reader)
    for view, shown in (("wire", ".wire"), ("chats", ".rail"), ("chat", ".talk")):
        await page.locator(f".tabs [data-show={view}]").click()
        await expect(page.locator(shown)).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360


async def test_tablet_width(sandbox: Sandbox, bot: Any, page: Page) -> None:
    """Between phone and desk the chats are a drawer that a click beside it closes."""
    await page.set_viewport_size({"width": 1000, "height": 700})
    await expect(page.locator(".rail")).to_be_hidden()
    await page.locator(".to-chats").click()
    await expect(page.locator(".rail")).to_be_visible()
    await page.locator(".scroll").click(position={"x": 500, "y": 100})
    await expect(page.locator(".rail")).to_be_hidden()


async def test_the_page_finds_the_sandbox_again(sandbox: Sandbox, bot: Any, page: Page) -> None:
    """After a lost stream the page reads everything anew and shows each message once."""
    await sandbox.begin()
    await expect(page.locator(".mine")).to_have_count(2)
    for task in asyncio.all_tasks():
        if "_stream" in repr(task.get_coro()):
            task.cancel()
    await sandbox.api.user_sends(sandbox.reader, "still there?")
    await expect(page.locator(".mine")).to_have_count(3)

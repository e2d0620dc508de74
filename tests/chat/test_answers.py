"""Commands and buttons, answered from the store and the rules."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from chat_looks import FIXTURES, judge
from chat_world import NOW, World
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.alerts import presses
from bot.alerts.presses import Verb
from bot.chat.buttons import Where
from bot.chat.reading import Command, read_choice, read_command, read_deep_link
from bot.chat.screens import trouble
from bot.model import Event, Phase, Severity, Subscription, Target
from bot.rules import load

EVENTS = msgspec.json.decode((FIXTURES / "events.json").read_bytes(), type=dict[str, Event])
PHASE = Phase(storyline="mediation", phase="withdrawn", since=NOW, event="e1a2b3")

RULES = Path(__file__).resolve().parents[2] / "rules"


@pytest.fixture
def world() -> World:
    return World(tuple(EVENTS.values()), (PHASE,))


async def ask(world: World, text: str, chat: int = 7, thread: int | None = None, *, admin: bool | None = True) -> str:
    command = read_command(text, "wire_bot")
    assert command is not None
    message = await world.commands.answer(command, world.place(chat, thread, admin=admin))
    assert message is not None
    return judge(message)


async def follows(world: World, chat: int = 7, thread: int | None = None) -> dict[str, Subscription]:
    return {row.storyline: row for row in await world.subscriptions.of_target(Target(chat, thread))}


async def test_two_presses_from_start_to_following(world: World) -> None:
    """`/start` carries the storylines: one press follows, another stops."""
    start = await world.commands.answer(Command("start"), world.place())
    button = next(b for row in start.buttons for b in row if b.text == "US mediation between Russia and Ukraine")
    answer = await world.buttons.answer(button.data, world.place())
    assert answer.where is Where.HERE
    assert list(await follows(world)) == ["mediation"]
    ticked = next(b for row in answer.message.buttons for b in row if b.text.startswith("✓ US mediation"))
    await world.buttons.answer(ticked.data, world.place())
    assert await follows(world) == {}


async def test_pressing_an_old_button_twice_does_no_harm(world: World) -> None:
    """Buttons say the wanted state, so a replay changes nothing."""
    data = presses.data(Verb.FOLLOW, "mediation", 1, "p0")
    await world.buttons.answer(data, world.place())
    before = await follows(world)
    await world.buttons.answer(data, world.place())
    assert await follows(world) == before


async def test_subscribe_by_text(world: World) -> None:
    """Storyline, minimum severity and confirmation in one line, in any order, by alias too."""
    await ask(world, "/subscribe critical peace-talks confirmed")
    row = (await follows(world))["mediation"]
    assert (row.minimum, row.confirmed_only) == (Severity.CRITICAL, True)
    text = await ask(world, "/subscribe mediation fast")
    row = (await follows(world))["mediation"]
    assert (row.minimum, row.confirmed_only) == (Severity.CRITICAL, False), "what is not said stays"
    assert "critical only, from the first report" in text


async def test_subscribe_all_and_unsubscribe_all(world: World) -> None:
    """`all` means every storyline of today."""
    await ask(world, "/subscribe all high")
    assert {name: row.minimum for name, row in (await follows(world)).items()} == dict.fromkeys(
        world.rules.current.storylines, Severity.HIGH
    )
    await ask(world, "/unsubscribe all")
    assert await follows(world) == {}


async def test_following_again_ends_a_pause(world: World) -> None:
    """Who follows a storyline wants its alerts: a pause from an earlier block ends."""
    await ask(world, "/subscribe mediation")
    await world.subscriptions.pause(Target(7), "blocked", whole_chat=True)
    await ask(world, "/subscribe mediation")
    assert (await follows(world))["mediation"].paused is None


async def test_a_storyline_that_is_no_longer_tracked_can_be_dropped(world: World) -> None:
    """Rules change; what is followed can still be stopped, by text and by button."""
    for text in ("/unsubscribe old-one", None):
        await world.subscriptions.put(Subscription(target=Target(7), storyline="old-one", since=NOW))
        if text:
            await ask(world, text)
        else:
            await world.buttons.answer(presses.data(Verb.FOLLOW, "old-one", 0, "m"), world.place())
        assert await follows(world) == {}


@pytest.mark.parametrize("name", ["mediation", "Mediation", "MEDIATION", "peace talks", "Peace-Talks", "peace_talks"])
async def test_a_story_is_found_as_people_type_it(world: World, name: str) -> None:
    """Case, spaces and hyphens do not matter."""
    assert "phase: withdrawn" in (await ask(world, f"/story {name}")).casefold()


async def test_a_mistyped_name_offers_the_nearest(world: World) -> None:
    """The nearest storyline stands on a button."""
    message = await world.commands.answer(Command("story", ("meditaion",)), world.place())
    assert message.buttons[0][0].data == "s:mediation"


async def test_deep_links(world: World) -> None:
    """`?start=story_mediation` shows the card, `?start=sub_mediation` follows, anything else greets."""
    assert "Looks for" in await ask(world, "/start story_mediation")
    await ask(world, "/start sub_embassy-evacuation")
    assert list(await follows(world)) == ["embassy-evacuation"]
    for payload in ("sub_nothing", "story_", "x", "%00", "sub_" + "a" * 60):
        assert "Wirewatch" in await ask(world, f"/start {payload}")


async def test_latest_shows_the_newest_first() -> None:
    """Ordered by the newest report, not by what changed last; no more than fit a glance."""
    one = EVENTS["first"]
    events = []
    for number in (3, 11, 0, 7, 5, 9, 1, 10, 2, 8, 6, 4):
        report = msgspec.structs.replace(
            one.first, headline=f"Headline {number:02}.", published=one.first.published + timedelta(minutes=number)
        )
        events.append(msgspec.structs.replace(one, id=f"e{number}", reports=(report,)))
    text = await ask(World(tuple(events)), "/latest")
    shown = [line for line in text.splitlines() if line.startswith("Headline")]
    assert shown == [f"Headline {number:02}." for number in range(11, 3, -1)]


async def test_topics_have_their_own_subscriptions(world: World) -> None:
    """What a topic follows is not what its group follows."""
    await ask(world, "/subscribe mediation", -100, 5)
    assert list(await follows(world, -100, 5)) == ["mediation"]
    assert await follows(world, -100) == {}


@pytest.mark.parametrize(("admin", "words"), [(False, "Only admins"), (None, "could not check")])
async def test_only_admins_change_what_a_group_follows(world: World, admin: bool | None, words: str) -> None:
    """Members read; a change by one of them, by text, link or button, is refused with a sentence."""
    for text in ("/subscribe mediation", "/unsubscribe mediation", "/start sub_mediation", "/subscribe all"):
        assert words in await ask(world, text, -100, admin=admin)
    for data in ("f:mediation:1:p0", "f:mediation:0:m", "v:mediation:4", "k:mediation:1"):
        answer = await world.buttons.answer(data, world.place(-100, admin=admin))
        assert words in answer.toast
        assert answer.alert
        assert answer.message is None
    assert await follows(world, -100) == {}
    assert "Phase" in await ask(world, "/story mediation", -100, admin=admin)


async def test_settings_change_in_place(world: World) -> None:
    """Minimum and confirmation are set by buttons; forged levels are refused."""
    await ask(world, "/subscribe mediation")
    await world.buttons.answer("v:mediation:3", world.place())
    answer = await world.buttons.answer("k:mediation:1", world.place())
    row = (await follows(world))["mediation"]
    assert (row.minimum, row.confirmed_only) == (Severity.HIGH, True)
    assert answer.where is Where.HERE
    for forged in ("v:mediation:9", "v:mediation:0", "v:mediation:²", "v:mediation:-1", "v:mediation:" + "9" * 40):
        assert (await world.buttons.answer(forged, world.place())).toast == trouble.OLD_BUTTON
    assert (await follows(world))["mediation"] == row


async def test_story_from_an_alert_is_a_new_message(world: World) -> None:
    """An alert stays an alert: its buttons never replace it."""
    for data in ("c:mediation", "w:e1a2b3"):
        answer = await world.buttons.answer(data, world.place())
        assert answer.where is Where.NEW
        assert answer.message is not None


async def test_silence_in_groups(world: World) -> None:
    """An unknown command in a group may be for another bot; addressed to us it is answered."""
    place = world.place(-100)
    assert await world.commands.answer(Command("roll"), place) is None
    assert await world.commands.answer(Command("roll", addressed=True), place) == trouble.no_such_command()
    assert await world.commands.answer(Command("roll"), world.place()) == trouble.no_such_command()


def test_commands_are_read_as_telegram_writes_them() -> None:
    """With and without our name; those for other bots are not ours."""
    assert read_command("/story@Wire_Bot mediation  now", "wire_bot") == Command("story", ("mediation", "now"), True)
    assert read_command("/STORY\nmediation", "wire_bot") == Command("story", ("mediation",))
    assert read_command("/story@other_bot x", "wire_bot") is None
    assert read_command("story", "wire_bot") is None
    assert read_command("/", "wire_bot") == Command("")


def test_options_are_words_only_where_they_are_no_name() -> None:
    """A storyline called `critical` wins over the option; the longest name wins."""
    names = {"critical": "critical", "a b": "ab", "a": "a"}
    choice = read_choice(("critical", "a", "b", "high", "zz"), names.get)
    assert (choice.storylines, choice.minimum, choice.unknown) == (("critical", "ab"), Severity.HIGH, ("zz",))
    assert read_deep_link("story_a_b") == ("story", "a_b")


async def test_the_shipped_storylines_answer_to_their_names() -> None:
    """With the real rules: every name and alias shows its card, every screen is valid, a slip offers the right one."""
    rules = load(RULES)
    world = World(rules=rules)
    for text in ("/start", "/stories", "/subscribe", "/subscribe all", "/my", "/story"):
        await ask(world, text)
    for storyline in rules.storylines.values():
        for name in (storyline.name, *storyline.aliases, storyline.name.upper().replace("-", " ")):
            assert storyline.title in (await ask(world, f"/story {name}")).splitlines()[0], name
    for typed, meant in (("meditaion", "mediation"), ("embasy", "embassy-evacuation"), ("sanktions", "sanctions")):
        message = await world.commands.answer(Command("story", (typed,)), world.place())
        assert message.buttons[0][0].data == f"s:{meant}"


# --- anything ----------------------------------------------------------------------------------------------------

wild = st.text(max_size=200) | st.text(st.sampled_from("\u202e\u200f🙂<>&/@ _-اїa\n"), max_size=4096)
commands = st.sampled_from(
    ["", "/", "/start ", "/story ", "/subscribe ", "/unsubscribe ", "/my ", "/sources ", "/help@wire_bot "]
)


@settings(max_examples=100, deadline=None)
@given(commands, wild)
async def test_any_text_gets_one_valid_answer(prefix: str, tail: str) -> None:
    """Random unicode, right-to-left marks, emoji, 4,096 characters: one valid message, never an error."""
    world = World(tuple(EVENTS.values()), (PHASE,))
    text = (prefix + tail)[:4096]
    command = read_command(text, "wire_bot")
    if command is not None:
        judge(await world.commands.answer(command, world.place()))
    elif not text.startswith("/"):
        judge(await world.commands.words(text, world.place()))


forged = st.one_of(
    st.text(max_size=64),
    st.builds(
        lambda verb, rest: ":".join((verb, *rest)),
        st.sampled_from([verb.value for verb in Verb]),
        st.lists(
            st.text(max_size=20) | st.sampled_from(["mediation", "0", "1", "4", "p0", "m", "s", "~ff", "-1"]),
            max_size=4,
        ),
    ),
)


@settings(max_examples=200, deadline=None)
@given(forged)
async def test_forged_buttons_are_answered_kindly(data: str) -> None:
    """Whatever comes back as callback data, there is a valid answer and nothing is followed that does not exist."""
    world = World(tuple(EVENTS.values()), (PHASE,))
    answer = await world.buttons.answer(data, world.place())
    assert answer.message is not None or answer.toast
    if answer.message is not None:
        judge(answer.message)
    assert set(await follows(world)) <= set(world.rules.current.storylines)


async def test_a_severity_that_nothing_reaches_is_told(world: World) -> None:
    """Who asks for critical events of a storyline that has none is told so, and not left to wait."""
    assert "Nothing will arrive like this: what is tracked here is low at most" in await ask(
        world, "/subscribe talks critical"
    )
    tuned = (await world.buttons.answer(presses.data(Verb.TUNE, "talks"), world.place())).message
    assert tuned is not None
    assert "Nothing will arrive" in judge(tuned)
    assert "Nothing will arrive" not in await ask(world, "/subscribe mediation critical")


async def test_words_that_overlap_are_named_once() -> None:
    """Why: of matches inside each other only the widest is shown."""
    event = EVENTS["first"]
    first = msgspec.structs.replace(event.first, marks=((0, 10), (0, 5), (6, 10), (20, 25), (20, 25)))
    world = World((msgspec.structs.replace(event, reports=(first,)),))
    answer = await world.buttons.answer(presses.data(Verb.WHY, event.id), world.place())
    assert answer.message is not None
    words = [first.excerpt[0:10].strip(), first.excerpt[20:25].strip()]
    assert f"by the words {', '.join(words)}." in judge(answer.message)

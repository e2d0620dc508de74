"""Every screen against its golden text, and with awkward data."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from chat_looks import FIXTURES, drawn, golden, judge
from chat_world import CONFIGURED, HEALTHS, NOW, SHIPPED, Storyline, World

from bot.chat.reading import Command
from bot.chat.screens import follow, sources, story, trouble, welcome, why
from bot.model import Event, Phase, Severity, Subscription, Target

EVENTS = msgspec.json.decode((FIXTURES / "events.json").read_bytes(), type=dict[str, Event])
TITLES = {each.name: each.title for each in SHIPPED}
PHASE = Phase(storyline="mediation", phase="withdrawn", since=NOW - timedelta(minutes=45), event="e1a2b3")


def followed(name: str = "mediation", **how: object) -> Subscription:
    return Subscription(target=Target(7), storyline=name, since=NOW, **how)


CRITICAL = followed(minimum=Severity.CRITICAL, confirmed_only=True)
MANY = tuple(Storyline(f"line-{n:03}", f"Storyline number {n}", (), "About it.") for n in range(25))

SCREENS = {
    "start": welcome.start(SHIPPED, set(), private=True),
    "start-again": welcome.start(SHIPPED, {"mediation"}, private=True),
    "start-group": welcome.start(SHIPPED, set(), private=False),
    "start-empty": welcome.start((), set(), private=True),
    "help": welcome.help_screen(private=True),
    "help-group": welcome.help_screen(private=False),
    "hello-group": welcome.hello_group(6),
    "hello-again": welcome.hello_again(1, private=True),
    "stories": story.stories(SHIPPED, {"mediation": PHASE}, {"mediation"}, NOW),
    "stories-paged": story.stories(MANY, {}, set(), NOW, 1),
    "story": story.story(
        story.Card(
            storyline=SHIPPED[0],
            now=NOW,
            phase=PHASE,
            events=(EVENTS["contradicted"], EVENTS["confirmed"], EVENTS["all-gone"]),
            subscription=CRITICAL,
        )
    ),
    "story-empty": story.story(story.Card(storyline=SHIPPED[2], now=NOW, private=False)),
    "story-which": story.which(SHIPPED),
    "story-unknown": story.unknown("meditaion", SHIPPED[:1]),
    "story-unknown-alone": story.unknown("<b>zzz</b>", ()),
    "story-perhaps": story.perhaps(SHIPPED[:2]),
    "latest": story.latest((EVENTS["confirmed"], EVENTS["two-storylines"], EVENTS["quiet"]), TITLES, NOW),
    "latest-empty": story.latest((), TITLES, NOW),
    "choose": follow.choose(SHIPPED, {"mediation", "talks"}, private=True),
    "choose-nameless": follow.choose(SHIPPED, set(), private=True, nameless=True),
    "choose-group-paged": follow.choose(MANY, {"line-011"}, 1, private=False),
    "my": follow.mine([CRITICAL, followed("talks", paused="blocked"), followed("an-old-one")], TITLES, private=True),
    "my-empty": follow.mine([], TITLES, private=False),
    "tune": follow.tune(SHIPPED[0], CRITICAL),
    "followed": follow.followed(SHIPPED[:1], [CRITICAL], (), every=False, private=True),
    "followed-two": follow.followed(SHIPPED[:2], [followed(), CRITICAL], ("zz",), every=False, private=False),
    "followed-all": follow.followed(SHIPPED, [followed()] * 3, (), every=True, private=True),
    "stopped": follow.stopped(["Talks between Russia and Ukraine"], ("zz",), private=False),
    "stopped-nothing": follow.stopped([], (), private=True),
    "sources": sources.sources(CONFIGURED, {health.source: health for health in HEALTHS}, NOW),
    "sources-none": sources.sources((), {}, NOW),
    "why": why.why(EVENTS["confirmed"], TITLES, NOW),
    "why-retracted": why.why(EVENTS["retracted"], TITLES, NOW),
    "trouble-event": trouble.gone_event(),
    "trouble-storyline": trouble.gone_storyline(),
    "trouble-command": trouble.no_such_command(),
    "trouble-store": trouble.store_away(),
    "trouble-words": trouble.not_understood(),
}


@pytest.mark.parametrize("name", sorted(SCREENS))
def test_a_screen_reads_as_agreed(name: str) -> None:
    """Each screen has one agreed text with its buttons."""
    golden(f"screen-{name}", SCREENS[name])


def test_no_golden_text_is_left_over() -> None:
    """Every `screen-*.txt` belongs to a screen."""
    assert {path.stem for path in FIXTURES.glob("screen-*.txt")} == {f"screen-{name}" for name in SCREENS}


def test_details_of_a_fault_are_not_shown_to_readers() -> None:
    """A private address in a source's fault stays in the logs."""
    assert "secret" not in drawn(SCREENS["sources"])


def test_screens_hold_at_ten_thousand_storylines() -> None:
    """Lists turn pages instead of growing out of a message."""
    many = tuple(
        Storyline(f"s{n}", "A long title of a storyline " * 6, ("a" * 50,), "About " * 80) for n in range(10_000)
    )
    everything = {each.name for each in many}
    for page in (0, 3, 1249, 10**6, -4):
        judge(story.stories(many, {}, everything, NOW, page))
        judge(follow.choose(many, everything, page, private=True))
    judge(welcome.start(many, set(), private=True))
    judge(follow.followed(many, [CRITICAL], (), every=False, private=True))
    judge(follow.mine([followed(each.name) for each in many], {}, private=True))
    judge(story.which(many))


def test_a_long_story_leaves_out_whole_events_and_counts_them() -> None:
    """No event is cut in two; what does not fit is counted."""
    one = EVENTS["many"]
    wide = tuple(
        msgspec.structs.replace(
            report,
            outlet=f"{number} " + "An outlet with a long name" * 3,
            origin=f"o{number}",
            headline="word " * 60,
            copy_of=None,
        )
        for number, report in enumerate(one.reports)
    )
    events = tuple(msgspec.structs.replace(one, id=f"e{n}", reports=wide) for n in range(30))
    text = judge(story.latest(events, TITLES, NOW))
    shown = text.count("newest ")
    assert 0 < shown < 30
    assert f"… and {30 - shown} more" in text
    assert text.endswith("As of 22 Nov, 09:45 UTC.")


async def test_every_button_of_every_screen_is_answered() -> None:
    """No dead button: each data that a screen carries has an answer that is a valid screen."""
    world = World(tuple(EVENTS.values()), (PHASE,))
    for message in SCREENS.values():
        for button in (button for row in message.buttons for button in row if button.data):
            answer = await world.buttons.answer(button.data, world.place())
            assert answer.message is not None, button
            judge(answer.message)


async def test_the_menu_names_only_commands_that_exist() -> None:
    """What Telegram's menu offers is answered."""
    world = World()
    for name, words in welcome.PRIVATE + welcome.GROUP:
        assert len(words) <= 256
        answer = await world.commands.answer(Command(name), world.place())
        assert answer is not None
        assert answer != trouble.no_such_command()

"""What a reader sees of an event."""

from __future__ import annotations

import importlib.util
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.alerts import markup, presses
from bot.alerts.render import render_alert, render_event_line, render_ring
from bot.model import Delivery, Event, Message, Reason, Report, Said, Severity, Target

_LOOKS = Path(__file__).resolve().parents[1] / "chat" / "looks.py"
_spec = importlib.util.spec_from_file_location("looks", _LOOKS)
looks = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(looks)

EVENTS = msgspec.json.decode((looks.FIXTURES / "events.json").read_bytes(), type=dict[str, Event])
NOW = datetime(2026, 11, 22, 9, 45, tzinfo=UTC)
TITLES = {
    "mediation": "US mediation between Russia and Ukraine",
    "embassy-evacuation": "Evacuation of embassies",
    "strikes-energy": "Strikes on power plants",
    "talks": "Talks between Russia and Ukraine",
}


def owed(event: Event, reason: Reason) -> Delivery:
    return Delivery(
        target=Target(7),
        event=event.id,
        storyline=event.storylines[0],
        reason=reason,
        rings=reason.rings,
        severity=event.severity,
        revision=event.revision,
        owed_at=NOW,
    )


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_an_alert_reads_as_agreed(name: str) -> None:
    """Each state of an event has one agreed text."""
    looks.golden(f"alert-{name}", render_alert(EVENTS[name], TITLES, NOW, phases_before={"mediation": "threatened"}))


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_an_event_in_a_list_reads_as_agreed(name: str) -> None:
    """Lists name the time, the headline and every origin, with links."""
    looks.golden(f"line-{name}", Message(html=render_event_line(EVENTS[name], NOW).html))


RINGS = [
    ("confirmed", "first", Reason.CONFIRMED),
    ("corrected", "confirmed", Reason.CORRECTED),
    ("corrected", None, Reason.CORRECTED),
    ("retracted", "confirmed", Reason.RETRACTED),
    ("all-gone", "first", Reason.RETRACTED),
    ("contradicted", "first", Reason.CONTRADICTED),
    ("denied", None, Reason.CONTRADICTED),
    ("denied-gone", None, Reason.RETRACTED),
    ("two-storylines", None, Reason.ESCALATED),
    ("many", "confirmed", Reason.UPDATED),
    ("first", None, Reason.FIRST_REPORT),
]


@pytest.mark.parametrize(("name", "before", "reason"), RINGS)
def test_a_ring_says_what_changed(name: str, before: str | None, reason: Reason) -> None:
    """The short reply names the reason, who said it, and the difference when the earlier state is known."""
    reply = render_ring(EVENTS[name], owed(EVENTS[name], reason), NOW, EVENTS[before] if before else None)
    looks.golden(f"ring-{name}-{reason}{'' if before else '-alone'}", reply)


def test_no_golden_text_is_left_over() -> None:
    """Every golden text belongs to a test."""
    wanted = {f"{kind}-{name}" for kind in ("alert", "line") for name in EVENTS}
    wanted |= {f"ring-{name}-{reason}{'' if before else '-alone'}" for name, before, reason in RINGS}
    found = {path.stem for path in looks.FIXTURES.glob("*.txt") if not path.stem.startswith("screen-")}
    assert found == wanted


def test_every_reported_post_is_linked() -> None:
    """Provenance: the alert links each origin and each copy that it shows."""
    shown = render_alert(EVENTS["confirmed"], TITLES, NOW).html
    for report in EVENTS["confirmed"].reports:
        assert f'href="{report.url}"' in shown


def test_folded_copies_are_counted() -> None:
    """What is left out is told: shown posts and folded posts add up to all of them."""
    event = EVENTS["many"]
    shown = render_alert(event, TITLES, NOW).html
    linked = sum(f'href="{markup.html.escape(report.url)}"' in shown for report in event.reports)
    assert f"and {len(event.reports) - linked} more" in shown


def test_a_deleted_post_is_never_shown_as_standing() -> None:
    """Once deleted, a post is struck, its words no longer lead, and it is no origin."""
    shown = render_alert(EVENTS["retracted"], TITLES, NOW).html
    assert "stepping back" not in shown
    assert '<s><a href="https://t.me/harbor_desk/101">Harbor Desk</a> 09:00</s> deleted by its source' in shown


def test_a_denial_is_no_witness() -> None:
    """Who denies it neither leads, nor counts, nor is named among those who say so."""
    denied, gone = EVENTS["denied"], EVENTS["denied-gone"]
    shown = render_alert(denied, TITLES, NOW).html
    assert "<b>1 post, 1 origin</b>, 1 denies it" in shown
    assert "Capital Feed</a> 09:12 denies it" in shown
    assert "<blockquote>Envoy says" in shown
    shown = render_alert(gone, TITLES, NOW).html
    assert shown.splitlines()[0] == "⚫ <b>RETRACTED</b> (was CRITICAL) · <b>Withdrawal announced</b>"
    assert "<blockquote>" not in shown
    ring = render_ring(gone, owed(gone, Reason.RETRACTED), NOW).html
    assert "Still reported" not in ring
    assert ring.endswith('denied by <a href="https://capital-feed.example/d">Capital Feed</a> 09:12.')


def with_changes(name: str, **changes: datetime | None) -> Event:
    """An event of the fixtures whose posts changed at these times; `p0` is the first."""
    event = EVENTS[name]
    return msgspec.structs.replace(
        event,
        reports=tuple(
            msgspec.structs.replace(report, changed=changes.get(f"p{number}"))
            for number, report in enumerate(event.reports)
        ),
    )


def test_a_retraction_names_the_newest_deletion() -> None:
    """Of several deletions only the one that has just come is told as news; unknown times name what must have gone."""
    last = with_changes("all-gone", p0=NOW - timedelta(minutes=9))
    one = msgspec.structs.replace(last.first, post="b/1", outlet="Second Desk", origin="b", changed=NOW)
    both = msgspec.structs.replace(last, reports=(last.first, one))
    ring = render_ring(both, owed(both, Reason.RETRACTED), NOW).html
    assert ring.startswith("<b>Retracted: </b>")
    assert "Second Desk" in ring
    assert last.first.outlet not in ring
    standing = msgspec.structs.replace(one, post="c/1", outlet="Third Desk", gone=False, changed=None)
    unknown = [msgspec.structs.replace(report, changed=None) for report in (last.first, one)]
    some = msgspec.structs.replace(last, reports=(*unknown, standing))
    assert "Second Desk" not in render_ring(some, owed(some, Reason.RETRACTED), NOW).html
    none = msgspec.structs.replace(last, reports=tuple(unknown))
    ring = render_ring(none, owed(none, Reason.RETRACTED), NOW).html
    assert last.first.outlet in ring
    assert "Second Desk" in ring


def test_a_retraction_tells_copies_from_reports() -> None:
    """When only forwards of a deleted post still stand, that is said."""
    event = EVENTS["all-gone"]
    copy = msgspec.structs.replace(event.first, post="e/1", outlet="Echo", gone=False, copy_of=event.first.post)
    event = msgspec.structs.replace(event, reports=(event.first, copy))
    assert "Only copies of it still stand: " in render_ring(event, owed(event, Reason.RETRACTED), NOW).html


def test_a_correction_shows_the_newest_difference_only() -> None:
    """What was corrected an hour ago is not told again as if it were new."""
    first, second = EVENTS["confirmed"].reports[:2]
    old = msgspec.structs.replace(first, was="Two were hurt.", excerpt="Three were hurt.", changed=NOW - timedelta(1))
    new = msgspec.structs.replace(second, was="Nine ships left.", excerpt="Ten ships left.", changed=NOW)
    event = msgspec.structs.replace(EVENTS["confirmed"], reports=(old, new))
    ring = render_ring(event, owed(event, Reason.CORRECTED), NOW).html
    assert "<s>Nine</s> <b>Ten</b> ships left." in ring
    assert "hurt" not in ring


def test_a_late_match_is_still_shown() -> None:
    """When the matched words stand far into a long post, the extract begins near them."""
    words = "word " * 400 + "the envoy leaves " + "tail " * 300
    start = words.index("envoy")
    piece = markup.marked(words, ((start, start + 5),), 300)
    assert "<b>envoy</b>" in piece.html
    assert piece.html.startswith("… ")
    assert piece.html.endswith("…")
    assert piece.units <= 300


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "tg://user?id=1",
        "http://localhost/x",
        "https://",
        "http://a b.c/",
        "https://x.org:99999/",
    ],
)
def test_a_url_that_telegram_would_refuse_is_no_button(url: str) -> None:
    """One bad button costs the whole message, so such a URL is neither button nor link."""
    event = EVENTS["first"]
    report = msgspec.structs.replace(event.first, url=url)
    message = render_alert(msgspec.structs.replace(event, reports=(report,)), TITLES, NOW)
    looks.judge(message)
    assert all(button.url is None for row in message.buttons for button in row)
    assert "href" not in message.html


def test_old_and_forged_buttons_read_as_nothing() -> None:
    """Only our own verbs with the right number of arguments are presses; what we write reads back."""
    for forged in ("", ":", "x", "c", "c:", "c:a:b", "f:a", "zz:1", "s:\x00:", "🙂", "w:"):
        assert presses.read(forged) is None, forged
    for verb, count in presses._ARGUMENTS.items():
        arguments = tuple(f"a{number}" for number in range(count))
        assert presses.read(presses.data(verb, *arguments)) == presses.Press(verb, arguments)


# --- any event ---------------------------------------------------------------------------------------------------

anything = st.text(max_size=300) | st.text(st.sampled_from("<>&\"' \n🙂\u202e\u0301ї…/b"), max_size=1200)
names = st.text(max_size=60)
times = st.datetimes(datetime(2020, 1, 1), datetime(2027, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001
urls = st.one_of(
    st.just("https://t.me/some_channel/12"),
    st.text(max_size=80),
    st.text(max_size=2100).map("https://news.example/".__add__),
)
reports = st.builds(
    Report,
    post=st.text(min_size=1, max_size=40),
    source=names,
    outlet=names,
    url=urls,
    published=times,
    seen=times,
    headline=anything,
    excerpt=anything,
    marks=st.lists(st.tuples(st.integers(-5, 1300), st.integers(-5, 1300)), max_size=60).map(tuple),
    language=st.sampled_from([None, "en", "uk", "<b>"]),
    origin=st.sampled_from(["", "a", "b", "c", "d"]) | names,
    copy_of=st.none() | names,
    signals=st.lists(st.tuples(st.sampled_from(["mediation", "x"]), names), max_size=4).map(tuple),
    edited=st.booleans(),
    gone=st.booleans(),
    was=st.just("") | anything,
    dissent=st.booleans(),
    changed=st.none() | times,
)
events = st.builds(
    Event,
    id=st.text(min_size=1, max_size=80),
    reports=st.lists(reports, min_size=1, max_size=40).map(tuple),
    storylines=st.lists(st.sampled_from(["mediation", "x"]) | names, min_size=1, max_size=7, unique=True).map(tuple),
    severity=st.sampled_from(Severity),
    phases=st.lists(st.tuples(st.sampled_from(["mediation", "x"]), names), max_size=3).map(tuple),
    said=st.lists(
        st.builds(
            Said,
            storyline=names,
            reason=st.sampled_from(Reason),
            at=times,
            severity=st.sampled_from(Severity),
            origins=st.integers(0, 40),
            phase=st.none() | names,
        ),
        max_size=3,
    ).map(tuple),
)


@settings(max_examples=70, deadline=None)
@given(events, events, st.sampled_from(Reason))
def test_any_event_renders_within_telegrams_limits(event: Event, before: Event, reason: Reason) -> None:
    """Whatever sources write, alert, ring and line are valid HTML of at most 4,096 units and 100 entities."""
    looks.judge(render_alert(event, TITLES, NOW))
    looks.judge(render_ring(event, owed(event, reason), NOW))
    changed = msgspec.structs.replace(
        before,
        reports=tuple(
            msgspec.structs.replace(r, post=e.post) for r, e in zip(before.reports, event.reports, strict=False)
        )
        or before.reports,
    )
    looks.judge(render_ring(event, owed(event, reason), NOW, changed))
    line = render_event_line(event, NOW)
    assert len(looks.judge(Message(html=line.html)).encode("utf-16-le")) // 2 == line.units


def test_the_widest_event_still_fits() -> None:
    """A hundred origins with long names and a thousand copies: shortened, counted, and inside the limits."""
    one = EVENTS["first"].first
    crowd = tuple(
        msgspec.structs.replace(
            one,
            post=f"s{n}/1",
            outlet=f"Outlet with a rather long name {n}",
            origin=f"o{n % 100}",
            copy_of=None if n < 100 else "s0/1",
            published=one.published + timedelta(minutes=n),
            excerpt="мир 🙂 " * 400,
            marks=tuple((n * 6, n * 6 + 3) for n in range(200)),
        )
        for n in range(1100)
    )
    message = render_alert(msgspec.structs.replace(EVENTS["first"], reports=crowd), TITLES, NOW)
    text = looks.judge(message)
    assert "1100 posts, 100 origins" in text
    assert "earlier origins" in text


def crowd(**changes: object) -> Event:
    """A hundred and fifty posts of twelve origins."""
    one = EVENTS["first"].first
    reports = tuple(
        msgspec.structs.replace(one, post=f"s{n}/1", origin=f"o{n % 12}", copy_of=None if n < 12 else "s0/1", **changes)
        for n in range(150)
    )
    return msgspec.structs.replace(EVENTS["first"], reports=reports)


def test_many_links_are_too_many_before_the_text_is_too_long() -> None:
    """Telegram counts 100 entities: short names with links reach that long before 4,096 characters."""
    text = looks.judge(render_alert(crowd(outlet="A"), TITLES, NOW))
    assert len(text) < 3000


def test_long_names_are_too_long_before_links_are_too_many() -> None:
    """And the other way round: without links only the length binds."""
    event = crowd(outlet="An outlet with a very long and tiring name 🙂", url="", excerpt="word " * 400, marks=())
    message = render_alert(event, TITLES, NOW)
    looks.judge(message)
    assert message.html.count("<") < 40


def told(*words: tuple[str, Reason, int]) -> Event:
    """The confirmed event, of which this was said: storyline, reason, minute."""
    at = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
    return msgspec.structs.replace(
        EVENTS["confirmed"],
        said=tuple(
            Said(
                storyline=storyline,
                reason=reason,
                at=at + timedelta(minutes=minute),
                severity=Severity.HIGH,
                origins=2,
            )
            for storyline, reason, minute in words
        ),
    )


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (told(("a", Reason.FIRST_REPORT, 1)), None),
        (told(("a", Reason.CONTRADICTED, 5), ("b", Reason.UPDATED, 5)), "Contradicted 09:05 UTC"),
        (told(("a", Reason.CONFIRMED, 5), ("b", Reason.RETRACTED, 5)), "Retracted 09:05 UTC"),
        (told(("a", Reason.RETRACTED, 3), ("b", Reason.CONFIRMED, 5)), "Confirmed 09:05 UTC"),
        (told(("a", Reason.CONFIRMED, 5), ("b", Reason.UPDATED, 7)), "by 2 origins. Updated 09:07 UTC."),
        (told(("a", Reason.UPDATED, 16 * 60)), "<i>Updated 23 Nov, 01:00 UTC.</i>"),
        (told(("a", Reason.UPDATED, 7)), "<i>Updated 09:07 UTC.</i>"),
    ],
)
def test_the_gravest_of_the_newest_reasons_speaks(event: Event, line: str | None) -> None:
    """One moment may bring a reason for each storyline; silent updates since then are dated."""
    last = render_alert(event, TITLES, NOW).html.splitlines()[-1]
    assert (line in last) if line else not last.startswith("<i>")


def test_sources_that_disagree_are_each_quoted() -> None:
    """Once contradicted, every origin's own words stand in the list, also the later words of the same outlet."""
    event = EVENTS["contradicted"]
    later = msgspec.structs.replace(event.reports[1], post="capital-feed/z", headline="US denies that it withdrew")
    shown = render_alert(msgspec.structs.replace(event, reports=(*event.reports, later)), TITLES, NOW).html
    for headline in ("officials confirm", "denies that talks are over", "US denies that it withdrew"):
        assert headline in shown
    assert shown.count("reports differ") == 2


def test_a_ring_takes_the_severity_that_is_owed() -> None:
    """An event in two storylines rings for one of them with that one's severity, not with the event's highest."""
    event = EVENTS["contradicted"]
    delivery = msgspec.structs.replace(owed(event, Reason.ESCALATED), severity=Severity.HIGH)
    assert "now high" in render_ring(event, delivery, NOW).html


# --- posts that no longer say so ---------------------------------------------------------------------------------


def changed_since(name: str, *posts: int, **more: object) -> Event:
    """An event some of whose posts were edited until no signal matched any more."""
    event = EVENTS[name]
    reports = [
        msgspec.structs.replace(
            one,
            signals=(),
            edited=True,
            was=one.headline,
            headline="The envoy spoke of the weather",
            excerpt="The envoy spoke of the weather.",
            marks=(),
            changed=NOW,
            **more,
        )
        if number in posts
        else one
        for number, one in enumerate(event.reports)
    ]
    return msgspec.structs.replace(
        event, reports=tuple(reports), phases=event.phases if len(posts) < len(reports) else ()
    )


def test_an_event_that_nobody_reports_any_more_says_so() -> None:
    """The only post was edited: the head is no alarm, nothing is called deleted, what it said is struck."""
    event = changed_since("first", 0)
    shown = render_alert(event, TITLES, NOW).html
    assert shown.startswith("⚫ <b>NO LONGER REPORTED</b> (was CRITICAL)")
    assert "phase:" not in shown
    assert "delete" not in shown
    assert "edited, no longer says so" in shown
    assert "1 post, changed since" in shown
    assert "No post says so any more." in shown
    assert f"<s>{EVENTS['first'].first.headline[:40]}" in shown
    line = render_event_line(event, NOW).html
    assert line.startswith("⚫")
    assert "edited, no longer says so" in line


def test_an_edited_away_post_is_counted_apart() -> None:
    """The posts that still say so lead; the changed one is counted as changed and is no origin."""
    reports = EVENTS["confirmed"].reports
    own = [number for number, report in enumerate(reports) if report.origin == reports[0].origin]
    event = changed_since("confirmed", *own)
    shown = render_alert(event, TITLES, NOW).html
    assert shown.startswith("🔴 <b>CRITICAL</b>")
    assert f"({len(own)} changed)" in shown
    assert event.origins == EVENTS["confirmed"].origins - 1


def test_the_head_shows_the_severity_that_still_stands() -> None:
    """The critical post was edited away: a low one beside it does not stay critical."""
    event = changed_since("confirmed", 0)
    low = [msgspec.structs.replace(one, severity=Severity.LOW) for one in event.reports[1:]]
    event = msgspec.structs.replace(event, reports=(event.reports[0], *low))
    assert render_alert(event, TITLES, NOW).html.startswith("⚪ <b>LOW</b>")


def test_the_ring_of_an_edited_away_post_tells_the_truth() -> None:
    """Whatever the reason says, nothing was deleted: the source changed its post, and nobody else reports it."""
    event = changed_since("first", 0)
    for reason in (Reason.CORRECTED, Reason.RETRACTED):
        ring = render_ring(event, owed(event, reason), NOW).html
        assert "changed its post; it no longer says so." in ring
        assert "No other post reports it" in ring
        assert "delete" not in ring
    denies = changed_since("first", 0, dissent=True)
    assert "changed its post and now denies it." in render_ring(denies, owed(denies, Reason.CORRECTED), NOW).html


def test_what_was_deleted_meanwhile_is_called_deleted() -> None:
    """A correction that is told after its post was deleted says that."""
    event = EVENTS["all-gone"]
    assert "deleted its post" in render_ring(event, owed(event, Reason.CORRECTED), NOW).html


def test_a_report_after_a_retraction_is_told_as_that() -> None:
    """It rings as an escalation, and reads as what it is."""
    event = EVENTS["first"]
    word = Said(storyline="mediation", reason=Reason.ESCALATED, at=NOW, severity=Severity.HIGH, origins=1, again=True)
    event = msgspec.structs.replace(event, said=(word,))
    assert "Reported again 09:45 UTC by 1 origin." in render_alert(event, TITLES, NOW).html
    assert render_ring(event, owed(event, Reason.ESCALATED), NOW).html.startswith(
        "<b>Reported again:</b> now 1 origin."
    )


def test_an_escalation_names_the_severity_that_was_decided() -> None:
    """A delivery may be owed at a graver severity, to those who heard of that; the words are the event's own."""
    event = EVENTS["first"]
    word = Said(storyline="mediation", reason=Reason.ESCALATED, at=NOW, severity=Severity.HIGH, origins=1)
    event = msgspec.structs.replace(event, said=(word,))
    assert "now high" in render_ring(event, owed(event, Reason.ESCALATED), NOW).html

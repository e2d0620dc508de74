from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import timedelta

import msgspec
import pytest
from gathered import NOON, match, post, take
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.events import Relation, Window, gather, retract
from bot.model import Event, Post, Severity

CLOSED = (
    "The harbour bridge in Odesa was closed on Tuesday after an explosion damaged two of its pillars, the mayor said."
)


def events_of(posts: Iterable[Post]) -> set[frozenset[str]]:
    window = Window()
    for one in posts:
        take(window, one)
    return {frozenset(report.post for report in event.reports) for event in window}


# --- step 1: the same post ---------------------------------------------------------------------------------------


def test_a_post_seen_twice_changes_nothing() -> None:
    """A known post as it stands gives no placement."""
    window = Window()
    one = post(CLOSED)
    take(window, one)
    assert gather(window, one, [match(one)], NOON) is None


def test_a_post_that_matches_nothing_is_not_gathered() -> None:
    """Without a match and without an event there is nothing to do."""
    assert gather(Window(), post(CLOSED), [], NOON) is None


def test_an_edit_takes_the_place_of_its_report() -> None:
    """A new version replaces the report, keeps when it was first seen, and adds no report."""
    window = Window()
    one = post(CLOSED)
    first = take(window, one).after
    edited = msgspec.structs.replace(one, text=CLOSED.replace("two", "three"))
    placement = gather(window, edited, [match(edited)], NOON + timedelta(hours=1))
    assert placement is not None
    assert placement.relation is Relation.SAME
    assert placement.before == first
    assert placement.after.revision == first.revision + 1
    (report,) = placement.after.reports
    assert "three" in report.excerpt
    assert report.edited
    assert report.seen == first.first.seen


def test_an_edit_that_no_longer_matches_still_reaches_its_event() -> None:
    """Who was told must hear of it, so the storyline stays while the report's signals go."""
    window = Window()
    one = post(CLOSED)
    take(window, one)
    placement = gather(window, msgspec.structs.replace(one, text="Deleted by the editor."), [], NOON)
    assert placement is not None
    assert placement.after.storylines == ("story",)
    assert placement.after.first.signals == ()


def test_a_forward_joins_the_post_it_forwards() -> None:
    """The forward header decides, whatever the words; the origin is that of the forwarded post."""
    window = Window()
    one = post(CLOSED)
    take(window, one)
    placement = take(window, post("Wow.", 5, "Gull", forwarded_from=one.url))
    assert placement.relation is Relation.COPY
    assert placement.against == one.id
    assert placement.after.origins == 1


def test_two_forwards_meet_without_their_origin() -> None:
    """Forwards of one post that we never saw are one origin."""
    window = Window()
    take(window, post(CLOSED, 0, "Gull", forwarded_from="https://t.me/unseen/7"))
    placement = take(window, post("Look at this", 3, "Tern", forwarded_from="https://t.me/s/unseen/7"))
    assert len(placement.after.reports) == 2
    assert placement.after.origins == 1


def test_a_feed_that_changes_its_ids_does_not_double_an_event() -> None:
    """The same article under another id repeats its own words."""
    window = Window()
    take(window, post(CLOSED, 0, url="https://news.example/a?utm_source=rss"))
    placement = take(window, post(CLOSED, 90, url="https://www.news.example/a"))
    assert (placement.relation, len(placement.after.reports)) == (Relation.COPY, 2)


def test_one_article_in_two_feeds_is_one_post() -> None:
    """Two sources with one canonical link and related words carry the same article."""
    window = Window()
    take(window, post(CLOSED, 0, url="https://news.example/a?utm_source=rss"))
    placement = take(window, post("Odesa bridge: what is known", 90, "Beacon", url="https://www.news.example/a"))
    assert (placement.relation, placement.after.origins) == (Relation.COPY, 1)


UNRELATED = (
    "The harbour of Westmark is shut after a blast on pier nine.",
    "Ukraine and Russia exchanged 205 prisoners each on Friday, officials in both countries said.",
    "Hospital in Kharkiv loses power after strikes on substations",
)


@pytest.mark.parametrize("outlets", [("Beacon",) * 3, ("Beacon", "Tern", "Gull")], ids=["one source", "three sources"])
@pytest.mark.parametrize(
    "urls",
    [
        ("https://news.example/home",) * 3,
        ("https://news.example/live/day-900#a1", "https://news.example/live/day-900#b2", "https://news.example/live/day-900#c3"),
    ],
    ids=["home page", "live blog"],
)  # fmt: skip
def test_a_page_that_unrelated_posts_share_joins_none_of_them(outlets: tuple[str, ...], urls: tuple[str, ...]) -> None:
    """Feeds whose posts carry the home page's or a live blog's link still tell of several happenings."""
    texts = [post(t, n, o, url=u) for n, (t, o, u) in enumerate(zip(UNRELATED, outlets, urls, strict=True))]
    assert len(events_of(texts)) == 3


def test_a_shared_page_leads_to_every_event_behind_it() -> None:
    """Of several events with one link a post of another source joins the one that it tells of."""
    window = Window()
    home = "https://news.example/home"
    for minute, text in enumerate(UNRELATED):
        take(window, post(text, minute, "Beacon", url=home))
    placement = take(window, post(f"{UNRELATED[1]} More follows.", 9, "Tern", url=home))
    assert placement.before is not None
    assert placement.before.first.headline == UNRELATED[1]


def test_a_link_does_not_join_what_the_rules_tell_apart() -> None:
    """One link, but the rules saw another development in the newer text: two events, told twice rather than lost."""
    window = Window()
    url = "https://news.example/talks"
    one = post("Kyiv offers Moscow a full ceasefire of 30 days from Monday.", url=url)
    two = post("Moscow turns down the offered ceasefire, its envoy said.", 30, "Beacon", url=url)
    take(window, one, match(one, "proposed", hit=True))
    assert take(window, two, match(two, "rejected", hit=True)).relation is Relation.NEW


def test_an_event_that_the_window_let_go_of_is_not_begun_again_under_its_id() -> None:
    """An edit days later begins another event, whose id is the same on every machine."""
    window = Window()
    one = post(CLOSED)
    first = take(window, one).after
    late = NOON + timedelta(hours=80)
    window.expire(late)
    edited = msgspec.structs.replace(one, text=CLOSED.replace("two", "three"))
    again = [gather(window, edited, [match(edited)], late) for _ in range(2)]
    ids = {placement.after.id for placement in again if placement}
    assert len(ids) == 1
    assert ids != {first.id}


# --- step 2: copies ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "copy",
    [
        f"⚡️⚡️ BREAKING: {CLOSED}\n\n🦅 @gull_live",
        f"Colleagues report: {CLOSED}",
        CLOSED[:82],
        f"{CLOSED} Traffic was sent over the northern crossing. More details are expected later in the day.",
        CLOSED.replace("was closed on Tuesday", "has been shut on Tuesday"),
    ],
    ids=["wrapped", "introduced", "cut", "continued", "reworded"],
)
def test_a_copy_shares_event_and_origin(copy: str) -> None:
    """Copies are told from independent reports: same event, same origin, and which post they repeat."""
    window = Window()
    one = post(CLOSED)
    take(window, one)
    placement = take(window, post(copy, 9, "Gull"))
    assert placement.relation is Relation.COPY
    assert placement.after.reports[1].copy_of == one.id
    assert placement.after.origins == 1


def test_templated_alerts_stay_apart() -> None:
    """Alerts that differ in nothing but an hour, a number or a place are different happenings (at most 1 % merge)."""
    rayons = [
        "Сонячний",
        "Вишневий",
        "Озерний",
        "Степовий",
        "Лісний",
        "Гірський",
        "Морський",
        "Річковий",
        "Польовий",
        "Кленовий",
    ]
    random.seed(5)
    posts, minute = [], 0.0
    for n in range(300):
        minute += random.uniform(1, 9)
        clock = f"{9 + int(minute) // 60 % 14:02}:{int(minute) % 60:02}"
        rayon = rayons[n % len(rayons)]
        posts.append(
            post(f"🔴 {clock} Повітряна тривога в {rayon} район.\nСлідкуйте за подальшими повідомленнями.", minute)
        )
    window, merged = Window(), 0
    for one in posts:
        merged += take(window, one).before is not None
    assert merged <= 3


def test_all_clear_said_again_hours_later_is_new() -> None:
    """A channel's few equal words, hours apart, tell of two happenings; minutes apart they are one post sent twice."""
    window = Window()
    take(window, post("All clear over the whole region tonight, stay safe"))
    assert take(window, post("All clear over the whole region tonight, stay safe", 600)).before is None


# --- step 3: other words, other languages ------------------------------------------------------------------------

ONE_HAPPENING = [
    (
        "Lighthouse",
        0,
        "US orders non-emergency embassy staff and families to leave Kyiv by Sunday, the State Department said.",
    ),
    ("Маяк", 6, "Госдеп приказал части сотрудников посольства США и их семьям выехать из Киева до воскресенья."),
    ("Хвиля", 11, "Держдеп наказав частині працівників посольства США та їхнім родинам виїхати з Києва до неділі."),
]


def test_one_happening_in_three_languages_is_one_event_of_three_origins() -> None:
    """Meanings, names and places carry the merge; each report is its own witness."""
    window = Window()
    placements = [take(window, post(text, minute, outlet)) for outlet, minute, text in ONE_HAPPENING]
    assert [p.relation for p in placements] == [Relation.NEW, Relation.OTHER_WORDS, Relation.OTHER_WORDS]
    assert placements[-1].after.origins == 3
    assert placements[-1].why, "a merge must say why"


@pytest.mark.parametrize(
    "other",
    [
        "The State Department denied on Friday that embassy staff and families were ordered to leave Kyiv.",
        "UK orders non-emergency embassy staff and families to leave Bamako by Sunday, the Foreign Office said.",
        "Ukraine and Russia exchanged 205 prisoners each on Friday, officials in both countries said.",
    ],
    ids=["denial", "other country and place", "other happening"],
)
def test_other_happenings_stay_apart(other: str) -> None:
    """A denial, another place and another happening are events of their own."""
    window = Window()
    take(window, post(ONE_HAPPENING[0][2]))
    assert take(window, post(other, 40, "Gull")).relation is Relation.NEW


def test_signals_at_odds_speak_against_a_merge() -> None:
    """The same people and places under two signals of one storyline are less alike than under one."""
    claim = (
        "Washington says about its role as a mediator between Moscow and Kyiv: the envoy briefed both capitals today"
    )
    later = "The envoy briefed Moscow and Kyiv about Washington and its mediator role again, both capitals confirm"
    scores = []
    for signal in ("announced", "reaffirmed"):
        window = Window()
        one, two = post(claim), post(later, 5, "Gull")
        take(window, one, match(one, "announced", hit=True))
        placement = gather(window, two, [match(two, signal, hit=True)], two.published)
        assert placement is not None
        scores.append(placement.score)
    assert scores[0] > scores[1]


def test_a_digest_joins_nothing() -> None:
    """A post that sums up six stories is a report of none of them, and none joins it."""
    window = Window()
    take(window, post(ONE_HAPPENING[0][2]))
    digest = f"Morning brief: {ONE_HAPPENING[0][2]} Elsewhere, the port of Odesa reopened and a storm hit the coast."
    assert take(window, post(digest, 30, "Gull")).relation is not Relation.OTHER_WORDS


# --- the whole ---------------------------------------------------------------------------------------------------


def test_deletion_marks_the_report() -> None:
    """A deleted post stays visible as gone and no longer counts; a second word of it changes nothing."""
    window = Window()
    placements = [take(window, post(text, minute, outlet)) for outlet, minute, text in ONE_HAPPENING]
    first = placements[0].after.first.post
    placement = retract(window, first, NOON)
    assert placement is not None
    assert placement.after.first.gone
    assert placement.after.origins == 2
    window.put(placement.after)
    assert retract(window, first, NOON) is None
    assert retract(window, "nobody/1", NOON) is None


def test_the_id_comes_from_the_first_post() -> None:
    """The same posts give the same event ids on every machine."""
    one = post(CLOSED, id="lighthouse/1")
    assert take(Window(), one).after.id == "9343dc96caad"
    assert take(Window(), post(CLOSED, id="lighthouse/2")).after.id != "9343dc96caad"


def test_an_event_may_belong_to_two_storylines() -> None:
    """One happening that matches two storylines is one event with both names and the higher severity."""
    window = Window()
    one = post(ONE_HAPPENING[0][2])
    event = take(
        window, one, match(one, storyline="embassy", severity=Severity.CRITICAL), match(one, storyline="strikes")
    ).after
    assert event.storylines == ("embassy", "strikes")
    assert event.severity is Severity.CRITICAL


def test_order_within_seconds_does_not_matter() -> None:
    """The same reports in any order form the same events."""
    rows = [post(text, 0.1 * n, outlet) for n, (outlet, _, text) in enumerate(ONE_HAPPENING)]
    rows += [post(f"BREAKING: {CLOSED}", 0.2, "Gull"), post(CLOSED, 0.3, "Tern")]
    expected = events_of(rows)
    for seed in range(6):
        shuffled = rows[:]
        random.Random(seed).shuffle(shuffled)
        assert events_of(shuffled) == expected


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.sampled_from([CLOSED, CLOSED[:70], *(text for *_, text in ONE_HAPPENING), "Порт открыт", ""]), max_size=8
    )
)
def test_every_post_has_one_place(texts: list[str]) -> None:
    """Whatever comes, each post is a report of exactly one event, and a window rebuilt from events knows them all."""
    window = Window()
    posts = [post(text, n, f"Outlet {n % 3}") for n, text in enumerate(texts)]
    for one in posts:
        take(window, one)
    held = [report.post for event in window for report in event.reports]
    assert sorted(held) == sorted(one.id for one in posts)
    again: list[Event] = list(Window(window))
    assert {event.id for event in again} == {event.id for event in window}


# --- what keeps happenings apart ---------------------------------------------------------------------------------


def test_a_refusal_is_not_the_offer_it_refuses() -> None:
    """Two developments of one storyline in nearly the same words are two events."""
    offer = post("Kyiv offers Moscow a full ceasefire of 30 days from Monday, the president said.")
    refusal = post("Moscow rejects the full ceasefire of 30 days from Monday that Kyiv offers.", 20, "Beacon")
    window = Window()
    gathered = take(window, offer, match(offer, signal="proposed", phase="proposed", hit=True))
    placement = take(window, refusal, match(refusal, signal="rejected", phase="rejected", hit=True))
    assert placement.after.id != gathered.after.id


def test_texts_that_name_nothing_in_common_are_strangers() -> None:
    """The same kind of thing in two named places is two happenings, however alike the words are."""
    assert (
        len(
            events_of(
                [
                    post("The harbour of Eastholm is shut because of ice on the channel."),
                    post("The harbour of Westmark is shut after a blast on pier nine.", 9, "Beacon"),
                ]
            )
        )
        == 2
    )

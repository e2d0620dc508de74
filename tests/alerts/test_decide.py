from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from bot.alerts.decide import Policy, SignalPolicy, decide, material
from bot.model import Alert, Event, Fingerprint, Reason, Report, Severity

NOON = datetime(2025, 3, 4, 12, 0, tzinfo=UTC)
POLICY = Policy(
    signals={
        "threatened": SignalPolicy(severity=Severity.HIGH, phase="threatened"),
        "announced": SignalPolicy(severity=Severity.CRITICAL, phase="withdrawn"),
        "reaffirmed": SignalPolicy(severity=Severity.HIGH, phase="reaffirmed"),
        "rumoured": SignalPolicy(severity=Severity.MEDIUM, min_origins=2),
        "noted": SignalPolicy(severity=Severity.LOW),
    }
)
POLICIES = {"story": POLICY, "other": POLICY}


def report(name: str, signal: str = "threatened", outlet: str = "", storyline: str = "story", **more: object) -> Report:
    fields: dict[str, object] = {
        "post": name,
        "source": name.partition("/")[0],
        "outlet": outlet or name.partition("/")[0],
        "url": f"https://t.me/{name}",
        "published": NOON,
        "seen": NOON,
        "headline": "x",
        "excerpt": "x",
        "origin": outlet or name.partition("/")[0],
        "signals": ((storyline, signal),) if signal else (),
        "digest": "1",
    }
    return Report(**(fields | more))  # type: ignore[arg-type]


class Story:
    """An event told step by step, as the pipeline tells it: what was said is carried on."""

    def __init__(self, *policies: tuple[str, Policy]):
        self.policies = dict(policies) or POLICIES
        self.event: Event | None = None
        self.at = NOON

    def tell(self, *reports: Report, minutes: float = 1) -> list[tuple[str, bool]]:
        """The event now holds these reports: `(reason, rings)` of each alert."""
        return [(alert.reason.value, alert.rings) for alert in self.alerts(*reports, minutes=minutes)]

    def alerts(self, *reports: Report, minutes: float = 1) -> tuple[Alert, ...]:
        self.at += timedelta(minutes=minutes)
        before = self.event
        after = Event(
            id="e1",
            reports=reports,
            storylines=tuple(dict.fromkeys(name for one in reports for name, _ in one.signals)) or ("story",),
            severity=Severity.HIGH,
            revision=before.revision + 1 if before else 1,
            said=before.said if before else (),
        )
        if before is not None:
            after = msgspec.structs.replace(
                after, storylines=tuple(dict.fromkeys((*before.storylines, *after.storylines)))
            )
        self.event, alerts = decide(before, after, self.policies, self.at, rules="r1")
        return alerts


def test_each_reason_once() -> None:
    """A story from the first report to its retraction gives each reason where it belongs, and only `updated` is silent."""
    story = Story()
    a, b, c = report("gull/1"), report("tern/1"), report("kite/1")
    assert story.tell(a) == [("first-report", True)]
    assert story.tell(a, report("gull/2", outlet="gull")) == [("updated", False)]
    assert story.tell(a, b) == [("confirmed", True)]
    assert story.tell(a, b, c) == [("updated", False)]
    assert story.tell(a, b, c, report("skua/1", "announced")) == [("escalated", True)]
    assert story.tell(a, b, c, report("skua/1", "announced"), report("auk/1", "reaffirmed")) == [("contradicted", True)]
    changed = Fingerprint(words=("three",), numbers=("3 dead",))
    a2 = msgspec.structs.replace(a, digest="2", fingerprint=changed)
    old = msgspec.structs.replace(a, fingerprint=Fingerprint(words=("two",), numbers=("2 dead",)))
    fresh = Story()
    fresh.tell(old)
    assert fresh.tell(a2) == [("corrected", True)]
    assert fresh.tell(msgspec.structs.replace(a2, gone=True)) == [("retracted", True)]


def test_a_held_signal_waits_for_its_origins() -> None:
    """A signal that needs two origins says nothing on one, and rings as confirmed when the second comes."""
    story = Story()
    assert story.tell(report("gull/1", "rumoured")) == []
    assert story.tell(report("gull/1", "rumoured"), report("gull/2", "rumoured", outlet="gull")) == []
    assert story.tell(report("gull/1", "rumoured"), report("tern/1", "rumoured")) == [("confirmed", True)]


def test_a_signal_with_enough_origins_at_once_is_a_first_report() -> None:
    """When nothing was held before, the first word is a first report."""
    assert Story().tell(report("gull/1", "rumoured"), report("tern/1", "rumoured")) == [("first-report", True)]


def test_a_weighty_signal_is_not_held_by_a_light_one() -> None:
    """The weightiest signal that has its origins decides; a held one beside it does not hold it."""
    (alert,) = Story().alerts(report("gull/1", "rumoured"), report("tern/1", "threatened", outlet="gull"))
    assert (alert.reason, alert.severity) == (Reason.FIRST_REPORT, Severity.HIGH)


def test_nothing_changed_says_nothing() -> None:
    """The same event decided twice owes nothing new."""
    story = Story()
    story.tell(report("gull/1"))
    assert story.event is not None
    again, alerts = decide(story.event, story.event, POLICIES, NOON)
    assert alerts == ()
    assert again == story.event


def test_deciding_is_repeatable() -> None:
    """What was said is in the event: the same two states give the same alerts, after a crash too."""
    event = Event(id="e1", reports=(report("gull/1"),), storylines=("story",), severity=Severity.HIGH)
    assert decide(None, event, POLICIES, NOON) == decide(None, event, POLICIES, NOON)


def test_confirmation_is_said_once() -> None:
    """An origin that goes and comes back does not confirm again."""
    story = Story()
    a, b = report("gull/1"), report("tern/1")
    story.tell(a)
    assert story.tell(a, b) == [("confirmed", True)]
    assert story.tell(a, msgspec.structs.replace(b, gone=True)) == [("updated", False)]
    assert story.tell(a, b) == [("updated", False)]


def test_the_first_report_s_deletion_is_a_retraction_though_others_stand() -> None:
    """Readers were shown the first report: its deletion rings; that of a later one is an update."""
    a, b, c = report("gull/1"), report("tern/1"), report("kite/1")
    for lost, reason in ((a, "retracted"), (c, "updated")):
        story = Story()
        story.tell(a, b, c)
        told = story.tell(*(msgspec.structs.replace(r, gone=r.post == lost.post) for r in (a, b, c)))
        assert [why for why, _ in told] == [reason]


def test_nothing_follows_a_full_retraction() -> None:
    """When no report stands any more, a second deletion has nothing to add."""
    story = Story()
    a, b = report("gull/1"), report("tern/1", outlet="gull")
    gone_a, gone_b = (msgspec.structs.replace(one, gone=True) for one in (a, b))
    story.tell(a, b)
    assert story.tell(gone_a, b) == [("retracted", True)]
    assert story.tell(gone_a, gone_b) == [("retracted", True)]
    assert story.tell(gone_a, gone_b, minutes=5) == []


def test_an_old_happening_that_only_now_comes_in_is_silent() -> None:
    """A post older than the storyline's freshness is not news."""
    old = report("gull/1", published=NOON - timedelta(hours=60))
    assert Story().tell(old) == []


def test_a_retracted_post_that_was_never_told_is_silent() -> None:
    """Nothing is taken back that was not said."""
    assert Story().tell(report("gull/1", gone=True)) == []


def test_each_storyline_decides_for_itself() -> None:
    """An event of two storylines gives one alert to each, by that storyline's own signals."""
    both = report("gull/1", signals=(("story", "announced"), ("other", "noted")))
    alerts = Story().alerts(both)
    assert [(a.storyline, a.severity) for a in alerts] == [("story", Severity.CRITICAL), ("other", Severity.LOW)]
    assert {a.rules for a in alerts} == {"r1"}


def test_a_storyline_that_joins_later_is_told_for_the_first_time() -> None:
    """Subscribers of a storyline that a second report brings hear a first report, the others an update or more."""
    story = Story()
    a = report("gull/1")
    story.tell(a)
    alerts = story.alerts(a, report("gull/2", "noted", outlet="gull", storyline="other"))
    assert [(one.storyline, one.reason) for one in alerts] == [
        ("story", Reason.UPDATED),
        ("other", Reason.FIRST_REPORT),
    ]


def gone(one: Report) -> Report:
    return msgspec.structs.replace(one, gone=True)


def edited(one: Report, signal: str = "", digest: str = "2", **more: object) -> Report:
    """A new version of a report that matches another signal, or none."""
    signals = (("story", signal),) if signal else ()
    fields: dict[str, object] = {"signals": signals, "digest": digest, "edited": True}
    return msgspec.structs.replace(one, **(fields | more))


@pytest.mark.parametrize("last", [gone(report("gull/1")), edited(report("gull/1"))], ids=["deleted", "edited away"])
def test_what_is_reported_again_after_all_was_taken_back_rings(last: Report) -> None:
    """A new independent report is news again, under a reason that rings in chats that hold the alert; so is the next."""
    story = Story()
    story.tell(report("gull/1"))
    story.tell(last)
    b, c = report("tern/1"), report("kite/1")
    assert story.tell(last, b) == [("escalated", True)]
    assert story.event is not None
    assert story.event.said[-1].again
    assert story.tell(last, b, report("tern/2", outlet="tern")) == [("updated", False)]
    assert story.tell(last, b, report("tern/2", outlet="tern"), c) == [("confirmed", True)]


def test_two_origins_at_once_after_a_retraction_confirm() -> None:
    """Reports of two origins that come in together after all was taken back are a confirmation."""
    story = Story()
    a = report("gull/1")
    story.tell(a)
    story.tell(gone(a))
    assert story.tell(gone(a), report("tern/1"), report("kite/1")) == [("confirmed", True)]


def test_origins_are_counted_from_the_retraction_on() -> None:
    """Of two origins one deleted its post: the next independent report confirms anew, a further copy does not."""
    story = Story()
    a, b = report("gull/1"), report("tern/1")
    story.tell(a, b)
    assert story.tell(gone(a), b) == [("retracted", True)]
    assert story.tell(gone(a), b, report("tern/2", outlet="tern")) == [("updated", False)]
    assert story.tell(gone(a), b, report("tern/2", outlet="tern"), report("kite/1")) == [("confirmed", True)]


def test_an_old_report_after_a_retraction_is_silent() -> None:
    """What was published long ago is no news, after a retraction either."""
    story = Story()
    a = report("gull/1")
    story.tell(a)
    story.tell(gone(a))
    assert story.tell(gone(a), report("tern/1", published=NOON - timedelta(hours=60))) == [("updated", False)]


def test_a_lesser_report_after_a_retraction_can_escalate_again() -> None:
    """After a critical event was taken back, what is reported anew is weighed anew; who heard of it hears all the same."""
    story = Story()
    a = report("gull/1", "announced")
    story.tell(a)
    story.tell(gone(a))
    (again,) = story.alerts(gone(a), report("tern/1", "noted"))
    assert (again.reason, again.severity) == (Reason.ESCALATED, Severity.CRITICAL)
    assert story.tell(gone(a), report("tern/1", "noted"), report("tern/2", "announced", outlet="tern")) == [
        ("escalated", True)
    ]


def test_an_edit_after_which_nothing_matches_is_a_correction() -> None:
    """Nothing was deleted, so nothing is called retracted; the deletion that follows has nothing to take any more."""
    story = Story()
    a = report("gull/1")
    story.tell(a)
    assert story.tell(edited(a)) == [("corrected", True)]
    assert story.event is not None
    assert story.event.origins == 0
    assert story.tell(gone(edited(a))) == [("updated", False)]


def test_an_edited_away_post_is_no_origin() -> None:
    """Of two witnesses one says something else now: one origin is left, and the correction rings."""
    story = Story()
    a, b = report("gull/1"), report("tern/1")
    story.tell(a, b)
    (alert,) = story.alerts(edited(a), b)
    assert (alert.reason, alert.origins) == (Reason.CORRECTED, 1)


def test_a_source_that_denies_its_own_post_corrects_it() -> None:
    """The only post turns into a denial: it was changed, nobody else contradicts it."""
    story = Story()
    a = report("gull/1")
    story.tell(a)
    assert story.tell(edited(a, dissent=True)) == [("corrected", True)]


def test_quiet_holds_back_the_first_word_only() -> None:
    """Old posts begin nothing, but who was told hears of a correction that comes with one."""
    a = report("gull/1")
    event = Event(id="e1", reports=(a,), storylines=("story",), severity=Severity.HIGH)
    assert decide(None, event, POLICIES, NOON, quiet=True) == (event, ())
    told, _ = decide(None, event, POLICIES, NOON)
    after = msgspec.structs.replace(told, reports=(edited(a),), revision=2)
    (alert,) = decide(told, after, POLICIES, NOON, quiet=True)[1]
    assert alert.reason is Reason.CORRECTED


def test_a_storyline_without_policy_is_ready() -> None:
    """Measuring without rules decides too: every signal counts at the event's severity."""
    event = Event(
        id="e1", reports=(report("gull/1", storyline="unknown"),), storylines=("unknown",), severity=Severity.LOW
    )
    (alert,) = decide(None, event, {}, NOON)[1]
    assert (alert.reason, alert.severity) == (Reason.FIRST_REPORT, Severity.LOW)


def test_said_does_not_grow_with_silent_updates() -> None:
    """Of silent updates in a row only the newest is kept."""
    story = Story()
    reports = [report("gull/1")]
    story.tell(*reports)
    for n in range(20):
        reports.append(report(f"gull/{n + 2}", outlet="gull"))
        story.tell(*reports)
    assert story.event is not None
    assert len(story.event.said) == 2


def test_what_is_material() -> None:
    """A particular that is gone, a "not" that came, other words: material. More words: not."""
    old = Fingerprint(words=("bridge", "closed", "two", "hurt"), numbers=("2 injure",), places=("odesa",))
    replace = msgspec.structs.replace
    assert material(old, replace(old, numbers=("5 injure",)))
    assert material(old, replace(old, denied=("close",)))
    assert material(old, replace(old, words=("nothing", "of", "the", "kind")))
    assert not material(old, replace(old, words=(*old.words, "more", "soon"), numbers=("2 injure", "3 km")))

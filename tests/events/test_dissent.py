from __future__ import annotations

import pytest
from gathered import NOON, match, post, take

from bot.alerts.decide import Policy, SignalPolicy, decide
from bot.events import Relation, Window, gather, retract
from bot.events.dissent import denies
from bot.model import Reason, Severity

CLAIM = "The United States is evacuating its embassy in Kyiv, two officials at the State Department said."
DENIAL = "The United States is not evacuating its embassy in Kyiv, the State Department said."


def test_an_unmatched_denial_joins_what_it_denies() -> None:
    """A post that no rule matched but that denies an open event is a dissent of it, and no witness."""
    window = Window()
    claim = take(window, post(CLAIM)).after
    denial = post(DENIAL, 60, "Gull")
    placement = gather(window, denial, [], denial.published)
    assert placement is not None
    assert placement.relation is Relation.DENIAL
    assert placement.before == claim
    assert placement.after.reports[1].dissent
    assert (placement.after.origins, placement.after.dissents) == (1, 1)
    assert placement.after.storylines == claim.storylines


def test_denials_across_languages_are_found() -> None:
    """The denial may come in another language than the claim."""
    window = Window()
    take(window, post(CLAIM))
    denial = post("В Госдепе опровергли эвакуацию посольства США из Киева: оно работает, как обычно.", 30, "Чайка")
    placement = gather(window, denial, [], denial.published)
    assert placement is not None
    assert placement.relation is Relation.DENIAL


@pytest.mark.parametrize(
    "text",
    [
        "The United States is not joining the trade pact, the Commerce Department said.",
        "The museum in Kyiv is not open on Mondays, its director said.",
        "The United States is evacuating its consulate in Lahore, the State Department said.",
    ],
    ids=["another act", "another place and act", "no denial"],
)
def test_other_unmatched_posts_are_passed_over(text: str) -> None:
    """Only a denial of the very act joins; nothing else that no rule matched does."""
    window = Window()
    take(window, post(CLAIM))
    other = post(text, 30, "Gull")
    assert gather(window, other, [], other.published) is None


def test_the_first_dissent_rings_and_the_next_does_not() -> None:
    """Readers hear once that sources disagree; a second denial changes the alert in silence."""
    policies = {"story": Policy(signals={"seen": SignalPolicy(severity=Severity.HIGH)})}
    window = Window()
    event, alerts = decide(None, take(window, post(CLAIM)).after, policies, NOON)
    window.put(event)
    said = [alert.reason for alert in alerts]
    for minute, outlet in ((30, "Gull"), (40, "Tern")):
        denial = post(DENIAL if outlet == "Gull" else f"Exclusive: {DENIAL}", minute, outlet)
        placement = gather(window, denial, [], denial.published)
        assert placement is not None
        event, alerts = decide(placement.before, placement.after, policies, denial.published)
        window.put(event)
        said += [alert.reason for alert in alerts]
    assert said == [Reason.FIRST_REPORT, Reason.CONTRADICTED, Reason.UPDATED]
    assert event.dissents == 1, "the second denial is a copy of the first"


def test_no_report_joins_a_denial() -> None:
    """A later claim is compared with claims, not with the denials that an event also holds."""
    window = Window()
    take(window, post(CLAIM))
    denial = post(DENIAL, 30, "Gull")
    placement = gather(window, denial, [], denial.published)
    assert placement is not None
    window.put(placement.after)
    again = post("US embassy staff are being evacuated from Kyiv, State Department officials say", 35, "Tern")
    joined = gather(window, again, [match(again)], again.published)
    assert joined is not None
    assert joined.after.origins == 2
    assert not joined.after.reports[-1].dissent


def test_a_deleted_dissent_no_longer_counts() -> None:
    """A denial that its source deletes leaves the event undisputed."""
    window = Window()
    take(window, post(CLAIM))
    denial = post(DENIAL, 30, "Gull")
    placement = gather(window, denial, [], denial.published)
    assert placement is not None
    window.put(placement.after)
    gone = retract(window, denial.id, NOON)
    assert gone is not None
    assert gone.after.dissents == 0


def test_ordinary_posts_are_not_read_as_denials() -> None:
    """The cheap look that every unmatched post gets says no to plain news."""
    assert not denies(post("Порт Одессы открыт, суда входят по расписанию"))
    assert denies(post("Спростовано: порт не закривають"))

from __future__ import annotations

import pytest
from gathered import post, take

from bot.events import Window
from bot.events.origins import agency_of, settle
from bot.model import Fingerprint, Report


def report(name: str, outlet: str, *, url: str = "", copy_of: str | None = None, **print_: object) -> Report:
    one = post("x", outlet=outlet)
    return Report(
        post=name,
        source=one.source,
        outlet=outlet,
        url=url or f"https://t.me/{one.source}/1",
        published=one.published,
        seen=one.published,
        headline="x",
        excerpt="x",
        copy_of=copy_of,
        fingerprint=Fingerprint(**print_),  # type: ignore[arg-type]
    )


def origins(*reports: Report) -> list[str]:
    return [found.origin for found in settle(reports)]


def test_outlets_are_their_own_origin() -> None:
    """Independence is judged per outlet: two channels of one outlet are one."""
    assert origins(report("a/1", "Gull"), report("b/1", "gull"), report("c/1", "Tern")) == ["gull", "gull", "tern"]


def test_a_copy_of_a_copy_leads_to_the_first() -> None:
    """Chains collapse to where they begin."""
    assert (
        origins(report("a/1", "Gull"), report("b/1", "Tern", copy_of="a/1"), report("c/1", "Kite", copy_of="b/1"))
        == ["gull"] * 3
    )


def test_a_forward_collapses_into_its_channel_whichever_comes_first() -> None:
    """The forward may be seen before the channel's own post: both are one origin either way."""
    forward = report("b/1", "Tern", forward="https://t.me/gull/9")
    own = report("a/1", "Gull", url="https://t.me/gull/9")
    assert origins(forward, own) == origins(own, forward) == ["gull", "gull"]
    assert origins(forward) == ["t.me/gull"]
    assert origins(report("b/2", "Tern", forward="hidden friend")) == ["name:hidden friend"]


def test_reprints_of_one_agency_are_one_witness() -> None:
    """Channels that cite an agency share its origin, and so does the agency's own post."""
    reports = [
        report("a/1", "Gull", cites=("reuters",)),
        report("b/1", "Tern", cites=("reuters",)),
        report("c/1", "Reuters World"),
    ]
    assert set(origins(*reports)) == {"agency:reuters"}


def test_copies_that_point_at_each_other_end() -> None:
    """A circle (both were edited into copies) does not hang."""
    assert len(origins(report("a/1", "Gull", copy_of="b/1"), report("b/1", "Tern", copy_of="a/1"))) == 2


@pytest.mark.parametrize(("outlet", "agency"), [("РИА Новости", "ria"), ("Reuters", "reuters"), ("Lighthouse", None)])
def test_an_agency_is_known_by_its_name(outlet: str, agency: str | None) -> None:
    """The outlet's own name tells that it is an agency."""
    assert agency_of(outlet) == agency


def test_five_channels_one_wire() -> None:
    """Five posts of one agency line in other words are one origin; a witness of its own makes two."""
    window = Window()
    lines = [
        "Мост в Одессе закрыт после взрыва, сообщает Reuters",
        "⚡️ В Одессе после взрыва закрыт мост — Reuters",
        "Reuters сообщает: мост в Одессе закрыт, причиной стал взрыв",
    ]
    for n, line in enumerate(lines):
        event = take(window, post(line, n, f"Channel {n}")).after
    assert event.origins == 1
    event = take(
        window, post("Odesa bridge closed after an explosion, our correspondent saw the police cordon", 5, "Tern")
    ).after
    assert (len(event.reports), event.origins) == (4, 2)


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0), (1, 2, 0)])
def test_a_forward_that_was_seen_first_is_still_the_copy(order: tuple[int, ...]) -> None:
    """An original, its forward and a forward of that, polled in any order: one origin, and the original copies nobody."""
    original = "https://t.me/lighthouse/41"
    posts = [
        post("The harbour bridge in Odesa was closed after an explosion.", id="lighthouse/41", url=original),
        post("The harbour bridge in Odesa was closed after an explosion.", 1, "Echo", forwarded_from=original),
        post(
            "The harbour bridge in Odesa was closed after an explosion. More soon.", 2, "Tern", forwarded_from=original
        ),
    ]
    window = Window()
    for n in order:
        event = take(window, posts[n]).after
    assert event.origins == 1
    assert {report.post: report.copy_of for report in event.reports}["lighthouse/41"] is None

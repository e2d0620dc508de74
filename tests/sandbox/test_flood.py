"""The flood gate, as a timeline of seconds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.botapi.flood import FloodGate, FloodRules


def test_one_chat_has_a_small_burst() -> None:
    """A burst passes, then one a second; who waits as told passes."""
    gate = FloodGate(FloodRules(chat_burst=3))
    assert [gate.wait(1, 0.0) for _ in range(4)] == [0, 0, 0, 1]
    assert gate.wait(1, 0.5) == 1  # not waited: still closed
    assert gate.wait(1, 1.0) == 0


def test_thirty_a_second_over_all() -> None:
    """The thirty-first chat of a second waits, and so does everybody until the time told has passed."""
    gate = FloodGate(FloodRules())
    assert [gate.wait(chat, 0.0) for chat in range(1, 32)] == [0] * 30 + [1]
    assert gate.wait(99, 0.9) == 1
    assert gate.wait(99, 1.0) == 0


def test_twenty_a_minute_in_a_group() -> None:
    """A group takes twenty messages a minute, whatever their spacing."""
    gate = FloodGate(FloodRules())
    assert [gate.wait(-5, at * 1.5) for at in range(20)] == [0] * 20
    assert gate.wait(-5, 31.0) == 29
    assert gate.wait(-5, 60.0) == 0


@given(st.lists(st.tuples(st.integers(1, 5), st.floats(0, 3)), max_size=120))
def test_never_more_than_the_rules(steps: list[tuple[int, float]]) -> None:
    """However calls come, no second holds more than the overall limit and no chat more than burst plus its rate."""
    rules = FloodRules(overall=10, chat_burst=3)
    gate, now = FloodGate(rules), 0.0
    passed: list[tuple[int, float]] = []
    for chat, gap in steps:
        now += gap
        if gate.wait(chat, now) == 0:
            passed.append((chat, now))
    for _, at in passed:
        inside = [chat for chat, when in passed if at <= when < at + 1]
        assert len(inside) <= rules.overall
        assert all(inside.count(chat) <= rules.chat_burst + 1 for chat in inside)

"""YAML with places: what is read, what is refused, and that places survive being let go of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.nearest import nearest
from bot.text.yamlfile import YamlFile, called

SCRAPS = st.lists(
    st.sampled_from(
        ["a: b", "  c: d", "- x", "&a [*a]", "x: &x [*x, *x]", "? {a: b}", "'", '"', "\t", "---", "!!python/x y", "null: ~", "a: |",
         "   text", "<<: {a: b}", "{", "}", "[", "@a", "%", "`", "a: 'b", "# c", "!!set {a}", "\r", "\x85", "\u2028"]
    ),
    max_size=12,
).map("\n".join)  # fmt: skip


def faults(text: str) -> list[str]:
    return [str(fault).removeprefix("f:") for fault in YamlFile("f", text).faults]


def test_scalars_stay_text() -> None:
    """Nothing is guessed: no word, number or date changes its writing; only nothing at all is None."""
    file = YamlFile("f", "a: [no, on, 010, 1.50, 2026-01-01, =, '~', \"\", null, ~]\nb:\nc: ''\n")
    assert file.data == {
        "a": ["no", "on", "010", "1.50", "2026-01-01", "=", "~", "", None, None],
        "b": None,
        "c": "",
    }
    assert not file.faults


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\nb: 2\na: 3\n", "3:1: found 'a' a second time; it stands in line 1 already, keep one of them"),
        ("a: [!!python/name:os.system x]\n", "1:5: tag tag:yaml.org,2002:python/name:os.system is not allowed"),
        ("? {a: b}\n: c\n", "1:3: found a list or a mapping as a key; expected a word"),
        ("a: &a [*a]\n", "nested too deeply, or repeated too often"),
        ("a: {b: [c\n", "2:1: not YAML: while parsing a flow sequence did not find expected ',' or ']'"),
        ("a: @us-east, b\n", "1:4: not YAML: found a bare '@'; put it into quotes: \"@us-east\""),
        ("a: \x00\n", "1:1: found a character that YAML forbids (#x0000)"),
        ("a" * 1_000_001, "0:0: found 1,000,001 characters; expected at most 1,000,000"),
    ],
)
def test_what_is_refused_says_where_and_why(text: str, told: str) -> None:
    """Each kind of broken file is a fault with its place, never an exception."""
    assert any(told in fault for fault in faults(text)), faults(text)


def test_places_can_be_let_go() -> None:
    """`rest` frees the room that places take; asked again, they are the same."""
    file = YamlFile("f", "a:\n  - x\n  - >-\n    one two\n    three\n")
    locs = [(), ("a",), ("a", 0), ("a", 1), ("a", 7), ("z",)]
    before = [(file.place(loc), file.place(loc, key=True), file.place(loc, offset=9)) for loc in locs]
    file.rest()
    assert [(file.place(loc), file.place(loc, key=True), file.place(loc, offset=9)) for loc in locs] == before
    assert before[3] == ((3, 5), (3, 5), (5, 6))


@given(SCRAPS | st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever stands in a file, there is a value or a fault; no exception."""
    file = YamlFile("f", text)
    assert all(fault.line >= 0 and fault.column >= 0 and fault.message for fault in file.faults)
    file.rest()
    assert file.place(("a", 0)) >= (1, 1)


def test_values_are_named_shortly() -> None:
    """A fault names what was found without repeating a whole page."""
    assert [called(v) for v in (None, [], {}, ["a"], {"a": 1}, "x", "y" * 50)] == [
        "nothing", "an empty list", "an empty mapping", "a list", "a mapping", "'x'", f"'{'y' * 40}…'"
    ]  # fmt: skip


def test_a_near_name_is_offered() -> None:
    """One mistyped letter names the word meant; a wholly different one names none."""
    assert nearest("telgram", ("telegram", "feed")) == "; did you mean 'telegram'?"
    assert nearest("x", ("telegram", "feed")) == ""
    assert nearest("x", ()) == ""

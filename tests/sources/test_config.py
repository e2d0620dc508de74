"""`sources.yaml`: what loads, and what an operator is told when it does not."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.errors import RuleFaults
from bot.sources import Source, load_sources, parse_sources, seconds

ROOT = Path(__file__).resolve().parents[2]
DURATION = re.compile(r"(?=.*[1-9])[0-9]+(\.[0-9]+)? ?(ms|s|m|h|d)")
FOLDER = ROOT / "fixtures" / "sources"


def faults(text: str) -> list[str]:
    """The faults of a YAML text, each without the file's name."""
    with pytest.raises(RuleFaults) as caught:
        parse_sources(text, "sources.yaml")
    return [str(fault).removeprefix("sources.yaml:") for fault in caught.value.faults]


def row(fields: str) -> str:
    return f"sources:\n  - {{{fields}}}\n"


def test_the_shipped_sources_load() -> None:
    """rules/sources.yaml is good, begins with OSINTdefender, and covers three languages and both kinds."""
    sources = load_sources(ROOT / "rules" / "sources.yaml")
    assert (sources[0].kind, sources[0].channel) == ("telegram", "OSINTdefender")
    assert len(sources) >= 11
    assert {source.language for source in sources} == {"en", "uk", "ru"}
    assert {source.kind for source in sources} == {"telegram", "feed"}
    assert not any(source.allow_private for source in sources)


def test_a_row_becomes_a_source() -> None:
    """Every field is read; what is left out has a good default."""
    full = "id: a, kind: telegram, channel: '@Name_1', outlet: Out, language: en, every: 30s, allow_private: true"
    (source,) = parse_sources(row(f"{full}, base_url: 'http://127.0.0.1:8080/'"), "x")
    assert source == Source(
        id="a",
        kind="telegram",
        channel="Name_1",
        outlet="Out",
        language="en",
        every=30.0,
        allow_private=True,
        base_url="http://127.0.0.1:8080",
    )
    (least,) = parse_sources(row("id: b, kind: feed, url: 'https://example.org/rss'"), "x")
    assert (least.outlet, least.every, least.allow_private, least.language) == ("b", 300.0, False, None)


@pytest.mark.parametrize("handle", ["name_x", "@name_x", "https://t.me/name_x", "t.me/s/name_x", " name_x "])
def test_a_channel_may_be_written_as_people_write_it(handle: str) -> None:
    """Handles with @, links to the channel or its preview, and stray spaces all name the channel."""
    (source,) = parse_sources(row(f"id: a, kind: telegram, channel: '{handle}'"), "x")
    assert source.channel == "name_x"


@pytest.mark.parametrize(
    ("text", "value"),
    [("30s", 30.0), ("5m", 300.0), ("1h", 3600.0), ("1.5 h", 5400.0), ("500ms", 0.5), ("1d", 86400.0)],
)
def test_durations_have_units(text: str, value: float) -> None:
    """A duration is a number with a unit."""
    assert seconds(text) == value


@given(st.text(max_size=12))
@example("0s")
@example("1e9s")
@example("-5m")
def test_any_other_duration_is_refused_with_examples(text: str) -> None:
    """Whatever is written is a positive number of seconds, or a refusal that shows what is right."""
    if DURATION.fullmatch(text.strip()):
        assert seconds(text) > 0
    else:
        with pytest.raises(ValueError, match="such as 30s, 5m or 1h"):
            seconds(text)


def test_each_fault_says_where_what_and_what_instead() -> None:
    """A file with every fault we know gives all of them at once, as written down: place, found, expected, nearest."""
    text = (FOLDER / "faults.yaml").read_text("utf-8")
    assert faults(text) == (FOLDER / "faults.txt").read_text("utf-8").splitlines()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1:1: `sources` is missing"),
        ("# nothing\n", "1:1: `sources` is missing"),
        ("- 1\n", "1:1: found a list, expected `sources:` with a list of rows"),
        ("soruces: []\n", "1:1: unknown field 'soruces'; expected `sources`"),
        ("sources: 7\n", "1:10: `sources` is '7', expected a list of rows"),
        ("sources:\n  - {id: a\n", "3:1: not YAML: while parsing a flow mapping did not find expected ',' or '}'"),
        ("sources: []\n---\nmore: 1\n", "2:1: not YAML: expected a single document"),
        ("sources: [!!python/name:os.system x]\n", "1:11: tag tag:yaml.org,2002:python/name:os.system is not allowed"),
    ],
)
def test_a_file_of_another_shape_is_a_fault(text: str, expected: str) -> None:
    """What is no list of sources says so, with its place."""
    assert any(fault.startswith(expected) for fault in faults(text)), faults(text)


def test_all_faults_come_at_once() -> None:
    """An operator fixes a file in one go: every fault of every row is reported, in the order of the file."""
    text = "sources:\n  - {id: a, kind: telegram, every: x}\n  - {kind: feed}\n  - 5\nextra: 1\n"
    assert [fault.split(":")[0] for fault in faults(text)] == ["2", "2", "3", "3", "4", "5"]


def test_nothing_is_taken_twice() -> None:
    """Ids, YAML keys and polled addresses are unique; a handle is the same in any case of letters."""
    first = "  - {id: a, kind: telegram, channel: Name}\n"
    assert faults(f"sources:\n{first}  - {{id: a, kind: telegram, channel: other}}\n") == [
        "3:10: id 'a' is already taken in line 2; every source needs its own"
    ]
    assert faults(f"sources:\n{first}  - {{id: b, kind: telegram, channel: nAME}}\n") == [
        "3:38: channel is already polled by 'a' in line 2; polling it twice doubles posts"
    ]
    assert faults("sources:\n  - id: a\n    id: b\n    kind: telegram\n    channel: name\n") == [
        "3:5: found 'id' a second time; it stands in line 2 already, keep one of them"
    ]


def test_faults_never_show_an_address() -> None:
    """An address may hold a password or a key: a fault in it does not repeat it."""
    (fault,) = faults(row("id: a, kind: feed, url: 'htp://user:hunter2@example.org/?key=s3cret'"))
    assert "hunter2" not in fault
    assert "s3cret" not in fault


def test_a_missing_or_unreadable_file_is_a_fault_too(tmp_path: Path) -> None:
    """No file, or bytes that are not UTF-8, give a sentence with the path."""
    with pytest.raises(RuleFaults, match=r"nowhere\.yaml:0:0: no such file"):
        load_sources(tmp_path / "nowhere.yaml")
    (tmp_path / "bad.yaml").write_bytes(b"sources:\n  - {id: \xff}\n")
    with pytest.raises(RuleFaults, match="byte 18 is not UTF-8"):
        load_sources(tmp_path / "bad.yaml")


@given(st.text(alphabet=st.sampled_from("sources: -{}[]&*!|>'\"#\n\tidkn?a1"), max_size=120))
def test_no_text_makes_it_crash(text: str) -> None:
    """Any text is either sources or faults with places."""
    with contextlib.suppress(RuleFaults):
        parse_sources(text, "x")


def test_an_anchor_that_holds_itself_is_a_fault() -> None:
    """YAML can build endless values; they end in a fault."""
    assert faults("sources: &a\n  - *a\n")

"""`wirewatch rules` and `wirewatch posts`, as an operator or a CI server runs them."""

from __future__ import annotations

import asyncio
import io
import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as Xml

import pytest
import typer

from bot.cli import app, main
from bot.cli.archive import moment
from bot.cli.findings import Checked, Finding, github, junit
from bot.errors import SettingsError
from bot.model import Commit, Cursor, Health, Post
from bot.pipeline.posts import post_row, read_posts
from bot.store import open_store

NOW = datetime(2026, 5, 26, 12, tzinfo=UTC)
RULES = """
storyline: harbour
title: Harbour closures
aliases: [port]
concepts:
  harbour: [harbour, port]
  close: [close, closure, shut]
  maybe: [may, might]
signals:
  closed: {severity: high, phase: closed, when: harbour near/8 close and not maybe}
  threatened: {severity: medium, when: in sentence(harbour and close and maybe)}
cases:
  - {post: "The port of Southmere is closed.", expect: [closed]}
  - {post: "The port of Southmere may close.", expect: [threatened]}
  - {post: "The port of Southmere is busy.", expect: []}
"""
SOURCES = "sources:\n  - {id: wire, kind: telegram, channel: wire_demo, outlet: Wire, language: en, every: 1m}\n"


class Ran(NamedTuple):
    """What came of a command."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Ran]


@pytest.fixture
def wirewatch(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs the console command in this process, in a clean environment; `given` is its standard input."""
    for name in list(os.environ):
        if name.startswith(("WIREWATCH_", "TELEGRAM_", "REDIS_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def run(*words: str, given: str = "") -> Ran:
        monkeypatch.setattr(sys, "argv", ["wirewatch", *words])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode()), "utf-8"))
        code: object = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
        told = capsys.readouterr()
        assert isinstance(code, int)
        return Ran(code, told.out, told.err)

    return run


def folder(path: Path, rules: str = RULES, quiet: list[str] | None = None) -> Path:
    """A rules folder with one storyline and, when given, a quiet baseline of these texts."""
    (path / "storylines").mkdir(parents=True, exist_ok=True)
    (path / "storylines" / "harbour.yaml").write_text(rules, "utf-8")
    (path / "sources.yaml").write_text(SOURCES, "utf-8")
    if quiet is not None:
        (path / "quiet").mkdir(exist_ok=True)
        write_posts(path / "quiet" / "baseline.jsonl", quiet)
    return path


def write_posts(path: Path, texts: list[str]) -> None:
    rows = [
        {
            "id": f"wire/{n}",
            "published": f"2026-05-{n:02}T09:00:00Z",
            "url": f"https://t.me/wire_demo/{n}",
            "text": text,
        }
        for n, text in enumerate(texts, 1)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with rules, as an operator has it."""
    folder(tmp_path / "rules", quiet=["A grey cat was found."])
    return tmp_path


def test_check_for_programs(wirewatch: Run, desk: Path) -> None:
    """`--format json`: one object with revision, counts, and each finding with its place; exit code 1 on a fault."""
    ran = wirewatch("rules", "check", "--format", "json")
    assert ran.returncode == 0, ran.stdout
    good = json.loads(ran.stdout)
    assert (good["storylines"], good["faults"], good["issues"], good["findings"]) == (1, 0, 0, [])
    folder(desk / "rules", RULES.replace("near/8 close", "near/8 cloze"))
    ran = wirewatch("rules", "check", "--format", "json")
    assert ran.returncode == 1
    found = json.loads(ran.stdout)
    [finding] = found["findings"]
    assert found["revision"] is None
    assert (finding["level"], finding["path"], finding["line"]) == ("fault", "rules/storylines/harbour.yaml", 10)
    assert "did you mean 'close'" in finding["message"]


def test_check_for_ci_servers(wirewatch: Run, desk: Path) -> None:
    """`--format junit`: one test case a file; a fault is a failure, an issue is only told."""
    folder(desk / "rules", RULES.replace("maybe: [may, might]", "maybe: [may, might]\n  spare: [s*]"))
    (desk / "rules" / "sources.yaml").write_text(SOURCES.replace("telegram", "telegramm"), "utf-8")
    ran = wirewatch("rules", "check", "--format", "junit")
    assert ran.returncode == 1
    [suite] = Xml.fromstring(ran.stdout)
    cases = {case.get("name"): case for case in suite}
    assert suite.get("failures") == "1"
    assert cases["rules/sources.yaml"].find("failure") is not None
    harbour = cases["rules/storylines/harbour.yaml"]
    assert harbour.find("failure") is None
    told = harbour.find("system-out")
    assert told is not None
    assert "short-prefix" in (told.text or "")


def test_check_for_pull_requests(wirewatch: Run, desk: Path) -> None:
    """`--format github`: an annotation at the line of each finding."""
    folder(desk / "rules", RULES.replace("near/8 close", "near/8 cloze"))
    ran = wirewatch("rules", "check", "--format", "github")
    assert ran.returncode == 1
    assert ran.stdout.startswith("::error file=rules/storylines/harbour.yaml,line=10,col=")


def test_annotations_are_escaped() -> None:
    """No text of a rule can end an annotation early or begin another; XML never holds what XML cannot."""
    finding = Finding(level="hint", path="a,b:c.yaml", line=0, column=0, message="100%\n::error::x\x00", code="odd")
    assert github(finding) == "::notice file=a%2Cb%3Ac.yaml,line=1,col=1,title=odd::100%25%0A::error::x\x00"
    report = junit([Checked(group="g", name="n\x07", findings=(finding,))], "suite")
    assert "100%" in Xml.fromstring(report)[0][0][0].text  # type: ignore[operator]


def test_the_rules_tests_tell_what_hit_and_what_was_missing(wirewatch: Run, desk: Path) -> None:
    """A failing case names its line, its post, the words that hit and what was in the way; exit code 1."""
    assert wirewatch("rules", "test").stdout.startswith("3 cases, 0 timeline steps, 1 quiet post: 0 failed")
    folder(desk / "rules", RULES.replace('may close.", expect: [threatened]', 'may close.", expect: [closed]'))
    ran = wirewatch("rules", "test")
    assert ran.returncode == 1
    for told in (
        "rules/storylines/harbour.yaml:14:1: failure",
        "The port of Southmere may close.",
        "expected closed, which did not match",
        "found threatened, which was not expected",
        "✗ not maybe   but maybe is there:   “may”",
    ):
        assert told in ran.stdout


def test_the_quiet_baseline_is_a_test(wirewatch: Run, desk: Path) -> None:
    """A post of `quiet/` on which something alerts fails, with its file and line, the signal and the words."""
    folder(desk / "rules", quiet=["A grey cat was found.", "The harbour cafe is closed on Mondays."])
    ran = wirewatch("rules", "test")
    assert ran.returncode == 1
    assert "rules/quiet/baseline.jsonl:2:1: failure: the quiet baseline alerts: found harbour/closed" in ran.stdout
    assert "“harbour”, “closed”" in ran.stdout
    tests = Xml.fromstring(wirewatch("rules", "test", "--format", "junit").stdout)
    assert {suite.get("name"): suite.get("failures") for suite in tests}["quiet baseline"] == "1"


def test_a_quiet_baseline_that_cannot_be_read_is_a_fault(wirewatch: Run, desk: Path) -> None:
    """A broken line would silence the test without a word: it is a fault with its place."""
    (desk / "rules" / "quiet" / "baseline.jsonl").write_text('{"id": "wire/1"}\nnonsense\n', "utf-8")
    for command in ("check", "test"):
        ran = wirewatch("rules", command)
        assert ran.returncode == 1
        assert "baseline.jsonl:1:1: fault: not a post: published is missing" in ran.stdout
        assert "baseline.jsonl:2:1: fault: not JSON" in ran.stdout


def test_explain_a_match_and_a_near_miss(wirewatch: Run, desk: Path) -> None:
    """The words that hit are marked, the clause that failed is named, matches come first."""
    ran = wirewatch("rules", "explain", "The port of Westmark may be shut by noon.")
    assert ran.returncode == 0, ran.stderr
    lines = [line.strip() for line in ran.stdout.splitlines()]
    assert lines[0] == "● harbour/threatened matches (medium)"
    assert lines[1] == "The [port] of Westmark [may] be [shut] by noon."
    near = lines.index("◐ harbour/closed near miss: one clause short")
    assert lines[near + 2 :][:2] == [
        "✓ harbour near/8 close   “port”, “shut”",
        "✗ not maybe   but maybe is there:   “may”",
    ]
    assert lines[-1] == "2 signals: 1 match, 1 near miss"


def test_explain_names_the_missing_concept_with_its_terms(wirewatch: Run, desk: Path) -> None:
    """An operator sees which list to add a word to."""
    ran = wirewatch("rules", "explain", "-", "--storyline", "port", given="The harbour is sealed off.")
    assert "✗ close   no term of 'close' is in the post (close, closure, shut)" in ran.stdout


def test_explain_for_programs(wirewatch: Run, desk: Path) -> None:
    """`--json`: signals with their clauses and spans, which point into the given text."""
    text = "Порт: the port is shut"
    ran = wirewatch("rules", "explain", text, "--title", "News", "--json")
    [one] = [signal for signal in json.loads(ran.stdout)["signals"] if signal["matched"]]
    spans = {text[hit["start"] : hit["end"]] for hit in one["when"]["hits"]}
    assert spans == {"port", "shut"}


def test_explain_an_unknown_storyline(wirewatch: Run, desk: Path) -> None:
    """The nearest name is offered; exit code 2."""
    ran = wirewatch("rules", "explain", "x", "--storyline", "harbor")
    assert ran.returncode == 2
    assert "did you mean 'harbour'" in ran.stderr


def test_diff_tells_each_alert_with_text_and_link(wirewatch: Run, desk: Path) -> None:
    """What only one of the folders alerts is shown with its words and its link, and counted."""
    folder(desk / "new", RULES.replace("[close, closure, shut]", "[close, closure, sealed]"))
    write_posts(desk / "posts.jsonl", ["The port is sealed.", "The harbour of Eastholm is shut.", "A grey cat."])
    ran = wirewatch("rules", "diff", "rules", "new", "--posts", "posts.jsonl")
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == "", "no progress bar where stderr is no terminal"
    lines = ran.stdout.splitlines()
    assert lines[0] == "+ 2026-05-01 09:00  harbour  high  first-report  closed"
    assert lines[1:3] == ["    wire: The port is sealed.", "    https://t.me/wire_demo/1"]
    assert lines[3].startswith("- 2026-05-02 09:00  harbour")
    assert lines[-1].startswith("+1 alert, -1 alert, 0 events merged (3 posts from 2026-05-01 09:00 to")


def test_diff_fails_when_the_new_rules_alert_on_their_quiet_baseline(wirewatch: Run, desk: Path) -> None:
    """Exit code 1, and which post it was; the JSON says the same."""
    folder(desk / "new", RULES.replace("shut]", "shut, found]").replace("harbour, port]", "harbour, port, cat]"))
    folder(desk / "new", (desk / "new/storylines/harbour.yaml").read_text("utf-8"), quiet=["A grey cat was found."])
    write_posts(desk / "posts.jsonl", ["A dog barked."])
    ran = wirewatch("rules", "diff", "rules", "new", "--posts", "posts.jsonl", "--json")
    assert ran.returncode == 1
    answer = json.loads(ran.stdout)
    assert [row["signals"] for row in answer["quiet"]] == [["harbour/closed"]]
    assert (answer["added"], answer["removed"]) == ([], [])
    ran = wirewatch("rules", "diff", "new", "rules", "--posts", "posts.jsonl")
    assert ran.returncode == 0


@pytest.mark.parametrize("more", [(), ("--posts", "posts.jsonl", "--since", "7d")])
def test_diff_wants_one_archive(wirewatch: Run, desk: Path, more: tuple[str, ...]) -> None:
    """Neither or both: one sentence, exit code 2."""
    ran = wirewatch("rules", "diff", "rules", "rules", *more)
    assert ran.returncode == 2
    assert "one of --posts FILE and --since 7d" in ran.stderr


def archived(data: Path, *posts: Post) -> None:
    """Commit posts into the embedded store of a data folder."""

    async def put() -> None:
        async with open_store(None, data) as store:
            await store.commit(
                Commit(
                    cursor=Cursor(source="wire"),
                    health=Health(source="wire", state="ok", since=NOW, checked=NOW),
                    posts=posts,
                )
            )

    asyncio.run(put())


def post(number: int, at: datetime, text: str, source: str = "wire") -> Post:
    return Post(
        id=f"{source}/{number}",
        source=source,
        outlet=source.title(),
        url=f"https://t.me/{source}_demo/{number}",
        published=at,
        text=text,
        title="Новини",
        links=("https://example.org/a",),
        quote="As we said",
        preview="A page",
        also=(f"{source}/{number + 1}",),
        edited=True,
    )


def test_the_archive_comes_out_whole_and_goes_back_in(wirewatch: Run, desk: Path) -> None:
    """`posts export`: every field of each post since then, oldest first, in the form that replay and diff read."""
    now = datetime.now(UTC)
    fresh, newer, other = (
        post(1, now - timedelta(days=2), "The harbour of Westmark is shut."),
        post(2, now - timedelta(days=1), "A grey cat."),
        post(9, now - timedelta(hours=1), "Elsewhere.", "echo"),
    )
    archived(desk / "data", newer, post(3, now - timedelta(days=20), "Long ago."), other, fresh)
    ran = wirewatch("posts", "export", "--since", "7d")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert list(read_posts(iter(ran.stdout.encode().splitlines()), "-")) == [fresh, newer, other]
    assert json.loads(ran.stdout.splitlines()[0]) == _plain(post_row(fresh))
    of_echo = wirewatch("posts", "export", "--source", "echo")
    assert [json.loads(line)["id"] for line in of_echo.stdout.splitlines()] == ["echo/9"]
    replayed = wirewatch("replay", "-", "--json", given=ran.stdout)
    assert [row["kind"] for row in map(json.loads, replayed.stdout.splitlines())] == ["match", "alert", "event"]
    nothing = wirewatch("posts", "export", "--source", "nobody")
    assert nothing.stdout == ""
    assert "holds no post of source 'nobody'" in nothing.stderr


def test_diff_reads_the_live_archive(wirewatch: Run, desk: Path) -> None:
    """`--since` replays what the bot has archived."""
    archived(desk / "data", post(1, datetime.now(UTC) - timedelta(hours=3), "The harbour of Westmark is sealed."))
    folder(desk / "new", RULES.replace("shut]", "shut, sealed]"))
    ran = wirewatch("rules", "diff", "rules", "new", "--since", "1d")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1].startswith("+1 alert, -0 alerts, 0 events merged (1 posts")


def _plain(row: dict[str, Any]) -> Any:
    return json.loads(json.dumps(row))


def test_moments() -> None:
    """Durations count back from now; dates are UTC unless they say otherwise; anything else says what it takes."""
    assert moment("36h", NOW) == NOW - timedelta(hours=36)
    assert moment("1w", NOW) == NOW - timedelta(days=7)
    assert moment("2026-05-01", NOW) == datetime(2026, 5, 1, tzinfo=UTC)
    assert moment("2026-05-01T12:00:00+02:00", NOW) == datetime(2026, 5, 1, 10, tzinfo=UTC)
    assert moment("99999999w", NOW).year == 1
    with pytest.raises(SettingsError, match="7d"):
        moment("last week", NOW)


def test_the_handbook_names_every_command_and_option() -> None:
    """What `rules` and `posts` understand stands in the docs: the handbook cannot lag."""
    folder = Path(__file__).resolve().parents[2]
    handbook = "\n".join(path.read_text("utf-8") for path in [folder / "README.md", *(folder / "docs").glob("*.md")])
    root: Any = typer.main.get_command(app)
    for group in ("rules", "posts"):
        for name, command in root.commands[group].commands.items():
            assert f"{group} {name}" in handbook, f"wirewatch {group} {name} is not in the docs"
            for option in (part.opts[0] for part in command.params if part.opts[0].startswith("--")):
                assert option in handbook, f"{option} of {name} is not in the docs"

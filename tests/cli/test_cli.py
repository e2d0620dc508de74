"""The console command, as a person or a script runs it: output, exit codes, and no traceback."""

from __future__ import annotations

import http.server
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
POSTS = [
    {"id": "wire/2", "outlet": "Wire", "published": "2026-05-26T09:06:00Z", "text": "The harbour of Westmark is shut."},
    {"id": "wire/1", "outlet": "Wire", "published": "2026-05-26T09:00:00Z", "text": "A grey cat was found."},
]
RULES = """
storyline: harbour
title: Harbour closures
concepts:
  harbour: [harbour, port]
  close: [close, closed, closure, shut]
signals:
  closed: {severity: high, phase: closed, when: harbour near/8 close}
cases:
  - {post: "The port of Southmere is closed.", expect: [closed]}
  - {post: "The port of Southmere is busy.", expect: []}
"""
SOURCES = "sources:\n  - {id: wire, kind: telegram, channel: wire_demo, outlet: Wire, language: en, every: 1m}\n"


def wirewatch(
    *words: str, cwd: Path, env: dict[str, str] | None = None, given: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run the command in `cwd` with a clean environment."""
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("WIREWATCH_", "TELEGRAM_", "REDIS_"))
    }
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *words],
        cwd=cwd,
        env={**clean, "PYTHONPATH": str(ROOT), "COLUMNS": "200", **(env or {})},
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with rules, sources and posts, as an operator has it."""
    (tmp_path / "rules" / "storylines").mkdir(parents=True)
    (tmp_path / "rules" / "storylines" / "harbour.yaml").write_text(RULES, "utf-8")
    (tmp_path / "rules" / "sources.yaml").write_text(SOURCES, "utf-8")
    (tmp_path / "posts.jsonl").write_text("".join(json.dumps(post) + "\n" for post in POSTS), "utf-8")
    return tmp_path


def rows(output: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in output.splitlines()]


def test_replay_prints_the_fixed_rows(desk: Path) -> None:
    """Match and alert rows as they happen, event rows at the end, exactly as the design fixes them."""
    ran = wirewatch("replay", "posts.jsonl", "--rules", "rules", "--json", cwd=desk)
    assert (ran.returncode, ran.stderr) == (0, "")
    match, alert, event = rows(ran.stdout)
    assert match == {
        "kind": "match",
        "post": "wire/2",
        "storyline": "harbour",
        "signal": "closed",
        "severity": "high",
    }
    assert alert == {
        "kind": "alert",
        "event": event["event"],
        "storyline": "harbour",
        "reason": "first-report",
        "at": "2026-05-26T09:06:00Z",
        "rings": True,
    }
    assert event == {
        "kind": "event",
        "event": event["event"],
        "storyline": "harbour",
        "signals": ["closed"],
        "posts": ["wire/2"],
        "origins": 1,
        "first": "2026-05-26T09:06:00Z",
        "last": "2026-05-26T09:06:00Z",
    }


def test_replay_is_deterministic(fixtures: Path, desk: Path) -> None:
    """The same posts in another order give the same bytes, in another process with another hash seed."""
    lines = (desk / "posts.jsonl").read_text("utf-8").splitlines(keepends=True)
    (desk / "turned.jsonl").write_text("".join(reversed(lines)), "utf-8")
    outputs = {
        wirewatch(
            "replay", name, "--rules", str(ROOT / "rules"), "--json", cwd=desk, env={"PYTHONHASHSEED": seed}
        ).stdout
        for name in ("posts.jsonl", "turned.jsonl")
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_replay_together_only_gathers(desk: Path) -> None:
    """`--together` takes every post as a report of one storyline; no rules are read."""
    ran = wirewatch("replay", "posts.jsonl", "--rules", "nowhere", "--json", "--together", cwd=desk)
    assert ran.returncode == 0, ran.stderr
    assert [row["storyline"] for row in rows(ran.stdout) if row["kind"] == "event"] == ["together", "together"]


def test_replay_reads_standard_input_and_goes_on_after_a_bad_line(desk: Path) -> None:
    """A broken line is named with its number; the others are replayed; the exit code tells."""
    given = json.dumps(POSTS[0]) + "\nnonsense\n"
    ran = wirewatch("replay", "-", "--json", cwd=desk, given=given)
    assert ran.returncode == 1
    assert "-:2: not JSON" in ran.stderr
    assert len(rows(ran.stdout)) == 3


def test_replay_of_an_absent_file_is_one_sentence(desk: Path) -> None:
    """No traceback: the file and the reason."""
    ran = wirewatch("replay", "nowhere.jsonl", cwd=desk)
    assert ran.returncode == 2
    assert ran.stderr == "wirewatch: nowhere.jsonl cannot be read: No such file or directory\n"


def test_rules_check_good(desk: Path) -> None:
    """Good rules: a summary and exit code 0."""
    ran = wirewatch("rules", "check", cwd=desk)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 storyline, 1 signal" in ran.stdout
    assert "0 faults" in ran.stdout


def test_rules_check_says_all_faults_with_their_places(desk: Path) -> None:
    """Faults of storylines and sources are told together, each with file, line and column; exit code 1."""
    broken = RULES.replace("near/8 close", "near/8 cloze").replace("expect: [closed]", "expect: [closd]")
    (desk / "rules" / "storylines" / "harbour.yaml").write_text(broken, "utf-8")
    (desk / "rules" / "sources.yaml").write_text(SOURCES.replace("telegram", "telegramm"), "utf-8")
    ran = wirewatch("rules", "check", cwd=desk)
    assert ran.returncode == 1
    for told in ("harbour.yaml:8:", "cloze", "did you mean 'close'", "closd", "sources.yaml:2:", "telegramm"):
        assert told in ran.stdout


def test_rules_test_runs_the_cases(desk: Path) -> None:
    """A case that fails is shown with what was expected; exit code 1."""
    assert wirewatch("rules", "test", cwd=desk).returncode == 0
    (desk / "rules" / "storylines" / "harbour.yaml").write_text(RULES.replace("is busy", "is shut"), "utf-8")
    ran = wirewatch("rules", "test", cwd=desk)
    assert ran.returncode == 1
    assert "closed" in ran.stdout


def test_rules_schema_is_json(desk: Path) -> None:
    """An editor can load what is printed."""
    assert "properties" in json.loads(wirewatch("rules", "schema", cwd=desk).stdout)


def test_sources_parse_prints_posts(desk: Path, fixtures: Path) -> None:
    """A saved page as post JSON Lines, which replay reads back."""
    page = fixtures / "telegram" / "channel_2026.html"
    ran = wirewatch("sources", "parse", "telegram", str(page), "--json", cwd=desk)
    assert ran.returncode == 0, ran.stderr
    posts = rows(ran.stdout)
    assert posts
    assert {"id", "source", "outlet", "url", "published", "title", "text"} <= posts[0].keys()
    assert wirewatch("replay", "-", "--json", "--together", cwd=desk, given=ran.stdout).returncode == 0


def test_sources_parse_of_something_else(desk: Path) -> None:
    """A page that is no channel page: its state in one sentence, exit code 1; an unknown kind: exit code 2."""
    (desk / "page.html").write_text("<html><body>hello</body></html>", "utf-8")
    ran = wirewatch("sources", "parse", "telegram", "page.html", "--json", cwd=desk)
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert "page.html" in ran.stderr
    assert wirewatch("sources", "parse", "telegrm", "page.html", cwd=desk).returncode == 2


@pytest.mark.parametrize(
    ("env", "told"),
    [
        ({}, "TELEGRAM_BOT_TOKEN is not set"),
        ({"TELEGRAM_BOT_TOKEN": "1:x", "WIREWATCH_RULES": "nowhere"}, "the rules folder nowhere does not exist"),
        ({"TELEGRAM_BOT_TOKEN": "1:x", "REDIS_URL": "redis://:secret@127.0.0.1:9/0"}, "127.0.0.1:9"),
        ({"TELEGRAM_BOT_TOKEN": "1:x", "REDIS_URL": "127.0.0.1"}, "REDIS_URL must start with"),
    ],
)
def test_run_that_cannot_work_is_one_sentence(desk: Path, env: dict[str, str], told: str) -> None:
    """A wrong environment: one clear sentence on stderr, exit code 2, no traceback, no secret."""
    ran = wirewatch("run", cwd=desk, env=env)
    assert ran.returncode == 2
    assert told in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1
    assert "Traceback" not in ran.stderr
    assert "secret" not in ran.stderr


def test_an_unknown_role_is_refused(desk: Path) -> None:
    """The roles that there are, named."""
    ran = wirewatch("run", "--role", "ingst", cwd=desk, env={"TELEGRAM_BOT_TOKEN": "1:x"})
    assert ran.returncode == 2
    assert "ingest, relay, chat, console" in ran.stderr


def test_doctor_names_what_is_missing(desk: Path) -> None:
    """Without a token the doctor says so, checks the rest all the same, and exits with 1."""
    ran = wirewatch("doctor", cwd=desk)
    assert ran.returncode == 1, ran.stderr
    assert "TELEGRAM_BOT_TOKEN is not set" in ran.stdout
    assert "1 storylines, 1 sources" in ran.stdout
    assert "embedded" in ran.stdout


def test_sigterm_ends_the_bot_in_order(desk: Path) -> None:
    """SIGTERM: exit code 0 within 5 seconds, the embedded server gone with it, though Telegram is out of reach."""
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "TELEGRAM_BOT_TOKEN": "1:x",
        "TELEGRAM_API_URL": "http://127.0.0.1:9",
        "WIREWATCH_CONSOLE": "",
        "WIREWATCH_LOG": "json",
        "WIREWATCH_DATA": str(desk / "data"),
    }
    (desk / "rules" / "sources.yaml").write_text(
        SOURCES.replace("every: 1m", "every: 1m, base_url: 'http://127.0.0.1:9', allow_private: true"), "utf-8"
    )
    command = [sys.executable, "-m", "bot.cli", "run"]
    with subprocess.Popen(command, cwd=desk, env=env, stderr=subprocess.PIPE, text=True) as bot:
        assert bot.stderr is not None
        logs = list(_until(bot.stderr, '"running"'))
        began = time.monotonic()
        bot.send_signal(signal.SIGTERM)
        logs += bot.stderr
        assert bot.wait(timeout=10) == 0, logs
    assert time.monotonic() - began < 5
    assert "Traceback" not in "".join(logs)


def _until(lines: Iterable[str], told: str) -> Iterator[str]:
    """Lines up to the one that holds `told`."""
    for line in lines:
        yield line
        if told in line:
            return


class HangingTelegram:
    """A Bot API that accepts every request and answers only the methods it is told to."""

    def __init__(self, answers: tuple[str, ...]):
        me = json.dumps({"ok": True, "result": {"id": 1, "is_bot": True, "first_name": "w", "username": "w_bot"}})
        done = json.dumps({"ok": True, "result": True})

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                method = self.path.rsplit("/", 1)[1]
                if method not in answers:
                    time.sleep(60)
                body = (me if method == "getMe" else done).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Tests print nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.root = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self) -> str:
        self.thread.start()
        return self.root

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.mark.parametrize("answers", [(), ("getMe", "deleteWebhook", "setMyCommands")], ids=["at-start", "running"])
def test_sigterm_does_not_wait_for_a_telegram_that_hangs(desk: Path, answers: tuple[str, ...]) -> None:
    """Telegram accepts requests and never answers: SIGTERM ends the bot all the same, exit code 0 within 5 seconds."""
    with HangingTelegram(answers) as root:
        env = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "TELEGRAM_BOT_TOKEN": "1:x",
            "TELEGRAM_API_URL": root,
            "WIREWATCH_CONSOLE": "",
            "WIREWATCH_DATA": str(desk / "data"),
        }
        hanging = f"every: 1m, base_url: '{root}', allow_private: true"
        (desk / "rules" / "sources.yaml").write_text(SOURCES.replace("every: 1m", hanging), "utf-8")
        command = [sys.executable, "-m", "bot.cli", "run"]
        with (desk / "log").open("wb") as log, subprocess.Popen(command, cwd=desk, env=env, stderr=log) as bot:
            time.sleep(6)  # it is where it hangs by then
            began = time.monotonic()
            bot.send_signal(signal.SIGTERM)
            assert bot.wait(timeout=20) == 0, (desk / "log").read_text("utf-8")
            assert time.monotonic() - began < 5
    assert "Traceback" not in (desk / "log").read_text("utf-8")


@pytest.mark.parametrize(
    ("answers", "found"),
    [(("getMe",), "knows the token"), (None, "does not answer|no connection|unreachable|cannot")],
    ids=["known", "unreachable"],
)
def test_doctor_asks_telegram(desk: Path, answers: tuple[str, ...] | None, found: str) -> None:
    """A token that Telegram knows is good; a Telegram out of reach is told as that, in words for a person."""
    with HangingTelegram(answers or ()) as root:
        api = root if answers else "http://127.0.0.1:9"
        ran = wirewatch("doctor", cwd=desk, env={"TELEGRAM_BOT_TOKEN": "1:x", "TELEGRAM_API_URL": api})
    line = next(line for line in ran.stdout.splitlines() if "│ telegram" in line)
    assert re.search(found, ran.stdout.lower()), ran.stdout
    assert ("good" in line) == (answers is not None), ran.stdout
    assert "runtimeerror" not in ran.stdout.lower()

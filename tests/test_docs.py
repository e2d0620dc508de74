"""The handbook cannot lag: links lead somewhere, and every command, setting and chat command is written down."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import typer

from bot.chat.screens import welcome
from bot.cli import app
from bot.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
BOOK = "\n".join(page.read_text("utf-8") for page in PAGES)
LINK = re.compile(r"(?<!`)\[[^\]]*\]\((?!https?://|#)([^)#\s]+)(?:#[^)]*)?\)|<img src=\"([^\"]+)\"")
SETTING = re.compile(r"\"((?:WIREWATCH|TELEGRAM|REDIS)_[A-Z_]+)\"")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Each relative link or picture of a page is a file of this repository."""
    targets = [one or two for one, two in LINK.findall(page.read_text("utf-8"))]
    assert [target for target in targets if not (page.parent / target).exists()] == []


def commands(group: typer.Typer, before: str = "") -> list[str]:
    """Every command of the console command, as it is typed."""
    found = [
        f"{before}{command.name or command.callback.__name__}"
        for command in group.registered_commands
        if command.callback
    ]
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        found += commands(inner.typer_instance, f"{before}{inner.name} ")
    return found


def test_every_command_is_written_down() -> None:
    """`rules check` counts as written where `rules check|test` stands."""
    written = set(re.findall(r"[a-z]+", BOOK))
    missing = [command for command in commands(app) if not set(command.split()) <= written]
    assert missing == []
    named = {"run", "demo", "doctor", "replay", "rules check", "rules test", "sources check", "sources parse"}
    assert named <= set(commands(app))


def test_every_setting_is_in_the_table() -> None:
    """docs/operations.md lists each environment variable that is read, and no other."""
    read = set(SETTING.findall((ROOT / "bot" / "settings.py").read_text("utf-8")))
    table = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "operations.md").read_text("utf-8"), re.MULTILINE))
    assert read == table
    assert len(Settings.model_fields) == len(table)


def test_every_chat_command_is_in_the_readme() -> None:
    """What the menu of a private chat offers, a newcomer can read about."""
    readme = (ROOT / "README.md").read_text("utf-8")
    offered = {name for name, _ in welcome.PRIVATE}
    assert [name for name in sorted(offered - {"start", "help"}) if f"/{name}" not in readme] == []


def test_nothing_of_a_workplace_is_committed() -> None:
    """No path of somebody's machine stands in a file of the repository."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    paths = re.compile(r"(?<![\w.])/(?:work|home/\w+|Users/\w+)/")
    names = [
        name for name in listed.stdout.splitlines() if Path(name).suffix in {".py", ".md", ".yaml", ".toml", ".lua"}
    ]
    found = [name for name in names if (ROOT / name).exists() and paths.search((ROOT / name).read_text("utf-8"))]
    assert found == []

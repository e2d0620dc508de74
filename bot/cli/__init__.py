"""The console command `wirewatch`: run · demo · doctor · rules · sources · posts · subscribers · replay.

Exit codes: 0 good; 1 faults found, or cases that fail; 2 wrong usage or an environment that cannot work.
"""

from __future__ import annotations

import sys

import typer

from bot.cli import demo, doctor, posts, replay, rules, run, sources, subscribers
from bot.cli.output import complain
from bot.errors import RuleFaults, WirewatchError

app = typer.Typer(
    name="wirewatch",
    help="Watches Telegram channels and news feeds for storylines, and keeps one living, sourced alert per event.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command("run")(run.run)
app.command("demo")(demo.demo)
app.command("doctor")(doctor.doctor)
app.command("replay")(replay.replay)
app.add_typer(rules.app, name="rules")
app.add_typer(posts.app, name="posts")
app.add_typer(sources.app, name="sources")
app.add_typer(subscribers.app, name="subscribers")


def main() -> None:
    """The console command. What was foreseen is told in one sentence; only a bug shows a traceback."""
    try:
        app()
    except RuleFaults as faults:
        complain(str(faults))
        sys.exit(2)
    except WirewatchError as error:
        complain(str(error))
        sys.exit(2)
    except BrokenPipeError:  # `wirewatch replay … | head`
        sys.stderr.close()
        sys.exit(0)

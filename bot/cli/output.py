"""What the command line prints: results to stdout, complaints to stderr."""

from __future__ import annotations

import sys

from rich.console import Console

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def complain(sentence: str) -> None:
    """One complaint on stderr, as it is: nothing in it is read as markup."""
    err.print(f"wirewatch: {sentence}", markup=False, style="red" if sys.stderr.isatty() else None)

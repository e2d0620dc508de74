"""`python -m bot.cli` is `wirewatch`."""

from bot.cli import main

main()

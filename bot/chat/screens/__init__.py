"""Every screen as a pure function: data → Message. No words of the bot stand anywhere else."""

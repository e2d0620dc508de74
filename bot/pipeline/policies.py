"""What the rules say about deciding, handed to the room that decides: those two never import each other."""

from __future__ import annotations

from collections.abc import Mapping

from bot.alerts.decide import Policy, SignalPolicy
from bot.rules import Storyline

Storylines = Mapping[str, Storyline]


def policies_of(storylines: Storylines) -> dict[str, Policy]:
    """The policy of each storyline, by name."""
    return {
        name: Policy(
            signals={
                signal.name: SignalPolicy(severity=signal.severity, phase=signal.phase, min_origins=signal.min_origins)
                for signal in storyline.signals.values()
            },
            fresh_for=storyline.fresh_for,
        )
        for name, storyline in storylines.items()
    }

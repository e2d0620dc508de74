"""Times several ways of doing one thing, in turn, and prints medians and ratios against the first of them."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping

import msgspec


class Result(msgspec.Struct, frozen=True):
    """Seconds of each run of one contender, in order."""

    name: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def compare(
    title: str,
    contenders: Mapping[str, Callable[[], object]],
    *,
    units: int,
    unit: str = "posts",
    runs: int = 5,
) -> dict[str, Result]:
    """Run every contender `runs` times, interleaved (A B A B …), after one warm-up of each.

    The first contender is the baseline. `units` is how much work one call does (posts, pages, messages).
    """
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for run in range(runs + 1):
        for name, work in contenders.items():
            gc.collect()
            start = time.perf_counter()
            work()
            if run:
                seconds[name].append(time.perf_counter() - start)
    results = {name: Result(name, tuple(times)) for name, times in seconds.items()}
    report(title, results, units=units, unit=unit)
    return results


def report(title: str, results: Mapping[str, Result], *, units: int, unit: str) -> None:
    """Print one table: units a second at the median, its spread, and the ratio to the first row."""
    baseline = next(iter(results.values())).median
    print(f"\n{title} ({units:,} {unit} a run, {len(next(iter(results.values())).seconds)} runs)")
    for result in results.values():
        low, high = units / max(result.seconds), units / min(result.seconds)
        print(
            f"  {result.name:<44} {units / result.median:>14,.0f} {unit}/s"
            f"  ({low:,.0f} to {high:,.0f})  {baseline / result.median:>8.2f} x"
        )

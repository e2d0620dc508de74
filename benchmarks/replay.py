"""The whole in-memory path: raw post → tokens → rules → gather → decide → rows, as `wirewatch replay` runs it.

    .venv/bin/python benchmarks/replay.py [--posts 22099] [--storylines 1000] [--profile]

The posts are the 22,099 Russian posts of the corpus, as JSON Lines in memory; the rules are the shipped ones, or with
`--storylines N` synthetic ones made as in match.py. The baseline, in the same run: posts read by the same reader,
every concept of every signal as one compiled `re` of its words, no distances, no gathering. Beside it what each
station costs when the path ends there. Rules are loaded and frozen (`gc.freeze`) before the clock starts, as the bot
does; `--no-freeze` leaves that out.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import pstats
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import corpus_posts
import msgspec
from match import sample_posts, write_storylines
from runner import compare

from bot.model import Post
from bot.pipeline import replay as pipeline
from bot.pipeline.posts import read_posts
from bot.rules import Ruleset, load
from bot.rules import condition as c
from bot.text import tokenize

ROOT = Path(__file__).resolve().parent.parent


def posts_of(lines: list[bytes]) -> Iterator[Post]:
    """The posts of raw lines; the corpus has no bad ones."""
    for post in read_posts(iter(lines), "corpus"):
        assert isinstance(post, Post)
        yield post


class Naive:
    """Every signal as one expression a concept that it names; the first that is absent refuses the post."""

    def __init__(self, ruleset: Ruleset):
        made: dict[tuple[str, str], re.Pattern[str]] = {}
        self.signals = []
        for storyline in ruleset.storylines.values():
            for signal in storyline.signals.values():
                names = list(_wanted(signal.when))
                for name in names:
                    if (storyline.name, name) not in made:
                        made[storyline.name, name] = _pattern(ruleset, storyline.name, name)
                self.signals.append([made[storyline.name, name] for name in names])

    def match(self, post: Post) -> int:
        text = f"{post.title}\n{post.text}"
        return sum(all(pattern.search(text) for pattern in signal) for signal in self.signals)


def _wanted(node: c.Node) -> Iterator[str]:
    """The concepts that a condition cannot do without, roughly: those under `and` and `near`."""
    match node:
        case c.Concept(name):
            yield name
        case c.All(parts):
            for part in parts:
                yield from _wanted(part)
        case c.Near(left, right):
            yield from _wanted(left)
            yield from _wanted(right)
        case c.Within(_, part):
            yield from _wanted(part)


def _pattern(ruleset: Ruleset, storyline: str, concept: str) -> re.Pattern[str]:
    words = set()
    for term in ruleset.concepts[storyline][concept]:
        for variant in term.variants:
            words.add(r"\s+".join(_word(atom) for atom in variant))
    return re.compile(rf"\b(?:{'|'.join(sorted(words))})\b", re.IGNORECASE)


def _word(atom: object) -> str:
    words, prefix = atom.words, atom.prefix  # type: ignore[attr-defined]
    return rf"{re.escape(prefix)}\w*" if prefix else rf"(?:{'|'.join(map(re.escape, words))})" if words else r"\w+"


def run(lines: list[bytes], ruleset: Ruleset, title: str, runs: int) -> None:
    naive = Naive(ruleset)
    encode = msgspec.json.Encoder().encode

    def fresh() -> list[bytes]:
        tokenize.cache_clear()
        return lines

    def whole() -> int:
        rows = pipeline.replay(posts_of(fresh()), ruleset, ruleset.storylines)
        return sum(len(encode(row)) for row in rows)

    result = compare(
        title,
        {
            "naive: one re a concept, no gathering": lambda: sum(map(naive.match, posts_of(fresh()))),
            "… ends with reading the posts": lambda: sum(1 for _ in posts_of(fresh())),
            "… with tokenising": lambda: sum(len(tokenize(post.text)) for post in posts_of(fresh())),
            "… with matching": lambda: sum(len(ruleset.match(post)) for post in posts_of(fresh())),
            "the whole path": whole,
        },
        units=len(lines),
        runs=runs,
    )
    whole_seconds = result["the whole path"].median
    print(f"  a million posts: {whole_seconds / len(lines) * 1e6 / 60:.1f} minutes")


def profile(work: Callable[[], object]) -> None:
    work()  # so that words met for the first time do not stand in front
    tokenize.cache_clear()
    profiler = cProfile.Profile()
    profiler.runcall(work)
    pstats.Stats(profiler).sort_stats("tottime").print_stats(30)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=22_099)
    parser.add_argument("--storylines", type=int, default=0, help="so many synthetic ones instead of the shipped rules")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--rules", type=Path, default=ROOT / "rules")
    parser.add_argument("--profile", action="store_true", help="where the whole path spends its time")
    parser.add_argument("--no-freeze", action="store_true")
    given = parser.parse_args()
    lines = [msgspec.json.encode(row) for row in islice(corpus_posts.nktkln(), given.posts)]
    if not lines:
        sys.exit("no posts: the corpus is absent (WIREWATCH_CORPUS)")
    start = time.perf_counter()
    if given.storylines:
        with tempfile.TemporaryDirectory() as folder:
            write_storylines(Path(folder), given.storylines, sample_posts(2_000))
            ruleset = load(Path(folder))
    else:
        ruleset = load(given.rules)
    print(f"{len(ruleset.storylines):,} storylines loaded in {time.perf_counter() - start:.2f} s")
    if not given.no_freeze:
        gc.collect()
        gc.freeze()
    if given.profile:
        profile(lambda: list(pipeline.replay(posts_of(lines), ruleset, ruleset.storylines)))
        return
    run(lines, ruleset, f"replay with {len(ruleset.storylines):,} storylines", given.runs)


if __name__ == "__main__":
    main()

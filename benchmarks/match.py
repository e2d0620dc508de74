"""Matching: the index against the usual ways, on the same storylines and posts, with the same answers required.

    .venv/bin/python benchmarks/match.py [--sizes 10 100 1000 10000] [--posts 2000]

Posts come from the corpus (two thirds Cyrillic, one third Latin). Storylines are made from its vocabulary: three
concepts of 5-8 terms (words, prefixes, phrases), and a signal of `and`, `near`, `not`. The index evaluates about 2.2
signals for each that matches. The contenders:

- naive: for every storyline one compiled `re` a concept, stopping at the first that is absent;
- combined: one `re` of all terms finds the words, the storylines behind them are asked as in the naive loop;
- index: `bot.rules.index`; beside it what tokenising alone costs.
"""

from __future__ import annotations

import argparse
import gc
import random
import re
import resource
import sys
import tempfile
import time
from bisect import bisect_right
from collections import Counter, defaultdict
from itertools import islice, pairwise
from pathlib import Path

import corpus_posts
from runner import compare

from bot.rules import condition as c
from bot.rules import load
from bot.rules.index import Draft, Index
from bot.rules.terms import Term, parse_term
from bot.text import tokenize

Concepts = dict[str, list[str]]
NEAR = 15


def fresh(text: str) -> str:
    """An equal text that no cache has seen."""
    return "".join((text, ""))


def sample_posts(count: int) -> list[str]:
    """Real texts of 60 to 2,000 characters in a fixed random order."""
    rows = [*islice(corpus_posts.nktkln(), 6_000), *islice(corpus_posts.unlp(), 2_000), *corpus_posts.bbcbreaking()]
    rows += list(corpus_posts.seeds())
    cyrillic = [t for t in (str(r["text"]) for r in rows) if 60 <= len(t) <= 2_000 and re.search("[а-я]", t)]
    latin = [t for t in (str(r["text"]) for r in rows) if 60 <= len(t) <= 2_000 and not re.search("[а-я]", t)]
    shuffle = random.Random(7)
    shuffle.shuffle(cyrillic)
    shuffle.shuffle(latin)
    mixed = cyrillic[: count * 2 // 3] + latin[: count - count * 2 // 3]
    shuffle.shuffle(mixed)
    return mixed


def make_storylines(count: int, posts: list[str]) -> list[Concepts]:
    """Storylines whose terms are words of the posts.

    They are drawn from all words (more than 20,000 in 2,000 posts) but for the 50 commonest, common ones somewhat more
    often than rare ones, so that each storyline is about something that is in the news.
    """
    choose = random.Random(count)
    words: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for post in posts:
        found = tokenize(post).words
        words.update(found)
        pairs.update(pairwise(found))
    ranked = [word for word, _ in words.most_common() if word.isalpha() and len(word) > 3][50:]
    phrases = [
        " ".join(pair) for pair, _ in pairs.most_common(20_000) if all(w.isalpha() and len(w) > 2 for w in pair)
    ][50:]

    def term() -> str:
        kind = choose.random()
        if kind < 0.2:
            return choose.choice(phrases)
        word = ranked[int(len(ranked) * choose.random() ** 1.5)]
        return f"{word[: max(4, len(word) - 2)]}*" if kind < 0.4 else word

    return [
        {name: sorted({term() for _ in range(choose.randint(5, 8))}) for name in ("a", "b", "d")} for _ in range(count)
    ]


def when(number: int) -> str:
    """Half of the signals measure a distance, the rest only presence."""
    return f"a near/{NEAR} b and not d" if number % 2 else "a and b and not d"


# --- the usual ways ---------------------------------------------------------------------------------------------------


def pattern(terms: list[str]) -> re.Pattern[str]:
    """All terms of a concept as one expression over words that are separated by single blanks."""
    bodies = [re.escape(t[:-1]) + r"\S*" if t.endswith("*") else re.escape(t) for t in terms]
    return re.compile(rf"(?<!\S)(?=(?:{'|'.join(bodies)})(?!\S))")


class Naive:
    """One storyline as three compiled expressions."""

    def __init__(self, number: int, concepts: Concepts):
        self.near = bool(number % 2)
        self.a, self.b, self.d = (pattern(concepts[name]) for name in "abd")
        self.terms = concepts
        self.each = {name: [(term.count(" "), pattern([term])) for term in concepts[name]] for name in "ab"}

    def matches(self, text: str) -> bool:
        if not self.a.search(text) or not self.b.search(text) or self.d.search(text):
            return False
        return not self.near or self._near(text)

    def _near(self, text: str) -> bool:
        blanks = [m.start() for m in re.finditer(" ", text)]

        def spans(name: str) -> list[tuple[int, int]]:
            found = []
            for more, expression in self.each[name]:
                for match in expression.finditer(text):
                    first = bisect_right(blanks, match.start())
                    found.append((first, first + more))
            return found

        return any(max(b0 - a1, a0 - b1, 0) <= NEAR for a0, a1 in spans("a") for b0, b1 in spans("b"))


class Combined:
    """One expression finds the words that begin any term; only storylines behind them are asked."""

    def __init__(self, storylines: list[Naive]):
        self.storylines = storylines
        exact: dict[str, set[int]] = defaultdict(set)
        prefix: dict[str, set[int]] = defaultdict(set)
        for number, storyline in enumerate(storylines):
            for term in storyline.terms["a"]:
                first = term.split()[0]
                (prefix if first.endswith("*") else exact)[first.rstrip("*")].add(number)
        self.exact, self.prefix = exact, prefix
        bodies = [re.escape(word) for word in exact] + [re.escape(word) + r"\S*" for word in prefix]
        self.words = re.compile(rf"(?<!\S)(?:{'|'.join(bodies)})(?!\S)")
        self.behind: dict[str, frozenset[int]] = {}

    def candidates(self, word: str) -> frozenset[int]:
        if word not in self.behind:
            by_prefix = (numbers for prefix, numbers in self.prefix.items() if word.startswith(prefix))
            self.behind[word] = frozenset(self.exact.get(word, set()).union(*by_prefix))
        return self.behind[word]

    def matching(self, text: str) -> list[int]:
        asked: set[int] = set()
        for word in set(self.words.findall(text)):
            asked |= self.candidates(word)
        return sorted(number for number in asked if self.storylines[number].matches(text))


# --- runs -------------------------------------------------------------------------------------------------------------


def lines(text: str) -> str:
    """What the regular expressions read: the same words, so that the same answers can be required."""
    return " ".join(tokenize(text).words)


def flat(posts: list[str]) -> list[str]:
    """Without hyphens and sentence ends: expressions know neither compounds nor sentences."""
    return [lines(post) for post in posts]


def parsed(terms: list[str]) -> tuple[Term, ...]:
    """The terms without word forms, which expressions do not know."""
    return tuple(parse_term(term if term.endswith("*") else f"exact:{term}") for term in terms)


def run(size: int, posts: list[str], slow: int) -> None:
    storylines = make_storylines(size, posts)
    sources = [
        Draft("s", str(n), {name: parsed(terms) for name, terms in made.items()}, c.parse_condition(when(n)))
        for n, made in enumerate(storylines)
    ]
    start = time.perf_counter()
    index = Index(sources, parse_term, posts[:300])
    built = time.perf_counter() - start
    naive = [Naive(n, made) for n, made in enumerate(storylines)]
    combined = Combined(naive)
    few = posts[:slow]
    gc.freeze()

    def by_index(texts: list[str]) -> list[list[int]]:
        tokenize.cache_clear()
        return [index.matching(index.doc("", fresh(text)), None, "") for text in texts]

    def by_naive() -> list[list[int]]:
        return [[n for n, one in enumerate(naive) if one.matches(text)] for text in map(lines, few)]

    def by_combined() -> list[list[int]]:
        return [combined.matching(text) for text in map(lines, few)]

    def only_tokens(texts: list[str]) -> int:
        tokenize.cache_clear()
        return sum(len(tokenize(fresh(text)).words) for text in texts)

    answers = by_index(few)
    for name, other in (("naive", by_naive()), ("combined", by_combined())):
        assert other == answers, f"{name} and index disagree at {size} storylines"
    found = sum(map(len, answers))
    print(
        f"\n{size:,} storylines: index built in {built:.2f} s, {found:,} matches in {len(few):,} posts, answers equal"
    )
    runs = 3 if size > 1_000 else 5
    usual = compare(
        f"the usual ways, {size:,} storylines",
        {"naive: one re a concept": by_naive, "combined re": by_combined},
        units=len(few),
        runs=runs,
    )
    ours = compare(  # by itself and over more posts: after seconds of the naive loop every cache is cold
        f"ours, {size:,} storylines",
        {"tokenising alone": lambda: only_tokens(posts), "index": lambda: by_index(posts)},
        units=len(posts),
        runs=2 * runs,
    )
    each = {name: result.median / len(few) for name, result in usual.items()}
    index_each = ours["index"].median / len(posts)
    ratios = ", ".join(f"{seconds / index_each:,.0f} x {name.split(':')[0]}" for name, seconds in each.items())
    tokens = ours["index"].median / ours["tokenising alone"].median
    print(f"  index: {ratios}; {tokens:.2f} times the cost of tokenising alone")
    gc.unfreeze()


def write_storylines(folder: Path, count: int, posts: list[str]) -> None:
    """The synthetic storylines as a rules folder."""
    (folder / "storylines").mkdir()
    for number, made in enumerate(make_storylines(count, posts)):
        concepts = "".join(f"  {key}: [{', '.join(terms)}]\n" for key, terms in made.items())
        (folder / "storylines" / f"s{number}.yaml").write_text(
            f"storyline: s{number}\ntitle: Storyline {number}\nconcepts:\n{concepts}signals:\n"
            f"  it: {{severity: low, when: {when(number)}}}\n",
            "utf-8",
        )


def load_time(size: int, posts: list[str]) -> None:
    """A folder of YAML files → Ruleset, and the memory it holds. CPU time is told too: machines are shared."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_storylines(folder, size, posts)
        before = _memory()
        start, cpu = time.perf_counter(), time.process_time()
        ruleset = load(folder)
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        more = _memory() - before
        print(
            f"load {len(ruleset.storylines):,} storylines from YAML: {seconds:.2f} s ({cpu:.2f} s of CPU), "
            f"{more:,.0f} MB more at the peak"
        )


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100, 1_000])
    parser.add_argument("--posts", type=int, default=2_000)
    parser.add_argument("--load", type=int, help="only measure loading so many storylines from YAML")
    given = parser.parse_args()
    posts = sample_posts(given.posts)
    if not posts:
        sys.exit("no posts: the corpus is absent (WIREWATCH_CORPUS)")
    if given.load:
        load_time(given.load, posts)
        return
    posts = flat(posts)
    for size in given.sizes:
        run(size, posts, slow=max(20, min(len(posts), 200_000 // size)))


if __name__ == "__main__":
    main()

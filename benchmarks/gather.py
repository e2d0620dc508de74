"""How fast posts are gathered at a full window, what it holds in memory, what it finds and what it wrongly merges.

    python -m benchmarks.gather [--window 100000] [--posts 2000] [--runs 5]

The window is filled with invented posts made of shipped vocabulary (Latin and Cyrillic, 12 to 90 words, common words
common). Then fresh posts are gathered: one in four is a planted copy (wrapped, cut, continued, or with every eighth
word replaced, names and numbers kept). Beside it runs what a simple tool does: rapidfuzz
token_set_ratio against every text in the window. Runs are interleaved; medians and their ratio are printed, in CPU
seconds, so that neighbours on the machine count less.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import statistics
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rapidfuzz import fuzz, process

from bot.events import Window, fingerprint, gather
from bot.events.lexicon import HERE, read
from bot.model import Match, Post, Severity

START = datetime(2025, 3, 4, tzinfo=UTC)
PARTICULAR = frozenset({"actors", "places", "people"})
KINDS = ("wrapped", "cut", "continued", "reworded")


def vocabulary() -> dict[str, tuple[list[str], list[float]]]:
    """Words of each script with how common they are, from the shipped rarity table."""
    words: dict[str, tuple[list[str], list[float]]] = {"latin": ([], []), "cyrillic": ([], [])}
    for line in (HERE / "rarity.txt").read_text("utf-8").splitlines():
        term, _, level = line.rpartition(" ")
        if term.isalpha() and len(term) > 1:
            known, weights = words["latin" if term.isascii() else "cyrillic"]
            known.append(term)
            weights.append(2.718 ** (-int(level) / 4))
    return words


class Wire:
    """Invented posts, the same for one seed."""

    def __init__(self, seed: int = 1):
        self.random = random.Random(seed)
        self.words = vocabulary()
        self.number = 0

    def post(self, text: str | None = None) -> Post:
        self.number += 1
        outlet = f"outlet{self.number % 400}"
        return Post(
            id=f"{outlet}/{self.number}", source=outlet, outlet=outlet, url=f"https://t.me/{outlet}/{self.number}",
            published=START + timedelta(seconds=2 * self.number), text=text or self.text(),
        )  # fmt: skip

    def text(self) -> str:
        script = self.random.choice(("latin", "cyrillic", "cyrillic"))
        known, weights = self.words[script]
        words = self.random.choices(known, weights, k=self.random.randint(12, 90))
        for at in range(self.random.randint(1, 5)):  # names and numbers of its own
            words[self.random.randrange(len(words))] = (
                self._name(script) if at % 2 else str(self.random.randint(2, 900))
            )
        words[0] = words[0].capitalize()
        for at in range(9, len(words), 11):
            words[at] = words[at] + "."
        return " ".join(words)

    def _name(self, script: str) -> str:
        letters = "bcdfgklmnprstvz" if script == "latin" else "бвгдзклмнпрстфх"
        vowels = "aeiou" if script == "latin" else "аеиоу"
        return "".join(self.random.choice(letters) + self.random.choice(vowels) for _ in range(3)).capitalize()

    def copy(self, text: str, kind: str) -> str:
        words = text.split()
        if kind == "wrapped":
            return f"⚡️ BREAKING: {text}\n\n👉 @channel{self.random.randint(1, 99)} | Subscribe"
        if kind == "cut":
            return " ".join(words[: max(10, len(words) * 6 // 10)])
        if kind == "continued":
            return f"{text} {' '.join(self.text().split()[: len(words) // 3])}"
        for at in range(3, len(words), 8):
            if words[at].isdigit() or words[at].istitle() or read(words[at]).kind in PARTICULAR:
                continue  # an editor changes the wording; another country or number would be other news
            words[at] = self.random.choice(self.words["latin" if text.isascii() else "cyrillic"][0])
        return " ".join(words)


def resident() -> int:
    """Bytes of memory that this process holds (Linux)."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def match(post: Post) -> list[Match]:
    return [Match(post=post.id, storyline="wire", signal="post", severity=Severity.LOW)]


def put(window: Window, post: Post) -> str | None:
    """Gather a post into the window; the event it joined, if any."""
    placement = gather(window, post, match(post), post.published)
    if placement is None:
        return None
    window.put(placement.after)
    return placement.before.id if placement.before else None


def templates(count: int = 500) -> tuple[int, int]:
    """Air-raid-like alerts that differ in hour, place or sign: how many were merged, of how many."""
    rng = random.Random(7)
    stems = [
        a + b
        for a in ("Верб", "Клен", "Дуб", "Лип", "Степ", "Озер", "Річ", "Гір")
        for b in ("івськ", "инськ", "овецьк", "анськ")
    ]
    signs = ("🔴 {} Повітряна тривога в {}ий район\nСлідкуйте за подальшими повідомленнями.",
             "🟢 {} Відбій тривоги в {}ий район.\nСлідкуйте за подальшими повідомленнями.")  # fmt: skip
    window, merged, at = Window(), 0, START
    said: set[str] = set()
    while len(said) < count:
        at += timedelta(seconds=rng.randint(5, 240))
        stem = rng.choice(stems)
        text = rng.choice(signs).format(f"{at:%H:%M}", stem) + f"\n#{stem}ий_район"
        if text in said:
            continue
        said.add(text)
        name = f"alerts/{len(said)}"
        post = Post(id=name, source="alerts", outlet="alerts", url=f"https://t.me/{name}", published=at, text=text)
        merged += put(window, post) is not None
    return merged, count


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--window", type=int, default=100_000)
    options.add_argument("--posts", type=int, default=2000, help="gathered in each run")
    options.add_argument("--runs", type=int, default=5)
    asked = options.parse_args()

    wire, window = Wire(), Window(span=timedelta(days=30))
    posts = [wire.post() for _ in range(asked.window)]
    before = resident()
    for post in posts:
        put(window, post)
    print(f"memory of the window: {(resident() - before) / asked.window / 1e3:.1f} kB a post")
    print(f"window: {len(window):,} events of {asked.window:,} posts ({asked.window - len(window)} fresh posts merged)")
    texts = [post.text for post in posts]
    gc.collect()
    gc.freeze()

    ours, reading, scan = [], [], []
    planted = dict.fromkeys(KINDS, 0)
    found = dict.fromkeys(KINDS, 0)
    fresh = wrong = 0
    for _ in range(asked.runs):
        batch: list[tuple[Post, str, Post | None]] = []
        for n in range(asked.posts):
            kind = KINDS[n // 4 % 4] if n % 4 == 0 else ""
            origin = wire.random.choice(posts) if kind else None
            batch.append((wire.post(wire.copy(origin.text, kind) if origin else None), kind, origin))
        start = time.process_time()
        for post, _, _ in batch:
            fingerprint(post, match(post))
        reading.append(asked.posts / (time.process_time() - start))
        start = time.process_time()
        joined = [put(window, post) for post, _, _ in batch]
        ours.append(asked.posts / (time.process_time() - start))
        for (_, kind, origin), event in zip(batch, joined, strict=True):
            if origin is not None:
                planted[kind] += 1
                held_in = window.event_of(origin.id)
                found[kind] += held_in is not None and event == held_in.id
            else:
                fresh += 1
                wrong += event is not None
        start = time.process_time()
        for post, _, _ in batch[:2]:
            process.extractOne(post.text, texts, scorer=fuzz.token_set_ratio, score_cutoff=90)
        scan.append(2 / (time.process_time() - start))
    print(f"fingerprint alone         {statistics.median(reading):10,.0f} posts/s")
    print(f"gather, all four steps    {statistics.median(ours):10,.0f} posts/s ({min(ours):,.0f} to {max(ours):,.0f})")
    print(
        f"rapidfuzz over the window {statistics.median(scan):10,.2f} posts/s: "
        f"ours is {statistics.median(ours) / statistics.median(scan):,.0f} x"
    )
    for kind in KINDS:
        print(f"recall of copies, {kind:<10} {found[kind] / planted[kind]:.3f} of {planted[kind]}")
    print(f"recall of copies, all        {sum(found.values()) / sum(planted.values()):.3f}")
    print(f"fresh posts merged           {wrong / fresh:.4f} of {fresh}")
    merged, count = templates()
    print(f"templated alerts merged      {merged / count:.4f} of {count}")


if __name__ == "__main__":
    main()

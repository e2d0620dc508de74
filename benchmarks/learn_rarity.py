"""Count how rare each term is in an archive, for `bot/events/rarity.txt`.

    python -m benchmarks.learn_rarity POSTS.jsonl[.gz] … > bot/events/rarity.txt

Reads any JSON Lines with a `text` or `content` field. Counts, in each language, the share of posts that hold a term,
and keeps the commonest; the table holds no text, only word beginnings and how common they are. Needs at least
`LEAST` posts with the term, so nothing of a single post survives.
"""

from __future__ import annotations

import collections
import gzip
import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path

from bot.events.clean import body
from bot.events.fingerprint import language, said_terms
from bot.events.lexicon import UNKNOWN, vocabulary
from bot.model import Post

LEAST = {"en": 3, "uk": 3, "ru": 8}


def texts(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield row.get("text") or row.get("content") or ""


def main(paths: list[str]) -> None:
    held: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    total: collections.Counter[str] = collections.Counter()
    for path in paths:
        for text in texts(Path(path)):
            post = Post(id="x/1", source="x", outlet="", url="", published=None, text=text)  # type: ignore[arg-type]
            said = body(post)[1]
            if len(said) < 40:
                continue
            spoken = language(said)
            total[spoken] += 1
            held[spoken].update(said_terms(said))
    weights: dict[str, list[float]] = collections.defaultdict(list)
    for spoken, counts in held.items():
        for term, count in counts.items():
            if count >= LEAST[spoken] and not term[0].isdigit():
                weights[term].append(-math.log(count / total[spoken]))
    print("# How rare a term is: 4 x -ln(share of posts that hold it). A meaning that several languages share")
    print("# has the mean of theirs, any other term that of the language where it is commonest.")
    print(f"# Learned by benchmarks/learn_rarity.py from {dict(sorted(total.items()))} posts.")
    kinds = vocabulary().kinds
    for term, found in sorted(weights.items()):
        level = round(4 * (sum(found) / len(found) if term in kinds else min(found)))
        if level < 4 * UNKNOWN - 1:
            print(term, level)


if __name__ == "__main__":
    main(sys.argv[1:])

"""Print a third-party archive of the corpus as post JSON Lines, ready for `wirewatch replay -`.

    .venv/bin/python benchmarks/corpus_posts.py nktkln | .venv/bin/wirewatch replay - --rules rules --json

Names: nktkln (22,099 Russian posts, 2024), bbcbreaking (1,929 English posts, 2017), unlp (3,822 Ukrainian and Russian
posts without dates: an hour apart here, so that none gathers with another), seeds (the five documents, a post a
paragraph).
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

CORPUS = Path(os.environ.get("WIREWATCH_CORPUS", Path(__file__).resolve().parent.parent.parent / "shared"))
EPOCH = datetime(2025, 1, 1, tzinfo=UTC)


def nktkln() -> Iterator[dict[str, object]]:
    for row in _rows("nktkln_ru_2024.jsonl.gz"):
        source = f"tg{row['channel_id']}"
        yield {
            "id": f"{source}/{row['message_id']}",
            "source": source,
            "outlet": row["channel"],
            "url": f"https://t.me/c/{str(row['channel_id'])[3:]}/{row['message_id']}",
            "published": row["date"],
            "text": row["text"],
            "language": "ru",
        }


def bbcbreaking() -> Iterator[dict[str, object]]:
    for row in _rows("bbcbreaking_2017.jsonl.gz"):
        yield {
            "id": f"bbcbreaking/{row['id']}",
            "source": "bbcbreaking",
            "outlet": "BBC",
            "url": f"https://t.me/bbcbreaking/{row['id']}",
            "published": datetime.fromtimestamp(row["date"], UTC).isoformat(),
            "text": row["text"],
            "language": "en",
        }


def unlp() -> Iterator[dict[str, object]]:
    for number, row in enumerate(_rows("unlp2025_uk_ru.jsonl.gz")):
        yield {
            "id": f"unlp/{row['id']}",
            "source": "unlp",
            "outlet": f"channel {number}",
            "url": f"https://example.org/unlp/{row['id']}",
            "published": (EPOCH + timedelta(hours=number)).isoformat(),
            "text": row["content"],
            "language": row["lang"],
        }


def seeds() -> Iterator[dict[str, object]]:
    for document, path in enumerate(sorted((CORPUS / "seeds").glob("*.txt"))):
        paragraphs = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        for number, paragraph in enumerate(paragraphs, 1):
            yield {
                "id": f"seed{document}/{number}",
                "source": f"seed{document}",
                "outlet": f"document {document}",
                "url": f"https://example.org/seed/{document}#{number}",
                "published": (EPOCH + timedelta(days=document, minutes=number)).isoformat(),
                "text": paragraph,
                "language": "en",
            }


ARCHIVES = {"nktkln": nktkln, "bbcbreaking": bbcbreaking, "unlp": unlp, "seeds": seeds}


def _rows(name: str) -> Iterator[dict]:
    with gzip.open(CORPUS / "data" / "posts" / name, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", choices=sorted(ARCHIVES))
    for post in ARCHIVES[parser.parse_args().archive]():
        sys.stdout.write(json.dumps(post, ensure_ascii=False) + "\n")

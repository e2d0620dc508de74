"""Which chats hold the alert of an event: Telegram's message id and the revision that it shows.

Written as `message:revision:rang:at` (ms) so that scripts can read them and a hundred of them stay in one small hash.
"""

from __future__ import annotations

from datetime import UTC, datetime

from bot.model import Receipt, Target
from bot.store import keys
from bot.store.link import Link


def pack(receipt: Receipt) -> str:
    """The receipt as the scripts read it."""
    return f"{receipt.message}:{receipt.revision}:{receipt.rang}:{int(receipt.at.timestamp() * 1000)}"


def unpack(text: bytes, target: Target, event: str) -> Receipt:
    """The receipt that `pack` wrote."""
    message, revision, rang, at = map(int, text.split(b":"))
    when = datetime.fromtimestamp(at / 1000, UTC)
    return Receipt(target=target, event=event, message=message, revision=revision, rang=rang, at=when)


class Receipts:
    """`store.receipts`. The outbox writes them; other rooms read."""

    def __init__(self, link: Link):
        self._link = link

    async def get(self, target: Target, event: str) -> Receipt | None:
        """What the target holds of an event."""
        row = await self._link.do("HGET", keys.RECEIPTS(target), event)
        return None if row is None else unpack(row, target, event)

    async def of_target(self, target: Target) -> list[Receipt]:
        """Everything the target holds, newest first."""
        rows = await self._link.do("HGETALL", keys.RECEIPTS(target))
        receipts = [unpack(row, target, event.decode()) for event, row in rows.items()]
        return sorted(receipts, key=lambda receipt: receipt.at, reverse=True)

    async def put(self, receipt: Receipt) -> None:
        """Record a message that was sent outside the outbox and shows an event (a card that may be edited later)."""
        await self._link.run("keep_receipt", str(receipt.target), receipt.event, pack(receipt))

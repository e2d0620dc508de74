"""Hands updates to a webhook on loopback, in order, each until it is taken."""

from __future__ import annotations

import asyncio
import contextlib

import aiohttp

from bot.sandbox.botapi.core import Core

_FIRST_WAIT, _LONGEST_WAIT = 0.2, 30.0  # seconds between tries


async def deliver(core: Core) -> None:
    """Runs until cancelled."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session:
        wait = _FIRST_WAIT
        while True:
            hook = core.state.settings.get("webhook") or {}
            if not hook.get("url"):
                core.webhook_changed.clear()
                await core.webhook_changed.wait()
                continue
            await core.updates.wait_for_arrival()
            number = next(iter(core.state.updates), None)
            if number is None or await _taken(core, session, hook, number):
                wait = _FIRST_WAIT
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(core.webhook_changed.wait(), wait)
            core.webhook_changed.clear()
            wait = min(wait * 2, _LONGEST_WAIT)


async def _taken(core: Core, session: aiohttp.ClientSession, hook: dict[str, str], number: int) -> bool:
    headers = {"X-Telegram-Bot-Api-Secret-Token": hook["secret"]} if hook.get("secret") else {}
    try:
        async with session.post(hook["url"], json=core.state.updates[number], headers=headers) as answer:
            if answer.status < 300:
                core.updates.confirm(number)
                return True
            core.webhook_error = (core.date(), f"Wrong response from the webhook: {answer.status} {answer.reason}")
    except (aiohttp.ClientError, TimeoutError) as trouble:
        core.webhook_error = (core.date(), f"Connection failed: {type(trouble).__name__}")
    return False

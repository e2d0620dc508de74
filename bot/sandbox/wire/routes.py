"""The recorded wire over HTTP: `/wire/s/<channel>`, `/wire/<channel>/<id>`, `/wire/feeds/<source>.xml`."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

from aiohttp import web

from bot.sandbox.clock import StoryClock
from bot.sandbox.wire.feeds import feed_body
from bot.sandbox.wire.story import Channel, Story
from bot.sandbox.wire.telegram_pages import ChannelPages

BASE = "/wire"
_STYLE = Path(__file__).parent / "wire.css"
_LARGEST_ID = 2**62


class WireRoutes:
    """Serves a story as far as its clock has come."""

    def __init__(self, story: Story, clock: StoryClock):
        self._story = story
        self._clock = clock
        self._pages = ChannelPages(story, lambda: clock.begins, BASE)

    def add_to(self, app: web.Application) -> None:
        """Registers the routes."""
        app.router.add_get(BASE + "/s/{handle}", self._channel)
        app.router.add_get(BASE + "/feeds/{source}.xml", self._feed)
        app.router.add_get(BASE + "/picture/{number}.svg", self._picture)
        app.router.add_get(BASE + "/wire.css", self._style)
        app.router.add_get(BASE + "/{handle}", self._landing)
        app.router.add_get(BASE + "/{handle}/{number:[0-9]+}", self._post)

    def _known(self, request: web.Request) -> Channel | None:
        return self._story.by_handle.get(request.match_info["handle"].lower())

    async def _channel(self, request: web.Request) -> web.Response:
        channel = self._known(request)
        if channel is None:  # Telegram sends names without a preview to their landing page, with an empty body
            raise web.HTTPFound(f"{BASE}/{request.match_info['handle']}")
        page = self._pages.page(channel, self._clock.minute(), _id(request, "before"), _id(request, "after"))
        return _html(page)

    async def _landing(self, request: web.Request) -> web.Response:
        return _html(self._pages.landing(request.match_info["handle"]))

    async def _post(self, request: web.Request) -> web.Response:
        channel = self._known(request)
        if channel is None:
            return _html(self._pages.landing(request.match_info["handle"]))
        number = int(request.match_info["number"])
        if "embed" not in request.query:  # a person followed a link: show the post among its neighbours
            raise web.HTTPFound(f"{BASE}/s/{channel.handle}?before={number + 1}")
        return _html(self._pages.embed(channel, number, self._clock.minute()))

    async def _feed(self, request: web.Request) -> web.Response:
        feed = self._story.feeds.get(request.match_info["source"])
        if feed is None:
            raise web.HTTPNotFound
        now = feed_body(self._story, feed, self._clock.minute(), self._clock.begins)
        headers = {"ETag": now.etag, "Last-Modified": format_datetime(now.modified, usegmt=True)}
        if _unchanged(request, now.etag, now.modified):
            return web.Response(status=304, headers=headers)
        return web.Response(body=now.body, content_type=now.media, charset="utf-8", headers=headers)

    async def _picture(self, request: web.Request) -> web.Response:
        hue = int(request.match_info["number"]) * 47 % 360 if request.match_info["number"].isdecimal() else 0
        svg = (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 200"><rect width="300" height="200" '
            f'fill="hsl({hue} 18% 42%)"/><path d="M0 200 90 96l58 62 44-38 108 80z" fill="hsl({hue} 18% 30%)"/>'
            '<circle cx="228" cy="58" r="22" fill="#fff" opacity=".5"/></svg>'
        )
        return web.Response(text=svg, content_type="image/svg+xml")

    async def _style(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(_STYLE)


def _html(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html", headers={"Cache-Control": "no-store"})


def _id(request: web.Request, name: str) -> int | None:
    value = request.query.get(name, "")
    return min(int(value), _LARGEST_ID) if value.isascii() and value.isdecimal() and len(value) < 20 else None


def _unchanged(request: web.Request, etag: str, modified: datetime) -> bool:
    """An ETag, where one is sent, decides alone."""
    asked = request.headers.get("If-None-Match")
    if asked is not None:
        return etag in (tag.strip().removeprefix("W/") for tag in asked.split(","))
    since = None
    with contextlib.suppress(ValueError, TypeError):
        since = parsedate_to_datetime(request.headers.get("If-Modified-Since", ""))
    return since is not None and modified <= since.replace(tzinfo=since.tzinfo or UTC)

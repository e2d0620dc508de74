"""A local host that shows channels as t.me does: pages of 20 messages, `?before=`, embeds, and its moods."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from html import escape

from aiohttp import web
from aiohttp.test_utils import TestServer

START = datetime(2026, 5, 26, 9, tzinfo=UTC)
PAGE = 20


class Channel:
    """An invented channel. `posts` maps ids to texts; `albums` maps the id of a post to the ids of its other parts."""

    def __init__(self, name: str = "harbour_wire", number: int = -1900000001):
        self.name, self.number = name, number
        self.posts: dict[int, str] = {}
        self.albums: dict[int, tuple[int, ...]] = {}
        self.edited: set[int] = set()
        self.loads = 0  # views and tokens differ at every load

    def says(self, *texts: str, first: int | None = None) -> None:
        """Publish `texts` under the next ids."""
        following = first or max([0, *self.posts, *(part for parts in self.albums.values() for part in parts)]) + 1
        for offset, text in enumerate(texts):
            self.posts[following + offset] = text

    def page(self, before: int | None = None, prev: bool = True) -> str:
        """The page of the newest posts, or of those before an id."""
        self.loads += 1
        ids = [native for native in sorted(self.posts) if before is None or native < before][-PAGE:]
        if not ids:
            return self._chrome('<div class="tme_no_messages_found">No posts found</div>', None)
        older = ids[0] if prev and ids[0] > min(self.posts) else None
        return self._chrome("".join(map(self.block, ids)), older)

    def block(self, native: int) -> str:
        view = {"c": self.number, "p": native, "t": self.loads, "h": f"{self.loads:x}"}
        seen = base64.urlsafe_b64encode(json.dumps(view).encode()).decode().rstrip("=")
        when = (START + timedelta(minutes=native)).isoformat()
        link = f"https://t.me/{self.name}/{native}"
        parts = "".join(
            f'<a class="tgme_widget_message_photo_wrap" href="https://t.me/{self.name}/{part}?single"></a>'
            for part in (native, *self.albums.get(native, ()))
        )
        album = f'<div class="tgme_widget_message_grouped_wrap js-message_grouped_wrap">{parts}</div>'
        return f"""<div class="tgme_widget_message_wrap js-widget_message_wrap">
<div class="tgme_widget_message text_not_supported_wrap js-widget_message"
 data-post="{self.name}/{native}" data-view="{seen}">
<div class="tgme_widget_message_bubble">{album if native in self.albums else ""}
<div class="tgme_widget_message_text js-message_text" dir="auto">{escape(self.posts[native])}</div>
<div class="tgme_widget_message_footer"><div class="tgme_widget_message_info">
<span class="tgme_widget_message_views">{self.loads}K</span>
<span class="tgme_widget_message_meta">{"edited &nbsp;" if native in self.edited else ""}
<a class="tgme_widget_message_date" href="{link}"><time datetime="{when}" class="time">09:00</time></a></span>
</div></div></div></div></div>
"""

    def embed(self, native: int) -> str:
        main = next((post for post, parts in self.albums.items() if native in parts), native)
        if main in self.posts:
            return f"<html><body>{self.block(main)}</body></html>"
        return refusal("Post not found")

    def _chrome(self, body: str, older: int | None) -> str:
        more = (
            f'<a href="/s/{self.name}?before={older}" class="tme_messages_more" data-before="{older}"></a>'
            if older
            else ""
        )
        return f"""<!DOCTYPE html><html><head><link rel="canonical" href="/s/{self.name}?before=999999"></head><body>
<div class="tgme_channel_info"><div class="tgme_channel_info_header_title"><span>Harbour Wire</span></div></div>
<section class="tgme_channel_history js-message_history">{more}{body}</section></body></html>"""


def refusal(said: str) -> str:
    """The embed that shows no post."""
    inner = f'<div class="tgme_widget_message_error">{said}</div>'
    return f'<html><body><div class="tgme_widget_message err_message js-widget_message">{inner}</div></body></html>'


class Host:
    """Serves one channel; moods are set by tests."""

    def __init__(self, channel: Channel):
        self.channel = channel
        self.asked: list[str] = []
        self.preview = True
        self.elsewhere: str | None = None  # where the preview redirects to
        self.throttled = False  # HTTP 200, and "no posts found" on every page
        self.prev_links = True
        self.embeds: str | None = None  # one answer to every embed
        self.refuse_before: set[int] = set()  # pages that answer 500
        app = web.Application()
        app.router.add_get("/s/{name}", self._page)
        app.router.add_get("/{name}/{native}", self._embed)
        app.router.add_get("/{name}", self._landing)
        self.server = TestServer(app)

    @property
    def url(self) -> str:
        return str(self.server.make_url("/")).rstrip("/")

    async def _page(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path_qs)
        if not self.preview:
            raise web.HTTPFound(f"/{request.match_info['name']}")
        if self.elsewhere and request.path != self.elsewhere:
            raise web.HTTPFound(self.elsewhere)
        before = int(request.query["before"]) if "before" in request.query else None
        if before in self.refuse_before:
            raise web.HTTPInternalServerError
        shown = Channel(self.channel.name).page() if self.throttled else self.channel.page(before, self.prev_links)
        return web.Response(text=shown, content_type="text/html")

    async def _embed(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path_qs)
        shown = self.embeds or self.channel.embed(int(request.match_info["native"]))
        return web.Response(text=shown, content_type="text/html")

    async def _landing(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path_qs)
        return web.Response(text='<div class="tgme_page"></div>', content_type="text/html")

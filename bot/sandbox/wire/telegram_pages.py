"""Pages in the structure of `t.me/s/<channel>` and of single-post embeds. Pure: story and minute in, HTML out."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import escape

from bot.sandbox.wire.richtext import rich
from bot.sandbox.wire.story import Channel, Shown, Story

PAGE = 20  # messages a page, every picture of an album counted
_T_ME = "https://t.me"
_NOTICE = "Everything here is invented: the channel, the outlet, the words. Part of the Wirewatch demo."


class ChannelPages:
    """The pages of a story whose minute 0 is `begins`. Addresses inside are under `base` (`/wire`)."""

    def __init__(self, story: Story, begins: Callable[[], datetime], base: str):
        self._story = story
        self._begins = begins
        self._base = base

    def page(self, channel: Channel, minute: float, before: int | None = None, after: int | None = None) -> str:
        """The channel's newest posts, or those strictly older or newer than an id; oldest first."""
        posts = list(self._story.of(channel.source, minute))
        if before is not None:
            posts = [post for post in posts if post.number < before]
        if after is not None:
            posts = [post for post in posts if post.number > after]
        shown = _last_page(posts) if after is None else _first_page(posts)
        lowest = shown[0].number if shown else None
        has_older = bool(shown) and posts[0].number != lowest
        blocks = "\n".join(self._wrapped(channel, post, minute) for post in shown)
        return _document(
            channel,
            self._base,
            self._history(channel, blocks, lowest if has_older else None),
            lowest if has_older else None,
        )

    def _history(self, channel: Channel, blocks: str, older: int | None) -> str:
        more = ""
        if older is not None:
            more = (
                '<div class="tgme_widget_message_centered js-messages_more_wrap">'
                f'<a href="{self._base}/s/{channel.handle}?before={older}" class="tme_messages_more js-messages_more" '
                f'data-before="{older}"></a></div>'
            )
        inner = blocks or (
            '<div class="tgme_widget_message_centered"><div class="tme_no_messages_found">No posts found</div></div>'
        )
        return f'<section class="tgme_channel_history js-message_history">{more}{inner}</section>'

    def _wrapped(self, channel: Channel, post: Shown, minute: float) -> str:
        return f'<div class="tgme_widget_message_wrap js-widget_message_wrap">{self.block(channel, post, minute)}</div>'

    def block(self, channel: Channel, post: Shown, minute: float) -> str:
        """One post."""
        link = f"{_T_ME}/{channel.handle}"
        parts = [
            _album(link, post, self._base) if post.album else "",
            f'<div class="tgme_widget_message_text js-message_text" dir="auto">{_body(post)}</div>'
            if post.text
            else "",
        ]
        return (
            '<div class="tgme_widget_message text_not_supported_wrap js-widget_message" '
            f'data-post="{channel.handle}/{post.number}" data-view="{_view(channel, post, minute)}">'
            f'<div class="tgme_widget_message_user"><a href="{link}">'
            '<i class="tgme_widget_message_user_photo bgcolor2" '
            f'data-content="{escape(channel.title[:1])}"></i></a></div>'
            '<div class="tgme_widget_message_bubble">'
            '<div class="tgme_widget_message_author accent_color">'
            f'<a class="tgme_widget_message_owner_name" href="{link}">'
            f'<span dir="auto">{escape(channel.title)}</span></a></div>'
            f"{_forwarded(post)}{self._reply(channel, post, minute)}{''.join(parts)}"
            '<div class="media_not_supported_cont"><div class="message_media_not_supported_label">'
            "Please open Telegram to view this post</div>"
            f'<a class="message_media_view_in_telegram" href="{link}/{post.number}">VIEW IN TELEGRAM</a>'
            f"</div>{self._footer(link, post, minute)}</div></div>"
        )

    def _footer(self, link: str, post: Shown, minute: float) -> str:
        published = self._begins() + timedelta(minutes=post.at)
        signature = f'<span class="tgme_widget_message_from_author" dir="auto">{escape(post.author)}</span>,&nbsp;'
        meta = (signature if post.author else "") + ("edited &nbsp;" if post.edited is not None else "")
        return (
            '<div class="tgme_widget_message_footer compact js-message_footer">'
            '<div class="tgme_widget_message_info short js-message_info">'
            f'<span class="tgme_widget_message_views">{_views(post, minute)}</span><span class="copyonly"> views</span>'
            f'<span class="tgme_widget_message_meta">{meta}'
            f'<a class="tgme_widget_message_date" href="{link}/{post.number}">'
            f'<time datetime="{published.replace(microsecond=0).isoformat()}" class="time">{published:%H:%M}</time>'
            "</a></span></div></div>"
        )

    def _reply(self, channel: Channel, post: Shown, minute: float) -> str:
        if post.reply is None:
            return ""
        answered = next((other for other in self._story.of(channel.source, minute) if other.number == post.reply), None)
        if answered is None:
            return ""
        return (
            f'<a class="tgme_widget_message_reply" href="{_T_ME}/{channel.handle}/{answered.number}">'
            '<div class="tgme_widget_message_author accent_color">'
            f'<span class="tgme_widget_message_author_name" dir="auto">{escape(channel.title)}</span></div>'
            '<div class="tgme_widget_message_text js-message_reply_text" dir="auto">'
            f"{escape(answered.text[:80])}</div></a>"
        )

    def embed(self, channel: Channel, number: int, minute: float) -> str:
        """`/<channel>/<id>?embed=1`: the post (an album by any of its ids), or the word that it is not found."""
        post = next((one for one in self._story.of(channel.source, minute) if number in one.numbers), None)
        block = self.block(channel, post, minute) if post else _not_found(channel, number)
        return _bare(f"Telegram Widget {channel.handle}/{number}", f'<body class="widget_frame_base">{block}</body>')

    def landing(self, handle: str) -> str:
        """`/<name>`: where a name without a preview leads; without channel posts."""
        name = escape(handle)
        return _bare(
            f"Telegram: Contact @{name}",
            '<body><div class="tgme_page_wrap"><div class="tgme_page"><div class="tgme_page_description">If you have '
            f'<strong>Telegram</strong>, you can contact <a class="tgme_username_link" href="tg://resolve?domain={name}">'
            f"@{name}</a> right away.</div></div></div></body>",
        )


def _last_page(posts: list[Shown]) -> list[Shown]:
    kept: list[Shown] = []
    room = PAGE
    for post in reversed(posts):
        room -= len(post.numbers)
        if room < 0 and kept:
            break
        kept.append(post)
    return kept[::-1]


def _first_page(posts: list[Shown]) -> list[Shown]:
    return _last_page(posts[::-1])[::-1]


def _body(post: Shown) -> str:
    return rich(post.text, post.entities)


def _forwarded(post: Shown) -> str:
    if not post.forward_title:
        return ""
    name = f'<span dir="auto">{escape(post.forward_title)}</span>'
    if post.forward is None:
        inner = f'<span class="tgme_widget_message_forwarded_from_name">{name}</span>'
    else:
        handle, number = post.forward
        inner = f'<a class="tgme_widget_message_forwarded_from_name" href="{_T_ME}/{handle}/{number}">{name}</a>'
    return f'<div class="tgme_widget_message_forwarded_from accent_color">Forwarded from&nbsp;{inner}</div>'


def _album(link: str, post: Shown, base: str) -> str:
    width = 453 // post.album
    pictures = "".join(
        f'<a class="tgme_widget_message_photo_wrap grouped_media_wrap blured js-message_photo" '
        f'style="left:{at * width}px;top:0px;width:{width}px;height:200px;'
        f"background-image:url('{base}/picture/{number}.svg')\" "
        f'href="{link}/{number}?single"></a>'
        for at, number in enumerate(post.numbers)
    )
    return (
        '<div class="tgme_widget_message_grouped_wrap js-message_grouped_wrap" data-margin-w="2" data-margin-h="2" '
        'style="width:453px;"><div class="tgme_widget_message_grouped js-message_grouped" style="padding-top:44%">'
        '<div class="tgme_widget_message_grouped_layer js-message_grouped_layer" style="width:453px;height:200px">'
        f"{pictures}</div></div></div>"
    )


def _view(channel: Channel, post: Shown, minute: float) -> str:
    seen = {"c": -channel.number, "p": post.number, "t": int(minute * 60) + 1_700_000_000, "h": f"{post.number:x}d3m0"}
    return base64.urlsafe_b64encode(json.dumps(seen, separators=(",", ":")).encode()).decode().rstrip("=")


def _views(post: Shown, minute: float) -> str:
    """Views grow with age and are rounded as Telegram rounds them."""
    reach = 2_000 + post.number * 7919 % 60_000
    seen = max(1, int(reach * (1 - math.exp(-max(minute - post.at, 0.2) / 45))))
    for size, mark in ((1_000_000, "M"), (1_000, "K")):
        if seen >= size:
            return f"{seen / size:.3g}{mark}"
    return str(seen)


def _not_found(channel: Channel, number: int) -> str:
    return (
        f'<div class="tgme_widget_message js-widget_message err_message" data-post="{channel.handle}/{number}">'
        '<div class="tgme_widget_message_bubble">'
        '<div class="tgme_widget_message_error">Post not found</div></div></div>'
    )


def _document(channel: Channel, base: str, history: str, older: int | None) -> str:
    prev = f'<link rel="prev" href="{base}/s/{channel.handle}?before={older}">' if older is not None else ""
    handle = channel.handle
    title = escape(channel.title)
    return (
        '<!DOCTYPE html>\n<html>\n<head><meta charset="utf-8">'
        f"<title>{title} – Telegram</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1.0">'
        f'<meta property="og:title" content="{title}"><meta property="og:site_name" content="Telegram">'
        f'<meta property="og:description" content="{escape(channel.about)} {_NOTICE}">'
        f'{prev}<link rel="canonical" href="{base}/s/{handle}">'
        f'<link rel="stylesheet" href="{base}/wire.css"></head>\n'
        '<body class="widget_frame_base tgme_webpreview emoji_image thin_box_shadow tme_mode no_transitions">'
        '<header class="tgme_header search_collapsed"><div class="tgme_container">'
        '<div class="tgme_header_right_column"><section class="tgme_right_column"><div class="tgme_channel_info">'
        '<div class="tgme_channel_info_header">'
        f'<div class="tgme_channel_info_header_title"><span dir="auto">{title}</span></div>'
        f'<div class="tgme_channel_info_header_username"><a href="{_T_ME}/{handle}">@{handle}</a></div></div>'
        '<div class="tgme_channel_info_counters"><div class="tgme_channel_info_counter">'
        f'<span class="counter_value">{channel.subscribers / 1000:.3g}K</span> '
        '<span class="counter_type">subscribers</span>'
        f'</div></div><div class="tgme_channel_info_description">{escape(channel.about)}<br/>{_NOTICE}</div>'
        "</div></section></div></div></header>"
        f'<main class="tgme_main" data-url="/{handle}"><div class="tgme_container">{history}</div></main>'
        "</body>\n</html>\n"
    )


def _bare(title: str, body: str) -> str:
    return (
        f'<!DOCTYPE html>\n<html>\n<head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="robots" content="noindex, nofollow"></head>\n{body}\n</html>\n'
    )


HANDLE = re.compile(r"[A-Za-z][A-Za-z0-9_]{2,31}")

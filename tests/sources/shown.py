"""A second reading of channel pages, with the standard library's parser only: what the page shows as a post's text.

It shares no code with bot.sources, so that an error there cannot excuse itself here.
"""

from __future__ import annotations

from html.parser import HTMLParser

VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
PARTS = (
    "tgme_widget_message_poll_question",
    "tgme_widget_message_poll_option_text",
    "tgme_widget_message_document_title",
)


class Reader(HTMLParser):
    """Collects `posts`: (data-post, words of the text, words of polls and documents, is a service post)."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, frozenset[str]]] = []
        self.posts: list[dict[str, object]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        classes = frozenset((given.get("class") or "").split())
        if "tgme_widget_message" in classes and given.get("data-post"):
            self.posts.append(
                {"post": given["data-post"], "text": [], "parts": [], "service": "service_message" in classes}
            )
        if tag == "br":
            self.handle_data(" ")
        if tag not in VOID:
            self.open.append((tag, classes))

    def handle_endtag(self, tag: str) -> None:
        for depth in range(len(self.open) - 1, -1, -1):
            if self.open[depth][0] == tag:
                del self.open[depth:]
                return

    def handle_data(self, data: str) -> None:
        around = frozenset().union(*(classes for _, classes in self.open)) if self.open else frozenset()
        if "tgme_widget_message" not in around or not self.posts or "tgme_widget_message_reply" in around:
            return
        if "js-message_text" in around:
            self.posts[-1]["text"].append(data)  # type: ignore[attr-defined]
        elif not around.isdisjoint(PARTS):
            self.posts[-1]["parts"].append(data)  # type: ignore[attr-defined]


def squeezed(text: str) -> str:
    """`text` without white space and invisible characters: what must be equal however lines are broken."""
    return "".join(char for char in text if not char.isspace() and char not in "\u200b\u2060\ufeff")


def shown(html: str) -> list[dict[str, object]]:
    """The posts of a page as the second reading sees them, in the order of the page."""
    reader = Reader()
    reader.feed(html)
    return reader.posts

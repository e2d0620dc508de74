"""Channel pages, in our own sentences and Telegram's structure, beside what must be read from them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.errors import IdentityChanged, MarkupChanged, PollError, PreviewOff
from bot.sources import Page, Presence, Source, parse_file, read_embed

sys.path.insert(0, str(Path(__file__).parent))

from shown import shown, squeezed

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "telegram"
PAGES = sorted(path.stem for path in FOLDER.glob("*.html") if path.with_suffix(".json").exists())


def source(channel: str | None) -> Source:
    return Source(id="src", kind="telegram", channel=channel, outlet="Example Outlet", language="en")


def read(name: str, channel: str | None = "harbour_wire") -> Page:
    return parse_file("telegram", (FOLDER / f"{name}.html").read_bytes(), source(channel))


def as_json(page: Page) -> dict[str, Any]:
    rows = json.loads(msgspec.json.encode(page))
    rows["ids"] = sorted(rows["ids"])
    return {name: value for name, value in rows.items() if value not in (None, [], "", False)}


@pytest.mark.parametrize("name", PAGES)
def test_each_recorded_page_reads_as_written_down(name: str) -> None:
    """A recorded page gives exactly the posts, or the state, that stand beside it."""
    expected = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    try:
        found = as_json(read(name, expected["channel"]))
    except PollError as error:
        found = {"state": error.state, "error": str(error)}
    assert found == expected["page"]


@pytest.mark.parametrize("name", ["channel_2026", "channel_2021", "quotes_markers"])
def test_texts_are_what_a_second_reading_sees(name: str) -> None:
    """Text is what the page shows: nothing left out, nothing twice, nothing added."""
    html = (FOLDER / f"{name}.html").read_text("utf-8")
    page = parse_file("telegram", html.encode(), source(None))
    texts = {post.id.rpartition("/")[2]: post.text for post in (*page.posts, *page.services)}
    for row in shown(html):
        written = squeezed("".join([*row["text"], *row["parts"]]))
        assert squeezed(texts[row["post"].rpartition("/")[2]]) == written


def test_both_markups_give_the_same_fields() -> None:
    """A page of 2021 yields quotes and edits apart from the text, as one of 2026 does."""
    answer = read("channel_2021", "old_pier").posts[1]
    assert (answer.quote, answer.text, answer.edited) == ("Морпорт закрыт до утра", "Порт открыт раньше срока.", True)


def test_an_album_caption_stands_once_and_all_its_ids_are_known() -> None:
    """Albums nest two text elements: the caption is not doubled, and every part's id is kept."""
    album = next(post for post in read("channel_2026").posts if post.id == "src/104")
    assert album.text == "Three pictures from the pier.\nCaption said once."
    assert album.also == ("src/105", "src/106")


def test_a_signature_that_says_edited_is_not_an_edit() -> None:
    """The edited mark is the page's own word, not one that a person chose as a name."""
    signed = next(post for post in read("channel_2026").posts if post.id == "src/102")
    assert signed.author == "edited by Night Desk"
    assert not signed.edited


def test_service_posts_are_no_news() -> None:
    """A pin repeats an old headline: it must not come out as a post again."""
    page = read("channel_2026")
    assert [post.id for post in page.services] == ["src/117"]
    assert "src/117" not in {post.id for post in page.posts}
    assert 117 in page.ids


def test_no_messages_is_reported_as_such_and_never_as_an_empty_list_of_posts() -> None:
    """`No posts found` is a word of the page that the poll must judge: the page says that it is empty."""
    assert read("no_messages").empty
    assert not read("quotes_markers").empty


def test_changed_markup_is_a_fault_and_not_silence() -> None:
    """Blocks without anything readable, or words in places that we do not know, raise instead of reading as nothing."""
    for name in ("markup_renamed", "markup_text_renamed", "markup_no_times"):
        with pytest.raises(MarkupChanged):
            read(name)
    with pytest.raises(MarkupChanged):
        parse_file("telegram", b"<html><body>hello</body></html>", source("harbour_wire"))


def test_one_unreadable_block_does_not_hide_its_neighbours() -> None:
    """What can be read is read, and the rest is named."""
    page = read("one_unread")
    assert page.posts[0].text == "A line that reads well."
    assert page.faults == ("unread-block: harbour_wire/131: no text or media that we know",)


def test_another_channels_posts_are_never_taken() -> None:
    """One foreign post on the page means that the page is not ours."""
    with pytest.raises(IdentityChanged, match="other_name"):
        read("other_channel")
    with pytest.raises(IdentityChanged):
        read("channel_2026", "old_pier")
    assert read("channel_2026", "HARBOUR_WIRE").posts  # handles have no case


def test_a_landing_page_means_that_the_preview_is_off() -> None:
    """Where `/s/` leads to the channel's card there is no preview to read."""
    with pytest.raises(PreviewOff):
        read("landing")


@pytest.mark.parametrize(
    ("name", "native", "presence"),
    [
        ("embed_present", 108, Presence.PRESENT),
        ("embed_album", 106, Presence.PRESENT),
        ("embed_album", 107, Presence.UNKNOWN),
        ("embed_quotes_markers", 140, Presence.PRESENT),
        ("embed_gone", 108, Presence.GONE),
        ("embed_no_channel", 108, Presence.NO_ACCESS),
        ("landing", 108, Presence.UNKNOWN),
        ("channel_2026", 9999, Presence.UNKNOWN),
    ],
)
def test_an_embed_says_whether_a_post_is_deleted(name: str, native: int, presence: Presence) -> None:
    """Only the embed's own error element says `deleted`; a post that quotes it, or a lost channel, does not."""
    html = (FOLDER / f"{name}.html").read_bytes()
    assert read_embed(html, "Harbour_Wire", native) is presence


def test_a_permalink_of_the_stand_in_host_is_kept() -> None:
    """Behind `base_url` the page's own permalinks work; a permalink that leads elsewhere is replaced by Telegram's."""
    html = (FOLDER / "no_prev.html").read_text("utf-8")
    stand_in = source("harbour_wire").model_copy(update={"base_url": "http://127.0.0.1:8080/wire"})
    local = html.replace("https://t.me/harbour_wire/151", "http://127.0.0.1:8080/wire/harbour_wire/151")
    elsewhere = html.replace("https://t.me/harbour_wire/151", "https://evil.example/harbour_wire/151")
    assert (
        parse_file("telegram", local.encode(), stand_in).posts[0].url == "http://127.0.0.1:8080/wire/harbour_wire/151"
    )
    assert parse_file("telegram", elsewhere.encode(), stand_in).posts[0].url == "https://t.me/harbour_wire/151"


@pytest.mark.parametrize(
    ("inner", "state"),
    [
        ("<div>" * 400_000, "nested deeper"),
        ('<div class="tgme_widget_message" data-post="harbour_wire/1"></div>' * 10_000, "holds 10000 posts"),
    ],
)
def test_pages_made_to_hurt_are_refused_at_once(inner: str, state: str) -> None:
    """A page that would take minutes to build is refused before it is built."""
    with pytest.raises(MarkupChanged, match=state):
        parse_file("telegram", inner.encode(), source("harbour_wire"))


def test_a_megabyte_in_one_line_is_cut_at_a_word() -> None:
    """A huge text does not fill the archive: its beginning is kept, word by word."""
    html = (FOLDER / "no_prev.html").read_text("utf-8").replace("Newest of a page", "word " * 200_000)
    text = parse_file("telegram", html.encode(), source("harbour_wire")).posts[0].text
    assert len(text) <= 32_768
    assert text.endswith("word word")

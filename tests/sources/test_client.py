"""The client against a real local server: limits, manners, and addresses it must not reach."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer

from bot.errors import SourceGone, SourceThrottled, SourceUnreachable
from bot.sources import Client
from bot.sources.client import retry_seconds
from bot.sources.net import PublicResolver, is_public, safe_url
from bot.sources.pace import ProcessPace

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Host:
    """A local server whose answers tests set by path; it remembers the requests."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.seen: list[web.Request] = []
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self.server = TestServer(app)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request)
        answer = self.answers.get(request.path)
        return await answer(request) if answer is not None else web.Response(status=404)

    def url(self, path: str) -> str:
        return str(self.server.make_url(path))

    def says(self, path: str, status: int = 200, body: bytes = b"", **headers: str) -> str:
        named = {name.replace("_", "-"): value for name, value in headers.items()}

        async def answer(_: web.Request) -> web.StreamResponse:
            return web.Response(status=status, body=body, headers=named)

        self.answers[path] = answer
        return self.url(path)


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    host = Host()
    async with host.server:
        yield host


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with Client(timeout=5.0, largest=100_000) as client:
        yield client


async def test_a_page_comes_with_what_the_next_request_needs(host: Host, client: Client) -> None:
    """A good answer carries body, type, ETag and date; the request says honestly who asks."""
    url = host.says("/feed", body=b"<rss/>", ETag='"a1"', Last_Modified="Tue, 26 May 2026 09:00:00 GMT")
    answer = await client.get(url, allow_private=True)
    assert (answer.status, answer.body, answer.etag) == (200, b"<rss/>", '"a1"')
    assert answer.last_modified == "Tue, 26 May 2026 09:00:00 GMT"
    assert host.seen[0].headers["User-Agent"].startswith("Wirewatch/")


async def test_an_address_is_used_as_it_is(host: Host, client: Client) -> None:
    """Escapes in an address are neither undone nor added; what is not yet escaped is."""
    for given, sent in (("/a%2Fb?x=%7E1&y=a+b", "/a%2Fb?x=%7E1&y=a+b"), ("/порт 1", "/%D0%BF%D0%BE%D1%80%D1%82%201")):
        with pytest.raises(SourceUnreachable, match="answered 404"):
            await client.get(f"http://127.0.0.1:{host.server.port}{given}", allow_private=True)
        assert host.seen[-1].raw_path == sent


async def test_unchanged_is_asked_for_and_understood(host: Host, client: Client) -> None:
    """What the host gave as ETag and date is sent back, and 304 is an answer."""
    url = host.says("/feed", status=304)
    answer = await client.get(url, etag='"a1"', last_modified="yesterday", allow_private=True)
    assert answer.status == 304
    assert host.seen[0].headers["If-None-Match"] == '"a1"'
    assert host.seen[0].headers["If-Modified-Since"] == "yesterday"


async def test_private_addresses_are_refused_unless_allowed(host: Host, client: Client) -> None:
    """Loopback, by number or by name, is not asked at all: the server sees no request."""
    url = host.says("/feed", body=b"secret")
    port = host.server.port
    for private in (
        url,
        f"http://localhost:{port}/feed",
        f"http://2130706433:{port}/feed",
        f"http://[::1]:{port}/feed",
    ):
        with pytest.raises(SourceUnreachable, match=r"private address|cannot be (resolved|read)"):
            await client.get(private)
    assert host.seen == []


class Names(AbstractResolver):
    """A name service made up for the test."""

    def __init__(self, names: dict[str, str]):
        self.names = names

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        address = self.names[host]
        return [ResolveResult(hostname=host, host=address, port=port, family=2, proto=0, flags=0)]

    async def close(self) -> None:
        pass


async def test_a_public_name_that_stands_for_a_private_address_is_refused(host: Host) -> None:
    """The address connected to decides, not the name; so does the address behind a redirect."""
    url = host.says("/feed", body=b"secret").replace("127.0.0.1", "rebound.example")
    async with Client(resolver=PublicResolver(Names({"rebound.example": "127.0.0.1"}))) as guarded:
        with pytest.raises(SourceUnreachable, match="private address"):
            await guarded.get(url)
    assert host.seen == []


async def test_a_redirect_to_a_private_address_is_refused(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each hop is checked again: a public host cannot send us to our own network."""
    monkeypatch.setattr(
        "bot.sources.client.is_public", lambda address: address == "127.0.0.1"
    )  # stands for a public one
    port = host.server.port
    start = host.says("/start", status=302, Location=f"http://127.0.0.2:{port}/inside")
    host.says("/inside", body=b"secret")
    async with Client() as guarded:
        with pytest.raises(SourceUnreachable, match="private address"):
            await guarded.get(start)
    assert [request.path for request in host.seen] == ["/start"]


async def test_redirects_end(host: Host, client: Client) -> None:
    """A loop stops at the limit with a clear word."""
    url = host.says("/loop", status=302, Location="/loop")
    with pytest.raises(SourceUnreachable, match="redirects more than 5 times"):
        await client.get(url, allow_private=True)
    assert len(host.seen) == 6


async def test_permanent_moves_are_remembered_and_temporary_ones_are_not(host: Host, client: Client) -> None:
    """`moved_to` is where permanent redirects led, up to the first that is not."""
    host.says("/new", body=b"here")
    host.says("/newest", body=b"here")
    moved = host.says("/old", status=301, Location="/new")
    lent = host.says("/lent", status=302, Location="/new")
    host.says("/new", status=302, Location="/newest")
    assert (await client.get(moved, allow_private=True)).moved_to == host.url("/new")
    assert (await client.get(lent, allow_private=True)).moved_to is None


async def test_a_redirect_can_be_looked_at_instead_of_followed(host: Host, client: Client) -> None:
    """With follow=False the address that a redirect names is the answer."""
    url = host.says("/s/name", status=302, Location="/name")
    answer = await client.get(url, allow_private=True, follow=False)
    assert (answer.status, answer.location) == (302, host.url("/name"))


async def test_large_bodies_are_cut_off(host: Host, client: Client) -> None:
    """More than the limit is refused, whether or not the host says its length."""
    url = host.says("/big", body=b"x" * 100_001)
    with pytest.raises(SourceUnreachable, match="more than 100000 bytes"):
        await client.get(url, allow_private=True)
    host.says("/big", body=b"x" * 100_000)
    assert len((await client.get(url, allow_private=True)).body) == 100_000


async def test_a_decompression_bomb_does_not_unpack(host: Host, client: Client) -> None:
    """A body that unpacks to a thousand times its size is cut off at the limit, without holding it all."""
    bomb = gzip.compress(b"\0" * 200_000_000, 9)
    assert len(bomb) < 300_000
    url = host.says("/bomb", body=bomb, Content_Encoding="gzip")
    with pytest.raises(SourceUnreachable, match="more than 100000 bytes"):
        await client.get(url, allow_private=True)


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(b"hello") + gzip.compress(b" again")),
        ("deflate", zlib.compress(b"hello again")),
        (
            "deflate",
            zlib.compressobj(wbits=-15).compress(b"")
            + (lambda c: c.compress(b"hello again") + c.flush())(zlib.compressobj(wbits=-15)),
        ),
        ("identity", b"hello again"),
    ],
)
async def test_compressed_bodies_are_read(host: Host, client: Client, encoding: str, packed: bytes) -> None:
    """gzip, also in several members, and both meanings of deflate."""
    url = host.says("/page", body=packed, Content_Encoding=encoding)
    assert (await client.get(url, allow_private=True)).body == b"hello again"


@pytest.mark.parametrize(
    ("encoding", "body"),
    [("br", b"x"), ("gzip", b"not gzip"), ("gzip", gzip.compress(b"cut off" * 100)[:-20]), ("gzip, gzip", b"x")],
)
async def test_bodies_that_are_not_what_they_say_are_refused(
    host: Host, client: Client, encoding: str, body: bytes
) -> None:
    """A broken or unknown encoding is a named fault, never half a page."""
    url = host.says("/page", body=body, Content_Encoding=encoding)
    with pytest.raises(SourceUnreachable, match=r"encod|compressed"):
        await client.get(url, allow_private=True)


async def test_a_slow_host_is_given_up(host: Host) -> None:
    """A host that sends its page drop by drop holds us no longer than the timeout."""

    async def drip(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        try:
            while True:
                await answer.write(b".")
                await asyncio.sleep(0.05)
        except (ConnectionResetError, asyncio.CancelledError):
            return answer

    host.answers["/slow"] = drip
    async with Client(timeout=0.4) as hasty:
        with pytest.raises(SourceUnreachable, match=r"did not answer within 0\.4 s"):
            await hasty.get(host.url("/slow"), allow_private=True)


async def test_patience_is_asked_for_in_seconds(host: Host, client: Client) -> None:
    """429, and 503 with Retry-After, mean: not now, and when."""
    url = host.says("/busy", status=429, Retry_After="120")
    with pytest.raises(SourceThrottled) as caught:
        await client.get(url, allow_private=True)
    assert caught.value.retry_after == 120.0
    host.says("/busy", status=503, Retry_After="7")
    with pytest.raises(SourceThrottled):
        await client.get(url, allow_private=True)
    host.says("/busy", status=503)
    with pytest.raises(SourceUnreachable, match="answered 503"):
        await client.get(url, allow_private=True)


async def test_patience_that_telegram_asks_for_holds_for_all_its_channels(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a 429 of t.me no channel is asked until the time has passed; other hosts go on."""
    other = host.says("/feed", body=b"fine")
    port = host.server.port
    host.says("/s/one", status=429, Retry_After="60")
    monkeypatch.setattr("bot.sources.net.is_public", lambda address: True)
    names = PublicResolver(Names({"t.me": "127.0.0.1", "telegram.me": "127.0.0.1"}))
    async with Client(pace=ProcessPace(spacing={}, others=0.0), resolver=names) as client:
        for name in ("t.me", "telegram.me"):
            with pytest.raises(SourceThrottled) as caught:
                await client.get(f"http://{name}:{port}/s/one")
            assert 59 < (caught.value.retry_after or 0) <= 60
        assert (await client.get(other, allow_private=True)).body == b"fine"
    assert [request.path for request in host.seen] == ["/s/one", "/feed"]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 5 ", 5.0),
        ("Tue, 26 May 2026 09:02:00 GMT", 120.0),
        ("Tue, 26 May 2026 08:00:00 GMT", 0.0),
        ("99999999999", 86_400.0),
        ("soon", None),
        ("-3", None),
        (None, None),
    ],
)
def test_retry_after_is_a_number_or_a_date(value: str | None, seconds: float | None) -> None:
    """Both forms of Retry-After are read; more than a day, or nonsense, is not obeyed to the letter."""
    assert retry_seconds(value, 1_779_786_000.0) == seconds


async def test_gone_and_missing_are_told_apart(host: Host, client: Client) -> None:
    """410 ends a source; 404 may be a bad day."""
    with pytest.raises(SourceGone):
        await client.get(host.says("/ended", status=410), allow_private=True)
    with pytest.raises(SourceUnreachable, match="answered 404"):
        await client.get(host.url("/nowhere"), allow_private=True)


async def test_errors_never_show_secrets(host: Host, client: Client) -> None:
    """No error text holds a password or a key of the address, whatever went wrong."""
    port = host.server.port
    host.says("/loop", status=302, Location=f"http://user:hunter2@127.0.0.1:{port}/loop?key=s3cret")
    host.says("/nonsense", status=302, Location="http://user:hunter2@[bad/?key=s3cret")
    addresses = [
        f"http://user:hunter2@127.0.0.1:{port}/nowhere?key=s3cret#s3cret",
        f"http://user:hunter2@127.0.0.1:{port}/loop?key=s3cret",
        f"http://user:hunter2@127.0.0.1:{port}/nonsense?key=s3cret",
        "http://user:hunter2@127.0.0.1:1/?key=s3cret",
        "http://user:hunter2@no-such-host.invalid/?key=s3cret",
        "http://user:hunter2@127.0.0.1:99999/?key=s3cret",
        "ftp://user:hunter2@example.org/?key=s3cret",
        "http://user:hunter2@exa mple.org/?key=s3cret",
    ]
    for url in addresses:
        with pytest.raises(SourceUnreachable) as caught:
            await client.get(url, allow_private=True)
        assert "hunter2" not in str(caught.value), url
        assert "s3cret" not in str(caught.value), url
        assert caught.value.__suppress_context__ or caught.value.__cause__ is None


def test_a_shown_address_keeps_what_helps() -> None:
    """Host and path are shown, credentials and query values are not."""
    assert safe_url("https://u:p@example.org:8443/feed.xml?token=x#y") == "https://example.org:8443/feed.xml?…"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::5db8:d822", True),
        ("2002:7f00:1::", False),
        ("nonsense", False),
    ],
)
def test_what_counts_as_public(address: str, public: bool) -> None:
    """Every kind of private address is known, also inside IPv6."""
    assert is_public(address) is public


async def test_requests_to_one_host_are_spaced() -> None:
    """Requests to Telegram start two seconds apart under all its names; our own machine does not wait."""
    now, slept = 100.0, []

    async def sleep(seconds: float) -> None:
        slept.append(round(seconds, 3))

    pace = ProcessPace(clock=lambda: now, sleep=sleep)
    for name in ("t.me", "T.ME", "telegram.me", "someone.t.me", "127.0.0.1", "localhost", "example.org", "example.org"):
        await pace.wait(name)
    assert slept == [2.0, 4.0, 6.0, 1.0]
    now = 200.0
    await pace.wait("t.me")
    assert slept == [2.0, 4.0, 6.0, 1.0]

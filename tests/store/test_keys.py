"""Key names: each in one place, told apart, and the same in Python and Lua."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import bot.store
from bot.store import Store, keys

LUA = Path(bot.store.__file__).parent / "lua"


def test_every_family_is_described_and_bounded() -> None:
    """Type, content and bound are told for every key, and no two families share a shape."""
    families = keys.all_keys()
    assert all(key.type in {"string", "hash", "list", "set", "zset", "stream"} for key in families.values())
    assert all(key.holds and key.bound for key in families.values())
    assert len({key.shape for key in families.values()}) == len(families)


def test_bounds_that_are_named_exist() -> None:
    """A bound in capitals is a number in the same module."""
    for name, key in keys.all_keys().items():
        for bound in re.findall(r"\b[A-Z]{3,}(?:_[A-Z]+)+\b", key.bound):
            assert hasattr(keys, bound), f"{name} names {bound}"


def test_scripts_use_only_names_that_exist() -> None:
    """No script spells a key or names one that is not in keys.py."""
    for script in LUA.glob("*.lua"):
        text = script.read_text()
        assert "'ww:" not in text, f"{script.name} spells a key"
        for name in re.findall(r"\bK\.([A-Z_]+)\(", text):
            assert name in keys.all_keys(), f"{script.name} uses K.{name}"
        for name in re.findall(r"\bB\.([A-Z_]+)\b", text):
            assert isinstance(getattr(keys, name, None), int), f"{script.name} uses B.{name}"


async def test_lua_builds_the_same_names(store: Store) -> None:
    """`K.EVENT(id)` in Lua is `EVENT(id)` in Python, for every family."""
    lines: list[str] = []
    wanted: list[str] = []
    for name, key in keys.all_keys().items():
        parts = ["a:b", "ж"][: key.shape.count("{}")]
        lines.append(f"K.{name}({', '.join(repr(part) for part in parts)})")
        wanted.append(key(*parts))
    source = keys.lua_names() + f"return {{{', '.join(lines)}}}"
    answer: list[Any] = await store.link.do("EVAL", source, 0)
    assert [row.decode() for row in answer] == wanted


async def test_what_is_written_has_the_type_that_is_told(store: Store, make: Any) -> None:
    """After commits, subscriptions and sends every key in Redis belongs to a family and has its type."""
    await store.subscriptions.put(make.subscription(1))
    await store.subscriptions.pause(make.subscription(2).target, "blocked")
    await store.commit(make.batch(posts=(make.post(),), events=(make.event(),), alerts=(make.alert(make.event()),)))
    await store.sources.claim("wire-b", 60, "w1")
    await store.outbox.fan_out()
    for owed in (await store.outbox.take("w1", 5)).owed:
        await store.outbox.put_off(owed, "w1", 60)
    await store.pace.hold(1, 60)
    shapes = {
        re.compile(re.escape(keys.PREFIX) + ".+".join(map(re.escape, key.shape.split("{}")))): key.type
        for key in keys.all_keys().values()
    }
    for row in await store.link.do("KEYS", "*"):
        name = row.decode()
        types = {kind for shape, kind in shapes.items() if shape.fullmatch(name)}
        assert types, f"{name} belongs to no family"
        assert (await store.link.do("TYPE", name)) in {kind.encode() for kind in types} | types, name

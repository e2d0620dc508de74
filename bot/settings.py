"""The environment, read once into one frozen Settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr

from bot.errors import SettingsError

ROLES = ("ingest", "relay", "chat", "console")


class Settings(BaseModel):
    """What a process is told from outside. Secrets never show in `repr`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    token: SecretStr | None = None
    api_url: str = "https://api.telegram.org"
    redis_url: SecretStr | None = None
    rules: Path = Path("rules")
    data: Path = Path("data")
    admins: frozenset[int] = frozenset()
    rate: float = 29.0  # messages a second over all chats; up to 1,000 with paid broadcast
    console: str = "127.0.0.1:9404"  # where health and metrics are served; empty for nowhere
    log_format: str = "console"  # or `json`

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Settings of `env`; unset and empty mean the default. SettingsError names every variable that is wrong."""
        wrong: list[str] = []
        given: dict[str, object] = {}
        if token := env.get("TELEGRAM_BOT_TOKEN", "").strip():
            given["token"] = SecretStr(token)
        for name, field in (("TELEGRAM_API_URL", "api_url"), ("REDIS_URL", "redis_url")):
            if url := env.get(name, "").strip():
                wrong += _wrong_url(name, url)
                given[field] = SecretStr(url) if field == "redis_url" else url.rstrip("/")
        for name, field in (("WIREWATCH_RULES", "rules"), ("WIREWATCH_DATA", "data")):
            if path := env.get(name, "").strip():
                given[field] = Path(path)
        admins = env.get("WIREWATCH_ADMINS", "").replace(",", " ").split()
        numeric = [word for word in admins if word.isascii() and word.isdigit()]
        given["admins"] = frozenset(map(int, numeric))
        wrong += [
            f"WIREWATCH_ADMINS holds {word!r}: it takes numeric user ids with spaces between"
            for word in admins
            if word not in numeric
        ]
        if rate := env.get("WIREWATCH_RATE", "").strip():
            wrong += _wrong_rate(rate, given)
        if "WIREWATCH_CONSOLE" in env:
            wrong += _wrong_console(env["WIREWATCH_CONSOLE"].strip(), given)
        if log_format := env.get("WIREWATCH_LOG", "").strip():
            if log_format not in {"console", "json"}:
                wrong.append(f"WIREWATCH_LOG is {log_format!r}: it takes `console` or `json`")
            given["log_format"] = log_format
        if wrong:
            raise SettingsError("; ".join(wrong))
        return cls.model_validate(given)


def _wrong_url(name: str, url: str) -> list[str]:
    schemes = {"TELEGRAM_API_URL": ("http", "https"), "REDIS_URL": ("redis", "rediss", "unix")}[name]
    if urlsplit(url).scheme in schemes:
        return []
    return [f"{name} must start with {' or '.join(scheme + '://' for scheme in schemes)}"]


def _wrong_console(text: str, given: dict[str, object]) -> list[str]:
    host, _, port = text.rpartition(":")
    if text and not (host and port.isascii() and port.isdigit() and int(port) <= 65535):
        return [f"WIREWATCH_CONSOLE is {text!r}: it takes an address such as 127.0.0.1:9404, or nothing"]
    given["console"] = text
    return []


def _wrong_rate(text: str, given: dict[str, object]) -> list[str]:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= 1000:
        return [f"WIREWATCH_RATE is {text!r}: it takes messages a second, above 0 and up to 1000"]
    given["rate"] = rate
    return []

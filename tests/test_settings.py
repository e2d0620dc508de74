"""The environment becomes one frozen Settings, or one sentence that says what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import Settings


def test_defaults() -> None:
    """An empty environment gives the documented defaults."""
    settings = Settings.from_env({})
    assert settings.token is None
    assert settings.api_url == "https://api.telegram.org"
    assert settings.redis_url is None
    assert (settings.rules, settings.data) == (Path("rules"), Path("data"))
    assert settings.admins == frozenset()


def test_everything_given() -> None:
    """Each variable lands in its field; a trailing slash of the API root is dropped."""
    settings = Settings.from_env(
        {
            "TELEGRAM_BOT_TOKEN": "1:abc",
            "TELEGRAM_API_URL": "http://127.0.0.1:8081/",
            "REDIS_URL": "redis://:secret@db:6379/1",
            "WIREWATCH_RULES": "desk/rules",
            "WIREWATCH_DATA": "/var/lib/wirewatch",
            "WIREWATCH_ADMINS": "12, 34 56",
            "WIREWATCH_RATE": "500",
            "WIREWATCH_CONSOLE": "",
            "WIREWATCH_LOG": "json",
        }
    )
    assert settings.token is not None
    assert settings.token.get_secret_value() == "1:abc"
    assert settings.api_url == "http://127.0.0.1:8081"
    assert settings.rules == Path("desk/rules")
    assert settings.admins == {12, 34, 56}
    assert settings.rate == 500
    assert settings.console == ""
    assert settings.log_format == "json"


def test_secrets_never_show() -> None:
    """Neither the token nor the password of Redis is in the representation."""
    settings = Settings.from_env({"TELEGRAM_BOT_TOKEN": "1:abc", "REDIS_URL": "redis://:secret@db:6379/1"})
    assert "abc" not in repr(settings)
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    ("env", "named"),
    [
        ({"TELEGRAM_API_URL": "api.telegram.org"}, "TELEGRAM_API_URL"),
        ({"REDIS_URL": "db:6379"}, "REDIS_URL"),
        ({"WIREWATCH_ADMINS": "12 @anna"}, "@anna"),
        ({"WIREWATCH_RATE": "fast"}, "WIREWATCH_RATE"),
        ({"WIREWATCH_RATE": "0"}, "WIREWATCH_RATE"),
        ({"WIREWATCH_LOG": "xml"}, "WIREWATCH_LOG"),
        ({"WIREWATCH_CONSOLE": "localhost:abc"}, "WIREWATCH_CONSOLE"),
        ({"WIREWATCH_CONSOLE": "9404"}, "WIREWATCH_CONSOLE"),
        ({"WIREWATCH_CONSOLE": "127.0.0.1:70000"}, "WIREWATCH_CONSOLE"),
    ],
)
def test_wrong_values_are_named(env: dict[str, str], named: str) -> None:
    """A value that cannot work is refused by name, before anything starts."""
    with pytest.raises(SettingsError, match=named):
        Settings.from_env(env)


def test_all_wrong_values_at_once() -> None:
    """Two mistakes are told in one go."""
    with pytest.raises(SettingsError) as error:
        Settings.from_env({"WIREWATCH_RATE": "fast", "WIREWATCH_LOG": "xml"})
    assert "WIREWATCH_RATE" in str(error.value)
    assert "WIREWATCH_LOG" in str(error.value)

"""Logs: one line per unit of work, and never a secret in them."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog

INFO, ERROR = logging.INFO, logging.ERROR

# A bot token anywhere in a text, and the password inside a URL.
_SECRETS = re.compile(r"\d{5,}:[A-Za-z0-9_-]{20,}|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)")


def configure(style: str, level: int = logging.INFO) -> None:
    """Send structlog and the standard library's logs to stderr in one `style` (`console` or `json`), redacted."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redact,
    ]
    last: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), sort_keys=False)
    )
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _redact, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("bot").setLevel(level)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it warns at every tick while a source hangs


def redacted(text: str) -> str:
    """`text` without tokens and passwords."""
    return _SECRETS.sub("[redacted]", text)


def _redact(_logger: Any, _method: str, event: Any) -> Any:
    return {key: redacted(value) if isinstance(value, str) else value for key, value in event.items()}

"""The operators' pages: for now the health endpoints that a container or a balancer asks."""

from bot.console.server import Console

__all__ = ["Console"]

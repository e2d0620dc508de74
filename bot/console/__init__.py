"""The operators' pages: health for containers and balancers, metrics for Prometheus."""

from bot.console.metrics import Metrics
from bot.console.server import Console

__all__ = ["Console", "Metrics"]

"""The steady load, and Ctrl-C during a tick, while the agent's greenlet runs and no user's."""

import signal

from prometheus_client import REGISTRY
from prometheus_client.metrics_core import GaugeMetricFamily

from tests.real.locustfiles.steady import Visitor  # noqa: F401  # the user of this locustfile

TIMES = 3
"""Registered, asked when the run begins, and at the first tick."""


class CtrlC:
    """A collector that is interrupted by Ctrl-C while it is called."""

    asked = 0

    def collect(self) -> list[GaugeMetricFamily]:
        """Python handles the signal before ``raise_signal`` returns."""
        self.asked += 1
        if self.asked == TIMES:
            signal.raise_signal(signal.SIGINT)
        return [GaugeMetricFamily("asked", "How often it was asked.", value=self.asked)]


REGISTRY.register(CtrlC())

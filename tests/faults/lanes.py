"""The two protocols, each with the real store behind the receiver."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from locust_push.testing import exposition_samples
from tests.faults.cases import PUSHGATEWAY, REMOTE_WRITE
from tests.real.counts import Counts
from tests.servers.prometheus import Prometheus
from tests.servers.pushgateway import Pushgateway


@dataclass(frozen=True)
class RemoteWriteLane:
    """Pushes to Prometheus."""

    server: Prometheus
    protocol = REMOTE_WRITE
    path = Prometheus.write_path

    def stored(self, run_id: str) -> Counts:
        """Return the requests of a run in Prometheus."""
        return Counts.stored(self.server, run_id)


@dataclass(frozen=True)
class PushgatewayLane:
    """Pushes to a Pushgateway."""

    server: Pushgateway
    protocol = PUSHGATEWAY
    path = ""

    def stored(self, run_id: str) -> Counts:
        """Return the sum over the groups of a run, as a Prometheus would scrape them."""
        samples = [dict(sample.labels) | {"": sample.value} for sample in exposition_samples(self.server.exposition())]
        mine = [sample for sample in samples if sample.get("run_id") == run_id]

        def total(metric: str, status: str = "") -> float:
            rows = (row for row in mine if row["__name__"] == metric and (not status or row["status"] == status))
            return sum(float(row[""]) for row in rows)

        return Counts(
            requests=total("locust_requests_total"),
            failures=total("locust_requests_total", "failure"),
            durations=total("locust_request_duration_seconds_count"),
        )


Lane = RemoteWriteLane | PushgatewayLane

remote_write_only = pytest.mark.parametrize("lane", [REMOTE_WRITE], indirect=True)
"""For cases that a Pushgateway does not have."""

"""Remote-write as a destination. Imports little; see :mod:`locust_push.outputs.destination`."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult

from locust_push.config.targets import Target, http_target
from locust_push.core.series import Labels
from locust_push.outputs.destination import Access, Destination, Lookup, RunPart
from locust_push.outputs.remote_write.paths import is_receiver, query_url

if TYPE_CHECKING:
    from locust_push.doctor.check import Finding
    from locust_push.outputs.remote_write.sink import RemoteWriteSink
    from locust_push.results.sources.prometheus import PrometheusRuns
    from locust_push.wire.payload import Payload

logger = logging.getLogger(__name__)

REMOTE_WRITE, REMOTE_WRITE_1, REMOTE_WRITE_2 = "remote-write", "remote-write-1", "remote-write-2"
"""The protocols of its targets: 2.0, or 1.0 if the receiver does not support it; or one fixed version."""

_SAME_START = 0.001
"""Seconds by which the start time of a run may differ between this process and a store."""


class RemoteWriteDestination(Destination):
    """A store that receives the samples of every tick, in order."""

    title = "a remote-write receiver"
    protocols = (REMOTE_WRITE, REMOTE_WRITE_1, REMOTE_WRITE_2)
    takes_recordings = True
    recognized_by = "a path that ends in /write, /push, /receive or /remote_write"

    def recognizes(self, parts: SplitResult) -> bool:
        """By the end of the path."""
        return is_receiver(parts.path)

    def target(self, option: str, text: str, parts: SplitResult, protocol: str) -> Target:  # noqa: ARG002
        """Return the target, without a slash at the end of a known path, which Prometheus answers with a redirect."""
        path = parts.path.rstrip("/") if is_receiver(parts.path) else parts.path
        return http_target(parts._replace(path=path), protocol)

    def open(self, access: Access, part: RunPart) -> "RemoteWriteSink":
        """Return the sink that writes the series of this process."""
        return self._sink(access, part.all_labels, on_native_refused=part.on_native_refused)

    def examine(self, access: Access) -> "list[Finding]":
        """Write a series in each form that a run may use."""
        from locust_push.outputs.remote_write.examination import examine_remote_write

        return examine_remote_write(access.patient())

    def runs(self, access: Access, lookup: Lookup) -> "PrometheusRuns | None":
        """Return the runs in the receiver's store, if its path shows where the query API is."""
        from locust_push.outputs.promql import promql_runs

        url = query_url(access.target.url)
        return promql_runs(url, access, lookup) if url else None

    def has_other_run(self, access: Access, run_id: str, start_time: float) -> bool:
        """Query the store for the start times of runs with that ID; this run's own may be among them."""
        from locust_push.results.sources.query_api import StoreError

        runs = self.runs(access, Lookup())
        try:
            return runs is not None and any(abs(start - start_time) > _SAME_START for start in runs.starts(run_id))
        except StoreError as error:
            logger.debug("locust-push: whether run ID %s is in use is not known: %s", run_id, error)
            return False

    def payload(self, body: bytes) -> "Payload":
        """Return the payload of a write request of either version."""
        from locust_push.wire.payload import Payload
        from locust_push.wire.remote_write.decode import described

        try:
            return described(body)
        except ValueError:
            return Payload(body, 0, 0)

    def replay(self, access: Access, recorded: Mapping[str, str]) -> "RemoteWriteSink":  # noqa: ARG002
        """Return the sink that writes requests as they were recorded, with all their labels."""
        return self._sink(access, (), replays=True)

    def _sink(self, access: Access, labels: Labels, **options: Any) -> "RemoteWriteSink":
        from locust_push.outputs.remote_write.sink import RemoteWriteSink
        from locust_push.wire.remote_write.version import Version

        only = {REMOTE_WRITE_1: Version.V1, REMOTE_WRITE_2: Version.V2}.get(access.target.protocol)
        return RemoteWriteSink(access.target.url, transport=access.transport(), labels=labels, only=only, **options)

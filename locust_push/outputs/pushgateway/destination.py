"""The Pushgateway as a destination. Imports little; see :mod:`locust_push.outputs.destination`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import SplitResult

from locust_push.config.targets import Target, http_target, refuse_url
from locust_push.outputs.destination import Access, Destination, RunPart

if TYPE_CHECKING:
    from locust_push.doctor.check import Finding
    from locust_push.outputs.pushgateway.sink import PushgatewaySink
    from locust_push.wire.payload import Payload

PUSHGATEWAY = "pushgateway"
"""The protocol of its targets."""


class PushgatewayDestination(Destination):
    """A group of metrics for each process, which holds only the newest values."""

    title = "a Pushgateway"
    protocols = (PUSHGATEWAY,)
    takes_recordings = True
    recognized_by = "any other path"
    needs_classic = True

    def recognizes(self, parts: SplitResult) -> bool:  # noqa: ARG002 - it is the last one to be tried
        """Every URL: behind a proxy the base URL may have any path."""
        return True

    def target(self, option: str, text: str, parts: SplitResult, protocol: str) -> Target:
        """Return the target; its URL is the base, without a slash at its end."""
        if parts.query:
            refuse_url(
                option,
                text,
                "has a query, which a Pushgateway ignores",
                "remove it, or use --push-protocol remote-write",
            )
        path = parts.path.rstrip("/")
        if path.endswith("/metrics") or "/metrics/job" in path:
            refuse_url(
                option, text, "names a metrics path of a Pushgateway", "give its base URL; /metrics/job/… is added"
            )
        return http_target(parts._replace(path=path), protocol)

    def open(self, access: Access, part: RunPart) -> "PushgatewaySink":
        """Return the sink that pushes to the group of this process."""
        from locust_push.outputs.pushgateway.sink import pushgateway_sink

        return pushgateway_sink(access.target.url, access.transport(), part, access.wall_clock)

    def examine(self, access: Access) -> "list[Finding]":
        """Push a group and delete it."""
        from locust_push.outputs.pushgateway.examination import examine_pushgateway

        return examine_pushgateway(access.patient())

    def payload(self, body: bytes) -> "Payload":
        """Return the payload of a text exposition."""
        from locust_push.outputs.pushgateway.sink import recorded_exposition

        return recorded_exposition(body)

    def replay(self, access: Access, recorded: Mapping[str, str]) -> "PushgatewaySink":
        """Return the sink that pushes to the group of the process that wrote a recording."""
        part = RunPart(job=recorded["job"], run_id=recorded["run_id"], instance=recorded["instance"])
        return self.open(access, part)

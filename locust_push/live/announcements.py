"""Links in the log, and messages to channels at the end of a run."""

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from locust_push.live.run_description import RunDescription
from locust_push.live.run_totals import RunTotals

if TYPE_CHECKING:
    from locust_push.documents.grafana import RunLinks
    from locust_push.notify.channel_delivery import ChannelDelivery
    from locust_push.notify.channels import Channel

logger = logging.getLogger(__name__)


class Announcements:
    """The links and messages of one run, from the master or local process."""

    def __init__(self, description: RunDescription, grafana_url: str | None, channels: "Sequence[Channel]") -> None:
        """Link to dashboards at ``grafana_url``, if there is one; send a message to ``channels`` at the end."""
        self._description = description
        self._grafana_url = grafana_url
        self._deliveries = [*map(_delivery, channels)]

    def log_links(self) -> None:
        """Log links to the dashboards."""
        if links := self._dashboards:
            run_id = self._description.run_id
            logger.info("locust-push: run %s: dashboard: %s", run_id, links.live)
            logger.info("locust-push: run %s: compare with another run: %s", run_id, links.compare)

    def of_the_end(
        self, summary: RunTotals, seconds: float, *, passed: bool, verdict: Sequence[str] = ()
    ) -> Iterator[Callable[[], object]]:
        """Return functions that send the message to each channel at the end of the run."""
        from locust_push.live.end_message import RunEnd, run_end_message  # noqa: PLC0415 - as below

        info = dict(self._description.info)
        end = RunEnd(
            run_id=self._description.run_id,
            seconds=seconds,
            summary=summary,
            passed=passed,
            host=info.get("host"),
            links=self._links(info.get("ci_url")),
            verdict=verdict,
        )
        message = run_end_message(end)
        for delivery in self._deliveries:
            yield partial(delivery.deliver, message)

    @property
    def wanted(self) -> bool:
        """Whether there is a channel for messages."""
        return bool(self._deliveries)

    def warn_of_unsent(self) -> None:
        """Log the channels whose message was not sent in time."""
        for delivery in self._deliveries:
            if not delivery.sent and not delivery.failed:
                logger.warning("locust-push: the message to %s was not sent in time", delivery.channel.name)

    @property
    def _dashboards(self) -> "RunLinks | None":
        if not self._grafana_url:
            return None
        from locust_push.documents.grafana import RunLinks  # noqa: PLC0415 - as below

        about = self._description
        return RunLinks(self._grafana_url, about.run_id, about.start_time, about.end_time)

    def _links(self, ci_url: str | None) -> list[tuple[str, str]]:
        """Return name and URL of pages about the run."""
        dashboards = [("Dashboard", self._dashboards.live)] if self._dashboards else []
        return [*dashboards, *([("CI job", ci_url)] if ci_url is not None else [])]


def _delivery(channel: "Channel") -> "ChannelDelivery":
    # With it messages and links take 10 million instructions to import, which most runs need not.
    from locust_push.notify.channel_delivery import ChannelDelivery  # noqa: PLC0415

    return ChannelDelivery(channel)

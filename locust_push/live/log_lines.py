"""The messages of a run in Locust's log, except those of delivery."""

import logging
from collections.abc import Iterable
from pathlib import Path

from locust_push.core.hot_path.selection import HOT_PATH
from locust_push.core.recorder import Recorder
from locust_push.delivery.delivery_log import clock_text
from locust_push.delivery.ledger import DELIVERED, Ledger
from locust_push.delivery.leftovers import find_leftovers, replay_command
from locust_push.live.measurement import Measurement
from locust_push.live.pipeline import Outlet
from locust_push.options.settings import Settings

logger = logging.getLogger(__name__)


def log_start(run_id: str, settings: Settings) -> None:
    """Log where the run is pushed to, and which hot path counts its requests."""
    if settings.targets:
        places = ", ".join(f"{target.url} ({target.protocol})" for target in settings.targets)
        where = f"pushing to {places} every {settings.interval:g} s"
    else:
        where = "reporting to the master, which pushes"
    logger.info("locust-push: run %s: %s; hot path %s", run_id, where, HOT_PATH)


def warn_of_leftovers(settings: Settings) -> None:
    """Warn of undelivered data of earlier runs."""
    if settings.spool and (found := find_leftovers(settings.spool)):
        logger.warning("locust-push: %s", found.line())


def warn_of_custom_metrics() -> None:
    """Warn that reports to the master contain requests only."""
    logger.warning("locust-push: with --push-from master the workers' own prometheus_client metrics are not pushed")


class OverflowWarning:
    """Warns once of names beyond the limit."""

    def __init__(self, recorder: Recorder, max_names: int) -> None:
        """Watch a recorder."""
        self._recorder: Recorder | None = recorder
        self._max_names = max_names

    def __call__(self) -> None:
        """Check the recorder; called at each tick."""
        if self._recorder and self._recorder.overflow_example is not None:
            logger.warning(
                "locust-push: more than %d names; requests of %r and all further ones are counted as __overflow__. "
                "Group them "
                "with the name argument of the request, or raise --push-max-names",
                self._max_names,
                self._recorder.overflow_example,
            )
            self._recorder = None


def warn_of_lost_workers(run_id: str, lost: int, measured: Measurement) -> None:
    """Warn of lost workers: a killed process cannot report that its last requests are missing."""
    if lost:
        last = "report to the master" if measured.pushes_for_workers else "push"
        logger.warning(
            "locust-push: run %s: workers lost: %d; their requests after the last %s, up to %g s, are missing",
            run_id,
            lost,
            last,
            measured.at_risk,
        )


def warn_of_unreported_workers(run_id: str, unreported: int) -> None:
    """Warn of workers whose last data did not arrive in time, for example on a machine that is too busy."""
    if unreported:
        logger.warning(
            "locust-push: run %s: workers without a last report: %d; their last seconds are missing in its results",
            run_id,
            unreported,
        )


def log_end(run_id: str, outlets: Iterable[Outlet], spool: Path | None) -> None:
    """Log what was delivered and lost at each URL."""
    for outlet in outlets:
        logger.log(*last_line(run_id, outlet, spool))


def last_line(run_id: str, outlet: Outlet, spool: Path | None) -> tuple[int, str]:
    """Return log level and text of the line about one URL at the end of a run."""
    ledger, on_disk = outlet.sender.ledger, outlet.sender.spooled_samples
    text = (
        f"locust-push: run {run_id}: {outlet.sink.url}: delivered {ledger.samples[DELIVERED]:,} samples "
        f"in {ledger.requests[DELIVERED]:,} requests, {ledger.retries:,} retries; {losses(ledger)}"
    )
    if on_disk and spool:
        text += (
            f"; {on_disk:,} samples are undelivered in {spool / run_id}, deliver them with: "
            f"{replay_command(spool / run_id, outlet.sink.url)}"
        )
    return logging.WARNING if outlet.sender.undelivered_samples else logging.INFO, text


def losses(ledger: Ledger) -> str:
    """Return the losses, by reason."""
    lost = ledger.lost_by_reason()
    if not lost:
        unsure = f", if the receiver stores what is {clock_text(ledger.clock_skew)}" if ledger.clock_skew else ""
        return f"nothing lost{unsure}"
    reasons = ", ".join(f"{reason}: {count:,}" for reason, count in sorted(lost.items()))
    return f"{sum(lost.values()):,} samples lost ({reasons})"

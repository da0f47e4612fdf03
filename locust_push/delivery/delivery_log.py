"""The log messages about deliveries to one sink: each problem once, with the server's error text, and its end."""

import logging
import re
from collections.abc import Mapping
from dataclasses import field

from locust_push.core.record import record
from locust_push.delivery.answer import WRONG_CLOCK, clock_skew
from locust_push.delivery.ledger import INTERNAL
from locust_push.delivery.verdict import Rejected, Retry

logger = logging.getLogger(__name__)

MAX_OUTAGES = 10
"""A connection that fails every few seconds must not fill the log of a soak test; the counters continue."""

MAX_TEXTS = 10
"""Most messages of a type in a run that differ in more than numbers: one alone would hide a second problem, and a
server whose texts all differ must not fill the log."""

_NUMBER = r"\d+"


def clock_text(skew: float) -> str:
    """How far this machine's clock is off, where the receiver's is ``skew`` seconds ahead of it."""
    return f"{abs(skew):,.0f} s {'behind' if skew > 0 else 'ahead'}"


@record(slots=True)
class _Outage:
    since: float
    lost_before: int
    kinds: set[str] = field(default_factory=set)


class DeliveryLog:
    """Logs each type of failure once per outage, each type of loss once per run, and each recovery once."""

    def __init__(self, url: str) -> None:
        """``url`` opens every line; it holds no secrets."""
        self._url = url
        self._outage: _Outage | None = None
        self._outages = 0
        self._clock_skew: float | None = None
        self._logged: dict[str, set[str]] = {}

    def retrying(self, verdict: Retry, *, now: float, lost: int) -> None:
        """Log that an attempt failed and will be repeated; ``now`` in monotonic seconds, ``lost`` samples so far."""
        if self._outage is None:
            self._outage = _Outage(now, lost)
            self._outages += 1
        if self._outages > MAX_OUTAGES:
            return
        new = self._new(verdict.reason, verdict.detail)
        if new or verdict.reason not in self._outage.kinds:
            self._outage.kinds.add(verdict.reason)
            logger.warning("%s: %s: %s; will retry; the run continues", self._url, verdict.reason, verdict.detail)

    def delivered(self, *, now: float, lost: int) -> None:
        """Log that an attempt succeeded after failures."""
        outage, self._outage = self._outage, None
        if outage is None or self._outages > MAX_OUTAGES:
            return
        missing = lost - outage.lost_before
        loss = f"{missing} samples lost" if missing else "nothing lost"
        more = "; further outages are counted, not logged" if self._outages == MAX_OUTAGES else ""
        logger.info("%s: delivered again after %.1f s; %s%s", self._url, now - outage.since, loss, more)

    def refused(self, verdict: Rejected) -> None:
        """Log that the receiver refused a payload permanently."""
        # An internal error has been logged with its traceback.
        if verdict.reason != INTERNAL and self._new(verdict.reason, verdict.detail):
            logger.warning(
                "%s: refused, %s: %s; dropped and counted; the run continues", self._url, verdict.reason, verdict.detail
            )

    def overflowed(self, reason: str) -> None:
        """Log that the buffer is full, and there is no spool or it cannot be written."""
        if self._first(reason):
            logger.warning(
                "%s: the buffer is full, the oldest data is dropped; raise --push-buffer or name a --push-spool",
                self._url,
            )

    def spool_failed(self, error: OSError) -> None:
        """Log that the spool cannot be written."""
        if self._first(f"spool {error.errno}"):
            logger.warning(
                "%s: the spool cannot be written: %s; undelivered data stays in memory and is lost beyond "
                "--push-buffer and when the process is killed; see --push-spool",
                self._url,
                error,
            )

    def damaged(self, error: OSError) -> None:
        """Log that the spool cannot be read."""
        if self._first(f"read {error.errno}"):
            logger.warning(
                "%s: data is lost, the spool cannot be read: %s; check the disk of --push-spool", self._url, error
            )

    def spool_is_full(self) -> None:
        """Log that the spool has reached its limit."""
        if self._first("spool limit"):
            logger.warning(
                "%s: the spool is full, the oldest data is dropped and counted; raise --push-spool-limit", self._url
            )

    def compare_clocks(self, headers: Mapping[str, str], now: float) -> float:
        """Return how far the receiver's clock is ahead of this machine's, seconds, if one of them is wrong; or 0.

        The first answer decides, and is logged; the timeline handles later jumps.
        """
        if self._clock_skew is None and (skew := clock_skew(headers, now)) is not None:
            self._clock_skew = skew if abs(skew) > WRONG_CLOCK else 0.0
            if self._clock_skew:
                logger.error(
                    "%s: by the receiver's clock this machine's is %s: samples are stored at a wrong time, refused, or "
                    "dropped silently; synchronise both with NTP; the run continues",
                    self._url,
                    clock_text(skew),
                )
        return self._clock_skew or 0.0

    def fault(self, reason: str, error: Exception) -> None:
        """Log an exception that a sink must not raise."""
        if self._first(reason):
            logger.error(
                "%s: an internal error in locust-push; the run continues. Please report this with the traceback",
                self._url,
                exc_info=error,
            )

    def _first(self, reason: str) -> bool:
        return self._new(reason, "")

    def _new(self, reason: str, detail: str) -> bool:
        """Whether a text, numbers aside, was not logged yet and the limit of messages is not reached."""
        texts = self._logged.setdefault(reason, set())
        text = re.sub(_NUMBER, "0", detail)
        if text in texts or len(texts) >= MAX_TEXTS:
            return False
        texts.add(text)
        return True

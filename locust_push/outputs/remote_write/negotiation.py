"""Detects which version of remote-write a receiver supports, by its answers. Pure.

Source: "Prometheus Remote-Write 2.0 specification", sections "Required Written Response Headers", "Unsupported Request
Content" and "2.x vs 1.x Compatibility".

2.0 is tried first. 415, or success without a report of what was written, means that the receiver does not support it.
So does 400, with which 1.x receivers answer to what they cannot read, unless 2.0 was accepted before. Then 1.0 is used,
until that is answered with 415. If both versions are refused like this, the next attempt starts again with 2.0: it is
not a receiver, or one that is being replaced.
"""

import logging

from locust_push.delivery.retry import INVALID
from locust_push.delivery.verdict import Delivered, Rejected, Verdict
from locust_push.outputs.remote_write.written import UNSUPPORTED, confirmed, says_written
from locust_push.wire.payload import Payload
from locust_push.wire.remote_write.version import Version

logger = logging.getLogger(__name__)


class Negotiation:
    """The version for one receiver, by its answers. Only the delivering greenlet changes it.

    Attributes:
        version: The version to use.
        settled: Whether the receiver is known to support it, or no other may be tried.
    """

    def __init__(self, url: str, only: Version | None = None) -> None:
        """Detect the version, unless ``only`` sets it; ``url`` is for the log."""
        self.version = only or Version.V2
        self.settled = only is not None
        self._url = url
        self._fixed = only is not None
        self._taken: set[Version] = set()
        self._refused: set[Version] = set()
        self._logged: set[Version] = set()

    def __repr__(self) -> str:
        return f"<Negotiation {self.version}{'' if self.settled else '?'}>"

    def version_for(self, recorded: Version) -> Version:
        """Return the version in which to send a payload that was encoded in one: the same one if possible.

        From 2.0 to 1.0 types and units are lost, and the other way they are unknown.
        """
        return self.version if recorded in self._refused or self.version is Version.V1 else recorded

    def learn(self, version: Version, payload: Payload, verdict: Verdict) -> Verdict:
        """Note the verdict on a request of a version; return it as the specification wants it interpreted."""
        if version is Version.V2:
            verdict = confirmed(verdict, payload.samples)
        if isinstance(verdict, Delivered) or (isinstance(verdict, Rejected) and says_written(verdict.headers)):
            self._taken.add(version)
            self.settled = self.settled or version is self.version
        return verdict

    def other_version(self, version: Version, verdict: Rejected) -> Version | None:
        """Return the version in which to retry a request that was refused in another; None if there is none."""
        if not self._does_not_take(version, verdict):
            return None
        self._taken.discard(version)
        if verdict.reason == UNSUPPORTED:
            self._refused.add(version)
        other = Version.V1 if version is Version.V2 else Version.V2
        if other in self._refused:
            self._refused.clear()
            return None
        self._switch(other, verdict)
        return other

    def _does_not_take(self, version: Version, verdict: Rejected) -> bool:
        if self._fixed and version is self.version:
            return False
        doubtful = version is Version.V2 and Version.V2 not in self._taken and Version.V1 not in self._refused
        return verdict.reason == UNSUPPORTED or (verdict.reason == INVALID and doubtful)

    def _switch(self, version: Version, verdict: Rejected) -> None:
        if self._fixed or version is self.version:
            return
        self.version = version
        self.settled = version is Version.V1
        if version not in self._logged:
            self._logged.add(version)
            other = Version.V2 if version is Version.V1 else Version.V1
            line = "%s: does not support remote-write %s (%s); using %s from now on"
            logger.info(line, self._url, other, verdict.detail, version)

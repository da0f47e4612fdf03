"""Leaves out the metric families that a Pushgateway refuses. Pure.

A Pushgateway refuses a whole push if a single family in it has another type in a group of another job. Usually that is
a metric of the locustfile with a common name; the other metrics of the run must still be pushed.

Source: the Pushgateway's README, sections "About metric inconsistencies" and "PUT method"; its error names the family.
"""

import re

from locust_push.custom.names import OWN_NAMES
from locust_push.delivery.verdict import Rejected
from locust_push.wire.exposition.families import PushedFamily, families
from locust_push.wire.payload import Payload

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_SUFFIXES = ("", "_total", "_bucket", "_sum", "_count")


class LeftOut:
    """The refused families, which are left out of pushes."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._refusal: Rejected | None = None

    def __repr__(self) -> str:
        return f"<LeftOut {sorted(self._names)}>"

    def of(self, payload: Payload) -> Payload:
        """Return a payload without these families."""
        if not self._names:
            return payload
        kept = [one for one in families(payload.body) if one.name not in self._names]
        lost = payload.samples - sum(one.samples for one in kept)
        return Payload(b"".join(one.body for one in kept), payload.samples - lost, payload.timestamp_ms)

    def learn(self, payload: Payload, verdict: Rejected) -> bool:
        """Leave out the families that a refusal of ``payload`` is about; return whether to try again.

        Those are the families which the error names, else all of the locustfile's. If none of them is in the payload,
        nothing is left out.
        """
        found = _families(payload)
        named = _named(found, verdict.detail)
        refused = named or {one.name for one in found if not _is_own(one)}
        if not refused or len(refused) == len(found):
            self._names.clear()
            return False
        self._names |= refused
        self._refusal = verdict
        return True

    def refusal(self, written: int) -> Rejected | None:
        """Return the verdict on a payload whose rest was delivered; None if nothing was left out."""
        if self._refusal is None or not self._names:
            return None
        detail = f"{', '.join(sorted(self._names))} left out: {self._refusal.detail}"
        return Rejected(self._refusal.reason, detail, written)


def _families(payload: Payload) -> list[PushedFamily]:
    try:
        return families(payload.body)
    except ValueError:
        return []


def _named(found: list[PushedFamily], detail: str) -> set[str]:
    words = set(_NAME.findall(detail))
    return {one.name for one in found if words & {f"{one.name}{suffix}" for suffix in _SUFFIXES}}


def _is_own(family: PushedFamily) -> bool:
    return family.name in OWN_NAMES

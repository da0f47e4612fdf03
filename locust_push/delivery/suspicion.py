"""Decides whether the receiver fails, or only one request, which must not block those behind it.

A receiver that is down fails on every request. So when a request has failed for long, in a way that a request can
cause, the one behind it is tried. If that succeeds and the first one fails again, twice in a row, the request is the
cause, and it is given up.
"""

from enum import Enum, auto

from locust_push.delivery.server_text import shorten
from locust_push.delivery.verdict import Rejected, Retry

UNDELIVERABLE = "undeliverable"
"""Reason: the receiver failed on this request repeatedly, and accepted others."""

SUSPECTED_AFTER = 120.0
"""Seconds of failing. Most outages are over by then, and the requests behind it wait on disk anyway."""

_ROUNDS = 2

# A crash of the receiver, or of a proxy in front of it: no answer to a request that was sent, or a status that says so.
# Not 503, which receivers answer to any request, nor failures before a request is sent.
_BROUGHT_ABOUT = frozenset({"closed", "http_500", "http_502", "http_504"})


class Reaction(Enum):
    """The action after a failure."""

    WAIT = auto()
    SWAP = auto()
    GIVE_UP = auto()


class _Stage(Enum):
    TRUSTED = auto()
    OTHER_IS_TRIED = auto()
    TRIED_AGAIN = auto()


class Suspicion:
    """The state of suspicion of the request that is attempted next."""

    def __init__(self) -> None:
        self._stage = _Stage.TRUSTED
        self._since: float | None = None
        self._rounds = 0

    def failed(self, verdict: Retry, now: float) -> Reaction:
        """Note a failed attempt, at a monotonic time in seconds; return the action.

        After ``SWAP`` the caller swaps the request and the one behind it; after ``GIVE_UP`` it is not tried again.
        """
        if self._stage is _Stage.OTHER_IS_TRIED:
            self._trust(now)
            return Reaction.SWAP
        if verdict.reason not in _BROUGHT_ABOUT:
            self._trust(None)
            return Reaction.WAIT
        if self._stage is _Stage.TRIED_AGAIN:
            self._rounds += 1
            if self._rounds == _ROUNDS:
                self._trust(None)
                return Reaction.GIVE_UP
        elif not self._long(now):
            return Reaction.WAIT
        self._stage = _Stage.OTHER_IS_TRIED
        return Reaction.SWAP

    def passed(self) -> None:
        """Note that an attempt had a final verdict."""
        if self._stage is _Stage.OTHER_IS_TRIED:
            self._stage = _Stage.TRIED_AGAIN
        else:
            self._trust(None)

    def alone(self) -> None:
        """Note that there is no other request to try."""
        self._stage = _Stage.TRUSTED

    def _long(self, now: float) -> bool:
        if self._since is None:
            self._since = now
        return now - self._since >= SUSPECTED_AFTER

    def _trust(self, since: float | None) -> None:
        self._stage, self._since, self._rounds = _Stage.TRUSTED, since, 0


def given_up(verdict: Retry) -> Rejected:
    """Return the final verdict on a request that is given up, with the last error text of the receiver."""
    return Rejected(UNDELIVERABLE, shorten(f"{verdict.reason}: {verdict.detail}; the receiver accepts other requests"))

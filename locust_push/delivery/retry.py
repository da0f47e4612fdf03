"""Which failures are tried again, and after how long: the whole of it, from top to bottom. Pure.

A failure says something about one of three things, and each has its own way:

- the moment: the server is busy or away, the network is down, the disk is full. The same attempt is made again, after a
  wait that grows from 0.1 s to 5 s;
- the way: credentials, the URL, a file with a secret, the server's configuration. Nothing gets through until somebody
  changes it, and then everything does, so nothing is lost for it. The attempt is made again, a quarter of a minute
  later;
- the data: it was read and refused. It would be refused again, so it is counted as lost.

The end of a run waits for the moment, no longer than ``--push-flush-timeout``, and tries the way once more; then what
is left goes to the spool. ``locust-push replay`` waits for the moment alone, and ends where the way is wrong.
"""

import errno
from collections.abc import Callable
from enum import Enum, auto

from locust_push.core.record import record

LONGEST_RETRY_AFTER = 300.0
"""Seconds. A server may not silence a run for longer; a proxy that says "an hour" would cost the rest of it."""

FIX_PAUSE = 15.0
"""Seconds between attempts while something has to be changed by somebody. Wrong passwords must not come so often that a
server locks the account, from hundreds of workers least of all."""

LONGEST_FLUSH_PAUSE = 1.0
"""Seconds between attempts during the final flush, whatever ``Retry-After`` says: there is no later chance."""

TOO_MANY_FILES = frozenset({errno.EMFILE, errno.ENFILE})
"""Errors of a load test that has too many connections open, and closes some later: nothing is wrong with the disk."""

PASSING_DISK_ERRORS = TOO_MANY_FILES | {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EAGAIN}
"""Errors of files that may be over in a moment; a read-only or missing folder is not among them."""

# Statuses of RFC 9110, section 15.5, and of RFC 6585. 408 is a timeout that the server noticed first, often of an idle
# connection that it closes with these words: the next request on it reads them, which says nothing about that request.
_OF_THE_MOMENT = frozenset({408, 425, 429})
_OF_THE_DATA = frozenset({400, 409, 413, 415, 422})

INVALID = "http_400"
"""Reason: the data was read and refused. 1.x receivers of remote-write may answer so to 2.0 as well."""

TOO_LARGE = "http_413"
"""Reason: smaller requests may be accepted (RFC 9110 section 15.5.14)."""

_MAX_DOUBLINGS = 32


class Fault(Enum):
    """What a failed attempt is about."""

    MOMENT = auto()
    WAY = auto()
    DATA = auto()


def fault_of(status: int) -> Fault:
    """What a status that is not 2xx is about.

    415 is about the data as long as there is another form in which to send it. The specifications of remote-write have
    no 4xx but 429 tried again; here 401, 403, 404 and the like are, seldom, since what they refuse is not the data, and
    a run whose password is put right in its tenth minute should not have lost nine.
    """
    if status in _OF_THE_MOMENT or status >= 500:
        return Fault.MOMENT
    return Fault.DATA if status in _OF_THE_DATA else Fault.WAY


@record(frozen=True, slots=True)
class Backoff:
    """Exponential backoff with full jitter.

    Prometheus' sender doubles from 30 ms to 5 s, without jitter: it is one process. A load test is hundreds of workers
    that lose the receiver in the same instant, so that each waits a random part of the doubled time. 100 ms → 5 s means
    half of that on average: a blip is over within one tick, an outage costs the receiver 0.4 requests a second from
    each worker, and no worker comes back later than 5 s after it.

    Attributes:
        random: Uniform numbers in [0, 1), as ``random.random``.
        first: Upper bound of the first wait, in seconds.
        longest: Upper bound of any wait that the receiver did not ask for, in seconds.
    """

    random: Callable[[], float]
    first: float = 0.1
    longest: float = 5.0

    def seconds(self, failures: int, after: float | None = None, *, needs_fix: bool = False) -> float:
        """Return the wait after ``failures`` failures in a row (1 or more).

        ``after`` is what the receiver asked for (``Retry-After``), honoured up to :data:`LONGEST_RETRY_AFTER`. The
        jitter comes on top: never sooner than asked, and not everybody at once. With ``needs_fix`` it is
        :data:`FIX_PAUSE` at least.
        """
        bound = min(self.longest, self.first * 2.0 ** min(failures - 1, _MAX_DOUBLINGS))
        least = FIX_PAUSE if needs_fix else 0.0
        return max(least, min(after or 0.0, LONGEST_RETRY_AFTER)) + self.random() * bound

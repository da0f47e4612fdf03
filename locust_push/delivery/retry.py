"""Which failures are retried, and after how long. Pure.

A failure has one of three causes, and each is handled differently:

- the moment: the server is busy or away, the network is down, the disk is full. The same attempt is made again, after a
  wait that grows from 0.1 s to 5 s;
- the setup: credentials, the URL, a file with a secret, the server's configuration. Nothing gets through until it is
fixed, and then everything does, so no data is dropped. The attempt is made again 15 seconds later;
- the data: it was read and refused. It would be refused again, so it is counted as lost.

The end of a run retries the first, no longer than ``--push-flush-timeout``, and the second once; the remaining data
goes to the spool. ``locust-push replay`` retries only the first, and ends if the setup is wrong.
"""

import errno
from collections.abc import Callable
from enum import Enum, auto

from locust_push.core.record import record

LONGEST_RETRY_AFTER = 300.0
"""Seconds. Longest wait that a server can ask for; a proxy that says "an hour" would cost the rest of the run."""

FIX_PAUSE = 15.0
"""Seconds between attempts while something has to be fixed. Wrong passwords must not be sent so often that a server
locks the account, in particular by hundreds of workers."""

LONGEST_FLUSH_PAUSE = 1.0
"""Seconds between attempts during the final flush, whatever ``Retry-After`` says: there is no later attempt."""

TOO_MANY_FILES = frozenset({errno.EMFILE, errno.ENFILE})
"""Errors when too many files or connections are open, which passes: nothing is wrong with the disk."""

PASSING_DISK_ERRORS = TOO_MANY_FILES | {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EAGAIN}
"""Errors of files that may pass; a read-only or missing folder is not among them."""

# Statuses of RFC 9110, section 15.5, and of RFC 6585. 408 is a timeout that the server noticed first, often when it
# closes an idle connection: the next request on that connection reads it, although it is not about that request.
_OF_THE_MOMENT = frozenset({408, 425, 429})
_OF_THE_DATA = frozenset({400, 409, 413, 415, 422})

INVALID = "http_400"
"""Reason: the data was read and refused. 1.x receivers of remote-write may answer 2.0 like this as well."""

TOO_LARGE = "http_413"
"""Reason: smaller requests may be accepted (RFC 9110 section 15.5.14)."""

_MAX_DOUBLINGS = 32


class Fault(Enum):
    """The cause of a failed attempt."""

    MOMENT = auto()
    WAY = auto()
    DATA = auto()


def fault_of(status: int) -> Fault:
    """Return the cause that a status other than 2xx stands for.

    415 is about the data as long as there is another form to send it in. The specifications of remote-write retry no
    4xx except 429; here 401, 403, 404 and similar ones are retried, seldom, since they do not refuse the data: a run
    whose password is corrected in its tenth minute must not lose nine minutes.
    """
    if status in _OF_THE_MOMENT or status >= 500:
        return Fault.MOMENT
    return Fault.DATA if status in _OF_THE_DATA else Fault.WAY


@record(frozen=True, slots=True)
class Backoff:
    """Exponential backoff with full jitter.

    Prometheus' sender doubles from 30 ms to 5 s, without jitter: it is one process. A load test has hundreds of workers
    that lose the receiver at the same moment, so each waits a random part of the doubled time. 100 ms → 5 s means half
    of that on average: a short failure is over within one tick, an outage costs the receiver 0.4 requests a second from
    each worker, and each worker returns at most 5 s after it.

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
        jitter is added to it: never sooner than requested, and not all workers at once. With ``needs_fix`` it is
        :data:`FIX_PAUSE` at least.
        """
        bound = min(self.longest, self.first * 2.0 ** min(failures - 1, _MAX_DOUBLINGS))
        least = FIX_PAUSE if needs_fix else 0.0
        return max(least, min(after or 0.0, LONGEST_RETRY_AFTER)) + self.random() * bound

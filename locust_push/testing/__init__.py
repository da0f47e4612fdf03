"""For tests of code that pushes: a receiver that misbehaves on command, and a clock that the test sets.

    with Receiver(answer(503), hang()) as receiver:
        ...  # push to receiver.write_url
    assert receiver.total("locust_requests_total") == 42

Nothing here imports Locust, gevent or pytest, and nothing else in the package imports this.
"""

from locust_push.testing.clock import ManualClock, ManualWake
from locust_push.testing.receiver import Receiver, Request
from locust_push.testing.steps import Behaviour, Head, Step, accept, answer, hang, reset
from locust_push.testing.store import Refused, Sample, Store, exposition_samples

__all__ = [
    "Behaviour",
    "Head",
    "ManualClock",
    "ManualWake",
    "Receiver",
    "Refused",
    "Request",
    "Sample",
    "Step",
    "Store",
    "accept",
    "answer",
    "exposition_samples",
    "hang",
    "reset",
]

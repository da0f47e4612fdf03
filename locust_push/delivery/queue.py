"""The payloads that wait for delivery to one sink. Pure; an operation never yields to other greenlets."""

from collections import deque

from locust_push.wire.payload import Payload


class PayloadQueue:
    """A queue bounded by bytes, out of which the oldest payloads are displaced.

    What a queue of size ``limit_bytes`` holds is the newest payload, whatever its size (a limit set too low must not
    mean that nothing is pushed at all), the one that is being attempted, and as many others as fit. With
    ``newest_only`` a new payload displaces all that wait.

    The head leaves with :meth:`take` and stays accounted for until :meth:`ack` or :meth:`nack`: it cannot be displaced
    while it is on the wire, since it may just have arrived.
    """

    def __init__(self, limit_bytes: int, *, newest_only: bool) -> None:
        self._limit = limit_bytes
        self._newest_only = newest_only
        self._payloads: deque[Payload] = deque()
        self._taken = False
        self.bytes = 0
        self.samples = 0

    def __len__(self) -> int:
        return len(self._payloads)

    def __repr__(self) -> str:
        return f"<PayloadQueue {len(self)} payloads, {self.bytes} of {self._limit} bytes, taken={self._taken}>"

    def put(self, payload: Payload) -> list[Payload]:
        """Append; returns what was displaced, oldest first."""
        self._payloads.append(payload)
        self._account(payload, 1)
        return self._displace()

    def take(self) -> Payload | None:
        """The head, to be attempted; None if the queue is empty."""
        self._taken = bool(self._payloads)
        return self._payloads[0] if self._payloads else None

    def ack(self) -> None:
        """The taken payload is done with: delivered, or refused for good."""
        self._taken = False
        self._remove(0)

    def nack(self) -> list[Payload]:
        """The taken payload waits on, as the oldest; returns what was displaced, itself perhaps."""
        self._taken = False
        return self._displace()

    def drain(self) -> list[Payload]:
        """Empty the queue, also of what was taken; oldest first."""
        self._taken = False
        return [self._remove(0) for _ in range(len(self))]

    def _displace(self) -> list[Payload]:
        oldest = 1 if self._taken else 0
        displaced = []
        while len(self) > oldest + 1 and (self._newest_only or self.bytes > self._limit):
            displaced.append(self._remove(oldest))
        return displaced

    def _remove(self, index: int) -> Payload:
        payload = self._payloads[index]
        del self._payloads[index]
        self._account(payload, -1)
        return payload

    def _account(self, payload: Payload, sign: int) -> None:
        self.bytes += sign * len(payload.body)
        self.samples += sign * payload.samples

"""The payloads that wait in memory for delivery to one sink. Pure; an operation never yields to other greenlets."""

from collections import deque

from locust_push.wire.payload import Payload


class PayloadQueue:
    """A queue bounded by bytes, which drops the oldest payloads.

    It always holds the newest payload, whatever its size (with a limit that is too low, something must still be
    pushed), and as many before it as fit. With ``newest_only`` a new payload replaces all others.

    Attributes:
        newest_only: As given.
        bytes: Size of the payloads.
        samples: Samples in the payloads.
    """

    def __init__(self, limit_bytes: int, *, newest_only: bool) -> None:
        self.newest_only = newest_only
        self.bytes = 0
        self.samples = 0
        self._limit = limit_bytes
        self._payloads: deque[Payload] = deque()

    def __len__(self) -> int:
        return len(self._payloads)

    def __repr__(self) -> str:
        return f"<PayloadQueue {len(self)} payloads, {self.bytes} of {self._limit} bytes>"

    def has_room(self, payload: Payload) -> bool:
        """Whether a payload can be added without dropping one."""
        return self.newest_only or self.bytes + len(payload.body) <= self._limit

    def put(self, payload: Payload) -> list[Payload]:
        """Append; return the dropped payloads, oldest first."""
        self._payloads.append(payload)
        self._account(payload, 1)
        displaced = []
        while len(self) > 1 and (self.newest_only or self.bytes > self._limit):
            displaced.append(self._pop())
        return displaced

    def restore(self, payload: Payload) -> None:
        """Put a payload before all others."""
        self._payloads.appendleft(payload)
        self._account(payload, 1)

    def head(self) -> Payload | None:
        """The oldest payload, which stays; None if there is none."""
        return self._payloads[0] if self._payloads else None

    def pop(self) -> Payload | None:
        """Take the oldest payload out; None if there is none."""
        return self._pop() if self._payloads else None

    def _pop(self) -> Payload:
        payload = self._payloads.popleft()
        self._account(payload, -1)
        return payload

    def _account(self, payload: Payload, sign: int) -> None:
        self.bytes += sign * len(payload.body)
        self.samples += sign * payload.samples

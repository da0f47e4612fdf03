"""Delivering recorded data, with the verdicts and the backoff of a run, for a caller that can wait.

Unlike the sender of a run, which counts losses and continues, a replay waits for the receiver, reports the outcome of
each payload, and ends at its deadline.
"""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from locust_push.delivery.retry import Backoff
from locust_push.delivery.sender import PayloadReceiver
from locust_push.delivery.suspicion import Reaction, Suspicion, given_up
from locust_push.delivery.verdict import Delivered, Rejected, Retry, Split
from locust_push.wire.payload import Payload


class UndeliverableError(Exception):
    """The deadline has passed, or waiting does not help; ``str()`` has the result of the last attempt."""


@dataclass(slots=True)
class ReplayTotals:
    """Samples by outcome.

    Attributes:
        delivered: Accepted by the receiver.
        known: Already stored, according to the receiver.
        refused: Permanently refused.
        reasons: Refused samples by the error text of the first refusal of each type.
    """

    delivered: int = 0
    known: int = 0
    refused: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    _words: dict[str, str] = field(default_factory=dict)

    @property
    def samples(self) -> int:
        """All of them."""
        return self.delivered + self.known + self.refused

    def refuse(self, payload: Payload, verdict: Rejected) -> None:
        """Count a payload that was refused, completely or in part."""
        self.delivered += verdict.written
        self.refused += payload.samples - verdict.written
        words = self._words.setdefault(verdict.reason, f"{verdict.reason}: {verdict.detail}")
        self.reasons[words] += payload.samples - verdict.written


class ReplayDelivery:
    """Delivers payloads one after the other, each until its verdict is final."""

    def __init__(
        self,
        *,
        backoff: Backoff,
        wait: Callable[[float], object],
        monotonic: Callable[[], float],
        deadline: float,
        waiting: Callable[[Retry], None],
    ) -> None:
        """Prepare to deliver.

        Args:
            backoff: How long to wait between attempts.
            wait: Waits for a number of seconds.
            monotonic: Seconds.
            deadline: Time to give up, by ``monotonic``.
            waiting: Called with the verdict of each attempt that will be repeated.
        """
        self.tally = ReplayTotals()
        self._backoff = backoff
        self._wait = wait
        self._monotonic = monotonic
        self._deadline = deadline
        self._waiting = waiting

    def deliver(
        self,
        payload: Payload,
        receiver: PayloadReceiver,
        refused: Callable[[Payload, Rejected], None],
        following: Callable[[], Payload | None] = lambda: None,
    ) -> None:
        """Deliver one payload; ``refused`` is called with the parts that the receiver refused permanently.

        ``following`` returns the next one, to find out whether the receiver fails only at this one.

        Raises:
            UndeliverableError: The deadline has passed, or no attempt can succeed until something is fixed, such as a
                wrong password.
        """
        parts = deque([payload])
        while parts:
            part = parts.popleft()
            match self._final_verdict(part, receiver, following):
                case Split(smaller):
                    parts.extendleft(reversed(smaller))
                case Rejected() as verdict:
                    self.tally.refuse(part, verdict)
                    refused(part, verdict)
                case Delivered(known=True):
                    self.tally.known += part.samples
                case Delivered():
                    self.tally.delivered += part.samples

    def _final_verdict(
        self, payload: Payload, receiver: PayloadReceiver, following: Callable[[], Payload | None]
    ) -> Delivered | Rejected | Split:
        failures, suspicion = 0, Suspicion()
        while True:
            verdict = receiver.attempt(payload)
            if not isinstance(verdict, Retry):
                return verdict
            failures += 1
            step = suspicion.failed(verdict, self._monotonic())
            if step is Reaction.GIVE_UP:
                return given_up(verdict)
            if step is Reaction.SWAP:
                self._try(following(), receiver, suspicion)
            self._pause(self._backoff.seconds(failures, verdict.after), verdict)

    def _try(self, other: Payload | None, receiver: PayloadReceiver, suspicion: Suspicion) -> None:
        """Attempt another payload out of order; sending it again in its turn is harmless."""
        if other is None:
            suspicion.alone()
            return
        verdict = receiver.attempt(other)
        if isinstance(verdict, Retry):
            suspicion.failed(verdict, self._monotonic())
        else:
            suspicion.passed()

    def _pause(self, seconds: float, verdict: Retry) -> None:
        left = self._deadline - self._monotonic()
        if left <= 0 or verdict.needs_fix:
            raise UndeliverableError(f"{verdict.reason}: {verdict.detail}")
        self._waiting(verdict)
        self._wait(min(seconds, left))

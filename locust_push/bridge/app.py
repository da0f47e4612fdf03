"""Decides what the bridge answers to a request. No sockets in here."""

import hashlib
import hmac
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from threading import Lock

from locust_push.bridge.alerts import AlertGroup, read_webhook
from locust_push.bridge.outbox import Outbox
from locust_push.bridge.telemetry import exposition
from locust_push.bridge.text import alert_message
from locust_push.config.secrets import SecretSource
from locust_push.core.clock import Clock
from locust_push.wire.exposition.text import CONTENT_TYPE

ALERTS, HEALTH, METRICS = "/alerts", "/healthz", "/metrics"
_TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class BridgeAnswer:
    """An answer."""

    status: HTTPStatus
    body: bytes
    content_type: str = _TEXT


REPEATED_WITHIN = 45.0
"""Seconds within which the same webhook counts as a repetition: Alertmanager sends it again if the answer was lost, and
each member of a cluster sends it while the members cannot reach each other. Reminders come a minute later at the
earliest
(``group_interval``)."""


class Bridge:
    """Takes webhooks and puts a message for each into every outbox."""

    def __init__(self, outboxes: Sequence[Outbox], token: SecretSource | None, monotonic: Clock) -> None:
        """Require ``Authorization: Bearer`` with the token for alerts, if there is a token."""
        self.outboxes = outboxes
        self._token = token
        self._webhooks: Counter[int] = Counter()
        self._monotonic = monotonic
        self._lock = Lock()
        self._taken: deque[tuple[float, bytes]] = deque()

    def get(self, path: str) -> BridgeAnswer:
        """Answer a GET: the health check, or the metrics."""
        if path == HEALTH:
            return self._health()
        if path == METRICS:
            return BridgeAnswer(HTTPStatus.OK, exposition(self.outboxes, self._webhooks), CONTENT_TYPE)
        return _not_found()

    def post(self, path: str, authorization: str, body: bytes) -> BridgeAnswer:
        """Answer a POST: 202 for alerts that will be sent to every channel, or the reason why not."""
        if path != ALERTS:
            return _not_found()
        answer = self._take(authorization, body)
        self._webhooks[answer.status] += 1
        return answer

    def _take(self, authorization: str, body: bytes) -> BridgeAnswer:
        if not self._authorized(authorization):
            return BridgeAnswer(HTTPStatus.UNAUTHORIZED, b"the bearer token is missing or wrong\n")
        try:
            group = read_webhook(body)
            message = alert_message(group)
        except (ValueError, RecursionError) as error:
            return BridgeAnswer(HTTPStatus.BAD_REQUEST, f"{error}\n".encode(errors="replace")[:1024])
        if full := [outbox.name for outbox in self.outboxes if outbox.full]:
            # Alertmanager retries after 5xx: sending to no channel now is better than sending to some twice.
            return BridgeAnswer(
                HTTPStatus.SERVICE_UNAVAILABLE, f"too many messages are waiting for {', '.join(full)}\n".encode()
            )
        if self._is_new(group):
            for outbox in self.outboxes:
                outbox.put(message)
        return BridgeAnswer(HTTPStatus.ACCEPTED, b"")

    def _is_new(self, group: AlertGroup) -> bool:
        """Whether no member of the cluster sent it within :data:`REPEATED_WITHIN`; from now on it is known."""
        now = self._monotonic()
        digest = hashlib.blake2b(repr(replace(group, link="")).encode(errors="replace")).digest()
        with self._lock:
            while self._taken and self._taken[0][0] <= now - REPEATED_WITHIN:
                self._taken.popleft()
            if any(taken == digest for _, taken in self._taken):
                return False
            self._taken.append((now, digest))
            return True

    def _authorized(self, authorization: str) -> bool:
        if self._token is None:
            return True
        return hmac.compare_digest(authorization.encode(), f"Bearer {self._token.read()}".encode())

    def _health(self) -> BridgeAnswer:
        dead = [outbox.name for outbox in self.outboxes if not outbox.alive]
        if dead:
            return BridgeAnswer(HTTPStatus.SERVICE_UNAVAILABLE, f"not running: {', '.join(dead)}\n".encode())
        return BridgeAnswer(HTTPStatus.OK, b"ok\n")


def _not_found() -> BridgeAnswer:
    return BridgeAnswer(HTTPStatus.NOT_FOUND, f"POST {ALERTS}, GET {HEALTH}, GET {METRICS}\n".encode())

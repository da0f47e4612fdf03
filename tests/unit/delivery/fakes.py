"""Hand-written stand-ins for delivery: secrets, endpoints, a sink."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from locust_push.config.endpoint import HttpEndpoint, Tls
from locust_push.config.secrets import SecretSource, SecretText
from locust_push.delivery.verdict import Delivered, Verdict
from locust_push.testing import ManualClock
from locust_push.wire.payload import Payload


def payload(number: int, size: int = 10, samples: int = 1) -> Payload:
    """Return a payload with a number, which can be read back from a disk."""
    return Payload(str(number).encode().rjust(size, b"."), samples, timestamp_ms=number)


Step = Verdict | Exception | Callable[[], Verdict]


class ScriptedSink:
    """Answers attempts by a script, then with ``Delivered``; records each attempt."""

    url = "http://receiver/write"

    def __init__(self, clock: ManualClock, script: Iterable[Step] = (), *, newest_only: bool = False) -> None:
        self.newest_only = newest_only
        self.opened = 0
        self.attempts: list[tuple[float, int]] = []
        self._clock = clock
        self._script = iter(script)

    def open(self) -> None:
        """Count."""
        self.opened += 1

    def attempt(self, payload: Payload) -> Verdict:
        """Take the next step of the script."""
        self.attempts.append((self._clock.now, payload.timestamp_ms))
        step = next(self._script, Delivered())
        if isinstance(step, Exception):
            raise step
        return step() if callable(step) else step


@dataclass
class Secret:
    """A secret that can be replaced, like a file."""

    text: str

    def read(self) -> str:
        """The text."""
        return self.text


@dataclass
class UnreadableSecret:
    """A secret whose file is missing."""

    error: Exception

    def read(self) -> str:
        """Fail."""
        raise self.error


def endpoint(
    *,
    username: str | None = None,
    password: SecretSource | None = None,
    bearer_token: SecretSource | None = None,
    sigv4_region: str | None = None,
    headers: Mapping[str, str] = MappingProxyType({}),
    tls: Tls = Tls(),  # noqa: B008 - frozen
    timeout: float = 5.0,
) -> HttpEndpoint:
    """Return settings for delivery, by default those of a user without options."""
    return HttpEndpoint(
        url="",
        username=username,
        password=password,
        bearer_token=bearer_token,
        sigv4_region=sigv4_region,
        headers=tuple((name, SecretText(value)) for name, value in headers.items()),
        tls=tls,
        timeout=timeout,
    )

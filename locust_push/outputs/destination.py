"""What a destination is: the interface that each of them implements, and what its methods are given.

Option parsing imports this module and the destinations, in every Locust process, whether it pushes or not. So both
import inside of functions what only a run or a command needs: encoders, protobuf and HTTP, which take 120 ms.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self
from urllib.parse import SplitResult

from locust_push.config.endpoint import HttpEndpoint
from locust_push.config.targets import HTTP_SCHEMES, Target, http_target
from locust_push.core.clock import Clock, TimeLimit
from locust_push.core.labels import INSTANCE, JOB, RUN_ID
from locust_push.core.record import record
from locust_push.core.series import Labels

if TYPE_CHECKING:
    from locust_push.delivery.http import HttpTransport
    from locust_push.delivery.sender import PayloadReceiver
    from locust_push.doctor.check import Finding, Patient
    from locust_push.outputs.sink import Sink
    from locust_push.results.source import RunSource
    from locust_push.wire.payload import Payload


@record(slots=True)
class Access:
    """One target, and the way to it. A ``with`` block closes the connections that were opened.

    Attributes:
        target: Where it is.
        endpoint: Credentials, headers, TLS and timeout.
        time_limit: Bounds each request.
        wall_clock: Seconds since the epoch.
    """

    target: Target
    endpoint: HttpEndpoint
    time_limit: TimeLimit
    wall_clock: Clock
    _opened: "list[HttpTransport]" = field(default_factory=list, init=False, repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for transport in self._opened:
            transport.close()

    def transport(self) -> "HttpTransport":
        """Return what makes requests; nothing is sent yet."""
        from locust_push.delivery.http import HttpTransport

        transport = HttpTransport(self.endpoint, self.time_limit, self.wall_clock)
        self._opened.append(transport)
        return transport

    def patient(self) -> "Patient":
        """Return what :mod:`locust_push.doctor` examines."""
        from locust_push.doctor.check import Patient

        endpoint = self.endpoint
        return Patient(
            url=self.target.url,
            transport=self.transport(),
            authenticates=endpoint.authenticates,
            skip_verify=endpoint.tls.skip_verify,
            wall_clock=self.wall_clock,
        )


@record(frozen=True, slots=True, kw_only=True)
class RunPart:
    """What a destination has to know of one process in one run.

    Attributes:
        job: Label ``job``.
        run_id: The run.
        instance: Label ``instance``, which no other process has.
        labels: The user's labels.
        native: Whether durations are recorded as native histograms.
        retention: Seconds after which what earlier runs left may be deleted; 0 is never.
        describe: What is known of the run at the moment, fit for JSON; None in all processes but the one that speaks
            for the run.
        on_native_refused: Called when the receiver turns out to take no native histograms.
        later: Does what a disk may take long for, and does not wait for it; by default at once.
    """

    job: str
    run_id: str
    instance: str
    labels: Labels = ()
    native: bool = False
    retention: float = 0.0
    describe: Callable[[], Mapping[str, Any]] | None = None
    on_native_refused: Callable[[], None] = lambda: None
    later: Callable[[Callable[[], None]], None] = lambda job: job()

    @property
    def all_labels(self) -> Labels:
        """Labels of every series of this process."""
        return (JOB, self.job), (INSTANCE, self.instance), (RUN_ID, self.run_id), *self.labels


def _unseen(_done: int, _total: int) -> None:
    """Show no progress."""


@record(frozen=True, slots=True, kw_only=True)
class Lookup:
    """Which runs are read, and who hears how it goes.

    Attributes:
        match: Labels that runs must have.
        since: Unix time before which no run began; None for the source's own default.
        warn: Gets, in one line, what could not be read; the rest is used.
        progress: Gets how many bytes of how many have been read.
    """

    match: Mapping[str, str] = field(default_factory=dict)
    since: float | None = None
    warn: Callable[[str], None] = print
    progress: Callable[[int, int], None] = _unseen


class Destination(ABC):
    """One kind of place where results go.

    Attributes:
        title: As messages call it, with its article.
        protocols: The names by which ``--push-protocol`` chooses it and a spool remembers it. The first is its own; the
            others stand for variants, whose payloads it takes as well.
        schemes: The schemes of its URLs.
        recognized_by: What ``--push-protocol auto`` goes by, for the help; empty where the scheme says it all.
        takes_recordings: Whether ``locust-push replay`` delivers there, by :meth:`payload` and :meth:`replay`.
        recorded_as: The protocol of what its runs leave undelivered, where that is not its own; it may go to any
            destination of that protocol then.
        needs_classic: Whether classic histograms go there in any case, since its readers may know no native ones.
    """

    title: ClassVar[str]
    protocols: ClassVar[Sequence[str]]
    schemes: ClassVar[frozenset[str]] = HTTP_SCHEMES
    recognized_by: ClassVar[str] = ""
    takes_recordings: ClassVar[bool] = False
    recorded_as: ClassVar[str] = ""
    needs_classic: ClassVar[bool] = False

    @abstractmethod
    def recognizes(self, parts: SplitResult) -> bool:
        """Whether a checked URL of one of the schemes is one of this destination."""

    def target(self, option: str, text: str, parts: SplitResult, protocol: str) -> Target:  # noqa: ARG002 - for others
        """Return what a URL means, that was recognized or for which a protocol of this destination was given.

        Raises:
            ConfigurationError: It cannot be one of this destination.
        """
        return http_target(parts, protocol)

    @abstractmethod
    def open(self, access: Access, part: RunPart) -> "Sink":
        """Return what encodes and delivers in a run; nothing is sent or written yet."""

    @abstractmethod
    def examine(self, access: Access) -> "list[Finding]":
        """Find out whether pushing would work."""

    def runs(self, access: Access, lookup: Lookup) -> "RunSource | None":  # noqa: ARG002 - for others
        """Return where the runs that were pushed to a target are read back; None where the URL does not tell."""
        return None

    def claim(self, target: Target, run_id: str) -> bool:  # noqa: ARG002 - for others
        """Keep a run ID for this process; False where another run is seen to have it. Does not wait for a network."""
        return True

    def has_other_run(self, access: Access, run_id: str, start_time: float) -> bool:  # noqa: ARG002 - for others
        """Whether a run with this ID is seen there that began at another Unix time; waits for the answer."""
        return False

    def payload(self, body: bytes) -> "Payload":
        """Return what a spool holds for this destination, with how much is in it.

        A body that cannot be read has no samples, and is judged by the receiver.
        """
        raise NotImplementedError

    def replay(self, access: Access, recorded: Mapping[str, str]) -> "PayloadReceiver":
        """Return what delivers a recording of the process with these labels: ``job``, ``run_id`` and ``instance``."""
        raise NotImplementedError

"""The interface that each destination implements, and the arguments of its methods.

Option parsing imports this module and the destinations in every Locust process, whether it pushes or not. Encoders,
protobuf and HTTP, which only runs and commands need and which take 120 ms, are therefore imported inside functions.
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
    """One target, and access to it. A ``with`` block closes the connections that were opened.

    Attributes:
        target: The target.
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
        """Return the HTTP transport; nothing is sent yet."""
        from locust_push.delivery.http import HttpTransport

        transport = HttpTransport(self.endpoint, self.time_limit, self.wall_clock)
        self._opened.append(transport)
        return transport

    def patient(self) -> "Patient":
        """Return the server for :mod:`locust_push.doctor` to examine."""
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
    """The facts about one process in one run that a destination needs.

    Attributes:
        job: Label ``job``.
        run_id: The run.
        instance: Label ``instance``, unique to this process.
        labels: The user's labels.
        native: Whether durations are recorded as native histograms.
        retention: Seconds after which data of earlier runs may be deleted; 0 means never.
        describe: Returns the current facts about the run, as plain data for JSON; None in processes other than the
            master or local process.
        on_native_refused: Called when the receiver turns out not to accept native histograms.
        later: Runs slow disk operations without waiting for them; by default it runs them immediately.
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


@record(frozen=True, slots=True, kw_only=True)
class Lookup:
    """Which runs are read, and where warnings and progress are sent.

    Attributes:
        match: Labels that runs must have.
        since: Earliest Unix time at which a run began; None for the source's own default.
        warn: Called with one line about data that could not be read; the rest is used.
        progress: Called with the number of bytes read and their total.
    """

    match: Mapping[str, str] = field(default_factory=dict)
    since: float | None = None
    warn: Callable[[str], None] = print
    progress: Callable[[int, int], None] = lambda _done, _total: None


class Destination(ABC):
    """One type of destination for results.

    Attributes:
        title: Its name in messages, with its article.
        protocols: Its names in ``--push-protocol`` and in spools. The first is its own; the others are variants, whose
            payloads it accepts as well.
        schemes: The schemes of its URLs.
        recognized_by: The rule of ``--push-protocol auto`` for it, for the help; empty if its scheme identifies it.
        takes_recordings: Whether ``locust-push replay`` delivers there, by :meth:`payload` and :meth:`replay`.
        recorded_as: The protocol of its undelivered data, if not its own; the data may go to any destination of that
            protocol then.
        needs_classic: Whether classic histograms are always sent there, since its readers may not support native ones.
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
        """Whether a checked URL with one of the schemes belongs to this destination."""

    def target(self, option: str, text: str, parts: SplitResult, protocol: str) -> Target:  # noqa: ARG002 - for others
        """Return the target of a URL that was recognized, or for which a protocol of this destination was given.

        Raises:
            ConfigurationError: This destination cannot use it.
        """
        return http_target(parts, protocol)

    @abstractmethod
    def open(self, access: Access, part: RunPart) -> "Sink":
        """Return the sink of a run; nothing is sent or written yet."""

    @abstractmethod
    def examine(self, access: Access) -> "list[Finding]":
        """Check whether pushing would work; return the findings."""

    def runs(self, access: Access, lookup: Lookup) -> "RunSource | None":  # noqa: ARG002 - for others
        """Return the source of the runs that were pushed to a target; None if the URL does not show it."""
        return None

    def claim(self, target: Target, run_id: str) -> bool:  # noqa: ARG002 - for others
        """Claim a run ID for this process; return False if another run has it. Does not wait for a network."""
        return True

    def has_other_run(self, access: Access, run_id: str, start_time: float) -> bool:  # noqa: ARG002 - for others
        """Return whether a run with this ID is seen there that began at another Unix time; waits for the answer."""
        return False

    def payload(self, body: bytes) -> "Payload":
        """Return the payload of a body from a spool, with the number of samples in it.

        A body that cannot be read has no samples; the receiver decides about it.
        """
        raise NotImplementedError

    def replay(self, access: Access, recorded: Mapping[str, str]) -> "PayloadReceiver":
        """Return the sink for a recording of the process with these labels: ``job``, ``run_id`` and ``instance``."""
        raise NotImplementedError

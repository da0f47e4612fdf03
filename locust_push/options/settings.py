"""The settings of one process, and the checks that involve more than one of them. Pure: reads no files.

:mod:`locust_push.config.values` checks each value, and :mod:`locust_push.options.resolve` makes settings of them.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import field
from pathlib import Path
from urllib.parse import urlsplit

from locust_push.config.endpoint import HttpEndpoint, Tls
from locust_push.config.errors import ConfigurationError
from locust_push.config.secrets import SecretSource, SecretText
from locust_push.config.targets import Target
from locust_push.config.values import HistogramForm, PushFrom
from locust_push.core.labels import RESERVED_LABELS, RUN_LABELS
from locust_push.core.native import DEFAULT_SCHEMA
from locust_push.core.record import record
from locust_push.core.series import Labels

DEFAULT_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 30.0, 60.0)
"""Seconds. Contains .1 .25 .5 1 2.5 5 10, which existing dashboards for this metric query."""

DEFAULT_SPOOL = ".locust-push"

_SIGNATURE_HEADERS = frozenset({"authorization", "date", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"})
"""Headers that an AWS signature consists of or covers."""


@record(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set, typed, in base units and consistent. Durations are seconds, sizes bytes.

    Attributes:
        targets: Where to push, without duplicates; empty if only the master pushes, or the run is only scraped.
        interval: From tick to tick, ≥ 0.01.
        timeout: For one HTTP attempt, > 0.
        flush_timeout: The longest that the end of a run waits for undelivered data, ≥ 0.
        run_id: As asked for, or None to have one generated.
        job: Label ``job``.
        instance: Label ``instance``; must differ from process to process.
        labels: The user's labels for every series.
        headers: The user's HTTP headers; names in the clear, values masked since many are secret.
        username: For basic authentication at every target without user info in its URL.
        password: For ``username``, and for targets whose URL has a user name only.
        bearer_token: For every target without user info in its URL.
        sigv4_region: AWS region that requests to these targets are signed for; None to sign none.
        tls: TLS of all HTTP targets.
        buckets: Upper bounds of the classic histogram, strictly increasing, without +Inf.
        histogram: Form of the duration histogram.
        native_schema: Resolution of native histograms, 0 to 5.
        max_names: Most distinct (method, name) pairs per process, ≥ 1.
        buffer_bytes: Memory for undelivered payloads per target, ≥ 1.
        spool: Folder for undelivered payloads; None to lose them instead.
        spool_limit_bytes: Room on disk for them per target, ≥ 1.
        push_from: Which processes push.
        required: Whether undelivered data changes the exit code.
        reports: Files that are written at its end, each in the format of its suffix.
        gates: Expressions that the run is judged by at its end, as given.
        warmup: Seconds at the beginning of the run that its results exclude; 0 for none.
        aborts: When the run is ended before its time, as given.
        abort_grace: Seconds at its beginning in which it is not.
        gate_min_requests: Requests that response times need to be judged; None for the rule of each measure.
        gate_confidence: Share of runs in which nothing changed that meet the relative part of the gate.
        gate_allow: Causes that may keep the gate from being judged, as given.
        baseline: Runs that they are relative to: IDs, or ``latest:N``; None without a baseline.
        baseline_match: Labels of the runs of ``latest:N``.
        baseline_from: Where baselines are read; None for the place that the run is pushed to.
        notify: URLs of channels for the message at the end of a run; empty on workers.
        gateway_retention: Age at which a Pushgateway group of this job is deleted; 0 = never.
        max_custom_series: Series of the locustfile's own metrics that a process keeps, ≥ 1.
        process_metrics: Whether the collectors that prometheus_client registers itself are included.
        grafana_url: Address of a Grafana to link to, without a trailing slash; or None.

    Raises:
        ConfigurationError: Settings contradict each other.
    """

    targets: tuple[Target, ...]
    instance: str
    interval: float = 5.0
    timeout: float = 10.0
    flush_timeout: float = 10.0
    run_id: str | None = None
    job: str = "locust"
    labels: Labels = ()
    headers: tuple[tuple[str, SecretText], ...] = ()
    username: str | None = None
    password: SecretSource | None = None
    bearer_token: SecretSource | None = None
    sigv4_region: str | None = None
    tls: Tls = field(default_factory=Tls)
    buckets: tuple[float, ...] = DEFAULT_BUCKETS
    histogram: HistogramForm = HistogramForm.CLASSIC
    native_schema: int = DEFAULT_SCHEMA
    max_names: int = 1000
    buffer_bytes: int = 64 * 2**20
    spool: Path | None = Path(DEFAULT_SPOOL)
    spool_limit_bytes: int = 2**30
    push_from: PushFrom = PushFrom.ALL
    required: bool = False
    gates: tuple[str, ...] = ()
    reports: tuple[Path, ...] = ()
    warmup: float = 0.0
    aborts: tuple[str, ...] = ()
    abort_grace: float = 30.0
    gate_min_requests: int | None = None
    gate_confidence: float = 0.99
    gate_allow: tuple[str, ...] = ()
    baseline: str | None = None
    baseline_match: Labels = ()
    baseline_from: Target | None = None
    gateway_retention: float = 3600.0
    notify: tuple[SecretText, ...] = ()
    max_custom_series: int = 2000
    process_metrics: bool = False
    grafana_url: str | None = None

    def __post_init__(self) -> None:
        _check_targets(self.targets)
        _check_labels(self.labels)
        _check_headers(self)
        _check_auth(self)
        _check_sigv4(self)
        _check_tls(self.tls)

    def endpoint(self, target: Target) -> HttpEndpoint:
        """Return the connection settings of an HTTP target; user info in its URL takes precedence over the options."""
        username = target.username or self.username
        return HttpEndpoint(
            url=target.url,
            username=username,
            password=_password(self, target) if username else None,
            bearer_token=None if username else self.bearer_token,
            sigv4_region=None if username else self.sigv4_region,
            headers=self.headers,
            tls=self.tls,
            timeout=self.timeout,
        )


def _password(settings: Settings, target: Target) -> SecretSource | None:
    return settings.password if target.password is None else target.password


def _check_targets(targets: tuple[Target, ...]) -> None:
    places = [_place(target.url) for target in targets]
    if double := _first_double(places):
        url = targets[places.index(double)].url
        raise ConfigurationError("--push-url", url, "is given twice", "remove one: two writers of one series lose data")


def _place(url: str) -> str:
    """Normalise a URL, so that URLs of the same place are equal (RFC 3986, 6.2.2.1)."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.lower(), path=parts.path.rstrip("/")).geturl()


def _first_double(items: Iterable[str]) -> str | None:
    return next((item for item, times in Counter(items).items() if times > 1), None)


def _check_labels(labels: Labels) -> None:
    names = [name for name, _ in labels]
    if double := _first_double(names):
        raise ConfigurationError("--push-label", double, "is given twice", "give each label one value")
    if shadowing := next((name for name in names if name in RESERVED_LABELS), None):
        remedy = f"rename it, or use --push-{shadowing.replace('_', '-')}" if shadowing in RUN_LABELS else "rename it"
        raise ConfigurationError("--push-label", shadowing, "is a label that locust-push sets itself", remedy)


def _check_headers(settings: Settings) -> None:
    names = [name.lower() for name, _ in settings.headers]
    if double := _first_double(names):
        raise ConfigurationError("--push-header", double, "is given twice", "give each header one value")
    if "authorization" in names and _has_auth(settings):
        problem = "is set although a user name or bearer token is given"
        raise ConfigurationError("--push-header", "Authorization", problem, "remove one of them")


def _has_auth(settings: Settings) -> bool:
    own = any(target.username for target in settings.targets)
    return own or settings.username is not None or settings.bearer_token is not None


def _check_auth(settings: Settings) -> None:
    if not any(target.is_http for target in settings.targets):
        return  # secrets in the environment are often there for every job, whether it uses them or not
    usernames = [target.username for target in settings.targets if target.username]
    if settings.username is not None:
        _check_username(settings, settings.username, usernames)
    _check_password(settings, usernames)
    _check_bearer(settings)


def _check_username(settings: Settings, username: str, in_urls: list[str]) -> None:
    option = "--push-username"
    if in_urls:
        raise ConfigurationError(option, username, "conflicts with the user info in --push-url", "remove one of them")
    if ":" in username:  # RFC 7617, 2: the colon ends the user-id
        raise ConfigurationError(
            option, username, "contains a colon, which HTTP does not allow in a user name", "check the name"
        )
    if settings.password is None:
        remedy = "set LOCUST_PUSH_PASSWORD or --push-password-file in this process"
        raise ConfigurationError(option, username, "has no password", remedy)


def _check_password(settings: Settings, in_urls: list[str]) -> None:
    option = "--push-password-file"
    lacking = next((t for t in settings.targets if t.username and t.password is None), None)
    if lacking and settings.password is None:
        remedy = "set LOCUST_PUSH_PASSWORD or --push-password-file, or write user:@host"
        raise ConfigurationError("--push-url", lacking.url, "has a user name without a password", remedy)
    if settings.password is not None and settings.username is None and not in_urls:
        raise ConfigurationError(option, None, "a password is given without a user name", "add --push-username")


def _check_bearer(settings: Settings) -> None:
    option = "--push-bearer-token-file"
    if settings.bearer_token is None:
        return
    if settings.username is not None or settings.password is not None:
        raise ConfigurationError(option, None, "both a password and a bearer token are given", "remove one of them")
    if not any(t.username is None for t in settings.targets if t.is_http):
        raise ConfigurationError(
            option, None, "no --push-url uses the bearer token", "remove it, or the user info in the URL"
        )


def _check_sigv4(settings: Settings) -> None:
    option, region = "--push-sigv4-region", settings.sigv4_region
    if region is None:
        return
    if settings.username is not None or settings.password is not None or settings.bearer_token is not None:
        problem = "conflicts with a user name, password or bearer token"
        raise ConfigurationError(option, region, problem, "remove one of them")
    if signed := next((name for name, _ in settings.headers if name.lower() in _SIGNATURE_HEADERS), None):
        problem = "conflicts with --push-sigv4-region"
        raise ConfigurationError("--push-header", signed, problem, "remove one of them")
    if not any(target.username is None for target in settings.targets) and settings.targets:
        raise ConfigurationError(option, region, "conflicts with the user info in --push-url", "remove one of them")


def _check_tls(tls: Tls) -> None:
    if tls.key and not tls.cert:
        raise ConfigurationError("--push-tls-key", tls.key, "is given without a certificate", "add --push-tls-cert")
    if tls.ca and tls.skip_verify:
        raise ConfigurationError("--push-tls-ca", tls.ca, "contradicts --push-tls-skip-verify", "remove one of them")

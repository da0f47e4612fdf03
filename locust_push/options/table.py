"""The one table of options: parser, environment variables, configuration keys, web form and docs are made from it."""

from collections.abc import Callable
from typing import Any

from locust_push.config import values
from locust_push.config.channels import channel_url, masked_channel
from locust_push.config.targets import clean_url, web_address
from locust_push.config.values import HistogramForm
from locust_push.core.native import DEFAULT_SCHEMA
from locust_push.core.record import record
from locust_push.options.settings import DEFAULT_BUCKETS, DEFAULT_SPOOL
from locust_push.outputs.registry import DESTINATIONS, check_url, protocol, protocols

ValueCheck = Callable[[str, str], Any]
"""Takes the option's flag and a text, and returns the value.

Raises :class:`~locust_push.config.errors.ConfigurationError` for a bad one.

Pure: Locust's web UI parses the command line again for each page, and an error then would end the process."""

Mask = Callable[[str], str]
"""Takes a checked text; returns it with secrets masked."""


@record(frozen=True, slots=True, kw_only=True)
class Option:
    """One option.

    Attributes:
        name: Without ``--push-``.
        help: For ``--help`` and docs; without the default, which is added.
        metavar: Placeholder of the value; None for a flag.
        default: As a user would write it; None if there is none.
        default_text: Shown in the docs if the default is not a constant.
        check: Parses the value, or each of several; None if any text is valid.
        mask: For options whose values may hold secrets.
        repeatable: Whether the option can be given several times.
        separator: Between several values in one text, such as an environment variable; None is any white space.
        in_web_ui: Whether Locust's start form shows it.
        local: Whether a worker prefers its own value to the master's, because files and names differ between machines.
    """

    name: str
    help: str
    metavar: str | None = None
    default: str | None = None
    default_text: str = ""
    check: ValueCheck | None = None
    mask: Mask | None = None
    repeatable: bool = False
    separator: str | None = "\n"
    in_web_ui: bool = False
    local: bool = False

    @property
    def flag(self) -> str:
        """As on the command line."""
        return f"--push-{self.name}"

    @property
    def dest(self) -> str:
        """Attribute of the parsed namespace."""
        return f"push_{self.name.replace('-', '_')}"

    @property
    def env_var(self) -> str:
        """Environment variable."""
        return f"LOCUST_{self.dest.upper()}"

    def parse(self, text: str) -> Any:
        """Return the value in a text; the text itself if any is valid.

        Raises:
            ConfigurationError: It is not valid.
        """
        return self.check(self.flag, text) if self.check else text

    def split(self, text: str) -> list[str]:
        """Return the values in a text, stripped; an empty text has none."""
        pieces = text.split(self.separator) if self.repeatable else [text]
        return [piece.strip() for piece in pieces if piece.strip()]


class ParsedText(str):
    """A value as the command line was parsed. What comes back from Locust's web form is plain text, cut at commas."""

    __slots__ = ()


def _recognized() -> str:
    """How ``auto`` decides."""
    return ", and ".join(f"{one.protocols[0]} for {one.recognized_by}" for one in DESTINATIONS if one.recognized_by)


OPTIONS = (
    Option(
        name="url",
        metavar="URL",
        help="Where to push: the URL of a remote-write receiver or Pushgateway, or file:DIR for an archive. "
        "Repeatable. Without it nothing is pushed. User info is removed from the URL and used for this URL only.",
        check=check_url,
        mask=clean_url,
        repeatable=True,
        separator=None,
    ),
    Option(
        name="protocol",
        metavar="PROTOCOL",
        help=f"Protocol of http URLs: {', '.join(protocols())}. auto means {_recognized()}. remote-write means 2.0, or "
        "1.0 if the receiver does not support 2.0.",
        default="auto",
        check=protocol,
    ),
    Option(name="interval", metavar="TIME", help="Time between two pushes.", default="5s", check=values.interval),
    Option(
        name="timeout",
        metavar="TIME",
        help="Timeout of one HTTP request.",
        default="10s",
        check=values.positive_duration,
    ),
    Option(
        name="flush-timeout",
        metavar="TIME",
        help="Longest time that the end of a run waits for undelivered data.",
        default="10s",
        check=values.duration,
    ),
    Option(
        name="run-id",
        metavar="ID",
        help="ID of the run: 1 to 128 of A-Z a-z 0-9 . _ : -. A second run with the same ID in one process gets -2, "
        "and so on.",
        default_text="generated: time and CI job",
        check=values.run_id,
        in_web_ui=True,
    ),
    Option(name="job", metavar="NAME", help="Label job.", default="locust", check=values.text_value),
    Option(
        name="instance",
        metavar="NAME",
        help="Label instance of this process; workers never take it from the master. To a worker's name 8 characters "
        "are added, since other workers may have the same.",
        default_text="<hostname>:<pid>-<8 characters>",
        check=values.text_value,
        local=True,
    ),
    Option(
        name="label",
        metavar="NAME=VALUE",
        help="Label for every series. Repeatable; in the web form separated by commas, where a value that contains = "
        "takes all that follows it.",
        check=values.label_pair,
        repeatable=True,
        in_web_ui=True,
    ),
    Option(
        name="header",
        metavar="NAME=VALUE",
        help="HTTP header, such as X-Scope-OrgID=team-a. Repeatable. Secret values are not sent to workers: set them "
        "on "
        "each worker.",
        check=values.http_header,
        mask=values.masked_header,
        repeatable=True,
    ),
    Option(
        name="username",
        metavar="NAME",
        help="User name for basic authentication. The password comes from --push-password-file or the environment "
        "variable LOCUST_PUSH_PASSWORD, in each process.",
        local=True,
    ),
    Option(
        name="password-file",
        metavar="FILE",
        help="File that holds the password; read again when it changes.",
        local=True,
    ),
    Option(
        name="bearer-token-file",
        metavar="FILE",
        help="File that holds a bearer token; read again when it changes. The environment variable "
        "LOCUST_PUSH_BEARER_TOKEN can hold the token instead.",
        local=True,
    ),
    Option(
        name="sigv4-region",
        metavar="REGION",
        help="AWS region, such as us-east-1. Requests are signed (SigV4) for Amazon Managed Service for Prometheus, "
        "with the credentials that each process finds by the standard AWS chain. Needs locust-push[aws].",
        check=values.aws_region,
    ),
    Option(
        name="tls-ca",
        metavar="FILE",
        help="CA certificates to trust instead of the system's (PEM).",
        default_text="REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE or SSL_CERT_FILE",
        local=True,
    ),
    Option(name="tls-cert", metavar="FILE", help="Client certificate (PEM).", local=True),
    Option(name="tls-key", metavar="FILE", help="Private key of the client certificate (PEM).", local=True),
    Option(name="tls-skip-verify", help="Do not verify server certificates."),
    Option(
        name="histogram",
        metavar="FORM",
        help="How response times are pushed: classic (buckets), native (native histograms), or both. A receiver that "
        "does "
        "not accept native histograms gets classic ones.",
        default=HistogramForm.CLASSIC.value,
        check=values.histogram_form,
    ),
    Option(
        name="native-schema",
        metavar="SCHEMA",
        help="Resolution of native histograms, 0 to 5: 2 to the power of it buckets per doubling of the response time.",
        default=str(DEFAULT_SCHEMA),
        check=values.native_schema,
    ),
    Option(
        name="buckets",
        metavar="SECONDS,…",
        help="Upper bounds of the classic duration histogram, in seconds.",
        default=",".join(f"{bound:g}" for bound in DEFAULT_BUCKETS),
        check=values.buckets,
    ),
    Option(
        name="max-names",
        metavar="COUNT",
        help="Most distinct (method, name) pairs per process; requests of any others are counted as __overflow__.",
        default="1000",
        check=values.count,
    ),
    Option(
        name="buffer",
        metavar="SIZE",
        help="Memory for data that waits for its first attempt, or that the spool does not take, per URL and process.",
        default="64MiB",
        check=values.size,
    ),
    Option(
        name="spool",
        metavar="DIR",
        help="Directory for data that waits longer than a tick, or is undelivered at the end; `locust-push replay` "
        "delivers it, also after the process was killed. An empty value turns it off: such data is lost then.",
        default=DEFAULT_SPOOL,
        local=True,
    ),
    Option(
        name="spool-limit",
        metavar="SIZE",
        help="Room on disk for undelivered data, per URL and process; beyond it the oldest is dropped and counted.",
        default="1GiB",
        check=values.size,
        local=True,
    ),
    Option(
        name="from",
        metavar="all|master",
        help="Which processes of a distributed run push. With master, workers send their results to the master over "
        "Locust's own connection, and need no access to the receiver.",
        default="all",
        check=values.push_from,
        # The same variable may hold a URL for the commands, with a secret in it, which must not be sent to workers.
        mask=lambda text: values.push_from("--push-from", text),
    ),
    Option(
        name="gate",
        metavar="EXPR",
        help="Condition under which the run fails, checked at its end: exit code 3 instead of 0. For example "
        "`p95 > 800ms`, or relative to a baseline `p95{name=*} > +10% and +20ms`. A condition that cannot be checked "
        "fails as well. Repeatable. See docs/comparing.md.",
        repeatable=True,
    ),
    Option(
        name="gate-min-requests",
        metavar="COUNT",
        help="Requests that a row needs for its response times to be judged by --push-gate.",
        default_text="what each measure needs, such as 100 for p95 and 500 for p99",
        check=values.count,
    ),
    Option(
        name="gate-confidence",
        metavar="PERCENT",
        help="Share of runs in which nothing changed that do not fail any relative condition of --push-gate.",
        default="99%",
        check=values.confidence,
    ),
    Option(
        name="gate-allow",
        metavar="CAUSE",
        help="What may keep --push-gate from being judged without failing it: no-baseline, for the first run of a "
        "project; one-sided, for requests that are new or gone; few-requests; unfinished; or unjudged, for any cause. "
        "Repeatable.",
        repeatable=True,
        separator=None,
    ),
    Option(
        name="abort",
        metavar="EXPR",
        help="Condition under which the run is ended at once, checked at each push over the last 10 seconds of all "
        "requests: a percentile, rps or error_rate, for example `error_rate > 50% for 10s`. Exit code 3. Repeatable.",
        repeatable=True,
    ),
    Option(
        name="abort-grace",
        metavar="TIME",
        help="Time at the beginning of the run in which --push-abort is not checked.",
        default="30s",
        check=values.duration,
    ),
    Option(
        name="warmup",
        metavar="TIME",
        help="Time at the beginning of the run that gates and reports exclude. All of it is pushed. Without it, "
        "Locust's --reset-stats excludes the time until all users are running.",
        default="0s",
        check=values.duration,
    ),
    Option(
        name="baseline",
        metavar="RUNS",
        help="Baseline for + and - in --push-gate: run IDs separated by commas, or latest:N for the N newest good runs "
        "before this one with the same parameters.",
    ),
    Option(
        name="baseline-match",
        metavar="NAME=VALUE",
        help="Label that the runs of --push-baseline latest:N must have, such as git_branch=main. Repeatable.",
        check=values.label_pair,
        repeatable=True,
    ),
    Option(
        name="baseline-from",
        metavar="URL",
        help="Where baselines are read from: a store with the Prometheus query API, such as http://prometheus:9090, or "
        "file:DIR. Credentials and TLS options are those for pushing.",
        default_text="LOCUST_PUSH_FROM, or the first --push-url that can be queried",
        check=check_url,
        mask=clean_url,
    ),
    Option(
        name="report",
        metavar="FILE",
        help="Report that the master writes at the end of the run: .html, .md, .xml (JUnit, of --push-gate) or .json. "
        "Repeatable.",
        check=values.report_file,
        repeatable=True,
        local=True,
    ),
    Option(name="required", help="Exit with code 4 if any data is undelivered at the end."),
    Option(
        name="gateway-retention",
        metavar="TIME",
        help="Age at which Pushgateway groups of this job are deleted, when a run starts; 0 turns this off.",
        default="1h",
        check=values.duration,
    ),
    Option(
        name="notify",
        metavar="URL",
        help="Channel for a message at the end of a run, as an Apprise URL: slack://…, dingtalk://…, feishu://…, "
        "mailto://…, json://…. Repeatable. The master sends it, within --push-flush-timeout. The URL is a secret: "
        "prefer "
        "the environment variable. Needs locust-push[notify].",
        check=channel_url,
        mask=masked_channel,
        repeatable=True,
        separator=None,
    ),
    Option(
        name="log-file",
        metavar="FILE",
        help="Structured log: one JSON object per line, in the Elastic Common Schema. Several processes may share it. "
        "Needs locust-push[logs]; works without --push-url.",
        local=True,
    ),
    Option(
        name="max-custom-series",
        metavar="COUNT",
        help="Most series of the locustfile's own prometheus_client metrics that a process pushes.",
        default="2000",
        check=values.count,
    ),
    Option(
        name="process-metrics",
        help="Also push prometheus_client's metrics of the process, the interpreter and its garbage collector.",
    ),
    Option(
        name="web-metrics",
        metavar="ON/OFF",
        help="Serve the metrics of the run on Locust's web port, at /metrics and /export/prometheus; also without "
        "--push-url.",
        default="on",
        check=values.switch,
    ),
    Option(
        name="grafana-url",
        metavar="URL",
        help="URL of a Grafana that has the dashboards of monitoring/grafana: links with the run preselected are "
        "printed "
        "when a run starts and when it ends.",
        check=web_address,
    ),
)

BY_NAME = {option.name: option for option in OPTIONS}

"""The one table of options: parser, environment variables, configuration keys, web form and docs are made from it."""

from collections.abc import Callable
from dataclasses import dataclass

from locust_push.config import values
from locust_push.config.channels import channel_url, masked_channel
from locust_push.config.targets import (
    checked_parts,
    clean_url,
    protocol,
    web_address,
)
from locust_push.config.values import HistogramForm
from locust_push.core.native import DEFAULT_SCHEMA
from locust_push.options.settings import DEFAULT_BUCKETS, DEFAULT_SPOOL

ValueCheck = Callable[[str, str], object]
"""Takes the option's flag and a text; raises :class:`~locust_push.config.errors.ConfigurationError` if it will not do.

Pure, since Locust's web UI parses the command line again for each page, and a failure then would end the process."""

Mask = Callable[[str], str]
"""Takes a text that was checked; returns what of it may be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option.

    Attributes:
        name: Without ``--push-``.
        help: For ``--help`` and docs; without the default, which is added.
        metavar: Placeholder of the value; None for a flag.
        default: As a user would write it; None if there is none.
        default_text: What the docs say where the default is not a constant.
        check: Of the value, or of each value.
        mask: Where values may hold secrets.
        repeatable: Whether values add up.
        separator: What parts several values in one text, as an environment variable holds them; None is any blank.
        in_web_ui: Whether the start form shows it.
        local: Whether a worker prefers its own value to the master's: files and names differ from machine to machine.
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

    def split(self, text: str) -> list[str]:
        """Return the values in a text, without the blanks around them; none for an empty text."""
        pieces = text.split(self.separator) if self.repeatable else [text]
        return [piece.strip() for piece in pieces if piece.strip()]


OPTIONS = (
    Option(
        name="url",
        metavar="URL",
        help="Where to push: a remote-write receiver, a Pushgateway, or file:DIR for an archive. Repeatable; without "
        "one, nothing is pushed. User info in it is taken out and used for this URL alone.",
        check=checked_parts,
        mask=clean_url,
        repeatable=True,
        separator=None,
    ),
    Option(
        name="protocol",
        metavar="PROTOCOL",
        help="What an http URL is: auto, remote-write, remote-write-1, remote-write-2 or pushgateway. auto takes a "
        "path that ends in /write, /push or /receive for remote-write, anything else for a Pushgateway; remote-write "
        "is 2.0, or 1.0 where the receiver does not take that.",
        default="auto",
        check=protocol,
    ),
    Option(name="interval", metavar="TIME", help="Time between two pushes.", default="5s", check=values.interval),
    Option(
        name="timeout",
        metavar="TIME",
        help="Longest that one HTTP attempt may take.",
        default="10s",
        check=values.positive_duration,
    ),
    Option(
        name="flush-timeout",
        metavar="TIME",
        help="Longest that the end of a run waits for undelivered data.",
        default="10s",
        check=values.duration,
    ),
    Option(
        name="run-id",
        metavar="ID",
        help="ID of the run, 1 to 128 of A-Z a-z 0-9 . _ : -; a second run with the same ID gets -2, and so on.",
        default_text="generated: time and CI job",
        check=values.run_id,
        in_web_ui=True,
    ),
    Option(name="job", metavar="NAME", help="Label job.", default="locust", check=values.text_value),
    Option(
        name="instance",
        metavar="NAME",
        help="Label instance of this process; workers never take it from the master.",
        default_text="<hostname>:<pid>",
        check=values.text_value,
        local=True,
    ),
    Option(
        name="label",
        metavar="NAME=VALUE",
        help="Label for every series. Repeatable.",
        check=values.label_pair,
        repeatable=True,
        in_web_ui=True,
    ),
    Option(
        name="header",
        metavar="NAME=VALUE",
        help="HTTP header, such as X-Scope-OrgID=team-a. Repeatable. Workers do not get secret values: set them there.",
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
        help="File that holds a bearer token; read again when it changes. Instead of it, the environment variable "
        "LOCUST_PUSH_BEARER_TOKEN.",
        local=True,
    ),
    Option(name="tls-ca", metavar="FILE", help="Certificates to trust instead of the system's (PEM).", local=True),
    Option(name="tls-cert", metavar="FILE", help="Client certificate (PEM).", local=True),
    Option(name="tls-key", metavar="FILE", help="Private key of the client certificate (PEM).", local=True),
    Option(name="tls-skip-verify", help="Trust any server certificate."),
    Option(
        name="histogram",
        metavar="FORM",
        help="How response times are pushed: as classic buckets, as native histograms, or both. A receiver that takes "
        "no native ones gets classic ones.",
        default=HistogramForm.CLASSIC.value,
        check=values.histogram_form,
    ),
    Option(
        name="native-schema",
        metavar="SCHEMA",
        help="Resolution of native histograms, 0 to 5: each doubling of the response time has 2 to the power of it "
        "buckets.",
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
        help="Distinct (method, name) pairs that a process keeps apart; more are counted as __overflow__.",
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
        help="Folder for data that waits longer than a tick, or is undelivered at the end; `locust-push replay` "
        "delivers it, also after the process was killed. An empty text turns it off: then such data is lost.",
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
        help="Which processes of a distributed run push. With master, workers hand what they recorded to the master "
        "over Locust's own connection, and need no way to the receiver.",
        default="all",
        check=values.push_from,
        # A URL, of which the commands read runs, may hold a secret: it must not travel to workers.
        mask=lambda text: values.push_from("--push-from", text),
    ),
    Option(
        name="gate",
        metavar="EXPR",
        help="When the run fails, judged at its end: exit code 3 instead of 0. Such as `p95 > 800ms`, or relative to a "
        "baseline `p95{name=*} > +10% and +20ms`. Repeatable; docs/comparing.md has the language.",
        repeatable=True,
    ),
    Option(
        name="baseline",
        metavar="RUNS",
        help="What + and - in --push-gate are relative to: run IDs with commas between them, or latest:N, the N newest "
        "runs before this one with the same parameters.",
    ),
    Option(
        name="baseline-from",
        metavar="URL",
        help="Where baselines are read: a store that answers PromQL, such as http://prometheus:9090, or file:DIR. "
        "Credentials and TLS are those of the pushing.",
        default_text="LOCUST_PUSH_FROM, or the first --push-url that can be read from",
        check=checked_parts,
        mask=clean_url,
    ),
    Option(
        name="report",
        metavar="FILE",
        help="Report of the run, written at its end by the master: .html, .md, .xml (JUnit, of --push-gate) or .json. "
        "Repeatable.",
        check=values.report_file,
        repeatable=True,
        local=True,
    ),
    Option(name="required", help="Exit with code 4 if anything was left undelivered."),
    Option(
        name="gateway-retention",
        metavar="TIME",
        help="At run start, Pushgateway groups of this job that nobody pushed to for so long are deleted; 0 is never.",
        default="1h",
        check=values.duration,
    ),
    Option(
        name="notify",
        metavar="URL",
        help="Channel that is told of the end of a run, as Apprise writes it: slack://…, dingtalk://…, feishu://…, "
        "mailto://…, json://…. Repeatable. Told by the master, for --push-flush-timeout at most. A secret: prefer the "
        "environment variable. Needs locust-push[notify].",
        check=channel_url,
        mask=masked_channel,
        repeatable=True,
        separator=None,
    ),
    Option(
        name="log-file",
        metavar="FILE",
        help="Structured log: a JSON object a line, as the Elastic Common Schema has it. Several processes may share "
        "it. Needs locust-push[logs]; works without a push URL.",
        local=True,
    ),
    Option(
        name="max-custom-series",
        metavar="COUNT",
        help="Series of the locustfile's own prometheus_client metrics that a process pushes at most.",
        default="2000",
        check=values.count,
    ),
    Option(
        name="process-metrics",
        help="Push what prometheus_client tells of the process, the interpreter and its garbage collector, too.",
    ),
    Option(
        name="web-metrics",
        metavar="ON/OFF",
        help="Let Prometheus scrape the run on Locust's web port, at /metrics and /export/prometheus; also without "
        "--push-url.",
        default="on",
        check=values.switch,
    ),
    Option(
        name="grafana-url",
        metavar="URL",
        help="Grafana that has the dashboards of monitoring/grafana: links to them, with the run chosen, are printed "
        "when a run starts and when it ends.",
        check=web_address,
    ),
)

BY_NAME = {option.name: option for option in OPTIONS}


def options_markdown() -> str:
    """Return the options as a Markdown table, for the docs."""
    rows = [("option", "environment variable", "default", "meaning"), ("---",) * 4]
    rows += [_row(option) for option in OPTIONS]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def _row(option: Option) -> tuple[str, str, str, str]:
    usage = f"{option.flag} {option.metavar or ''}".rstrip().replace("|", r"\|")
    default = f"`{option.default}`" if option.default else option.default_text.replace("<", "&lt;")
    return f"`{usage}`", f"`{option.env_var}`", default, option.help

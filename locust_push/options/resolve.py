"""Converts parsed options to settings."""

from argparse import Namespace
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from locust_push.config.endpoint import Tls
from locust_push.config.errors import ConfigurationError
from locust_push.config.secrets import SecretFile, SecretSource, SecretText
from locust_push.config.targets import Target
from locust_push.config.values import PushFrom
from locust_push.core.record import record
from locust_push.core.series import Labels
from locust_push.core.values import utf8_text
from locust_push.options.settings import DEFAULT_SPOOL, Settings
from locust_push.options.table import BY_NAME, Option, ParsedText
from locust_push.options.vault import PROCESS_VAULT, Vault
from locust_push.outputs.registry import target

_CA_VARIABLES = "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"
"""Variables that requests, curl and OpenSSL read; a machine with a company's CA usually has one of them. The first one
counts."""

_PASSWORD = "LOCUST_PUSH_PASSWORD"  # noqa: S105  # the name of a variable
_FROM = "LOCUST_PUSH_FROM"
_BEARER_TOKEN = "LOCUST_PUSH_BEARER_TOKEN"  # noqa: S105  # the same


def settings_from_options(
    options: Namespace,
    *,
    environ: Mapping[str, str],
    hostname: str,
    pid: int,
    own: Namespace | None = None,
    vault: Vault = PROCESS_VAULT,
    scraped: bool = False,
) -> Settings | None:
    """Return the settings of this process; None if it neither pushes nor can be scraped.

    Args:
        options: Locust's current parsed options: on a worker, with the master's values in them.
        environ: Environment variables, for the password and the bearer token.
        hostname: For the default instance.
        pid: The same.
        own: A copy of the parsed options of this process, taken at Locust's ``init``, before the master's values
            arrive; None without a master. Files that it names take precedence over the master's, and the instance comes
            from it only.
        vault: The one that :func:`~locust_push.options.command_line.add_options` was given.
        scraped: Whether the process can be scraped, which is useful without a push URL, too.

    Raises:
        ConfigurationError: An option cannot be used, a file cannot be read, or options contradict each other.
    """
    given = _Given(options, options if own is None else own, vault)
    targets = _targets(given)
    if not targets and not scraped:
        return None
    push_from = given.value("from")
    # If only the master pushes, a worker must not fail because it lacks a secret or file that it does not use.
    leaves_it_to_master = own is not None and push_from is PushFrom.MASTER
    receivers = {"targets": ()} if leaves_it_to_master else {"targets": targets, **_access(given, environ)}
    return Settings(
        **receivers,
        instance=_instance(given, hostname, pid),
        interval=given.value("interval"),
        timeout=given.value("timeout"),
        flush_timeout=given.value("flush-timeout"),
        run_id=given.value("run-id"),
        job=given.value("job"),
        labels=given.values("label"),
        buckets=given.value("buckets"),
        histogram=given.value("histogram"),
        native_schema=given.value("native-schema"),
        max_names=given.value("max-names"),
        buffer_bytes=given.value("buffer"),
        spool=_spool(given),
        spool_limit_bytes=given.value("spool-limit"),
        push_from=push_from,
        required=given.on("required"),
        gates=given.values("gate"),
        reports=given.values("report"),
        warmup=given.value("warmup"),
        aborts=given.values("abort"),
        abort_grace=given.value("abort-grace"),
        gate_min_requests=given.value("gate-min-requests"),
        gate_confidence=given.value("gate-confidence"),
        gate_allow=given.values("gate-allow"),
        baseline=given.one("baseline"),
        baseline_match=given.values("baseline-match"),
        baseline_from=_baseline_from(given, environ),
        gateway_retention=given.value("gateway-retention"),
        # A worker has the master's URLs without their secrets, and sends no messages.
        notify=tuple(map(SecretText, given.all("notify"))) if own is None else (),
        max_custom_series=given.value("max-custom-series"),
        process_metrics=given.on("process-metrics"),
        grafana_url=given.value("grafana-url"),
    )


def log_file_from_options(options: Namespace, *, own: Namespace | None = None) -> Path | None:
    """Return where the structured log of this process goes; parameters as of :func:`settings_from_options`."""
    path = _Given(options, options if own is None else own, PROCESS_VAULT).one("log-file")
    return Path(path) if path else None


def _access(given: "_Given", environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings that grant access to the receivers."""
    return {
        "headers": _headers(given),
        "username": given.one("username"),
        "password": _secret(given, "password-file", environ, _PASSWORD),
        "bearer_token": _secret(given, "bearer-token-file", environ, _BEARER_TOKEN),
        "sigv4_region": _sigv4_region(given),
        "tls": _tls(given, environ),
    }


def web_metrics(options: Namespace) -> bool:
    """Return whether the web UI may be scraped.

    Raises:
        ConfigurationError: The option is neither on nor off.
    """
    return bool(_Given(options, options, PROCESS_VAULT).value("web-metrics"))


@record(frozen=True, slots=True)
class _Given:
    """Reads options by name, whether their values come from a parser, the master or the web form, or are missing."""

    options: Namespace
    own: Namespace
    vault: Vault

    def one(self, name: str) -> str | None:
        """Return the value, or the default if there is none. A blank value, such as of an empty form field, is none."""
        option = BY_NAME[name]
        text = self._own(option) or _text(self.options, option)
        return text or option.default

    def _own(self, option: Option) -> str:
        own = _text(self.own, option) if option.local else ""
        return "" if own == option.default else own

    def secret(self, name: str) -> str | None:
        """Return the value of an option that may hold a secret, with it."""
        text = self.one(name)
        return self.vault.reveal(BY_NAME[name], text) if text else None

    def value(self, name: str) -> Any:
        """Return the value as the table parses it, or None if there is none."""
        text = self.one(name)
        return None if text is None else BY_NAME[name].parse(text)

    def values(self, name: str) -> tuple[Any, ...]:
        """Return all values of a repeatable option, as the table parses them."""
        return tuple(map(BY_NAME[name].parse, self.all(name)))

    def on(self, name: str) -> bool:
        """Return whether a flag is set."""
        return bool(getattr(self.options, BY_NAME[name].dest, False))

    def all(self, name: str) -> list[str]:
        """Return all values of a repeatable option, with their secrets."""
        option = BY_NAME[name]
        # A master without a value sends None, and the worker's own value is used.
        raw = getattr(self.options, option.dest, None) or getattr(self.own, option.dest, None) or []
        # A worker has them from its master, which restored what its form had split.
        from_form = isinstance(raw, str) or (option.in_web_ui and self.own is self.options)
        pieces = form_values(raw) if from_form else raw
        return [self.vault.reveal(option, value) for piece in pieces for value in option.split(piece)]


def _text(options: Namespace | None, option: Option) -> str:
    value = getattr(options, option.dest, None)
    return "" if value is None else str(value).strip()


def form_values(raw: str | list[str]) -> list[str]:
    """Restore a list option that Locust's web form converted to text and split at each comma.

    The form returns one text if the option was unset, otherwise the pieces between commas. A piece without ``=`` cannot
    start a value, so it continues the previous one; and so does any piece behind a value that holds a ``=`` itself.
    """
    joined: list[str] = []
    for piece in raw.split(",") if isinstance(raw, str) else raw:
        parsed = isinstance(piece, ParsedText)
        if joined and not parsed and ("=" not in piece or joined[-1].count("=") > 1):
            joined[-1] += f",{piece}"
        else:
            joined.append(piece)
    return joined


def label_values(labels: Labels) -> list[str]:
    """Return labels as values of ``--push-label`` that nothing splits again."""
    return [ParsedText(f"{name}={value}") for name, value in labels]


def _targets(given: _Given) -> tuple[Target, ...]:
    decided = given.value("protocol")
    return tuple(target("--push-url", url, decided) for url in given.all("url"))


def _baseline_from(given: _Given, environ: Mapping[str, str]) -> Target | None:
    """Return where baselines are read, as set for this run or for all commands that read runs."""
    place = given.secret("baseline-from")
    if place:
        return target("--push-baseline-from", place)
    shared = environ.get(_FROM, "")
    # The variable may also hold the value of --push-from, which has no colon.
    return target(_FROM, shared) if ":" in shared and given.all("gate") else None


def _instance(given: _Given, hostname: str, pid: int) -> str:
    """Return this process's own name, not the master's for its workers."""
    return given_instance(given.own) or f"{utf8_text(hostname)}:{pid}"


def given_instance(options: Namespace | None) -> str:
    """Return the name that the user gave this process, or an empty text."""
    return utf8_text(_text(options, BY_NAME["instance"]))


def _headers(given: _Given) -> tuple[tuple[str, SecretText], ...]:
    return tuple((name, SecretText(value)) for name, value in given.values("header"))


def _sigv4_region(given: _Given) -> str | None:
    region: str | None = given.value("sigv4-region")
    if region is not None and find_spec("botocore") is None:
        problem = "needs botocore, which is not installed"
        raise ConfigurationError("--push-sigv4-region", region, problem, "pip install 'locust-push[aws]'")
    return region


def _spool(given: _Given) -> Path | None:
    """Return the spool directory; None for an empty text, which turns the spool off."""
    option = BY_NAME["spool"]
    own, sent = (getattr(options, option.dest, None) for options in (given.own, given.options))
    text = sent if own in (None, option.default) else own
    return Path(DEFAULT_SPOOL if text is None else text) if text != "" else None


def _tls(given: _Given, environ: Mapping[str, str]) -> Tls:
    verified_by = () if given.on("tls-skip-verify") else map(environ.get, _CA_VARIABLES)
    return Tls(
        ca=_file(given, "tls-ca") or next(filter(None, verified_by), None),
        cert=_file(given, "tls-cert"),
        key=_file(given, "tls-key"),
        skip_verify=given.on("tls-skip-verify"),
    )


def _file(given: _Given, name: str) -> str | None:
    path = given.one(name)
    if path is None:
        return None
    try:
        with Path(path).open("rb"):
            return path
    except OSError as error:
        raise _unreadable(BY_NAME[name].flag, path, error) from None


def _secret(given: _Given, name: str, environ: Mapping[str, str], variable: str) -> SecretSource | None:
    """Return the secret from the file or, with lower precedence, from the environment."""
    path = given.one(name)
    return _from_environ(environ, variable) if path is None else _secret_file(BY_NAME[name].flag, path)


def _secret_file(option: str, path: str) -> SecretFile:
    secret = SecretFile(path)
    try:
        secret.read()
    except OSError as error:
        raise _unreadable(option, path, error) from None
    except ValueError as error:
        raise ConfigurationError(option, path, str(error), "put only the secret into it, on one line") from None
    return secret


def _from_environ(environ: Mapping[str, str], variable: str) -> SecretText | None:
    text = environ.get(variable, "").strip("\r\n")
    if not text:
        return None
    try:
        return SecretText(text)
    except ValueError as error:
        raise ConfigurationError(variable, None, str(error), "put only the secret into it, on one line") from None


def _unreadable(option: str, path: str, error: OSError) -> ConfigurationError:
    return ConfigurationError(option, path, f"cannot be read ({error.strerror})", "check the path and its permissions")

"""Findings about any HTTP server, from one answer: connection, TLS, credentials, clock, product."""

import json
from typing import Any
from urllib.parse import urlsplit

from locust_push.delivery.answer import WRONG_CLOCK, HttpAnswer, clock_skew
from locust_push.delivery.verdict import Retry
from locust_push.doctor.check import Finding, Level, Patient

SKEW_WARN = 2.0
"""Seconds. The Date header has whole seconds; more than this is visible in a dashboard of 5 s ticks."""

_REMEDIES = {
    "dns": "check the host name",
    "connection": "check that the server runs, its port, and firewalls",
    "timeout": "check the address and firewalls, or raise --push-timeout",
    "tls": "set the CA with --push-tls-ca, a client certificate with --push-tls-cert, or use http:// for a server "
    "without TLS",
    "proxy": "check HTTP_PROXY, HTTPS_PROXY and NO_PROXY",
    "secret": "check the file that holds the secret, or the AWS credentials of this process",
    "request": "check the URL and the files of the --push-tls-… options",
}


def no_answer(problem: Retry) -> Finding:
    """Return the finding if nothing answers."""
    name = "tls" if problem.reason == "tls" else "connection"
    return Finding(name, Level.FAIL, f"{problem.reason}: {problem.detail}", _REMEDIES.get(problem.reason, ""))


def of_any_server(patient: Patient, answer: HttpAnswer, started: float) -> list[Finding]:
    """Return the findings from any answer; ``started`` is the wall-clock time at the start of the request."""
    ended = patient.wall_clock()
    answered = Finding("connection", Level.OK, f"answers within {max(0.0, ended - started) * 1000:.0f} ms")
    return [answered, _tls(patient), _auth(patient, answer), _clock(answer, (started + ended) / 2)]


def refuses_login(answer: HttpAnswer) -> bool:
    """Return whether the server requires other credentials (RFC 9110, 15.5.2, 15.5.4 and 15.5.8)."""
    return answer.status in {401, 403, 407}


def _tls(patient: Patient) -> Finding:
    if urlsplit(patient.url).scheme == "https":
        if patient.skip_verify:
            return Finding("tls", Level.WARN, "any certificate is trusted", "set the CA with --push-tls-ca instead")
        return Finding("tls", Level.OK, "the certificate is trusted")
    if patient.authenticates and not _is_local(patient.url):
        return Finding("tls", Level.WARN, "none: secrets are sent unencrypted", "use https://")
    return Finding("tls", Level.OK, "none")


def _is_local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in {"localhost", "::1"} or host.startswith("127.")


def _auth(patient: Patient, answer: HttpAnswer) -> Finding:
    if refuses_login(answer):
        remedy = (
            "check user name and password, token, AWS region and keys, or the tenant's header"
            if patient.authenticates
            else "set --push-username and --push-password-file, --push-bearer-token-file, --push-sigv4-region, or "
            "--push-header"
        )
        return Finding("auth", Level.FAIL, f"http_{answer.status}: {answer.text}", remedy)
    return Finding("auth", Level.OK, "accepted" if patient.authenticates else "none required")


def _clock(answer: HttpAnswer, now: float) -> Finding:
    skew = clock_skew(answer.headers, now)
    if skew is None:
        return Finding("clock", Level.OK, "the server sends no Date header")
    if abs(skew) <= SKEW_WARN:
        return Finding("clock", Level.OK, "the same as the server's, to the second")
    level = Level.FAIL if abs(skew) > WRONG_CLOCK else Level.WARN
    words = f"this machine is {abs(skew):,.0f} s {'behind' if skew > 0 else 'ahead of'} the server"
    return Finding("clock", level, words, "synchronise both with NTP (timedatectl set-ntp true)")


def store_name(patient: Patient, base: str) -> str | None:
    """Return name and version of a Prometheus, or of a server compatible with it, at ``base``; None without one.

    All of them have this API, since Grafana queries it: Prometheus with the version of Go, Mimir with the name of the
    application, VictoriaMetrics with a constant version, but a header of its own.
    """
    answer = patient.transport.exchange("GET", f"{base}/api/v1/status/buildinfo")
    build = _data(answer)
    if (urlsplit(base).hostname or "").endswith(".grafana.net"):
        return "Grafana Cloud"
    if "version" not in build:
        return None
    if isinstance(answer, HttpAnswer) and "X-Server-Hostname" in answer.headers:
        return "VictoriaMetrics"
    unnamed = "Prometheus" if "goVersion" in build else "compatible with Prometheus"
    return f"{build.get('application', unnamed)} {build['version']}"


def pushgateway_version(patient: Patient, base: str) -> str | None:
    """Return name and version of a Pushgateway at ``base``; None without one."""
    build = _data(patient.transport.exchange("GET", f"{base}/api/v1/status")).get("build_information")
    return f"Pushgateway {build.get('version', '')}".rstrip() if isinstance(build, dict) else None


def _data(answer: HttpAnswer | Retry) -> dict[str, Any]:
    try:
        data = json.loads(answer.body)["data"] if isinstance(answer, HttpAnswer) and answer.ok else {}
    except (ValueError, LookupError, TypeError):
        return {}
    return data if isinstance(data, dict) else {}

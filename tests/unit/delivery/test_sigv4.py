"""Requests signed for AWS, verified by a server that computes each signature with botocore's code."""

import http.client
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner, Result

from locust_push.cli.main import main
from locust_push.delivery.answer import HttpAnswer
from locust_push.delivery.http import HttpTransport
from locust_push.delivery.sigv4 import Signer
from locust_push.delivery.verdict import Delivered, Retry
from locust_push.results.sources.query_api import QueryApi
from tests.unit.delivery.aws import KEY_ID, KEYS, NO_KEYS, REGION, SECRET_KEY, TOKEN, aws
from tests.unit.delivery.fakes import endpoint

PROTOCOL = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy"}
WORKSPACE = "/workspaces/ws-1/api/v1/remote_write"

Environ = Callable[[Mapping[str, str]], None]

ADVICE = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or a role of this machine"


@pytest.fixture(autouse=True)
def environ(monkeypatch: pytest.MonkeyPatch) -> Environ:
    """Set variables; those of the machine for AWS and proxies are removed."""
    for name in [name for name in os.environ if name.startswith("AWS_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)

    def set_all(variables: Mapping[str, str]) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    set_all(NO_KEYS)
    return set_all


def client(region: str = REGION, **settings: Mapping[str, str]) -> HttpTransport:
    return HttpTransport(endpoint(sigv4_region=region, **settings), lambda _: nullcontext(), time.time)  # type: ignore[arg-type]  # headers alone


def command(*arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments, "--push-sigv4-region", REGION])


@pytest.mark.parametrize("token", [None, TOKEN])
def test_writes_are_signed(environ: Environ, token: str | None) -> None:
    """Body, headers, date and the session token are covered, over a persistent connection."""
    environ(KEYS if token is None else {**KEYS, "AWS_SESSION_TOKEN": token})
    with aws(token) as server:
        transport = client(headers={"X-Team": "a  b"})
        verdicts = [transport.send("POST", server.url + WORKSPACE, body, PROTOCOL) for body in (b"\0body", b"")]
        assert (verdicts, server.bodies) == ([Delivered()] * 2, [b"\0body", b""]), server.refused


@pytest.mark.parametrize("token", [None, TOKEN])
def test_queries_are_signed(environ: Environ, token: str | None) -> None:
    """A query with blanks, a plus, quotes and non-ASCII letters is signed correctly."""
    environ(KEYS if token is None else {**KEYS, "AWS_SESSION_TOKEN": token})
    with aws(token) as server:
        api = QueryApi(client(), f"{server.url}/workspaces/ws-1")
        assert api.last('sum by (job) (rate(a{b=~"x+ y~*é/&="}[1m]))', 1.5) == [], server.refused


@pytest.mark.parametrize("target", ["/a%2Fb/c%20d/write", "/a//b/../write", "/write?b=2&a=1&a=0&c", "/@x:y/write"])
def test_any_url_is_signed_as_it_is_sent(environ: Environ, target: str) -> None:
    """A path with escapes and double slashes, and the order of parameters, are signed correctly."""
    environ(KEYS)
    with aws() as server:
        url = f"{server.url.replace('127.0.0.1', 'LOCALHOST')}{target}"
        assert client().send("POST", url, b"body", PROTOCOL) == Delivered(), server.refused


@pytest.mark.parametrize(
    ("region", "keys"),
    [
        ("us-east-1", KEYS),
        (REGION, {**KEYS, "AWS_ACCESS_KEY_ID": "AKIDOTHER"}),
        (REGION, {**KEYS, "AWS_SECRET_ACCESS_KEY": "other"}),
        (REGION, {**KEYS, "AWS_SESSION_TOKEN": "other"}),
    ],
)
def test_what_is_signed_otherwise_is_refused(environ: Environ, region: str, keys: Mapping[str, str]) -> None:
    """A wrong region, or wrong keys, keep the data until they are fixed."""
    environ(keys)
    with aws() as server:
        verdict = client(region).send("POST", server.url + WORKSPACE, b"body", PROTOCOL)
    assert isinstance(verdict, Retry)
    assert (verdict.reason, verdict.needs_fix, server.bodies) == ("http_403", True, [])


@pytest.mark.parametrize(("body", "status"), [(b"body", 200), (b"b0dy", 403)])
def test_a_body_that_is_changed_on_its_way_is_refused(environ: Environ, body: bytes, status: int) -> None:
    """A changed body does not match the signature."""
    environ(KEYS)
    with aws() as server:
        headers = {**PROTOCOL, **Signer(REGION).sign("POST", server.url + WORKSPACE, PROTOCOL, b"body").headers}
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc)
        connection.request("POST", WORKSPACE, body, headers)
        assert connection.getresponse().status == status
        connection.close()


def test_keys_of_a_role_are_renewed(environ: Environ) -> None:
    """Each request is signed with the keys that are valid at that time."""
    with aws(TOKEN) as server:
        environ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{server.url}/role"})
        transport = client()
        for _ in range(3):
            assert transport.send("POST", server.url + WORKSPACE, b"body", PROTOCOL) == Delivered(), server.refused
    assert len(set(server.key_ids)) == 3


def test_without_keys_nothing_is_sent(environ: Environ) -> None:
    """The reason is botocore's error text; keys that appear later are used."""
    with aws() as server:
        transport = client()
        problem = f"no AWS credentials: Unable to locate credentials; {ADVICE}"
        assert transport.send("POST", server.url, b"", PROTOCOL) == Retry("secret", problem, needs_fix=True)
        environ(KEYS)
        assert transport.send("POST", server.url, b"", PROTOCOL) == Delivered()
    assert server.refused == []


def test_a_profile_that_is_not_there(environ: Environ) -> None:
    """The message names the profile."""
    environ({"AWS_PROFILE": "load-tests"})
    answer = client().exchange("GET", "http://127.0.0.1:1/")
    problem = f"no AWS credentials: The config profile (load-tests) could not be found; {ADVICE}"
    assert answer == Retry("secret", problem, needs_fix=True)


def test_no_secret_is_logged_or_shown(environ: Environ, caplog: pytest.LogCaptureFixture) -> None:
    """Secrets are shown neither at DEBUG, nor in an answer that repeats the request, nor in a repr."""
    environ({**KEYS, "AWS_SESSION_TOKEN": TOKEN})
    caplog.set_level(logging.DEBUG)
    with aws(TOKEN) as server:
        transport = client()
        server.token = TOKEN
        headers = {**PROTOCOL, "Content-Type": "one  of\ttwo"}
        assert isinstance(transport.exchange("POST", server.url, b"body", headers), HttpAnswer)
        environ({**KEYS, "AWS_SECRET_ACCESS_KEY": "other", "AWS_SESSION_TOKEN": TOKEN})
        refused = client().send("POST", server.url, b"body", PROTOCOL)
    assert "x-amz-security-token" in server.refused[-1]
    signature = Signer(REGION).sign("POST", server.url, PROTOCOL, b"body")
    shown = f"{refused!r} {caplog.text} {signature!r} {vars(transport)!r}"
    assert "Canonical String" in shown
    assert TOKEN not in shown
    assert SECRET_KEY not in shown


def test_commands_read_what_needs_a_signature(environ: Environ) -> None:
    """`runs --from` signs its queries; without a region they are refused."""
    environ(KEYS)
    with aws() as server:
        result = command("runs", "--from", f"{server.url}/workspaces/ws-1")
        assert (server.refused, set(server.key_ids)) == ([], {KEY_ID}), result.output
        assert CliRunner().invoke(main, ["runs", "--from", server.url]).exit_code == 1
    assert server.refused == ["Missing Authentication Token"]


def test_doctor_signs_its_requests(environ: Environ) -> None:
    """`doctor` signs its requests, and reports wrong credentials."""
    environ(KEYS)
    with aws() as server:
        result = command("doctor", server.url + WORKSPACE)
        assert (result.exit_code, server.refused) == (0, []), result.output
        assert "accepted" in result.output
        environ({"AWS_SECRET_ACCESS_KEY": "other"})
        result = command("doctor", server.url + WORKSPACE)
    assert (result.exit_code, "AWS region and keys" in result.output) == (1, True)


def test_processes_that_do_not_sign_do_not_import_botocore() -> None:
    """Neither the HTTP client nor the options import botocore without a region."""
    code = (
        "import sys, time, contextlib; from locust_push.delivery.http import HttpTransport;"
        "from locust_push.options import resolve, table; from tests.unit.delivery.fakes import endpoint;"
        "HttpTransport(endpoint(), lambda _: contextlib.nullcontext(), time.time);"
        "sys.exit('botocore' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

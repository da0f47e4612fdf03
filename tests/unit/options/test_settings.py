from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from locust_push.config.endpoint import Tls
from locust_push.config.errors import ConfigurationError
from locust_push.config.secrets import SecretText
from locust_push.config.targets import Target
from locust_push.core.labels import RESERVED_LABELS
from locust_push.options.settings import DEFAULT_BUCKETS, Settings

WRITE = Target("http://h/write", "remote-write")
NAMED = Target("http://named/write", "remote-write", "urluser", SecretText("urlpw"))
HALF = Target("http://half/write", "remote-write", "urluser")
ARCHIVE = Target("file:runs", "archive")
SECRET = SecretText("s3cr3t")


def settings(**changes: Any) -> Settings:
    """Return settings with one target, changed as the test wants."""
    return replace(Settings(targets=(WRITE,), instance="host:1"), **changes)


def refused(**changes: Any) -> str:
    """Return the error message for settings."""
    with pytest.raises(ConfigurationError) as caught:
        settings(**changes)
    return str(caught.value)


def test_the_defaults_hold() -> None:
    """Settings with only a target and an instance are valid."""
    assert settings().interval == 5


def test_settings_do_not_change() -> None:
    """Settings are immutable."""
    with pytest.raises(FrozenInstanceError):
        settings().interval = 1  # type: ignore[misc]  # what is tested


def test_default_buckets_hold_what_dashboards_ask_for() -> None:
    """The default bounds are from 5 ms to 60 s and include the seven that dashboards use."""
    assert list(DEFAULT_BUCKETS) == sorted(set(DEFAULT_BUCKETS))
    assert (DEFAULT_BUCKETS[0], DEFAULT_BUCKETS[-1], len(DEFAULT_BUCKETS)) == (0.005, 60, 16)
    assert {0.1, 0.25, 0.5, 1, 2.5, 5, 10} <= set(DEFAULT_BUCKETS)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"targets": (WRITE, WRITE)},
            "--push-url 'http://h/write': is given twice; remove one: two writers of one series lose data",
        ),
        (
            {"targets": (WRITE, Target("http://H/write/", "remote-write"))},
            "--push-url 'http://h/write': is given twice; remove one: two writers of one series lose data",
        ),
        ({"labels": (("a", "1"), ("a", "2"))}, "--push-label 'a': is given twice; give each label one value"),
        ({"labels": (("method", "1"),)}, "--push-label 'method': is a label that locust-push sets itself; rename it"),
        (
            {"labels": (("run_id", "1"),)},
            "--push-label 'run_id': is a label that locust-push sets itself; rename it, or use --push-run-id",
        ),
        (
            {"headers": (("X-A", SECRET), ("x-a", SECRET))},
            "--push-header 'x-a': is given twice; give each header one value",
        ),
        (
            {"headers": (("Authorization", SECRET),), "bearer_token": SECRET},
            "--push-header 'Authorization': is set although a user name or bearer token is given; remove one of them",
        ),
        (
            {"headers": (("authorization", SECRET),), "targets": (NAMED,)},
            "--push-header 'Authorization': is set although a user name or bearer token is given; remove one of them",
        ),
        (
            {"username": "u", "password": SECRET, "targets": (WRITE, NAMED)},
            "--push-username 'u': conflicts with the user info in --push-url; remove one of them",
        ),
        (
            {"username": "u:v", "password": SECRET},
            "--push-username 'u:v': contains a colon, which HTTP does not allow in a user name; check the name",
        ),
        (
            {"username": "u"},
            "--push-username 'u': has no password; set LOCUST_PUSH_PASSWORD or --push-password-file in this process",
        ),
        (
            {"targets": (HALF,)},
            (
                "--push-url 'http://half/write': has a user name without a password; "
                "set LOCUST_PUSH_PASSWORD or --push-password-file, or write user:@host"
            ),
        ),
        (
            {"password": SECRET},
            "--push-password-file: a password is given without a user name; add --push-username",
        ),
        (
            {"username": "u", "password": SECRET, "bearer_token": SECRET},
            "--push-bearer-token-file: both a password and a bearer token are given; remove one of them",
        ),
        (
            {"bearer_token": SECRET, "targets": (NAMED, ARCHIVE)},
            "--push-bearer-token-file: no --push-url uses the bearer token; remove it, or the user info in the URL",
        ),
        (
            {"username": "u", "password": SECRET, "sigv4_region": "eu-west-1"},
            "--push-sigv4-region 'eu-west-1': conflicts with a user name, password or bearer token; remove one of them",
        ),
        (
            {"bearer_token": SECRET, "sigv4_region": "eu-west-1"},
            "--push-sigv4-region 'eu-west-1': conflicts with a user name, password or bearer token; remove one of them",
        ),
        (
            {"headers": (("authorization", SECRET),), "sigv4_region": "eu-west-1"},
            "--push-header 'authorization': conflicts with --push-sigv4-region; remove one of them",
        ),
        (
            {"headers": (("X-Amz-Content-Sha256", SECRET),), "sigv4_region": "eu-west-1"},
            "--push-header 'X-Amz-Content-Sha256': conflicts with --push-sigv4-region; remove one of them",
        ),
        (
            {"targets": (NAMED,), "sigv4_region": "eu-west-1"},
            "--push-sigv4-region 'eu-west-1': conflicts with the user info in --push-url; remove one of them",
        ),
        (
            {"tls": Tls(key="k.pem")},
            "--push-tls-key 'k.pem': is given without a certificate; add --push-tls-cert",
        ),
        (
            {"tls": Tls(ca="ca.pem", skip_verify=True)},
            "--push-tls-ca 'ca.pem': contradicts --push-tls-skip-verify; remove one of them",
        ),
    ],
)
def test_contradictions_are_refused_in_one_line(changes: dict[str, Any], line: str) -> None:
    """Option, value, problem and fix are in one line, without secrets."""
    assert refused(**changes) == line


@pytest.mark.parametrize("name", sorted(RESERVED_LABELS))
def test_every_label_of_ours_is_reserved(name: str) -> None:
    """The agent's own labels are refused as labels of the user."""
    assert "is a label that locust-push sets itself" in refused(labels=((name, "x"),))


def test_the_contract_of_reserved_labels() -> None:
    """All labels in the metric reference and of locust_run_info are reserved."""
    ours = "job instance run_id method name status error user_class percentile quantile le state url outcome"
    info = "locustfile host locust_version users spawn_rate run_time profile git_commit git_branch ci ci_url"
    assert set(f"{ours} {info}".split()) <= RESERVED_LABELS


def test_shared_credentials_reach_each_endpoint() -> None:
    """The shared user name and password apply to a target without user info."""
    endpoint = settings(username="u", password=SECRET).endpoint(WRITE)
    assert (endpoint.username, endpoint.password, endpoint.bearer_token) == ("u", SECRET, None)


def test_user_info_wins_over_the_shared_token() -> None:
    """A target with user info uses it; others use the bearer token."""
    both = settings(targets=(NAMED, WRITE), bearer_token=SECRET)
    named, plain = both.endpoint(NAMED), both.endpoint(WRITE)
    assert (named.username, named.password, named.bearer_token) == ("urluser", NAMED.password, None)
    assert (plain.username, plain.password, plain.bearer_token) == (None, None, SECRET)


def test_user_info_in_a_url_wins_over_signing() -> None:
    """A target with user info uses it; requests to others are signed."""
    both = settings(targets=(NAMED, WRITE), sigv4_region="eu-west-1")
    assert (both.endpoint(NAMED).sigv4_region, both.endpoint(WRITE).sigv4_region) == (None, "eu-west-1")


def test_the_shared_password_completes_a_user_name_in_a_url() -> None:
    """A URL with only a user name uses the shared password, and others use nothing."""
    both = settings(targets=(HALF, WRITE), password=SECRET)
    assert (both.endpoint(HALF).username, both.endpoint(HALF).password) == ("urluser", SECRET)
    assert (both.endpoint(WRITE).username, both.endpoint(WRITE).password) == (None, None)


def test_an_endpoint_carries_what_http_needs() -> None:
    """URL, headers, TLS and timeout come from the settings."""
    tls = Tls(ca="ca.pem")
    endpoint = settings(headers=(("X-A", SECRET),), tls=tls, timeout=3.0).endpoint(WRITE)
    assert (endpoint.url, endpoint.tls, endpoint.timeout) == (WRITE.url, tls, 3.0)
    assert endpoint.headers == (("X-A", SECRET),)


def test_an_archive_needs_no_consistent_credentials() -> None:
    """Secrets in the environment that are not used do not stop a run that only writes files."""
    assert settings(targets=(ARCHIVE,), password=SECRET, bearer_token=SECRET).targets == (ARCHIVE,)


def test_settings_show_no_secret() -> None:
    """Neither settings nor endpoints show a header, password or token in their repr."""
    shown = settings(targets=(NAMED, WRITE), headers=(("X-Key", SECRET),), bearer_token=SECRET)
    named, plain = shown.endpoint(NAMED), shown.endpoint(WRITE)
    text = f"{shown!r} {named!r} {plain!r}"
    assert not any(secret in text for secret in ("s3cr3t", "urlpw", "urluser"))

from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_push.config.errors import ConfigurationError
from locust_push.config.targets import Target, clean_url
from locust_push.outputs.archive.destination import ARCHIVE, folder_of
from locust_push.outputs.pushgateway.destination import PUSHGATEWAY
from locust_push.outputs.registry import AUTO, protocol, target
from locust_push.outputs.remote_write.destination import REMOTE_WRITE, REMOTE_WRITE_1, REMOTE_WRITE_2

TELLTALE = "s3cr3t42"


def refused(text: str, asked: str = AUTO) -> str:
    """Return the error message for a URL."""
    with pytest.raises(ConfigurationError) as caught:
        target("--push-url", text, asked)
    return str(caught.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://prometheus:9090/api/v1/write", REMOTE_WRITE),
        ("https://mimir/api/v1/push", REMOTE_WRITE),
        ("http://thanos:19291/api/v1/receive", REMOTE_WRITE),
        ("http://vm:8428/api/v1/write/?extra_label=a=b", REMOTE_WRITE),
        ("https://aps-workspaces.eu-central-1.amazonaws.com/workspaces/ws-1/api/v1/remote_write", REMOTE_WRITE),
        ("HTTP://Prometheus:9090/api/v1/write//", REMOTE_WRITE),
        ("http://pushgateway:9091", PUSHGATEWAY),
        ("http://host/gateways/one", PUSHGATEWAY),
        ("http://host/rewrite", PUSHGATEWAY),
        ("file:runs", ARCHIVE),
        ("file:///srv/write", ARCHIVE),
    ],
)
def test_the_protocol_shows_in_the_url(url: str, expected: str) -> None:
    """file: is an archive, a path ending in /write, /push or /receive is remote-write, others are Pushgateways."""
    assert target("--push-url", url).protocol == expected


def test_a_protocol_that_was_asked_for_wins() -> None:
    """The path decides only without --push-protocol; an archive stays one."""
    assert target("--push-url", "http://host/insert?db=x", REMOTE_WRITE).protocol == REMOTE_WRITE
    assert target("--push-url", "http://host/push", PUSHGATEWAY).protocol == PUSHGATEWAY
    assert target("--push-url", "file:runs", PUSHGATEWAY).protocol == ARCHIVE


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("http://host:9090/api/v1/write?db=a&rp=b", "http://host:9090/api/v1/write?db=a&rp=b"),
        ("http://u:p@[::1]:9090/api/v1/write", "http://[::1]:9090/api/v1/write"),
        ("http://prometheus:9090/api/v1/write/", "http://prometheus:9090/api/v1/write"),
        ("http://vm:8428/api/v1/write/?extra_label=a=b", "http://vm:8428/api/v1/write?extra_label=a=b"),
        ("http://pushgateway:9091/", "http://pushgateway:9091"),
        ("http://host/prefix/", "http://host/prefix"),
        ("file:runs", "file:runs"),
    ],
)
def test_the_url_of_a_target(url: str, clean: str) -> None:
    """Queries are kept for remote-write, prefixes for Pushgateways; user info and a last slash are removed."""
    assert target("--push-url", url).url == clean


@pytest.mark.parametrize(
    ("url", "directory"),
    [
        ("file:runs", "runs"),
        ("file:./runs/a", "runs/a"),
        ("file:/srv/runs", "/srv/runs"),
        ("file:///srv/my%20runs", "/srv/my runs"),
        ("file://localhost/srv", "/srv"),
    ],
)
def test_the_folder_of_an_archive(url: str, directory: str) -> None:
    """A file URL names a folder, relative or absolute."""
    assert folder_of(target("--push-url", url)) == Path(directory)


def test_user_info_becomes_credentials() -> None:
    """User name and password are removed from the URL, percent-decoded."""
    found = target("--push-url", "https://1234:glc%2Fab%40c@grafana.example/api/prom/push")
    assert (found.url, found.username) == ("https://grafana.example/api/prom/push", "1234")
    assert found.password is not None
    assert found.password.read() == "glc/ab@c"


def test_an_empty_password_is_a_password() -> None:
    """A token as user name with an empty password needs no shared password."""
    found = target("--push-url", "https://token:@host/write")
    assert found.password is not None
    assert found.password.read() == ""


def test_a_user_name_alone_leaves_the_password_to_others() -> None:
    """Without a colon the password is unknown here."""
    assert target("--push-url", "https://user@host/write").password is None


@pytest.mark.parametrize(
    ("url", "line"),
    [
        (
            "prometheus:9090/api/v1/write",
            (
                "--push-url 'prometheus:9090/api/v1/write': has no scheme; "
                "write it like http://host:9090/api/v1/write or file:runs"
            ),
        ),
        (
            "//h/write",
            "--push-url '//h/write': has no scheme; write it like http://host:9090/api/v1/write or file:runs",
        ),
        ("", "--push-url '': has no scheme; write it like http://host:9090/api/v1/write or file:runs"),
        ("ftp://h/write", "--push-url 'ftp://h/write': has an unsupported scheme; use http, https or file"),
        ("http:///write", "--push-url 'http:///write': has no host; write it like http://host:9090/api/v1/write"),
        ("http://:9090", "--push-url 'http://:9090': has no host; write it like http://host:9090/api/v1/write"),
        (
            "http://h:99999",
            "--push-url 'http://h:99999': is not a URL; check host and port; percent-encode / ? # @ : in user info",
        ),
        (
            "http://[::1",
            "--push-url 'http://[::1': is not a URL; check host and port; percent-encode / ? # @ : in user info",
        ),
        ("http://h/a b", "--push-url 'http://h/a b': contains a blank or control character; percent-encode it"),
        ("http://h/a\nb", "--push-url 'http://h/a\\nb': contains a blank or control character; percent-encode it"),
        (
            "http://h/write#x",
            "--push-url 'http://h/write#x': has a # or @ after the host; percent-encode / ? # @ in user info and path",
        ),
        (
            "http://h/write?token=s3cr3t",
            (
                "--push-url 'http://h/write?***': has a secret in its query; "
                "use --push-header, --push-username or a token file"
            ),
        ),
        (
            "http://:s3cr3t@h/write",
            "--push-url 'http://***@h/write': has a password without a user name; write user:password@host",
        ),
        (
            "http://a%3Ab:s3cr3t@h/write",
            (
                "--push-url 'http://***@h/write': has a colon in its user name; "
                "check the name: HTTP does not allow a colon in it"
            ),
        ),
        (
            "http://u:s3cr3t%0A@h/write",
            "--push-url 'http://***@h/write': has a control character in its user info; check the percent-encoding",
        ),
        (
            "http://h/x?db=a",
            (
                "--push-url 'http://h/x?***': has a query, which a Pushgateway ignores; "
                "remove it, or use --push-protocol remote-write"
            ),
        ),
        (
            "http://h:9091/metrics/job/x",
            (
                "--push-url 'http://h:9091/metrics/job/x': names a metrics path of a Pushgateway; "
                "give its base URL; /metrics/job/… is added"
            ),
        ),
        (
            "file://runs",
            (
                "--push-url 'file://runs': names a host, but an archive is a local folder; "
                "write it like file:runs or file:/srv/runs"
            ),
        ),
        ("file:", "--push-url 'file:': is not a folder; write it like file:runs or file:/srv/runs"),
        ("file:a?b", "--push-url 'file:a?***': is not a folder; write it like file:runs or file:/srv/runs"),
    ],
)
def test_a_bad_url_is_refused_in_one_line(url: str, line: str) -> None:
    """Option, masked URL, problem and fix are in one line."""
    assert refused(url) == line


@given(
    st.sampled_from(["http://{}@h/write", "http://user:{}@h/write", "ftp://u:{}@h", "u:{}@h/write", "file://u:{}@h/x"]),
    st.text(alphabet="/?#@:[]% \n", max_size=4),
    st.text(alphabet="/?#@:[]% \n", max_size=4),
)
def test_no_malformed_user_info_shows(form: str, before: str, after: str) -> None:
    """A password or token with any unencoded delimiter is shown neither in the error nor in the target."""
    try:
        shown = repr(target("--push-url", form.format(f"{before}{TELLTALE}{after}")))
    except ConfigurationError as error:
        shown = str(error)
    assert TELLTALE not in shown


@given(st.text(alphabet=st.characters(exclude_categories=["C", "Z"])))
def test_a_password_in_a_url_shows_nowhere(password: str) -> None:
    """Neither the target's repr nor its clean URL contains a percent-encoded password."""
    url = f"http://user:{quote(TELLTALE + password, safe='')}@host/write"
    assert TELLTALE not in f"{target('--push-url', url)!r} {clean_url(url)}"


def test_a_target_compares_by_what_it_shows() -> None:
    """Two targets without secrets are equal if URL and protocol are."""
    assert target("--push-url", "http://h/write") == Target("http://h/write", REMOTE_WRITE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("auto", AUTO),
        ("remote-write", REMOTE_WRITE),
        ("remote-write-1", REMOTE_WRITE_1),
        ("remote-write-2", REMOTE_WRITE_2),
        ("pushgateway", PUSHGATEWAY),
    ],
)
def test_protocol(text: str, expected: str) -> None:
    """The valid protocols are auto, remote-write and pushgateway, with fixed versions."""
    assert protocol("--push-protocol", text) == expected


@pytest.mark.parametrize("text", ["archive", "otlp", "Auto", ""])
def test_unknown_protocol(text: str) -> None:
    """Any other name is refused."""
    with pytest.raises(ConfigurationError) as caught:
        protocol("--push-protocol", text)
    expected = f"--push-protocol {text!r}: is not a protocol; "
    expected += "use one of auto, remote-write, remote-write-1, remote-write-2, pushgateway"
    assert str(caught.value) == expected


@pytest.mark.parametrize(
    "url",
    [
        "http://collector:4318",
        "http://collector:4317",
        "http://collector:4318/v1/metrics",
        "http://prometheus:9090/api/v1/otlp/v1/metrics",
        "https://mimir/otlp",
        "https://otlp-gateway.grafana.net/otlp/",
        "http://vm:8428/opentelemetry/api/v1/push",
    ],
)
def test_a_url_of_otlp_says_what_to_give_instead(url: str) -> None:
    """OTLP is refused; its servers also accept remote-write."""
    assert refused(url).endswith(
        "looks like an OTLP URL, and OTLP is not supported; use the remote-write URL of the same server "
        "(Prometheus: /api/v1/write; Mimir: /api/v1/push), or set another protocol with --push-protocol"
    )


def test_a_named_protocol_wins_over_the_looks_of_otlp() -> None:
    """With --push-protocol a URL that looks like OTLP is accepted."""
    assert target("--push-url", "http://vm:4318/api/v1/write", REMOTE_WRITE).protocol == REMOTE_WRITE

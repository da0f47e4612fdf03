import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_push.delivery.answer import HttpAnswer, moved_to, retry_after, verdict_of
from locust_push.delivery.server_text import MAX_ERROR_TEXT
from locust_push.delivery.verdict import Delivered, Rejected, Retry, Verdict

NOW = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT


def verdict(status: int, words: str = "because", **headers: str) -> Verdict:
    return verdict_of(
        HttpAnswer(status, {name.replace("_", "-"): value for name, value in headers.items()}, words), NOW
    )


@pytest.mark.parametrize("status", [200, 202, 204, 299])
def test_2xx_is_delivered(status: int) -> None:
    """Any 2xx means that the receiver has it."""
    assert verdict(status) == Delivered()


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 599])
def test_passing_trouble_is_retried(status: int) -> None:
    """5xx, 429 and 408 are retried, with the status as the reason and the server's error text."""
    assert verdict(status) == Retry(f"http_{status}", "because")


@pytest.mark.parametrize("status", [400, 409, 413, 415, 422])
def test_what_is_about_the_data_is_final(status: int) -> None:
    """A 400 is final: the receiver has read the data, and would refuse it again."""
    assert verdict(status) == Rejected(f"http_{status}", "because")


@pytest.mark.parametrize("status", [103, 199, 304, 402, 404, 405, 407, 410, 431, 451])
def test_anything_else_is_about_the_way(status: int) -> None:
    """For errors of credentials, the URL or a proxy the data is kept until the cause is fixed."""
    said = verdict(status)
    assert isinstance(said, Retry)
    assert (said.reason, said.needs_fix) == (f"http_{status}", True)


@pytest.mark.parametrize("kind", ["text/html", "text/html; charset=utf-8", "TEXT/HTML", "application/xhtml+xml"])
def test_a_web_page_is_no_delivery(kind: str) -> None:
    """A proxy's login page with status 200 is not a delivery."""
    page = HttpAnswer(200, {"Content-Type": kind}, "<h1>Log in</h1>", b"<h1>Log in</h1>", complete=True)
    said = verdict_of(page, NOW)
    assert isinstance(said, Retry)
    assert (said.reason, said.needs_fix) == ("web_page", True)
    assert said.detail.startswith("http_200 with a web page, as of a login, instead")
    assert said.detail.endswith(": <h1>Log in</h1>")


@pytest.mark.parametrize(("kind", "body"), [("text/html", b""), ("text/plain", b"ok"), ("application/json", b"{}")])
def test_the_body_of_success_is_not_read(kind: str, body: bytes) -> None:
    """Servers may name a content type for an empty body; without a page the data is delivered."""
    assert verdict_of(HttpAnswer(200, {"Content-Type": kind}, "OK", body, complete=True), NOW) == Delivered()


@pytest.mark.parametrize("status", [401, 403])
def test_a_login_hint(status: int) -> None:
    """A refused login names the options to change."""
    assert "--push-password-file" in kept(verdict(status)).detail


def test_the_protocols_hint_goes_first() -> None:
    """A hint of the protocol completes the server's error text and replaces the general one."""
    answer = HttpAnswer(401, {}, "no")
    assert verdict_of(answer, NOW, {401: "ask your admin"}) == Retry("http_401", "no (ask your admin)", needs_fix=True)


def test_hint_and_words_are_bounded_together() -> None:
    """The detail with its hint is at most 1 KiB and keeps the hint whole."""
    detail = kept(verdict_of(HttpAnswer(404, {}, "é" * MAX_ERROR_TEXT), NOW, {404: "wrong päth"})).detail
    assert len(detail.encode()) <= MAX_ERROR_TEXT
    assert detail.endswith("é (wrong päth)")


def test_a_redirect_names_its_target() -> None:
    """A redirect is not followed and says which URL to give."""
    said = kept(verdict_of(HttpAnswer(301, {}, "because", moved_to="https://new.example/write"), NOW))
    assert said.detail == "because (redirects are not followed; give --push-url https://new.example/write)"


@pytest.mark.parametrize(
    ("push_url", "asked", "location", "expected"),
    [
        ("http://p:9090/api/v1/write/", "http://p:9090/api/v1/write/", "/api/v1/write", "http://p:9090/api/v1/write"),
        ("http://p/write", "http://p/write", "https://u:p@new.example/write?token=x", "https://new.example/write"),
        ("http://g", "http://g/metrics/job/j", "https://g/metrics/job/j", "https://g"),
        ("http://g/a", "http://g/a/metrics/job/j", "/b/metrics/job/j", "http://g/b"),
        ("http://p/a/write", "http://p/a/write", "../receive", "http://p/receive"),
    ],
)
def test_where_a_redirect_leads(push_url: str, asked: str, location: str, expected: str) -> None:
    """The suggested URL is a complete --push-url, without secrets and without the part that is added to it."""
    assert moved_to(push_url, asked, location) == expected


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        ("9" * 400, float("inf")),
        ("Tue, 14 Nov 2023 22:13:50 GMT", 30),
        ("Tuesday, 14-Nov-23 22:13:50 GMT", 30),
        ("Tue Nov 14 22:13:50 2023", 30),
        ("Tue, 14 Nov 2023 22:00:00 GMT", 0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("Tue, 99 Foo 2023 22:13:50 GMT", None),
        (None, None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    """Seconds and dates of all three HTTP forms are understood, past dates are now, and invalid ones ignored."""
    assert retry_after(value, NOW) == seconds


@given(st.text() | st.from_regex(r"\w{3}, \d\d \w{3} \d{1,5} \d\d:\d\d:\d\d [+-]\d{4}"))
def test_retry_after_never_raises(value: str) -> None:
    """Any header gives None or a wait that is not negative."""
    seconds = retry_after(value, NOW)
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize("status", [429, 503])
def test_a_retry_carries_the_wait(status: int) -> None:
    """The wait that the server asks for is part of the verdict."""
    assert verdict(status, Retry_After="7") == Retry(f"http_{status}", "because", 7.0)


def kept(verdict: Verdict) -> Retry:
    assert isinstance(verdict, Retry)
    return verdict

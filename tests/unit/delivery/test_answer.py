import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_push.delivery.answer import HttpAnswer, retry_after, verdict_of
from locust_push.delivery.server_text import MAX_WORDS
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
    """5xx, 429 and 408 are retried, with the status as the kind and the server's words."""
    assert verdict(status) == Retry(f"http_{status}", "because")


@pytest.mark.parametrize("status", [304, 400, 402, 404, 405, 409, 410, 413, 415, 422, 431, 600])
def test_anything_else_is_final(status: int) -> None:
    """Every other status is a refusal for good."""
    assert verdict(status) == Rejected(f"http_{status}", "because")


@pytest.mark.parametrize("status", [401, 403])
def test_a_login_hint(status: int) -> None:
    """A refused login names the options to change."""
    assert "--push-password-file" in refusal(verdict(status)).detail


def test_the_protocols_hint_goes_first() -> None:
    """A hint of the protocol completes the server's words and replaces the general one."""
    answer = HttpAnswer(401, {}, "no")
    assert verdict_of(answer, NOW, {401: "ask your admin"}) == Rejected("http_401", "no (ask your admin)")


def test_hint_and_words_are_bounded_together() -> None:
    """The detail with its hint is at most 1 KiB and keeps the hint whole."""
    detail = refusal(verdict_of(HttpAnswer(404, {}, "é" * MAX_WORDS), NOW, {404: "wrong päth"})).detail
    assert len(detail.encode()) <= MAX_WORDS
    assert detail.endswith("é (wrong päth)")


def test_a_redirect_names_its_target() -> None:
    """A redirect is final and says where to, without what may be secret."""
    detail = refusal(verdict(301, Location="https://u:p@new.example/write?token=x")).detail
    assert detail == "because (redirects are not followed; give --push-url https://new.example/write)"


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
    """Seconds and dates of all three HTTP forms are understood, the past is now, and garbage is ignored."""
    assert retry_after(value, NOW) == seconds


@given(st.text() | st.from_regex(r"\w{3}, \d\d \w{3} \d{1,5} \d\d:\d\d:\d\d [+-]\d{4}"))
def test_retry_after_never_raises(value: str) -> None:
    """Whatever a server sends gives None or a wait that is not negative."""
    seconds = retry_after(value, NOW)
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize("status", [429, 503])
def test_a_retry_carries_the_wait(status: int) -> None:
    """The wait that the server asks for is part of the verdict."""
    assert verdict(status, Retry_After="7") == Retry(f"http_{status}", "because", 7.0)


def refusal(verdict: Verdict) -> Rejected:
    assert isinstance(verdict, Rejected)
    return verdict

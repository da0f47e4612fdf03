import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_push.config.urls import public_url
from locust_push.delivery.server_text import MAX_ERROR_TEXT, masked_line


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://host:9090/api/v1/write", "http://host:9090/api/v1/write"),
        ("https://user:p@ss@host/write", "https://host/write"),
        ("http://host/write?db=x&p=secret#y", "http://host/write"),
        ("http://[::1]:9091", "http://[::1]:9091"),
    ],
)
def test_public_url(url: str, shown: str) -> None:
    """User info, query and fragment are removed from a displayed URL."""
    assert public_url(url) == shown


def test_one_line() -> None:
    """Line breaks, control characters and text direction marks cannot forge a log line."""
    assert masked_line("out of order\r\n\tsample\x1b[31m \u202eX\u2028Y") == "out of order sample [31m X Y"


@given(st.text(max_size=3000))
def test_bounded(text: str) -> None:
    """The result is at most 1 KiB of UTF-8 for any input."""
    assert len(masked_line(text).encode()) <= MAX_ERROR_TEXT


def test_user_info_in_text() -> None:
    """A URL in the text loses its user info."""
    assert masked_line("see http://user:p@ss@host/x for more") == "see http://***@host/x for more"


@pytest.mark.parametrize("written", ['p&ss/"word', "p&amp;ss/&quot;word", "p%26ss%2F%22word", 'p&ss/\\"word'])
def test_escaped_secrets(written: str) -> None:
    """A secret is removed in plain form, and as HTML, URLs and JSON escape it."""
    assert masked_line(f"got <{written}>", ['p&ss/"word']) == "got <***>"


secrets = st.text(st.characters(codec="ascii", categories=["L", "N"], exclude_characters="*"), min_size=1, max_size=40)


@given(st.text(max_size=50), secrets, st.text(max_size=50))
def test_never_shown(before: str, secret: str, after: str) -> None:
    """A secret is never shown, wherever it is."""
    assert secret not in masked_line(before + secret + after, [secret])


@given(st.integers(1, 19))
def test_no_part_of_a_secret_where_we_stopped_reading(read: int) -> None:
    """If reading stopped inside a secret, its beginning is not shown either."""
    secret = "0123456789abcdefghij"  # noqa: S105 - made up for this test
    shown = masked_line("said " * 10 + secret[:read], [secret], cut_off=True)
    assert "0" not in shown
    assert shown.startswith("said said")


def test_no_secret_is_no_mask() -> None:
    """An empty secret removes nothing."""
    assert masked_line("nothing to hide", ["", "x-y"]) == "nothing to hide"

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_push.config.urls import masked, user_info, without_user_info

TELLTALE = "s3cr3t-42"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://host/path", (None, None)),
        ("http://user@host", ("user", None)),
        ("http://user:@host", ("user", "")),
        ("http://us%40er:p%2Fw%3A@host:9090/x", ("us@er", "p/w:")),
        ("http://user:a@b@host", ("user", "a@b")),
        ("http://@host", (None, None)),
    ],
)
def test_user_info(url: str, expected: tuple[str | None, str | None]) -> None:
    """User name and password are percent-decoded, None if missing."""
    assert user_info(urlsplit(url)) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://user:pw@host:1/a?b=c@d", "https://host:1/a?b=c@d"),
        ("user:pw@host/a", "user:host/a"),
        ("//user@host", "//host"),
        ("host/users/@me", "host/users/@me"),
        ("http://host/@me", "http://host/@me"),
        ("", ""),
    ],
)
def test_without_user_info(url: str, expected: str) -> None:
    """Only user info before the host is removed; an @ in path or query stays."""
    assert without_user_info(url) == expected


@given(st.text(alphabet=st.characters(exclude_characters="@"), min_size=1), st.text())
def test_masked_hides_everything_before_the_last_at(before: str, after: str) -> None:
    """The mask of a malformed URL keeps only its scheme and the part after the last @."""
    assert TELLTALE not in masked(f"{before}:{TELLTALE}@{after.replace('@', '')}")
    assert TELLTALE not in masked(f"http://{before}{TELLTALE}@host/{after}")


def test_masked_keeps_what_helps() -> None:
    """Scheme, host and path are kept; user info and query are not."""
    assert masked("http://user:pw@host:9090/write?token=x") == "http://***@host:9090/write?***"

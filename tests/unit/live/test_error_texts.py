"""Messages of failed requests in reports."""

from types import SimpleNamespace
from typing import Any

from locust_push.live.error_texts import LONGEST_TEXT, MAX_TEXTS_SHOWN, error_texts


def failed(error: Any, occurrences: int = 1) -> Any:
    """Return an error as Locust counts it."""
    return SimpleNamespace(method="GET", name="/pay", error=error, occurrences=occurrences)


def test_the_most_frequent_messages_are_kept() -> None:
    """They are bounded in number and length, and the most frequent comes first."""
    found = error_texts([failed(f"error {number} " + "x" * 5000, number) for number in range(100)])
    assert [one.failures for one in found] == list(range(99, 99 - MAX_TEXTS_SHOWN, -1))
    assert all(len(one.text.encode()) <= LONGEST_TEXT for one in found)


def test_no_secret_is_in_a_message() -> None:
    """User info and values of queries in URLs are masked, and control characters replaced."""
    error = ValueError("503 for url: https://me:hunter2@shop/pay?token=hunter3&id=hunter4 \x1b[31m\u2028end")
    texts = [one.text for one in error_texts([failed(error), failed(str(error))])]
    assert not [text for text in texts if "hunter" in text or "\x1b" in text or "\u2028" in text]
    assert all("503 for url: https://" in text and "token=" in text for text in texts)

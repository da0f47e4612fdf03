"""Links to Grafana, and their option."""

from urllib.parse import parse_qs, urlsplit

import pytest

from locust_push.config.errors import ConfigurationError
from locust_push.config.targets import web_address
from locust_push.documents.grafana import RunLinks

START, END = 1_700_000_000.25, 1_700_000_060.5


def test_a_running_run_is_linked_up_to_now() -> None:
    """The time range of a current run begins slightly before it, and ends now."""
    link = urlsplit(RunLinks("http://g:3000/sub", "a:b", START).live)
    assert (link.netloc, link.path) == ("g:3000", "/sub/d/locust-push-live")
    assert parse_qs(link.query) == {"var-run": ["a:b"], "from": ["1699999990250"], "to": ["now"]}


def test_a_finished_run_is_linked_with_its_end() -> None:
    """In the comparison it is the candidate."""
    link = urlsplit(RunLinks("http://g:3000", "a", START, END).compare)
    assert link.path == "/d/locust-push-compare"
    assert parse_qs(link.query) == {"var-candidate": ["a"], "from": ["1699999990250"], "to": ["1700000075500"]}


def test_a_slash_at_the_end_of_the_address_does_no_harm() -> None:
    """The address may be copied from a browser."""
    assert web_address("--push-grafana-url", "https://grafana.example/") == "https://grafana.example"


@pytest.mark.parametrize("text", ["file:runs", "http://me:secret@g", "http://g/?orgId=1", "grafana", "ftp://g"])
def test_what_is_no_plain_address_is_refused(text: str) -> None:
    """An invalid address is refused with the option's name, without secrets."""
    with pytest.raises(ConfigurationError, match="--push-grafana-url") as caught:
        web_address("--push-grafana-url", text)
    assert "secret" not in str(caught.value)

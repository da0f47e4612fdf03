from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from locust_push.history.summary import Bucket, Row, RunSummary
from locust_push.merged_statistics import kind_of, with_details
from tests.unit.report.summaries import row, summary


def statistics(**errors: int) -> Any:
    entry = SimpleNamespace(method="GET", name="/a", response_times={3: 5, 120: 2, 4500: 1})
    return SimpleNamespace(
        entries={("/a", "GET"): entry},
        total=entry,
        errors={
            text: SimpleNamespace(method="GET", name="/a", error=text, occurrences=count)
            for text, count in errors.items()
        },
    )


def without_details(known: Row) -> Row:
    return replace(known, histogram=(), failures_by_kind={})


def bare() -> RunSummary:
    whole = summary(names=["/a"])
    return replace(whole, rows=tuple(map(without_details, whole.rows)), aggregated=without_details(whole.aggregated))


def test_a_masters_run_gets_its_distribution_and_failures() -> None:
    """Each row its own, and all together the sum; times stand for what Locust rounded to them."""
    filled = with_details(bare(), statistics(**{"ValueError('x')": 2, "ValueError('y')": 3}))
    for one in (*filled.rows, filled.aggregated):
        assert one.failures_by_kind == {"ValueError": 5}
        assert one.histogram == (Bucket(0.0025, 0.0035, 5), Bucket(0.115, 0.125, 2), Bucket(4.45, 4.55, 1))


def test_what_is_known_better_stays() -> None:
    """A local runner's own histograms are finer than Locust's."""
    assert with_details(summary(), statistics()) == summary()


def test_a_row_that_locust_does_not_know_stays_as_it_is() -> None:
    """Such as the one that stands for names beyond the limit."""
    other = replace(bare(), rows=(without_details(row("__overflow__")),))
    assert with_details(other, statistics()).rows == other.rows


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("HTTPError('503 Server Error: Service Unavailable for url: /x')", "HTTP 503"),
        ("BadStatusCode('http://x/', code=404)", "HTTP 404"),
        ("CatchResponseError('got 503')", "CatchResponseError"),
        ("requests.exceptions.ConnectionError(x)", "ConnectionError"),
        ("some words", "failure"),
        ("", "failure"),
    ],
)
def test_kinds_are_as_bounded_as_those_that_workers_push(text: str, kind: str) -> None:
    """A status where there is one, else the class, and never a message."""
    assert kind_of(text) == kind

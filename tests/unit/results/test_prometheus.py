"""Reading runs from a store: the queries, and the processing of answers."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest

from locust_push.delivery.answer import ANSWER_BYTES, NO_HEADERS, HttpAnswer
from locust_push.delivery.verdict import Retry
from locust_push.results.model import State
from locust_push.results.names import UnknownRunError
from locust_push.results.sources.prometheus import PrometheusRuns
from locust_push.results.sources.query_api import (
    QueryApi,
    StoreError,
    selector,
)

NOW = 1_800_000_000.0
DAY = 86400.0


class Store:
    """Has runs with start and end; answers identifying queries, and records all."""

    def __init__(self, *runs: tuple[str, float, float | None], answer: HttpAnswer | Retry | None = None) -> None:
        self.questions: list[tuple[str, float]] = []
        self._runs = runs
        self._answer = answer

    def exchange(
        self,
        method: str,
        url: str,
        body: bytes = b"",
        headers: Mapping[str, str] = NO_HEADERS,  # noqa: ARG002 - the interface's
        *,
        limit: int = ANSWER_BYTES,  # noqa: ARG002 - the interface's
    ) -> HttpAnswer | Retry:
        """Answer."""
        assert (method, body) == ("GET", b"")
        if self._answer is not None:
            return self._answer
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        self.questions.append((asked["query"], float(asked["time"])))
        return _answer(self._result(asked["query"], float(asked["time"])))

    def _result(self, query: str, time: float) -> list[object]:
        window = re.search(r"last_over_time\(\{.*locust_run_info.*\}\[(\d+)s\]\)", query)
        if window:
            run_id = re.search(r'run_id="([^"]*)"', query)
            return [
                sample
                for name, start, end in self._runs
                if not run_id or run_id[1] == name
                if (end or NOW) >= time - int(window[1]) and start <= time
                for sample in _identity(name, start, end)
            ]
        if query.startswith("timestamp("):
            alive = [(name, end) for name, _, end in self._runs if end is None]
            return [_sample(NOW - 1, run_id=name) for name, _ in alive]
        return []


def _identity(name: str, start: float, end: float | None) -> list[object]:
    known = {"run_id": name, "job": "locust", "instance": "vm:1", "team": "shop"}
    found = [_sample(1, __name__="locust_run_info", users="10", **known)]
    found.append(_sample(start, __name__="locust_run_start_time_seconds", **known))
    if end is not None:
        found.append(_sample(end, __name__="locust_run_end_time_seconds", **known))
    return found


def _sample(value: float, **labels: str) -> object:
    return {"metric": labels, "value": [NOW, str(value)]}


def _answer(result: object, status: int = 200) -> HttpAnswer:
    body = json.dumps({"status": "success", "data": {"result": result}}).encode()
    return HttpAnswer(status, {}, body.decode()[:1024], body, complete=True)


def runs_in(store: Store, **options: object) -> PrometheusRuns:
    return PrometheusRuns(QueryApi(store, "http://store:9090/"), lambda: NOW, **options)  # type: ignore[arg-type]  # as given


def ended(name: str, days: float) -> tuple[str, float, float]:
    """Return a run of a minute that began a number of days ago."""
    return name, NOW - days * DAY, NOW - days * DAY + 60


def test_the_newest_runs_are_found_without_looking_at_all() -> None:
    """The last day is queried first, and no more if that is enough."""
    store = Store(ended("today", 0.1), ended("earlier", 0.5), ended("old", 20))
    assert [run.run_id for run in runs_in(store).list(2)] == ["today", "earlier"]
    (question,) = store.questions
    assert question[0].endswith("[86400s])")


def test_older_runs_are_looked_for_in_ever_longer_windows() -> None:
    """Longer times follow until there are enough runs, or thirty days; windows are contiguous."""
    store = Store(ended("a", 2.5), ended("b", 20), ended("ancient", 31))
    assert [run.run_id for run in runs_in(store).list(5)] == ["a", "b"]
    windows = [(time, int(re.findall(r"\[(\d+)s\]", query)[0])) for query, time in store.questions]
    assert [seconds / DAY for _, seconds in windows] == [1, 2, 4, 8, 15]
    assert all(earlier[0] == later[0] - later[1] for later, earlier in pairwise(windows))
    assert windows[-1][0] - windows[-1][1] == NOW - 30 * DAY


def test_a_run_that_lasts_hides_none_that_began_later() -> None:
    """A long-lasting series of an older run does not hide newer runs."""
    store = Store(("kept", NOW - 9 * DAY, NOW), ended("newer", 3))
    assert [run.run_id for run in runs_in(store).list(1)] == ["newer"]


def test_since_is_how_far_is_looked() -> None:
    """--since limits or extends how far back runs are searched."""
    store = Store(ended("a", 0.2), ended("ancient", 80))
    assert [run.run_id for run in runs_in(store, since=NOW - 90 * DAY).list()] == ["a", "ancient"]
    assert [run.run_id for run in runs_in(store, since=NOW - DAY).list()] == ["a"]


def test_labels_of_the_run_and_of_its_info_are_told_apart() -> None:
    """Labels of series and of locust_run_info can be matched."""
    (run,) = runs_in(Store(ended("a", 0.1))).list()
    assert (run.info, run.labels) == ({"users": "10"}, {"job": "locust", "team": "shop"})
    for match, found in (({"team": "shop", "users": "10"}, 1), ({"team": "bank"}, 0), ({"users": "11"}, 0)):
        assert len(runs_in(Store(ended("a", 0.1)), match=match).list()) == found


def test_a_run_without_an_end_is_going_on_while_it_has_samples() -> None:
    """A run with a known ID is queried once."""
    store = Store(("live", NOW - 100, None), ended("a", 0.1))
    live, done = runs_in(store).list()
    assert (live.run_id, live.state(NOW), done.state(NOW)) == ("live", State.RUNNING, State.FINISHED)
    assert live.duration == 99
    assert sum(query.startswith("timestamp(") for query, _ in store.questions) == 1


def test_a_run_is_found_by_its_id_with_one_question() -> None:
    """An ID is found at any age within the thirty days."""
    store = Store(ended("a", 0.1), ended("b", 29))
    assert runs_in(store).find("b").run_id == "b"
    assert len(store.questions) == 1


@pytest.mark.parametrize(("name", "expected"), [("latest", "a"), ("latest~1", "b"), ("latest~2", "c")])
def test_latest_counts_back(name: str, expected: str) -> None:
    """latest~N counts from the newest."""
    assert runs_in(Store(ended("b", 0.2), ended("a", 0.1), ended("c", 9))).find(name).run_id == expected


def test_earlier_runs_are_looked_for_from_the_runs_own_time() -> None:
    """Baselines are older than the run, newest first, so that an old run can be judged again."""
    store = Store(ended("newest", 0.1), ended("me", 9), ended("b", 9.5), ended("c", 12), ended("ancient", 45))
    source = runs_in(store)
    me = source.find("me")
    store.questions.clear()
    assert [run.run_id for run in source.before(me, {})] == ["b", "c"]
    assert max(time for _, time in store.questions) == NOW - 9 * DAY + 60 + 300


def test_earlier_runs_are_filtered_by_the_store() -> None:
    """The store filters by parameters and labels, and is queried no further than needed."""
    store = Store(ended("me", 9), ended("b", 9.5))
    source = runs_in(store)
    me = replace(source.find("me"), info={"users": "10", "parameters": "0a1b"})
    store.questions.clear()
    assert list(source.before(me, {"git_branch": "main"})) == []
    wanted = ' and on (run_id) last_over_time({__name__=~"locust_run_info",parameters="0a1b",git_branch="main"}['
    assert all(wanted in query for query, _ in store.questions)
    store.questions.clear()
    assert next(iter(source.before(source.find("me"), {}))).run_id == "b"
    assert len(store.questions) == 2


def test_an_unknown_run_names_the_nearest() -> None:
    """In one line."""
    with pytest.raises(UnknownRunError, match=r"^run 'nihtly-7' was not found; similar: nightly-7, nightly-6"):
        runs_in(Store(ended("nightly-7", 1), ended("nightly-6", 2), ended("other", 3))).find("nihtly-7")


def test_a_run_is_read_with_few_questions_over_its_own_time() -> None:
    """Seven queries: identity, counters, end, processes, curves, and histograms in two ways."""
    store = Store(ended("b", 20))
    assert runs_in(store).read("b").aggregated.requests == 0
    assert len(store.questions) == 7
    start, end = NOW - 20 * DAY, NOW - 20 * DAY + 60
    for query, time in store.questions[1:]:
        (window,) = re.findall(r"\[(\d+)s\]", query)
        assert end <= time <= end + 300
        assert start - 61 <= time - int(window) <= start


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Retry("connection", "refused"), "connection: refused"),
        (HttpAnswer(404, {}, "Not Found"), "http_404: no query API here; give the URL in front of /api/v1/query"),
        (HttpAnswer(401, {}, "Unauthorized"), "http_401: Unauthorized"),
        (HttpAnswer(400, {}, "x", b'{"status": "error", "error": "parse error"}'), "http_400: parse error"),
        (HttpAnswer(200, {}, "<html>", b"<html>"), "not a query API of Prometheus; check the URL: <html>"),
        (HttpAnswer(200, {}, "{}", b'{"data": {"result": [7]}}'), "not a query API of Prometheus"),
    ],
)
def test_a_store_that_does_not_answer_so_is_told_in_one_line(answer: HttpAnswer | Retry, words: str) -> None:
    """An error is one line with the URL."""
    with pytest.raises(StoreError) as caught:
        runs_in(Store(answer=answer)).list()
    assert str(caught.value).startswith(f"http://store:9090: {words}")


def test_selectors_quote_what_users_typed() -> None:
    """Quotes in a run ID are escaped in PromQL."""
    expected = '{__name__=~"a|b",run_id="x\\"} or vector(1)#\\\\"}'
    assert selector(["a", "b"], run_id='x"} or vector(1)#\\') == expected


class Restarted(Store):
    """A store with one run of two processes, one of which restarted."""

    def _result(self, query: str, time: float) -> list[object]:
        counter = {"__name__": "locust_requests_total", "name": "/", "status": "success"}
        if query.startswith("sum by (instance) (resets("):
            return [_sample(1, instance="again"), _sample(0, instance="other")]
        if query.startswith("sum by (__name__"):
            return [_sample(30, **counter)]
        if query.startswith("{") and 'instance="again"' in query:
            reached = [(NOW + second, value) for second, value in enumerate((0, 5, 40, 0, 7, 20))]
            values = [[time, str(value)] for time, value in reached]
            histograms = [_histogram(time, value) for time, value in reached]
            counted = {"metric": counter | {"instance": "again"}, "values": values}
            return [counted if "locust_requests_total" in query else {"metric": DURATIONS, "histograms": histograms}]
        if query.startswith("sum by (method"):
            return [{"metric": DURATIONS, "histogram": _histogram(NOW, 30)}]
        return super()._result(query, time)


DURATIONS = {"name": "/", "status": "success"}


def _histogram(time: float, count: int) -> list[object]:
    buckets = [[0, "0.1", "0.2", str(count)]] if count else []
    return [time, {"count": str(count), "sum": str(count * 0.15), "buckets": buckets}]


def test_a_counter_that_began_again_counts_with_what_it_had_reached() -> None:
    """The total includes the requests before the restart: 40, besides 20 and 10 in the last samples.

    The same holds for native histograms; the summary of the restarted process is not that of all.
    """
    store = Restarted(ended("R", 0.1))
    results = runs_in(store).read("R")
    assert results.aggregated.requests == 70
    assert [row.requests for row in results.rows] == [70]
    assert [bucket.requests for bucket in results.aggregated.histogram] == [70]
    assert results.aggregated.response_times["avg"] == pytest.approx(0.15)
    assert not any("locust_run_requests" in query for query, _ in store.questions)


class GivenTwice(Store):
    """A store with one run ID that two processes of different instances had."""

    def _result(self, query: str, time: float) -> list[object]:
        ends = (("one", 30), ("two", 40))
        if query.startswith("sum by (__name__"):
            return [_sample(70, __name__="locust_requests_total")]
        if query.startswith("last_over_time") and "locust_run_response_time_seconds" in query:
            total = {"name": "Aggregated"}
            told = [
                (metric, value, instance, labels)
                for instance, requests in ends
                for metric, value, labels in (
                    ("locust_run_requests", requests, total),
                    ("locust_run_response_time_seconds", 0.1, total | {"quantile": "0.95"}),
                )
            ]
            return [_sample(value, __name__=metric, instance=name, **more) for metric, value, name, more in told]
        return super()._result(query, time)


def test_a_run_id_given_to_two_processes_has_no_percentiles_of_one_of_them() -> None:
    """The requests are those of both, so that the p95 of only one of them would be wrong."""
    results = runs_in(GivenTwice(ended("R", 0.1))).read("R")
    assert results.aggregated.requests == 70
    assert results.aggregated.response_times == {}

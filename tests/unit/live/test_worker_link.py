"""Reports of workers to the master over a connection that loses, repeats, delays and reorders messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locust_push.core.window import Window
from locust_push.delivery.ledger import DeliveryState
from locust_push.live.worker_link import (
    GONE_AFTER,
    MAX_ROUND_TRIP,
    MAX_UNACKNOWLEDGED,
    MasterUpdates,
    WorkerUpdates,
)
from tests.unit.core.load import Request, distributions, requests, split_sums
from tests.unit.core.recording import Recording

Report = dict[str, Any]
Answer = Mapping[str, Any]


class Clocks:
    """A monotonic and a wall clock, set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.skew = 0.0

    def monotonic(self) -> float:
        """Return monotonic seconds."""
        return self.now

    def wall(self) -> float:
        """Unix seconds, as far as this machine knows."""
        return 1.7e9 + self.now + self.skew


class Worker:
    """A worker that records and reports."""

    def __init__(self, clocks: Clocks | None = None, run_id: str = "run", instance: str = "w") -> None:
        self.clocks = clocks or Clocks()
        self.recording = Recording(max_names=1000)
        self.reports = WorkerUpdates(
            run_id, instance, self.recording.recorder, monotonic=self.clocks.monotonic, wall=self.clocks.wall
        )

    def fire(self, count: int = 1, name: str = "/") -> None:
        """Make requests of 100 ms."""
        for _ in range(count):
            self.recording.fire("GET", name, 100.0, 5)

    def report(self) -> Report:
        """Return its report, three seconds after the last one."""
        self.clocks.now += 3
        self.recording.read()
        return self.reports.report()

    def last_report(self) -> Report:
        """Return its report after the end of the run and of deliveries."""
        self.reports.finish()
        self.reports.undelivered = False
        return self.report()


class Master:
    """A master that merges; its answers are passed on by the test."""

    def __init__(self, run_id: str = "run", max_names: int = 1000) -> None:
        self.clocks = Clocks()
        self.recording = Recording(max_names)
        self.window = Window(10, begin=0, delay=0)
        self.answers: list[Answer] = []
        self.reports = MasterUpdates(
            run_id,
            self.recording.recorder,
            self.window,
            max_skew=5.0,
            monotonic=self.clocks.monotonic,
            wall=self.clocks.wall,
            acknowledge=lambda _client_id, answer: self.answers.append(answer),
        )

    def receive(self, *reports: Report, client_id: str = "c") -> Answer:
        """Process one message; return the last answer."""
        self.reports.receive(client_id, reports)
        return self.answers[-1]

    @property
    def requests(self) -> float:
        """Return all requests that it has merged."""
        return Recording.requests(self.recording.read())


def test_an_acknowledged_delta_is_not_sent_again() -> None:
    """With a healthy connection each report has the new data, once."""
    worker, master = Worker(), Master()
    for _ in range(5):
        worker.fire(10)
        report = worker.report()
        assert len(report["deltas"]) == 1
        worker.reports.acknowledged(master.receive(report))
    assert master.requests == 50
    assert worker.report()["deltas"] == []


def test_a_report_that_is_lost_comes_with_the_next() -> None:
    """Unacknowledged data is in the next report, in order."""
    worker, master = Worker(), Master()
    worker.fire(1)
    worker.reports.acknowledged(master.receive(worker.report()))
    for count in (10, 20, 30):
        worker.fire(count)
        report = worker.report()
    master.receive(report)
    assert master.requests == 61


def test_a_report_that_comes_twice_counts_once() -> None:
    """The master merges a delta once, and acknowledges it again."""
    worker, master = Worker(), Master()
    worker.fire(10)
    report = worker.report()
    first, second = (master.receive(report)["number"] for _ in range(2))
    assert first == second == 1
    assert master.requests == 10


def test_a_delta_is_not_taken_before_the_one_that_precedes_it() -> None:
    """If a delta is missing the later ones wait, since acknowledged numbers must be complete."""
    worker, master = Worker(), Master()
    worker.reports.acknowledged(master.receive(worker.report()))
    for _ in range(2):
        worker.fire(10)
        report = worker.report()
    assert master.receive({**report, "deltas": report["deltas"][1:]})["number"] == 0
    assert master.requests == 0
    assert master.receive(report)["number"] == 2
    assert master.requests == 20


def test_a_lost_answer_costs_nothing() -> None:
    """Data that the master has without the worker's knowledge is sent again and not merged again."""
    worker, master = Worker(), Master()
    for _ in range(3):
        worker.fire(10)
        answer = master.receive(worker.report())
    worker.reports.acknowledged(answer)
    worker.reports.acknowledged(master.receive(worker.report()))
    assert master.requests == 30
    assert worker.report()["deltas"] == []


def test_an_old_answer_takes_nothing_back() -> None:
    """An answer that arrives after a newer one changes nothing."""
    worker, master = Worker(), Master()
    answers = []
    for _ in range(3):
        worker.fire(10)
        answers.append(master.receive(worker.report()))
        worker.reports.acknowledged(answers[-1])
    worker.reports.acknowledged(answers[0])
    assert worker.report()["deltas"] == []


Steps = list[tuple[bool, bool]]


@given(
    requests(2),
    st.lists(st.tuples(st.booleans(), st.booleans()), min_size=60, max_size=60),
    st.randoms(use_true_random=False),
)
def test_any_bad_connection_ends_in_the_whole(load: list[Request], steps: Steps, order: Any) -> None:
    """With lost, repeated and reordered messages, the master finally has each request once."""
    workers, master, whole = [Worker(), Worker()], Master(), Recording()
    late: list[tuple[str, Report]] = []
    for request, (arrives, answered) in zip(load, steps, strict=False):
        request.fire(workers[request.process].recording)
        request.fire(whole)
        worker, client_id = workers[request.process], str(request.process)
        late.append((client_id, worker.report()))
        if arrives:
            order.shuffle(late)
            for told_by, report in late[:3]:
                answer = master.receive(report, client_id=told_by)
                if answered:
                    workers[int(told_by)].reports.acknowledged(answer)
    for number, worker in enumerate(workers):
        worker.reports.acknowledged(master.receive(worker.report(), client_id=str(number)))
        master.receive(worker.last_report(), client_id=str(number))
    sums, rest = split_sums(master.recording.read())
    expected_sums, expected_rest = split_sums(whole.read())
    assert rest == expected_rest
    assert sums == pytest.approx(expected_sums)
    assert distributions(master.recording) == distributions(whole)


def many(worker: Worker) -> None:
    """Record requests of more names than one step processes."""
    for number in range(500):
        worker.fire(name=f"/{number}")
    worker.recording.read()


def test_a_report_that_was_prepared_is_handed_over() -> None:
    """The report has the data prepared in earlier steps; later data waits for the next one."""
    worker, master = Worker(), Master()
    many(worker)
    steps = sum(1 for _ in worker.reports.prepare())
    worker.fire(7, name="/later")
    answer = master.receive(worker.report())
    assert steps > 5
    assert master.requests == 500
    worker.reports.acknowledged(answer)
    master.receive(worker.report())
    assert master.requests == 507


@pytest.mark.parametrize("done", range(7))
def test_a_report_completes_what_was_begun(done: int) -> None:
    """A report, or another preparation, during a preparation completes that first."""
    worker, master = Worker(), Master()
    many(worker)
    begun = worker.reports.prepare()
    for _ in range(done):
        next(begun)
    worker.fire(3, name="/another")
    worker.recording.read()
    again = worker.reports.prepare()
    next(again, None)
    for _ in begun:
        pass
    master.receive(worker.report())
    master.receive(worker.last_report())
    assert master.requests == 503


def test_merged_counters_never_go_back() -> None:
    """In any order of messages, no series of the merged recorder ever falls."""
    worker, master = Worker(), Master()
    reports, before = [], 0.0
    for _ in range(5):
        worker.fire(10)
        reports.append(worker.report())
    for report in (reports[4], *reports, *reversed(reports)):
        master.receive(report)
        assert master.requests >= before
        before = master.requests
    # The master never answered: the worker sent only its first delta, and keeps the others.
    assert before == 10


def test_a_worker_that_comes_back_with_a_new_client_id_is_another_worker() -> None:
    """After a restart of a worker its earlier data stays, and new data is added."""
    first, second, master = Worker(), Worker(), Master()
    first.fire(10)
    second.fire(20)
    master.receive(first.report(), client_id="before")
    master.receive(second.report(), client_id="after")
    assert master.requests == 30


def test_two_workers_with_one_instance_do_not_pass_unseen(caplog: pytest.LogCaptureFixture) -> None:
    """The store keeps only one of them, so the master names both, once."""
    first, second, master = Worker(instance="w"), Worker(instance="w"), Master()
    for _ in range(2):
        master.receive(first.last_report(), client_id="one")
        master.receive(second.last_report(), client_id="two")
    assert master.reports.clashes == {"w"}
    assert master.reports.lacking
    [message] = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert "workers one and two both push as instance 'w'" in message


def test_a_worker_that_left_and_came_back_in_its_process_starts_anew() -> None:
    """A new recorder on the same connection begins at number 1, and its deltas are merged."""
    first, second, master = Worker(instance="w"), Worker(instance="w-2"), Master()
    first.fire(10)
    second.fire(20)
    first.reports.acknowledged(master.receive(first.last_report()))
    answer = master.receive(second.report())
    first.reports.acknowledged(answer)
    assert first.reports.done
    second.reports.acknowledged(answer)
    assert second.report()["deltas"] == []
    assert master.requests == 30


def test_runs_do_not_mix() -> None:
    """Of two overlapping runs each master processes and answers only its own reports."""
    one, two = Worker(run_id="one"), Worker(run_id="two")
    master = Master("two")
    one.fire(10)
    two.fire(20)
    answer = master.receive(one.last_report(), two.report())
    assert master.requests == 20
    assert len(master.answers) == 1
    one.reports.acknowledged(answer)
    assert not one.reports.answered
    assert not one.reports.done


def test_a_master_that_never_answers_costs_little() -> None:
    """To a master without the plugin a worker repeats its first delta, and keeps the rest in its aggregates."""
    worker, master = Worker(), Master()
    for number in range(100):
        worker.fire(10, name=f"/{number % 7}")
        report = worker.report()
        assert len(report["deltas"]) == 1
    worker.reports.acknowledged(master.receive(report))
    master.receive(worker.report())
    assert master.requests == 1000


def test_a_master_that_falls_silent_is_told_all_once_it_answers() -> None:
    """Beyond the limit of unacknowledged deltas data waits in the aggregates, and arrives later."""
    worker, master = Worker(), Master()
    worker.fire(1)
    worker.reports.acknowledged(master.receive(worker.report()))
    for _ in range(100):
        worker.fire(10)
        report = worker.report()
    assert len(report["deltas"]) == MAX_UNACKNOWLEDGED
    worker.reports.acknowledged(master.receive(report))
    master.receive(worker.report())
    assert master.requests == 1001


def test_the_last_report_is_complete_whatever_is_unacknowledged() -> None:
    """At the end everything is sent, since there is no later report."""
    worker, master = Worker(), Master()
    for _ in range(3):
        worker.fire(10)
        worker.report()
    answer = master.receive(worker.last_report())
    assert answer["final"]
    assert master.requests == 30


def test_a_last_report_is_sent_until_it_is_acknowledged() -> None:
    """A worker is done when the master has confirmed the end, not when it has sent it."""
    worker, master = Worker(), Master()
    worker.reports.acknowledged(master.receive(worker.report()))
    worker.fire(10)
    lost = worker.last_report()
    assert lost["final"]
    assert not worker.reports.done
    worker.reports.acknowledged(master.receive(worker.report()))
    assert worker.reports.done


def test_an_answer_from_before_the_end_does_not_end_it() -> None:
    """An answer to an earlier report acknowledges deltas, not the end."""
    worker, master = Worker(), Master()
    answer = master.receive(worker.report())
    worker.last_report()
    worker.reports.acknowledged(answer)
    assert not worker.reports.done


def test_a_run_is_given_up_when_nobody_ever_answers() -> None:
    """A web UI whose master lacks the plugin does not accumulate runs."""
    worker = Worker()
    worker.fire(10)
    tries = 0
    while not worker.reports.done:
        worker.last_report()
        tries += 1
    assert tries == MAX_UNACKNOWLEDGED + 1


def test_the_master_waits_for_all_that_were_there() -> None:
    """A run is complete when every worker has sent its last report, including those that never reported before."""
    one, two, master = Worker(), Worker(), Master()
    master.reports.expect({"one", "two"})
    master.reports.end()
    assert master.reports.outstanding
    master.receive(one.last_report(), client_id="one")
    assert master.reports.outstanding
    master.receive(two.last_report(), client_id="two")
    assert not master.reports.outstanding


def test_the_master_waits_for_a_worker_that_joined_late() -> None:
    """Workers that reported are waited for, expected or not."""
    late, master = Worker(), Master()
    master.receive(late.report(), client_id="late")
    master.reports.end()
    assert master.reports.outstanding
    master.receive(late.last_report(), client_id="late")
    assert not master.reports.outstanding


def test_workers_whose_last_report_is_not_there_in_time_are_known() -> None:
    """The results are without their last seconds, and say so."""
    one, two, master = Worker(), Worker(), Master()
    master.reports.expect({"one", "two"})
    master.reports.end()
    master.receive(one.last_report(), client_id="one")
    master.receive(two.report(), client_id="two")
    assert master.reports.outstanding == {"two"}


def test_a_worker_that_has_died_is_not_waited_for() -> None:
    """A worker without a report for three intervals is not waited for."""
    worker, master = Worker(), Master()
    master.receive(worker.report())
    master.clocks.now += GONE_AFTER
    assert not master.reports.outstanding


def test_a_worker_with_nothing_to_tell_is_not_waited_for() -> None:
    """A worker without the plugin, or that did not take part, reports nothing about the run."""
    master, other = Master(), Worker(run_id="other")
    master.reports.expect({"plain", "elsewhere"})
    master.reports.receive("plain", [])
    assert master.reports.outstanding, "it may not have begun yet"
    master.reports.end()
    master.reports.receive("plain", [])
    master.reports.receive("elsewhere", [other.report()])
    assert not master.reports.outstanding


@pytest.mark.parametrize("foreign", [{}, {"run_id": "run"}, 7, None])
def test_a_foreign_report_changes_nothing(foreign: Any) -> None:
    """An invalid report raises, which the caller logs; later reports are processed as usual."""
    worker, master = Worker(), Master()
    worker.fire(10)
    with pytest.raises((LookupError, TypeError)):
        master.reports.receive("c", [foreign])
    master.receive(worker.report())
    assert master.requests == 10


@pytest.mark.parametrize("field", ["skew", "clock"])
def test_a_report_with_a_time_that_is_none_is_refused(field: str) -> None:
    """NaN would permanently be the largest clock skew, or none, depending on the order of reports."""
    worker, master = Worker(), Master()
    worker.fire(10)
    with pytest.raises(ValueError, match="finite"):
        master.reports.receive("c", [{**worker.report(), field: float("nan")}])
    assert master.requests == 0
    assert master.reports.largest_clock_skew == 0


def test_a_worker_is_asked_until_its_delivery_is_known() -> None:
    """A killed worker may have left data undelivered; both sides continue until it is known."""
    worker, master = Worker(), Master()
    worker.reports.finish()
    worker.reports.acknowledged(master.receive(worker.report()))
    assert (master.reports.outstanding, master.reports.undecided, worker.reports.done) == (set(), ["c"], False)
    assert master.reports.lacking
    worker.reports.undelivered = False
    worker.reports.acknowledged(master.receive(worker.report()))
    assert (master.reports.undecided, master.reports.lacking, worker.reports.done) == ([], False, True)


def test_how_a_workers_deliveries_go_is_known() -> None:
    """The master has what the worker last said, also of a message that came as lists; and its CPU while it is there."""
    worker, master = Worker(), Master()
    state = DeliveryState("http://store/write", 5, 100, 7, 2, "will retry, http_503: busy", 1.7e9)
    worker.reports.deliveries = lambda: [state]
    report = worker.report()
    master.receive({**report, "deliveries": [[*one] for one in report["deliveries"]]})
    assert [one.deliveries for one in master.reports.workers.values()] == [[state]]
    assert master.reports.usages() == []
    worker.reports.usage = lambda: (50.0, 1e6)
    master.receive(worker.report())
    assert master.reports.usages() == [(50.0, 1e6)]
    master.clocks.now += GONE_AFTER
    assert master.reports.usages() == []


def test_what_a_worker_left_undelivered_is_known(caplog: pytest.LogCaptureFixture) -> None:
    """A worker that pushes nothing is reported once, with its reason."""
    worker, master = Worker(), Master()
    worker.reports.undelivered = True
    for _ in range(2):
        master.receive(worker.report())
        master.reports.note_problem("other", "--push-username: has no password")
    assert master.reports.lacking
    assert [record.getMessage().partition("worker ")[2] for record in caplog.records] == [
        "c left samples undelivered; see its log for the reason",
        "other pushes nothing: --push-username: has no password",
    ]


def test_after_the_end_only_the_outcome_is_taken() -> None:
    """After the last snapshot counters do not change."""
    worker, master = Worker(), Master()
    worker.fire(10)
    master.reports.close()
    worker.reports.undelivered = True
    master.receive(worker.report())
    assert (master.requests, master.reports.lacking) == (0, True)


def test_a_delta_that_cannot_be_taken_is_not_half_taken() -> None:
    """A report with other buckets is refused each time, and none of it is counted."""
    worker, master = Worker(), Master()
    worker.fire(10)
    report = worker.report()
    responses = report["deltas"][0][3][2]
    responses.append([*responses[0][:7], [99, 1], responses[0][8]])
    for _ in range(3):
        with pytest.raises(ValueError, match="buckets"):
            master.reports.receive("c", [report])
    assert master.requests == 0


def test_a_report_is_placed_in_time_by_its_age() -> None:
    """Clocks of worker and master are not compared: the age of a delta is sent in seconds."""
    clocks = Clocks()
    clocks.now, clocks.skew = 5.0, 1e6
    worker, master = Worker(clocks), Master()
    worker.fire(30)
    master.receive(worker.report())
    assert master.window.rates(master.clocks.now, ()).requests_per_second == 3


@pytest.mark.parametrize(("skew", "word"), [(7.0, "7.0 s ahead of"), (-7.0, "7.0 s behind")])
def test_a_clock_that_is_off_is_measured_and_told_once(
    skew: float, word: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The worker measures the skew from an answer, minus half the round trip, and the master warns of it."""
    worker, master = Worker(), Master()
    for _ in range(3):
        report = worker.report()
        master.clocks.now = worker.clocks.now + 0.1
        worker.clocks.skew = report["clock"] - worker.clocks.wall() + worker.clocks.skew  # as when it was sent
        master.clocks.skew = -skew
        answer = master.receive(report)
        worker.clocks.now += 0.2
        worker.reports.acknowledged(answer)
    assert worker.reports.clock_skew == pytest.approx(skew)
    assert master.reports.largest_clock_skew == pytest.approx(7)
    [warning] = [record.getMessage() for record in caplog.records]
    assert f"worker c is {word} the master's" in warning


def test_a_small_skew_is_nothing_to_tell(caplog: pytest.LogCaptureFixture) -> None:
    """A skew below a tick is not visible in a graph, and not warned of."""
    worker, master = Worker(), Master()
    for _ in range(2):
        report = worker.report()
        master.clocks.now, master.clocks.skew = worker.clocks.now, -4.9
        worker.reports.acknowledged(master.receive(report))
    assert worker.reports.clock_skew == pytest.approx(4.9)
    assert not caplog.records


def test_a_slow_answer_is_no_measurement() -> None:
    """A worker that was stopped for a while does not report that time as clock skew."""
    worker, master = Worker(), Master()
    answer = master.receive(worker.report())
    worker.clocks.now += MAX_ROUND_TRIP + 0.1
    worker.reports.acknowledged(answer)
    assert worker.reports.clock_skew is None

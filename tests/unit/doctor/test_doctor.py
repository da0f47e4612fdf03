import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
import snappy

from locust_push.delivery.answer import ANSWER_BYTES, NO_HEADERS, NO_HINTS, Hints, HttpAnswer, verdict_of
from locust_push.delivery.verdict import Retry, Verdict
from locust_push.doctor.check import Finding, Level, Patient
from locust_push.outputs.pushgateway.examination import examine_pushgateway
from locust_push.outputs.remote_write.examination import examine_remote_write
from locust_push.wire.generated.remote_write_v1_pb2 import WriteRequest

NOW = 1_800_000_000.5
WRITE = "http://host:9090/api/v1/write"
GATEWAY = "http://host:9091"
V2 = "2.0.0"
BUILD = {"version": "3.5.0", "goVersion": "go1.24"}


def answer(status: int = 204, words: str = "", data: object = None, **headers: str) -> HttpAnswer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps({"status": "success", "data": data}).encode() if data is not None else b""
    return HttpAnswer(status, named, words, body, complete=True)


@dataclass
class Server:
    """Answers by method and path, or by the version of remote-write; records what was written."""

    v1: HttpAnswer | Retry = field(default_factory=answer)
    v2: HttpAnswer | Retry = field(default_factory=lambda: answer(415))
    other: Mapping[tuple[str, str], HttpAnswer | Retry] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    written: list[bytes] = field(default_factory=list)

    def exchange(
        self,
        method: str,
        url: str,
        body: bytes = b"",
        headers: Mapping[str, str] = NO_HEADERS,
        *,
        limit: int = ANSWER_BYTES,  # noqa: ARG002 - the interface's
    ) -> HttpAnswer | Retry:
        """Answer."""
        path = url.removeprefix("http://host:9090").removeprefix(GATEWAY).removeprefix("https://host")
        self.asked.append((method, path))
        if method == "POST":
            is_v2 = headers["X-Prometheus-Remote-Write-Version"] == V2
            self.written += [] if is_v2 else [body]
            return self.v2 if is_v2 else self.v1
        return self.other.get((method, path), answer(404))

    def send(self, method: str, url: str, body: bytes, headers: Mapping[str, str], hints: Hints = NO_HINTS) -> Verdict:
        """Answer and judge."""
        found = self.exchange(method, url, body, headers)
        return found if isinstance(found, Retry) else verdict_of(found, NOW, hints)

    def close(self) -> None:
        """Nothing."""


def patient(server: Server, url: str, *, authenticates: bool = False, skip_verify: bool = False) -> Patient:
    return Patient(url, server, authenticates, skip_verify, lambda: NOW)


def remote_write(server: Server, url: str = WRITE) -> dict[str, Finding]:
    return {check.name: check for check in examine_remote_write(patient(server, url))}


def pushgateway(server: Server) -> dict[str, Finding]:
    return {check.name: check for check in examine_pushgateway(patient(server, GATEWAY))}


def levels(found: dict[str, Finding]) -> dict[str, str]:
    return {name: str(check.level) for name, check in found.items() if check.level is not Level.OK}


def test_a_receiver_of_both_versions_is_good() -> None:
    """A 2.0 receiver reports how much it has written, including histograms."""
    written = answer(X_Prometheus_Remote_Write_Samples_Written="1", X_Prometheus_Remote_Write_Histograms_Written="1")
    server = Server(v2=written, other={("GET", "/api/v1/status/buildinfo"): answer(200, data=BUILD)})
    found = remote_write(server)
    assert levels(found) == {}
    assert found["server"].text == "Prometheus 3.5.0"


MIMIR = {"application": "Grafana Mimir", "version": "2.17.1", "goVersion": "go1.25", "features": {}}


@pytest.mark.parametrize(
    ("url", "path", "build", "name"),
    [
        ("http://host:9090/api/v1/write", "", answer(200, data=BUILD), "Prometheus 3.5.0"),
        (
            "http://host:9090/api/v1/write",
            "",
            answer(200, data={"version": "2.24.0"}, X_Server_Hostname="vm"),
            "VictoriaMetrics",
        ),
        ("http://host:9090/api/v1/push", "/prometheus", answer(200, data=MIMIR), "Grafana Mimir 2.17.1"),
        ("https://host/api/v1/receive", "", answer(200, data={"version": "1.0"}), "compatible with Prometheus 1.0"),
        ("https://prometheus-prod-1.grafana.net/api/prom/push", "", answer(404), "Grafana Cloud"),
        ("https://host/api/v1/push", "", answer(404), "does not identify itself"),
    ],
)
def test_products_are_distinguished(url: str, path: str, build: HttpAnswer, name: str) -> None:
    """Each is named by what it documents, or by its host; Mimir has the API below the prefix of its queries."""
    server = Server(other={("GET", f"{path}/api/v1/status/buildinfo"): build})
    assert remote_write(server, url)["server"].text == name


@pytest.mark.parametrize("v2", [answer(415), answer(204), answer(400, "bad"), Retry("http_500", "oops")])
def test_a_receiver_of_the_first_version_is_warned_of(v2: HttpAnswer | Retry) -> None:
    """2.0 is refused by 415, or by a 2xx without a report: such a receiver may have stored nothing."""
    assert levels(remote_write(Server(v2=v2))) == {"remote-write 2.0": "warn"}


def test_native_histograms_that_are_not_written_are_warned_of() -> None:
    """The finding about native histograms comes from the answer."""
    server = Server(v2=answer(X_Prometheus_Remote_Write_Samples_Written="1"))
    assert levels(remote_write(server)) == {"native histograms": "warn"}


def test_one_series_is_left_and_it_is_ended() -> None:
    """Every write is to the same series, and a stale marker is the last."""
    server = Server()
    remote_write(server)
    requests = [WriteRequest.FromString(snappy.uncompress(body)) for body in server.written]
    labels = {tuple((label.name, label.value) for label in one.labels) for each in requests for one in each.timeseries}
    assert labels == {(("__name__", "locust_push_doctor_probe"), ("job", "locust-push-doctor"))}
    last = requests[-1].timeseries[0].samples[0]
    assert last.value != last.value  # NaN
    times = [sample.timestamp for each in requests for sample in each.timeseries[0].samples]
    assert times == sorted(set(times))


@pytest.mark.parametrize("reason", ["dns", "connection", "timeout", "tls", "proxy", "secret", "request"])
def test_no_answer_is_the_one_finding_and_has_a_mend(reason: str) -> None:
    """A refused connection is the only finding, whatever the reason and protocol."""
    problem = Retry(reason, "words")
    for (check,) in (
        examine_remote_write(patient(Server(v1=problem), WRITE)),
        examine_pushgateway(patient(Server(other={("GET", "/api/v1/status"): problem}), GATEWAY)),
    ):
        assert check.level is Level.FAIL
        assert "words" in check.text
        assert check.remedy


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_login_ends_it(status: int) -> None:
    """Without valid credentials nothing else is checked; the server's error text is shown."""
    found = remote_write(Server(v1=answer(status, "who are you")))
    assert levels(found) == {"auth": "fail"}
    assert "who are you" in found["auth"].text
    assert "--push-username" in found["auth"].remedy


@pytest.mark.parametrize(
    ("refusal", "words"),
    [(answer(404, "not found"), "--web.enable-remote-write-receiver"), (answer(503, "busy"), "busy")],
)
def test_a_refused_write_is_a_failure(refusal: HttpAnswer, words: str) -> None:
    """A refusal has the server's error text and the likely mistake."""
    found = remote_write(Server(v1=refusal))
    assert levels(found) == {"remote-write 1.0": "fail"}
    assert words in found["remote-write 1.0"].text
    assert found["remote-write 1.0"].remedy


def test_a_pushgateway_behind_a_write_url_is_recognised() -> None:
    """The fix is the URL to push to."""
    status = answer(200, data={"build_information": {"version": "1.11"}})
    found = remote_write(Server(v1=answer(404), other={("GET", "/api/v1/status"): status}))
    assert found["server"].level is Level.FAIL
    assert found["server"].remedy == "push to http://host:9090"


@pytest.mark.parametrize(
    ("ahead", "level"), [(0, "ok"), (1, "ok"), (-1, "ok"), (30, "warn"), (-30, "warn"), (3600, "fail")]
)
def test_a_clock_that_differs_is_told(ahead: int, level: str) -> None:
    """The clock is compared with the Date header, to a second."""
    date = format_datetime(datetime.fromtimestamp(int(NOW) + ahead, UTC), usegmt=True)
    clock = remote_write(Server(v1=answer(Date=date)))["clock"]
    assert clock.level == level
    if level != "ok":
        assert ("behind" if ahead > 0 else "ahead of") in clock.text


@pytest.mark.parametrize("date", ["", "soon"])
def test_a_server_without_a_clock_is_no_problem(date: str) -> None:
    """The Date header is optional."""
    assert remote_write(Server(v1=answer(Date=date)))["clock"].level is Level.OK


@pytest.mark.parametrize(
    ("url", "authenticates", "skip_verify", "level"),
    [
        ("https://host/write", True, False, "ok"),
        ("https://host/write", True, True, "warn"),
        ("http://host/write", True, False, "warn"),
        ("http://host/write", False, False, "ok"),
        ("http://127.0.0.1/write", True, False, "ok"),
    ],
)
def test_secrets_in_the_clear_and_unverified_servers_are_warned_of(
    url: str, authenticates: bool, skip_verify: bool, level: str
) -> None:
    """Secrets over plain HTTP are a warning, except on loopback."""
    found = examine_remote_write(patient(Server(), url, authenticates=authenticates, skip_verify=skip_verify))
    assert next(check for check in found if check.name == "tls").level == level


STATUS = {("GET", "/api/v1/status"): answer(200, data={"build_information": {"version": "1.11"}})}
PUT, DELETE = ("PUT", "/metrics/job/locust-push-doctor"), ("DELETE", "/metrics/job/locust-push-doctor")


def test_a_pushgateway_is_good_and_left_clean() -> None:
    """The pushed group is deleted."""
    server = Server(other={**STATUS, PUT: answer(200), DELETE: answer(202)})
    assert levels(pushgateway(server)) == {}
    assert server.asked[-2:] == [PUT, DELETE]


def test_a_prometheus_is_no_pushgateway() -> None:
    """The fix is the URL to push to; nothing is pushed."""
    server = Server(other={("GET", "/api/v1/status/buildinfo"): answer(200, data=BUILD)})
    found = pushgateway(server)
    assert found["server"].remedy.startswith(f"push to {GATEWAY}/api/v1/write")
    assert PUT not in server.asked


def test_a_push_that_is_refused_is_a_failure() -> None:
    """A refusal has the server's error text."""
    found = pushgateway(Server(other={**STATUS, PUT: answer(400, "bad")}))
    assert levels(found) == {"push": "fail"}
    assert "bad" in found["push"].text


def test_a_group_that_cannot_be_deleted_is_warned_of() -> None:
    """A group that cannot be deleted is a warning: pushing works."""
    found = pushgateway(Server(other={**STATUS, PUT: answer(200), DELETE: answer(405, "no")}))
    assert levels(found) == {"delete": "warn"}


@pytest.mark.parametrize("body", [b"", b"[]", b'{"data": 7}', b"<html>"])
def test_a_server_that_does_not_say_what_it_is_is_tried(body: bytes) -> None:
    """An unknown product is a warning: proxies and old versions do not identify themselves."""
    silent = HttpAnswer(200, {}, "", body, complete=True)
    server = Server(other={("GET", "/api/v1/status"): silent, PUT: answer(200), DELETE: answer(202)})
    assert levels(pushgateway(server)) == {"server": "warn"}


def test_a_login_page_is_no_receiver() -> None:
    """A server that answers everything with 200 gets no further writes."""
    page = HttpAnswer(200, {"Content-Type": "text/html"}, "<h1>Log in</h1>", b"<h1>Log in</h1>", complete=True)
    server = Server(v1=page, v2=page)
    found = remote_write(server)
    assert found["remote-write 1.0"].level is Level.FAIL
    assert found["remote-write 1.0"].text.startswith("web_page: http_200 with a web page")
    assert "probe" not in found
    assert len(server.written) == 1

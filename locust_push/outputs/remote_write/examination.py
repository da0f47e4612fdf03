"""Examining a remote-write receiver: one series, written in each form that a run may use."""

from locust_push.core.native import empty
from locust_push.core.series import Labels, Metric, MetricType, Series
from locust_push.core.snapshot import Snapshot
from locust_push.delivery.answer import HttpAnswer, verdict_of
from locust_push.delivery.verdict import Delivered, Rejected, Retry
from locust_push.doctor.check import Finding, Level, Patient
from locust_push.doctor.common import (
    no_answer,
    of_any_server,
    pushgateway_version,
    refuses_login,
    store_name,
)
from locust_push.outputs.remote_write.paths import PROMETHEUS_PATH, base_url, query_url
from locust_push.outputs.remote_write.sink import HINTS
from locust_push.wire.payload import Payload
from locust_push.wire.remote_write.encoder import HEADERS, RemoteWriteEncoder
from locust_push.wire.remote_write.version import Version

SERIES = Series(Metric("locust_push_doctor_probe", MetricType.GAUGE, "Written by locust-push doctor."))
"""The one series that stays in the store, ended by a stale marker."""

_LABELS: Labels = (("job", "locust-push-doctor"),)

_V1, _V2, _NATIVE = "remote-write 1.0", "remote-write 2.0", "native histograms"
_WRITTEN = "X-Prometheus-Remote-Write-{}-Written"


def examine_remote_write(patient: Patient) -> list[Finding]:
    """Push in every form that a run may use; return the findings."""
    started = patient.wall_clock()
    now_ms = int(started * 1000)
    answer = _push(patient, Version.V1, _sample(now_ms))
    if isinstance(answer, Retry):
        return [no_answer(answer)]
    found = of_any_server(patient, answer, started)
    if refuses_login(answer):
        return found
    taken = _taken(patient, answer)
    found += [_server(patient), taken]
    if taken.level is Level.OK:
        second = _second_version(patient, now_ms + 1)
        found += [second, _native(patient, now_ms + 2, v2=second.level is Level.OK)]
        _push(patient, Version.V1, _sample(now_ms + 2), stale=True)
        found.append(Finding("probe", Level.OK, f"the series {SERIES.name} stays in the store"))
    return found


def _push(patient: Patient, version: Version, seen: Snapshot, *, stale: bool = False) -> HttpAnswer | Retry:
    """Push a snapshot as a run would, or with ``stale`` the marker a millisecond after it."""
    encoder = RemoteWriteEncoder(_LABELS, version)
    steps = encoder.stale(seen) if stale else encoder.encode(seen)
    body = next(step.body for step in steps if isinstance(step, Payload))
    return patient.transport.exchange("POST", patient.url, body, HEADERS[version])


def _sample(now_ms: int) -> Snapshot:
    return Snapshot(now_ms, now_ms, [SERIES], [1.0], 0)


def _histogram(now_ms: int) -> Snapshot:
    return Snapshot(now_ms, now_ms, (), (), 0, histogram_series=[SERIES], histograms=[empty(0)], histograms_known=1)


def _server(patient: Patient) -> Finding:
    base = base_url(patient.url)
    if name := store_name(patient, query_url(patient.url) or base):
        return Finding("server", Level.OK, name)
    if version := pushgateway_version(patient, base):
        return Finding("server", Level.FAIL, f"{version}, which does not accept remote-write", f"push to {base}")
    return Finding("server", Level.OK, "does not identify itself")


def _taken(patient: Patient, answer: HttpAnswer) -> Finding:
    match verdict_of(answer, patient.wall_clock(), HINTS):
        case Delivered():
            return Finding(_V1, Level.OK, "accepted")
        case Rejected(reason=reason, detail=detail) | Retry(reason=reason, detail=detail, needs_fix=True):
            return Finding(
                _V1, Level.FAIL, f"{reason}: {detail}", f"check the URL; the path of Prometheus is {PROMETHEUS_PATH}"
            )
        case verdict:
            words = f"{verdict.reason}: {verdict.detail}" if isinstance(verdict, Retry) else "asks for smaller requests"
            return Finding(_V1, Level.FAIL, words, "see the receiver's own log")


def _second_version(patient: Patient, now_ms: int) -> Finding:
    """By the specification a 2.0 receiver reports how much it wrote; a 1.x one may answer 2xx and store nothing."""
    answer = _push(patient, Version.V2, _sample(now_ms))
    remedy = "nothing to do: 1.0 is used"
    if isinstance(answer, Retry):
        return Finding(_V2, Level.WARN, f"{answer.reason}: {answer.detail}", remedy)
    if answer.ok and _written(answer, "Samples"):
        return Finding(_V2, Level.OK, "accepted")
    words = "not known here" if answer.status == 415 or answer.ok else f"http_{answer.status}: {answer.text}"
    return Finding(_V2, Level.WARN, words, remedy)


def _native(patient: Patient, now_ms: int, *, v2: bool) -> Finding:
    answer = _push(patient, Version.V2 if v2 else Version.V1, _histogram(now_ms))
    remedy = "nothing to do for classic histograms; for native ones see the receiver's documentation"
    if isinstance(answer, Retry):
        return Finding(_NATIVE, Level.WARN, f"{answer.reason}: {answer.detail}", remedy)
    if answer.ok and (not v2 or _written(answer, "Histograms")):
        return Finding(
            _NATIVE, Level.OK, "accepted" if v2 else "not refused; with 1.0 a receiver does not report what it stores"
        )
    return Finding(_NATIVE, Level.WARN, f"http_{answer.status}: {answer.text}", remedy)


def _written(answer: HttpAnswer, what: str) -> bool:
    return (answer.headers.get(_WRITTEN.format(what)) or "0") != "0"

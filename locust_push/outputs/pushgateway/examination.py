"""Examining a Pushgateway: a group is pushed and deleted again."""

from locust_push.delivery.verdict import Rejected, Retry
from locust_push.doctor.check import Finding, Level, Patient
from locust_push.doctor.common import no_answer, of_any_server, pushgateway_version, refuses_login, store_name
from locust_push.outputs.pushgateway.groups import GatewayError, Group, delete_group, group_path
from locust_push.outputs.pushgateway.sink import HINTS
from locust_push.outputs.remote_write.paths import PROMETHEUS_PATH
from locust_push.wire.exposition.text import CONTENT_TYPE

GROUP = {"job": "locust-push-doctor"}
"""Labels of the temporary group."""

BODY = b"# TYPE locust_push_doctor_probe gauge\nlocust_push_doctor_probe 1\n"


def examine_pushgateway(patient: Patient) -> list[Finding]:
    """Push as a run would, and delete the pushed group; return the findings."""
    started = patient.wall_clock()
    answer = patient.transport.exchange("GET", f"{patient.url}/api/v1/status")
    if isinstance(answer, Retry):
        return [no_answer(answer)]
    found = of_any_server(patient, answer, started)
    if refuses_login(answer):
        return found
    server = _server(patient)
    if server.level is Level.FAIL:
        return [*found, server]
    return [*found, server, *_push_and_delete(patient)]


def _server(patient: Patient) -> Finding:
    if version := pushgateway_version(patient, patient.url):
        return Finding("server", Level.OK, version)
    if name := store_name(patient, patient.url):
        remedy = f"push to {patient.url}{PROMETHEUS_PATH}; the path decides the protocol"
        return Finding("server", Level.FAIL, f"{name}, not a Pushgateway", remedy)
    return Finding(
        "server", Level.WARN, "does not identify itself", "check that it is a Pushgateway of version 1 or newer"
    )


def _push_and_delete(patient: Patient) -> list[Finding]:
    verdict = patient.transport.send(
        "PUT", patient.url + group_path(GROUP), BODY, {"Content-Type": CONTENT_TYPE}, HINTS
    )
    if isinstance(verdict, Rejected | Retry):
        words = f"{verdict.reason}: {verdict.detail}"
        return [Finding("push", Level.FAIL, words, "check the URL: use it without /metrics")]
    return [Finding("push", Level.OK, "accepted"), _delete(patient)]


def _delete(patient: Patient) -> Finding:
    try:
        delete_group(patient.transport, patient.url, Group(GROUP, 0))
    except GatewayError as error:
        remedy = "delete it by hand, and set --push-gateway-retention 0: groups of old runs will stay"
        return Finding("delete", Level.WARN, f"the group job={GROUP['job']} is still there: {error}", remedy)
    return Finding("delete", Level.OK, "accepted; the probe is deleted")

from __future__ import annotations

import pytest

from locust_push.bridge.alerts import read_webhook
from locust_push.bridge.text import alert_message
from locust_push.notify.message import Kind, Message
from tests.unit.bridge.webhooks import alert, webhook


def message(body: bytes) -> Message:
    return alert_message(read_webhook(body))


def test_a_firing_alert() -> None:
    """The message has name, severity, run, start in UTC, and a link."""
    told = message(webhook(alert(instance="w1")))
    assert (told.title, told.kind) == ("FIRING: HighErrorRate (shop)", Kind.WARNING)
    assert told.text.splitlines() == [
        "[warning] 10 % fail",
        "Look at the failures.",
        "run_id R, instance w1",
        "since 2026-11-21 19:15:00 UTC",
        "",
        "Alertmanager: http://alertmanager:9093",
    ]


def test_a_resolved_alert() -> None:
    """A resolved alert has start and end, and no advice."""
    told = message(webhook(alert("resolved")))
    assert (told.title, told.kind) == ("RESOLVED: HighErrorRate (shop)", Kind.SUCCESS)
    assert told.text.splitlines()[:3] == [
        "[resolved] 10 % fail",
        "run_id R",
        "2026-11-21 19:15:00 UTC to 2026-11-21 19:20:30 UTC",
    ]


def test_a_group_in_part_resolved_is_still_firing() -> None:
    """The worst alert decides; each has its own state."""
    told = message(webhook(alert(severity="critical"), alert(), alert("resolved")))
    assert (told.title, told.kind) == ("FIRING (2): HighErrorRate (shop)", Kind.FAILURE)
    assert [line.split()[0] for line in told.text.splitlines() if line.startswith("[")] == [
        "[critical]",
        "[warning]",
        "[resolved]",
    ]


def test_a_resolved_critical_alert_is_no_failure() -> None:
    """Only warnings among the firing alerts make a warning."""
    assert message(webhook(alert(), alert("resolved", severity="critical"))).kind is Kind.WARNING


def test_many_alerts_are_cut_and_counted() -> None:
    """Ten alerts are listed, the others counted, including those that Alertmanager left out."""
    told = message(webhook(*[alert()] * 13, truncatedAlerts=4))
    assert told.text.count("[warning]") == 10
    assert "and 7 more" in told.text


def test_alerts_without_our_labels_and_annotations() -> None:
    """Alerts of other rules are sent as well, with their names."""
    bare = {**alert(), "labels": {"alertname": "Other"}, "annotations": {}}
    told = message(webhook(bare, groupLabels={}, externalURL=""))
    assert told.title == "FIRING: Other"
    assert told.text == "[firing] Other\nsince 2026-11-21 19:15:00 UTC"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"{}",
        webhook(),
        b'{"alerts": [1]}',
        webhook({**alert(), "status": "maybe"}),
        webhook({**alert(), "startsAt": "yesterday"}),
        webhook({**alert(), "startsAt": 5}),
        webhook({**alert("resolved"), "endsAt": None}),
        webhook({**alert(), "labels": ["a"]}),
        webhook(alert(), truncatedAlerts="many"),
    ],
)
def test_what_is_no_webhook_is_refused(body: bytes) -> None:
    """Every invalid webhook is a ValueError."""
    with pytest.raises(ValueError, match=r"."):
        read_webhook(body)

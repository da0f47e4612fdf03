"""Webhooks as Alertmanager posts them."""

from __future__ import annotations

import json
from typing import Any


def alert(status: str = "firing", **labels: str) -> dict[str, Any]:
    """One alert."""
    return {
        "status": status,
        "labels": {"alertname": "HighErrorRate", "severity": "warning", "run_id": "R", **labels},
        "annotations": {"summary": "10 % fail", "description": "Look at the failures."},
        "startsAt": "2026-11-21T20:15:00.123456789+01:00",
        "endsAt": "0001-01-01T00:00:00Z" if status == "firing" else "2026-11-21T19:20:30Z",
        "generatorURL": "http://prometheus/graph",
        "fingerprint": "0123456789abcdef",
    }


def webhook(*alerts: dict[str, Any], **changes: Any) -> bytes:
    """A webhook with these alerts."""
    firing = any(one["status"] == "firing" for one in alerts)
    content = {
        "version": "4",
        "groupKey": "{}:{}",
        "truncatedAlerts": 0,
        "status": "firing" if firing else "resolved",
        "receiver": "warning",
        "groupLabels": {"alertname": "HighErrorRate", "cluster": "local", "service": "shop"},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093",
        "alerts": list(alerts),
    }
    return json.dumps({**content, **changes}).encode()

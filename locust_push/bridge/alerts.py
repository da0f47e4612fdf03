"""Alertmanager's webhook, version 4, read and checked. Pure.

Source: Alertmanager documentation, "Configuration", ``<webhook_config>``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert.

    Attributes:
        firing: False if it is resolved.
        labels: They identify the alert.
        annotations: Texts, such as the summary.
        start: Since when, in UTC.
        end: Until when, in UTC; None while it is firing.
    """

    firing: bool
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class AlertGroup:
    """The alerts of one webhook.

    Attributes:
        firing: Whether any of them is.
        labels: Labels that the alerts are grouped by.
        alerts: At least one.
        left_out: How many more there are than Alertmanager is configured to send.
        link: Alertmanager's own address; may be empty.
    """

    firing: bool
    labels: Mapping[str, str]
    alerts: tuple[Alert, ...]
    left_out: int
    link: str


def read_webhook(body: bytes) -> AlertGroup:
    """Return the group of alerts in a webhook.

    Raises:
        ValueError: It is not a webhook of Alertmanager; ``str()`` has the reason.
    """
    content = json.loads(body)
    if not isinstance(content, dict) or not isinstance(content.get("alerts"), list) or not content["alerts"]:
        raise ValueError("not a webhook of Alertmanager: no list of alerts")
    return AlertGroup(
        firing=content.get("status") == "firing",
        labels=_texts(content, "groupLabels"),
        alerts=tuple(map(_alert, content["alerts"])),
        left_out=int(content.get("truncatedAlerts") or 0),
        link=str(content.get("externalURL") or ""),
    )


def _alert(content: Any) -> Alert:
    if not isinstance(content, dict) or content.get("status") not in {"firing", "resolved"}:
        raise ValueError("not a webhook of Alertmanager: an alert that is neither firing nor resolved")
    firing = content["status"] == "firing"
    return Alert(
        firing=firing,
        labels=_texts(content, "labels"),
        annotations=_texts(content, "annotations"),
        start=_time(content, "startsAt"),
        end=None if firing else _time(content, "endsAt"),
    )


def _texts(content: dict[str, Any], name: str) -> Mapping[str, str]:
    pairs = content.get(name) or {}
    if isinstance(pairs, dict):
        return {str(key): str(value) for key, value in pairs.items()}
    raise ValueError(f"not a webhook of Alertmanager: {name} is not a map")


def _time(content: dict[str, Any], name: str) -> datetime:
    try:
        return datetime.fromisoformat(content[name]).astimezone(UTC)
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"not a webhook of Alertmanager: {name} is not a time") from None

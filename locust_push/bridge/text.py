"""The message about a group of alerts. Pure."""

from collections.abc import Iterator
from datetime import datetime

from locust_push.bridge.alerts import Alert, AlertGroup
from locust_push.notify.message import Kind, Message

_SHOWN = 10
"""Most alerts that are listed individually: chat services truncate messages at some thousand characters."""

_ABOUT = ("run_id", "instance", "url")
"""Labels that distinguish alerts with the same name."""


def alert_message(group: AlertGroup) -> Message:
    """Return the message about a group of alerts: their names, severity, times and places."""
    blocks = ["\n".join(_lines(alert)) for alert in group.alerts[:_SHOWN]]
    if (more := len(group.alerts) - _SHOWN + group.left_out) > 0:
        blocks.append(f"and {more} more")
    if group.link:
        blocks.append(f"Alertmanager: {group.link}")
    return Message(_title(group), "\n\n".join(blocks), _kind(group))


def _title(group: AlertGroup) -> str:
    name = group.labels.get("alertname") or _common_name(group)
    firing = sum(alert.firing for alert in group.alerts)
    state = f"FIRING ({firing})" if firing > 1 else "FIRING" if group.firing else "RESOLVED"
    service = group.labels.get("service")
    return f"{state}: {name} ({service})" if service else f"{state}: {name}"


def _common_name(group: AlertGroup) -> str:
    names = {alert.labels.get("alertname", "alert") for alert in group.alerts}
    return ", ".join(sorted(names))


def _kind(group: AlertGroup) -> Kind:
    if not group.firing:
        return Kind.SUCCESS
    critical = any(alert.firing and alert.labels.get("severity") == "critical" for alert in group.alerts)
    return Kind.FAILURE if critical else Kind.WARNING


def _lines(alert: Alert) -> Iterator[str]:
    state = alert.labels.get("severity", "firing") if alert.firing else "resolved"
    name = alert.labels.get("alertname", "alert")
    yield f"[{state}] {alert.annotations.get('summary', name)}"
    if alert.firing and "description" in alert.annotations:
        yield alert.annotations["description"]
    if about := ", ".join(f"{label} {alert.labels[label]}" for label in _ABOUT if label in alert.labels):
        yield about
    yield f"since {_moment(alert.start)}" if alert.end is None else f"{_moment(alert.start)} to {_moment(alert.end)}"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"

"""The bridge's own metrics."""

from collections import Counter
from collections.abc import Sequence

from locust_push.bridge.outbox import Outbox
from locust_push.core.series import Metric, MetricType
from locust_push.core.table import Family, SeriesTable
from locust_push.wire.exposition.text import TextEncoder

WEBHOOKS = Metric("locust_push_bridge_webhooks_total", MetricType.COUNTER, "Webhooks received, by HTTP status.")
MESSAGES = Metric(
    "locust_push_bridge_messages_total", MetricType.COUNTER, "Messages sent or failed, by channel and outcome."
)
RETRIES = Metric("locust_push_bridge_retries_total", MetricType.COUNTER, "Attempts beyond the first, by channel.")
WAITING = Metric("locust_push_bridge_waiting_messages", MetricType.GAUGE, "Messages that wait for their channel.")


def exposition(outboxes: Sequence[Outbox], webhooks: Counter[int]) -> bytes:
    """Return the metrics as text; all series exist from the start, so that rates start at 0."""
    table = SeriesTable()
    received = Family(table, WEBHOOKS, "status")
    for status in sorted({202, *webhooks}):
        received.cell(str(status)).value = webhooks[status]
    messages, retries = Family(table, MESSAGES, "channel", "outcome"), Family(table, RETRIES, "channel")
    waiting = Family(table, WAITING, "channel")
    for outbox in outboxes:
        messages.cell(outbox.name, "sent").value = outbox.delivery.sent
        messages.cell(outbox.name, "failed").value = outbox.delivery.failed
        retries.cell(outbox.name).value = outbox.delivery.retries
        waiting.cell(outbox.name).value = outbox.waiting
    return b"".join(TextEncoder(()).encode(table.snapshot(0, 0)))

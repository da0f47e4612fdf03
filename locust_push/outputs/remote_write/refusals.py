"""Interprets the error texts of receivers. Pure.

The status is not enough: 400 is the answer to data that is already stored, and to data that is never accepted; and a
Prometheus without its feature flag answers native histograms with 500, which would otherwise be retried forever.
2.0 receivers may report success with none of them written; what 1.x receivers drop silently cannot be detected.
"""

import re
from dataclasses import replace

from locust_push.delivery.server_text import MAX_ERROR_TEXT, shorten
from locust_push.delivery.verdict import Rejected, Retry
from locust_push.outputs.remote_write.written import UNWRITTEN
from locust_push.wire.payload import Payload
from locust_push.wire.remote_write.transcode import has_histograms

NATIVE_HISTOGRAMS = "native_histograms"
"""Reason: the receiver does not accept them."""

_NATIVE_REMEDY = (
    "Prometheus accepts native histograms with --enable-feature=native-histograms; "
    "from now on this receiver gets classic ones, as with --push-histogram classic"
)
_AGE_REMEDY = (
    "Prometheus accepts data of about the last hour, or of its out_of_order_time_window; "
    "use locust-push export for older data of an archive, and check this machine's clock for new data"
)
_NO_NATIVE = r"native.histograms?\b.*\b(disabled|unsupported|not (enabled|supported|allowed))"

# Prometheus, and Thanos with 409: "out of order sample", "duplicate sample for timestamp"; Mimir writes it with dashes.
# VictoriaMetrics takes everything again.
_HAS_IT = r"out.of.order|duplicate.sample|duplicate.timestamp"
_TOO_OLD = r"out.of.bounds|too.old|too far in the past"


def already_has(verdict: Rejected) -> bool:
    """Whether a receiver refused data because it has it: it holds the same sample, or a newer one of the series.

    Requests of one process are sent in order and stored whole, so that a newer sample means that this one was stored
    before, unless it was lost on the way to this receiver. In that case the receiver would never accept the sample.
    """
    text = verdict.detail
    return (
        verdict.reason in {"http_400", "http_409"}
        and bool(re.search(_HAS_IT, text, re.IGNORECASE))
        and not re.search(_TOO_OLD, text, re.IGNORECASE)
    )


def with_remedy(verdict: Rejected) -> Rejected:
    """The verdict; where data is older than what the receiver takes, with advice."""
    if not re.search(_TOO_OLD, verdict.detail, re.IGNORECASE):
        return verdict
    return replace(verdict, detail=_explained(verdict.detail, _AGE_REMEDY))


def refuses_native(verdict: Retry | Rejected, payload: Payload) -> bool:
    """Whether a verdict on ``payload`` means that the receiver accepts no native histograms at all.

    If a server mentions them in an error about other data, it has another problem, which may be temporary.
    """
    if isinstance(verdict, Rejected) and verdict.reason == UNWRITTEN:
        return not verdict.written and has_histograms(payload)
    return bool(re.search(_NO_NATIVE, verdict.detail, re.IGNORECASE)) and has_histograms(payload)


def native_refused(verdict: Retry | Rejected) -> Rejected:
    """The final verdict, with the receiver's text and the remedy."""
    return Rejected(NATIVE_HISTOGRAMS, _explained(verdict.detail, _NATIVE_REMEDY))


def _explained(detail: str, remedy: str) -> str:
    return f"{shorten(detail, MAX_ERROR_TEXT // 2)} ({remedy})"

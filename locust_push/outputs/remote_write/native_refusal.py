"""Receivers that take no native histograms: how they say so, and what is told of it. Pure.

Prometheus without its feature flag answers 500, which would otherwise be tried again for ever; 2.0 receivers may also
report success with none of them written. What is dropped without a word in 1.0 nobody can tell.
"""

import re

from locust_push.delivery.server_text import MAX_WORDS, shorten
from locust_push.delivery.verdict import Rejected, Retry
from locust_push.delivery.written import UNWRITTEN
from locust_push.wire.payload import Payload
from locust_push.wire.remote_write.transcode import has_histograms

NATIVE_HISTOGRAMS = "native_histograms"
"""Reason: the receiver takes none."""

_MEND = (
    "a Prometheus takes native histograms with --enable-feature=native-histograms; "
    "response times go there as classic ones from now on, as with --push-histogram classic"
)
_WORDS = re.compile(r"native.histograms?\b.*\b(disabled|unsupported|not (enabled|supported|allowed))", re.IGNORECASE)


def refuses_native(verdict: Retry | Rejected, payload: Payload) -> bool:
    """Whether a verdict on ``payload`` means that its receiver takes no native histograms at all."""
    if isinstance(verdict, Rejected) and verdict.reason == UNWRITTEN:
        return not verdict.written and has_histograms(payload)
    return bool(_WORDS.search(verdict.detail))


def native_refused(verdict: Retry | Rejected) -> Rejected:
    """The final verdict, with the receiver's words and the remedy."""
    return Rejected(NATIVE_HISTOGRAMS, f"{shorten(verdict.detail, MAX_WORDS // 2)} ({_MEND})")

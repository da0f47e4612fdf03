from locust_push.delivery import ledger
from locust_push.delivery.ledger import Ledger


def test_counts_requests_and_samples_by_outcome() -> None:
    """Each outcome has its own two counters."""
    counts = Ledger()
    counts.count(ledger.DELIVERED, 5)
    counts.count(ledger.DELIVERED, 7)
    counts.count(ledger.dropped("http_400"), 2)
    assert counts.requests == {"delivered": 2, "dropped_http_400": 1}
    assert counts.samples == {"delivered": 12, "dropped_http_400": 2}


def test_superseded_is_no_loss() -> None:
    """Only dropped samples are lost; a superseded snapshot is not."""
    counts = Ledger()
    for outcome in (ledger.DELIVERED, ledger.SUPERSEDED, ledger.dropped("http_400"), ledger.dropped(ledger.BUFFER)):
        counts.count(outcome, 3)
    assert counts.lost_samples == 6


def test_attempts_add_up() -> None:
    """Attempts and the seconds spent in them are summed."""
    counts = Ledger()
    counts.attempted(0.5)
    counts.attempted(0.25)
    assert (counts.attempts, counts.send_seconds) == (2, 0.75)

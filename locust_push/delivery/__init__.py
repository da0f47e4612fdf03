"""Getting payloads to a receiver: one attempt, its verdict, retry with backoff, a bounded queue."""

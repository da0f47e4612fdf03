"""The results of runs in which something breaks: each case of `cases.py` with real processes and real stores.

A receiver that misbehaves (`locust_push.testing`) stands before a real Prometheus or Pushgateway, whose counts are held
against what the target itself has served. Each test leaves a record; `scripts/reliability` makes the table of
docs/reliability.md of them.
"""

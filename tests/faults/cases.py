"""The cases of the matrix, in the order of the table."""

from __future__ import annotations

REMOTE_WRITE = "remote-write"
PUSHGATEWAY = "Pushgateway"
ARCHIVE = "archive"
BOTH = (REMOTE_WRITE, PUSHGATEWAY)

CASES: dict[str, tuple[str, tuple[str, ...]]] = {
    "none": ("No fault, for comparison", BOTH),
    "down-at-start": ("Receiver down at the start, up in mid-run", BOTH),
    "down-in-between": ("Receiver down in mid-run and back", BOTH),
    "down-at-end": ("Receiver down from mid-run on", BOTH),
    "down": ("Receiver down for the whole run", BOTH),
    "server-errors": ("Bursts of 500, 502, 503, 504", BOTH),
    "retry-after-seconds": ("429 with `Retry-After` in seconds", BOTH),
    "retry-after-date": ("429 with `Retry-After` as a date", BOTH),
    "bad-request": ("400 for one request among good ones", BOTH),
    "too-large": ("413 until requests are small enough", (REMOTE_WRITE,)),
    "token-rotated": ("401 until the token file is replaced", BOTH),
    "way-302": ("302 to elsewhere for a while", BOTH),
    "way-403": ("403 for a while", BOTH),
    "way-404": ("404 for a while", BOTH),
    "hang": ("No answer to any request, for the whole run", BOTH),
    "hang-in-between": ("No answer to some requests", BOTH),
    "reset-within": ("Connection reset before and within the body", BOTH),
    "reset-after": ("Connection reset after the body was received and stored", BOTH),
    "dns": ("Host name cannot be resolved", BOTH),
    "tls": ("Certificate is not trusted", BOTH),
    "tls-expired": ("Certificate has expired", BOTH),
    "mtls": ("Certificate of the client is asked for and given", BOTH),
    "mtls-without": ("Certificate of the client is asked for and not given", BOTH),
    "mimir": ("Mimir's limits: 429 for the rate, 400 for too many series", (REMOTE_WRITE,)),
    "slow": ("Receiver reads 1 kB/s", BOTH),
    "buffer-overflow": ("Outage that overflows the buffer into the spool", (REMOTE_WRITE,)),
    "disk-full": ("The same with the spool on a full disk", (REMOTE_WRITE,)),
    "spool-unwritable": ("Outage with a spool in a folder that cannot be made", BOTH),
    "spool-dangling": ("Outage with a spool on a link to nowhere", (REMOTE_WRITE,)),
    "spool-read-only": ("Outage with a spool on a disk that is mounted read-only", (REMOTE_WRITE,)),
    "file-size": ("Outage with a limit of 24 kB for each file (`RLIMIT_FSIZE`)", (REMOTE_WRITE,)),
    "spool-limit": ("Outage beyond `--push-spool-limit`, of 12 KiB", (REMOTE_WRITE,)),
    "black-hole": ("The first of two addresses leads nowhere", BOTH),
    "not-utf-8": ("Labels, job and instance that are not UTF-8", BOTH),
    "stopped": ("SIGSTOP, and SIGCONT two seconds later", BOTH),
    "two-replays": ("Two replays of one spool at once", (REMOTE_WRITE,)),
    "sigterm": ("SIGTERM during an outage", BOTH),
    "killed": ("`kill -9` of a process in the middle of an outage", (REMOTE_WRITE, ARCHIVE)),
    "receiver-restarted": ("Receiver killed and started again, with its data if it keeps any", BOTH),
    "worker-killed": ("`kill -9` of one worker of three", (REMOTE_WRITE,)),
    "master-killed": ("`kill -9` of the master of two workers", (REMOTE_WRITE,)),
    "clock-ahead": ("Wall clock an hour ahead for two seconds", (REMOTE_WRITE,)),
    "clock-ahead-long": ("Wall clock an hour ahead for a minute", (REMOTE_WRITE,)),
    "clock-wrong-2h": ("Wall clock two hours ahead from the start", (REMOTE_WRITE, PUSHGATEWAY, ARCHIVE)),
    "clock-wrong-1970": ("Wall clock in January 1970 from the start", (REMOTE_WRITE, PUSHGATEWAY, ARCHIVE)),
    "workers-alike": ("Two workers that share host name and process ID, as containers do", (REMOTE_WRITE,)),
    "worker-again": ("`kill -9` of a worker, started again under the same host name and process ID", (REMOTE_WRITE,)),
    "worker-named-again": ("`kill -9` of a worker, started again with the same `--push-instance`", (REMOTE_WRITE,)),
    "worker-of-master": ("`kill -9` of the only worker, with `--push-from master`", (REMOTE_WRITE,)),
    "run-id-again": ("Run ID given to a second process, as by a CI retry (both runs together)", (ARCHIVE,)),
    "environments": ("Two environments of Locust in one process, at once (both runs together)", (ARCHIVE,)),
    "forked": ("Children that the locustfile forks during the run", (REMOTE_WRITE, ARCHIVE)),
    "our-names": ("Events named `Aggregated`, `__overflow__` and the empty text", (*BOTH, ARCHIVE)),
    "web-form": ("Run ID `..` and label `q=a=1,b=2` in the web form", (REMOTE_WRITE, ARCHIVE)),
    "clock-back": ("Wall clock set back by 60 s", (REMOTE_WRITE,)),
}
"""Name of a case -> what happens, and the protocols for which it is tried."""

ROWS = [(case, protocol) for case, (_, protocols) in CASES.items() for protocol in protocols]
"""One for each row of the table."""

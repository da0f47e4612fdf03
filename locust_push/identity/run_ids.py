"""Run IDs: generating them, and keeping them unique. Pure."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from random import Random

from locust_push.identity.ci import detect_ci
from locust_push.identity.instances import ALPHABET

MAX_LENGTH = 128
_UNSAFE = r"[^A-Za-z0-9._:-]+"


def generate_run_id(now: datetime, environ: Mapping[str, str], random: Random) -> str:
    """Return ``20261121T201500Z-<CI reference>-<4 random characters>``, at most 128 of ``[A-Za-z0-9._:-]``.

    IDs sort by start time. The random characters distinguish runs that start in the same second, such as parallel jobs
    of a CI matrix, which have the same reference. Outside of CI there is no reference.

    Args:
        now: Start of the run, aware; any time zone.
        environ: Environment variables, for the CI system.
        random: Source of the last four characters.
    """
    ci = detect_ci(environ)
    reference = re.sub(_UNSAFE, "-", ci.reference).strip("-") if ci else ""
    start, last = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}", "".join(random.choices(ALPHABET, k=4))
    return "-".join(filter(None, (start, reference[: MAX_LENGTH - len(start) - len(last) - 2], last)))


class RunIds:
    """The run IDs of one process, each used once: a second run with the same ID would continue its counters."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def claim(self, run_id: str, is_free: Callable[[str], bool] = lambda _: True) -> str:
        """Return the ID itself the first time, then ``-2``, ``-3``, …, cut so that 128 characters hold the suffix.

        Args:
            run_id: The requested or generated ID.
            is_free: Whether no other process has an ID; claims it for this one.
        """
        candidate, number = run_id, 1
        while candidate in self._used or not is_free(candidate):
            number += 1
            candidate = _with_suffix(run_id, f"-{number}")
        self._used.add(candidate)
        return candidate


def of_attempt(run_id: str, environ: Mapping[str, str]) -> str:
    """Return the ID that a CI job gives its run: ``<ID>-attempt2`` in a job that is started for the second time.

    The first attempt, and every one if the CI system does not number attempts, has the ID unchanged.
    """
    ci = detect_ci(environ)
    return _with_suffix(run_id, f"-attempt{ci.retries + 1}") if ci and ci.retries else run_id


def _with_suffix(run_id: str, suffix: str) -> str:
    return run_id[: MAX_LENGTH - len(suffix)] + suffix

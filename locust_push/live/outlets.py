"""The destinations of a run: for each URL a sink, a sender, and a spool."""

import hashlib
import random
import time
from collections.abc import Callable, Mapping
from typing import Any

from locust_push.config.targets import Target
from locust_push.config.urls import public_url
from locust_push.core.clock import TimeLimit
from locust_push.delivery.disk_worker import DiskWorker
from locust_push.delivery.retry import Backoff
from locust_push.delivery.run_file import run_folder
from locust_push.delivery.segment_file import file_stem
from locust_push.delivery.sender import Sender
from locust_push.delivery.spool import Spool
from locust_push.live.greenlets import native_thread, new_event, time_limit
from locust_push.live.pipeline import Outlet
from locust_push.live.run_description import RunDescription
from locust_push.options.settings import Settings
from locust_push.outputs.destination import Access, RunPart
from locust_push.outputs.registry import destination_of

WRITE_OUT_DELAY = 0.5
"""Seconds between a write and its ``fsync``: the payloads of a tick follow one another, and must not wait for it."""


class Outlets:
    """Creates the outlets of one process in one run."""

    def __init__(
        self,
        settings: Settings,
        description: RunDescription,
        *,
        speaks_for_run: bool,
        on_native_refused: Callable[[], None],
    ) -> None:
        """Push what this process records.

        Args:
            settings: Of this process.
            description: Of the run.
            speaks_for_run: Whether this process describes the run, and deletes old groups.
            on_native_refused: Called once per receiver that turns out not to accept native histograms.
        """
        self._settings = settings
        self._description = description
        self._disk = DiskWorker(native_thread(WRITE_OUT_DELAY))
        self._part = RunPart(
            job=settings.job,
            run_id=description.run_id,
            instance=settings.instance,
            labels=settings.labels,
            native=settings.histogram.has_native,
            retention=settings.gateway_retention,
            describe=self._describe if speaks_for_run else None,
            on_native_refused=on_native_refused,
            later=self._disk,
        )

    def open(self, target: Target) -> Outlet:
        """Return the outlet of a target; nothing is sent or written yet."""
        sink = destination_of(target.protocol).open(access(self._settings, target), self._part)
        sender = Sender(
            sink,
            limit_bytes=self._settings.buffer_bytes,
            spool=self._spool(target),
            backoff=Backoff(random.random),
            wake=new_event(),
            monotonic=time.monotonic,
            wall_clock=time.time,
        )
        return Outlet(sink, sender)

    def _spool(self, target: Target) -> Spool | None:
        """Return a folder that no other process, run or URL uses."""
        settings, run_id = self._settings, self._description.run_id
        if settings.spool is None:
            return None
        place = hashlib.blake2s(target.url.encode(), digest_size=4).hexdigest()
        recorded_as = destination_of(target.protocol).recorded_as
        about = {
            "format": 1,
            "url": "" if recorded_as else public_url(target.url),
            "protocol": recorded_as or target.protocol,
            "job": settings.job,
            "run_id": run_id,
            "instance": settings.instance,
        }
        folder = run_folder(settings.spool, run_id) / f"{file_stem(settings.instance)}.{place}"
        return Spool(folder, about, limit_bytes=settings.spool_limit_bytes, later=self._disk)

    def _describe(self) -> Mapping[str, Any]:
        settings, description = self._settings, self._description
        return {
            "format": 1,
            "run_id": description.run_id,
            "job": settings.job,
            "start_time": description.start_time,
            "end_time": description.end_time,
            "judged_from": description.judged_from,
            "cut_short": description.cut_short,
            "gate_met": description.gate_met,
            "interval": settings.interval,
            "labels": dict(settings.labels),
            "info": dict(description.info),
        }


def access(settings: Settings, target: Target, limit: TimeLimit = time_limit) -> Access:
    """Return access to a target, from the settings of a run."""
    return Access(target, settings.endpoint(target), limit, time.time)

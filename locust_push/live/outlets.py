"""Where a run is pushed to: for each URL a sink, a sender, and a spool of its own."""

import hashlib
import random
import time
from collections.abc import Callable, Mapping
from typing import Any

from locust_push.config.targets import Protocol, Target
from locust_push.config.urls import public_url
from locust_push.core.series import Labels
from locust_push.delivery.backoff import Backoff
from locust_push.delivery.http import HttpTransport
from locust_push.delivery.run_file import run_folder
from locust_push.delivery.segment_file import file_stem
from locust_push.delivery.sender import Sender
from locust_push.delivery.spool import Spool
from locust_push.live.greenlets import new_event, time_limit
from locust_push.live.pipeline import Outlet
from locust_push.live.run_description import RunDescription
from locust_push.options.settings import Settings
from locust_push.outputs.archive import ArchiveSink
from locust_push.outputs.pushgateway import (
    Encoder,
    PushgatewaySink,
    Retention,
    grouping_path,
)
from locust_push.outputs.remote_write import remote_write_sink
from locust_push.outputs.sink import Sink
from locust_push.wire.exposition.text import TextEncoder


class Outlets:
    """Makes the outlets of one process in one run."""

    def __init__(
        self,
        settings: Settings,
        description: RunDescription,
        labels: Labels,
        *,
        speaks_for_run: bool,
        on_native_refused: Callable[[], None],
    ) -> None:
        """Push what is labelled with ``labels``.

        Args:
            settings: Of this process.
            description: Of the run.
            labels: Of every series of this process.
            speaks_for_run: Whether this process describes the run, and clears away old groups.
            on_native_refused: Called once per receiver that turns out to take no native histograms.
        """
        self._settings = settings
        self._description = description
        self._labels = labels
        self._speaks_for_run = speaks_for_run
        self._on_native_refused = on_native_refused

    def open(self, target: Target) -> Outlet:
        """The outlet of a target; nothing is sent or written yet."""
        sink = self._sink(target)
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

    def _sink(self, target: Target) -> Sink:
        settings, run_id = self._settings, self._description.run_id
        if target.protocol is Protocol.ARCHIVE:
            return ArchiveSink(
                target.url,
                target.directory,
                run_id=run_id,
                instance=settings.instance,
                common_labels=self._labels,
                describe=self._describe if self._speaks_for_run else None,
            )
        transport = HttpTransport(settings.endpoint(target), time_limit, time.time)
        if target.protocol is Protocol.PUSHGATEWAY:
            return PushgatewaySink(
                target.url,
                grouping_path(settings.job, run_id, settings.instance),
                transport=transport,
                encoder=_exposition(settings),
                retention=self._retention(),
            )
        return remote_write_sink(target, transport, self._labels, on_native_refused=self._on_native_refused)

    def _spool(self, target: Target) -> Spool | None:
        """A folder that no other process, run or URL uses."""
        settings, run_id = self._settings, self._description.run_id
        if settings.spool is None:
            return None
        place = hashlib.blake2s(target.url.encode(), digest_size=4).hexdigest()
        about = {
            "format": 1,
            "url": public_url(target.url),
            "protocol": str(target.protocol),
            "job": settings.job,
            "run_id": run_id,
            "instance": settings.instance,
        }
        return Spool(run_folder(settings.spool, run_id) / f"{file_stem(settings.instance)}.{place}", about)

    def _retention(self) -> Retention | None:
        """Old groups are one process's business, and it must be the one that exists once."""
        seconds = self._settings.gateway_retention
        if not seconds or not self._speaks_for_run:
            return None
        return Retention(self._settings.job, seconds, time.time)

    def _describe(self) -> Mapping[str, Any]:
        settings, description = self._settings, self._description
        return {
            "format": 1,
            "run_id": description.run_id,
            "job": settings.job,
            "start_time": description.start_time,
            "end_time": description.end_time,
            "interval": settings.interval,
            "labels": dict(settings.labels),
            "info": dict(description.info),
        }


def _exposition(settings: Settings) -> Encoder:
    if not settings.histogram.has_native:
        return TextEncoder(settings.labels)
    from locust_push.wire.exposition.protobuf import ProtobufEncoder  # noqa: PLC0415 - 70 ms that others need not wait

    return ProtobufEncoder(settings.labels)

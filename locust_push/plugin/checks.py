"""Checks before a run, so that a mistake is reported before it and not at its end.

Their imports are inside functions: a locustfile that does not push should not wait for them.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from locust.env import Environment

from locust_push.config.errors import ConfigurationError
from locust_push.live.run_description import Role
from locust_push.options.settings import Settings
from locust_push.plugin.environment import role_of

if TYPE_CHECKING:
    from locust_push.notify.channels import Channel


def check_custom_metrics(settings: Settings | None) -> None:
    """Refuse metrics of the locustfile that collide with ours, if something is pushed.

    Raises:
        ConfigurationError: one does.
    """
    if settings is not None and settings.targets:
        from locust_push.core.labels import RUN_LABELS  # noqa: PLC0415 - see above
        from locust_push.custom.registry import check_registry, registered_collectors  # noqa: PLC0415 - see above

        collectors = registered_collectors(process_metrics=settings.process_metrics)
        check_registry(collectors, RUN_LABELS | dict(settings.labels).keys())


def channels_of(settings: Settings | None) -> "list[Channel]":
    """Return the channels for the message at the end of a run.

    Raises:
        ConfigurationError: A channel is not known, or cannot be used.
    """
    if settings is None or not settings.notify:
        return []
    from locust_push.notify.channels import open_channels  # noqa: PLC0415 - see above

    return open_channels("--push-notify", [url.read() for url in settings.notify])


def check_end(environment: Environment, settings: Settings | None) -> None:
    """Check before the run that it can be judged and reported at its end.

    Raises:
        ConfigurationError: It cannot, for example because nothing is pushed.
    """
    for name in ("gate", "abort", "report"):
        asked = getattr(environment.parsed_options, f"push_{name}", None)
        if settings is None and asked:
            raise ConfigurationError(f"--push-{name}", asked[0], "needs a --push-url", "add --push-url file:runs")
    if settings is not None:
        for path in settings.reports:
            _check_folder(path)
    if settings is not None and settings.aborts:
        from locust_push.live.abort import abort_rule  # noqa: PLC0415 - see above

        for text in settings.aborts:
            abort_rule(text)
    if settings is not None and settings.gates:
        from locust_push.live.end_gate import check_gate as check  # noqa: PLC0415 - see above

        check(settings, by_master=role_of(environment) is Role.MASTER)


def _check_folder(path: Path) -> None:
    """Check that a report can be written, by creating its folder and examining it.

    Raises:
        ConfigurationError: It cannot.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = f"its folder cannot be created: {error.strerror}"
        raise ConfigurationError("--push-report", str(path), problem, "choose another folder") from None
    if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        problem = "is a folder" if path.is_dir() else "cannot be written"
        raise ConfigurationError("--push-report", str(path), problem, "choose another path, or change its permissions")

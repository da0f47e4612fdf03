"""All metrics that the agent writes: name, type, help, unit. A test compares docs/metrics.md with this list."""

from typing import NamedTuple

from locust_push.core.series import Metric, MetricType

_COUNTER, _GAUGE = MetricType.COUNTER, MetricType.GAUGE

# Each process that makes requests: workers, or the local runner. Never the master, so that sums over processes are
# right.
REQUESTS = Metric("locust_requests_total", _COUNTER, "Requests made, by outcome.")
REQUEST_DURATION = Metric(
    "locust_request_duration_seconds",
    MetricType.HISTOGRAM,
    "Response times of requests that have one, by outcome.",
    "seconds",
)
RESPONSE_BYTES = Metric("locust_response_bytes_total", _COUNTER, "Bytes of response bodies received.", "bytes")
REQUEST_FAILURES = Metric(
    "locust_request_failures_total", _COUNTER, "Failed requests by kind of error: an exception class, or HTTP status."
)
USER_EXCEPTIONS = Metric(
    "locust_user_exceptions_total", _COUNTER, "Exceptions raised by the users' own code, by exception class."
)
PROCESS_USERS = Metric("locust_process_users", _GAUGE, "Users running in this process, by user class.")
PROCESS_CPU = Metric("locust_process_cpu_percent", _GAUGE, "CPU used by this process; 100 is one core.")
PROCESS_MEMORY = Metric(
    "locust_process_resident_memory_bytes", _GAUGE, "Resident memory of this process in bytes.", "bytes"
)

PROCESS_CPU_WARNING = Metric(
    "locust_process_cpu_warning",
    _GAUGE,
    "1 once Locust has seen this process above 90 percent CPU in this run.",
)
PROCESS_CLOCK_SKEW = Metric(
    "locust_process_clock_skew_seconds", _GAUGE, "How far this worker's clock is ahead of the master's.", "seconds"
)

# Run-wide: the master or the local runner only.
CURRENT_USERS = Metric("locust_current_users", _GAUGE, "Users running now, over all processes.")
REQUESTS_PER_SECOND = Metric("locust_requests_per_second", _GAUGE, "Requests per second over the last 10 seconds.")
FAILURES_PER_SECOND = Metric(
    "locust_failures_per_second", _GAUGE, "Failed requests per second over the last 10 seconds."
)
ERROR_RATE = Metric(
    "locust_error_rate_percent", _GAUGE, "Failed requests in percent of all requests over the last 10 seconds."
)
RESPONSE_TIME_PERCENTILE = Metric(
    "locust_response_time_percentile_seconds", _GAUGE, "Response time percentiles over the last 10 seconds.", "seconds"
)
USERS = Metric("locust_users", _GAUGE, "Users running now, over all processes, by user class.")
WORKERS = Metric("locust_workers", _GAUGE, "Workers known to the master, by state.")
WORKERS_CPU_WARNING = Metric(
    "locust_workers_cpu_warning", _GAUGE, "Workers that Locust has seen above 90 percent CPU in this run."
)
WORKERS_CLOCK_SKEW = Metric(
    "locust_workers_clock_skew_seconds", _GAUGE, "Largest clock skew of a worker against the master.", "seconds"
)
RUN_INFO = Metric("locust_run_info", _GAUGE, "Always 1; the labels describe the run.")
RUN_START = Metric("locust_run_start_time_seconds", _GAUGE, "Unix time at which the run started.", "seconds")
RUN_SPAWNING_COMPLETE = Metric(
    "locust_run_spawning_complete_time_seconds", _GAUGE, "Unix time at which all users were first running.", "seconds"
)
RUN_EXIT_CODE = Metric(
    "locust_run_exit_code", _GAUGE, "Exit code of the master or local process; once, when it is decided."
)
RUN_END = Metric(
    "locust_run_end_time_seconds", _GAUGE, "Unix time at which the run ended; once, at its end.", "seconds"
)
RUN_JUDGED_FROM = Metric(
    "locust_run_judged_from_time_seconds",
    _GAUGE,
    "Unix time at which the warm-up was over, if there was one; results are judged from then on.",
    "seconds",
)
RUN_CUT_SHORT = Metric(
    "locust_run_cut_short", _GAUGE, "1 if the run ended before its time, interrupted or aborted; once, at its end."
)
RUN_GATE_MET = Metric(
    "locust_run_gate_met", _GAUGE, "Whether the run met its gates, 1 or 0; once, at its end, if it had any."
)
RUN_REQUESTS = Metric("locust_run_requests", _GAUGE, "Requests of the whole run; once, at its end.")
RUN_FAILURES = Metric("locust_run_failures", _GAUGE, "Failed requests of the whole run; once, at its end.")
RUN_REQUESTS_PER_SECOND = Metric(
    "locust_run_requests_per_second", _GAUGE, "Mean requests per second of the whole run; once, at its end."
)
RUN_RESPONSE_TIME = Metric(
    "locust_run_response_time_seconds", _GAUGE, "Response time quantiles of the whole run; once, at its end.", "seconds"
)
RUN_STEADY_REQUESTS = Metric(
    "locust_run_steady_requests", _GAUGE, "Requests after the warm-up; once, at the end, if there was one."
)
RUN_STEADY_FAILURES = Metric(
    "locust_run_steady_failures", _GAUGE, "Failed requests after the warm-up; once, at the end, if there was one."
)
RUN_STEADY_REQUESTS_PER_SECOND = Metric(
    "locust_run_steady_requests_per_second",
    _GAUGE,
    "Mean requests per second after the warm-up; once, at the end, if there was one.",
)
RUN_STEADY_RESPONSE_TIME = Metric(
    "locust_run_steady_response_time_seconds",
    _GAUGE,
    "Response time quantiles after the warm-up; once, at the end, if there was one.",
    "seconds",
)
RUN_STEADY_RESPONSE_TIME_MEAN = Metric(
    "locust_run_steady_response_time_mean_seconds",
    _GAUGE,
    "Mean response time after the warm-up; once, at the end, if there was one.",
    "seconds",
)

# The command trend, of runs that have ended.
TREND_CHANGE = Metric(
    "locust_trend_change_percent",
    _GAUGE,
    "Lasting change of a measure from this run on, in percent; each time that the command is run.",
)

# Every process, about its own pushing.
PUSH_REQUESTS = Metric("locust_push_requests_total", _COUNTER, "Push requests, by URL and outcome.")
PUSH_SAMPLES = Metric("locust_push_samples_total", _COUNTER, "Samples delivered or lost, by URL and outcome.")
PUSH_RETRIES = Metric("locust_push_retries_total", _COUNTER, "Push requests that were sent again, by URL.")
PUSH_ENCODE_SECONDS = Metric(
    "locust_push_encode_seconds", MetricType.SUMMARY, "Time spent encoding a snapshot, by URL.", "seconds"
)
PUSH_SEND_SECONDS = Metric(
    "locust_push_send_seconds",
    MetricType.SUMMARY,
    "Duration of one attempt to deliver a push request, by URL.",
    "seconds",
)
PUSH_QUEUE_BYTES = Metric(
    "locust_push_queue_bytes", _GAUGE, "Undelivered push requests held in memory, by URL.", "bytes"
)
PUSH_LAST_SUCCESS = Metric(
    "locust_push_last_success_timestamp_seconds",
    _GAUGE,
    "Unix time of the last delivered push request, by URL.",
    "seconds",
)
PUSH_OVERFLOW = Metric(
    "locust_push_overflow_requests_total",
    _COUNTER,
    "Requests recorded under __overflow__ because --push-max-names was reached.",
)
PUSH_FAULTS = Metric("locust_push_internal_errors_total", _COUNTER, "Internal errors of the agent; its log has them.")
CUSTOM_OVERFLOW = Metric(
    "locust_push_custom_series_overflow",
    _GAUGE,
    "Series of the locustfile's own metrics that were dropped because --push-max-custom-series was reached.",
)

ALL: tuple[Metric, ...] = tuple(value for value in list(globals().values()) if isinstance(value, Metric))


class TotalsMetrics(NamedTuple):
    """The metrics of the results of a run, or of a part of it; a mean is pushed for a part only."""

    requests: Metric
    failures: Metric
    requests_per_second: Metric
    response_time: Metric
    mean: Metric | None = None


WHOLE_RUN = TotalsMetrics(RUN_REQUESTS, RUN_FAILURES, RUN_REQUESTS_PER_SECOND, RUN_RESPONSE_TIME)
STEADY_STATE = TotalsMetrics(
    RUN_STEADY_REQUESTS,
    RUN_STEADY_FAILURES,
    RUN_STEADY_REQUESTS_PER_SECOND,
    RUN_STEADY_RESPONSE_TIME,
    RUN_STEADY_RESPONSE_TIME_MEAN,
)

OVER_TIME = (CURRENT_USERS, REQUESTS_PER_SECOND, FAILURES_PER_SECOND, RESPONSE_TIME_PERCENTILE)
"""Metrics of a run whose samples over time are read for reports; of all others the last sample is enough."""

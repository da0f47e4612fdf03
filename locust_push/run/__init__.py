"""What identifies and describes a run: its ID, the CI job and commit it ran for, the labels of ``locust_run_info``.

Decisions only; the one exception is :func:`locust_push.run.git.run_command`, which starts ``git`` when asked to.
"""

from locust_push.run.ci import CiInfo, detect_ci
from locust_push.run.git import GitInfo, detect_git, run_command
from locust_push.run.ids import RunIds, generate_run_id
from locust_push.run.info import RUN_INFO_LABELS, Parameters, run_info_labels

__all__ = [
    "RUN_INFO_LABELS",
    "CiInfo",
    "GitInfo",
    "Parameters",
    "RunIds",
    "detect_ci",
    "detect_git",
    "generate_run_id",
    "run_command",
    "run_info_labels",
]

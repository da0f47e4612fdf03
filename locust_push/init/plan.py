"""Decides which files a project lacks, and writes them. Existing files are never overwritten."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from locust_push.init.files import example, stack_files
from locust_push.version import __version__

STACK_FOLDER = "locust-push-stack"

IGNORED = (
    ".locust-push/",
    "locust-push-demo/",
    "runs/",
    "report.html",
    "report.md",
    "report.xml",
    "report.json",
    f"{STACK_FOLDER}/.env",
)
"""Lines for .gitignore: files that runs write, and the secrets of the stack."""

STACK_DOCKERFILE = f"""\
# Locust with locust-push: master, worker, bridge and the sample target of docker-compose.yml.
# docker build --build-arg EXTRAS=notify,logs,aws --tag locust-push .

FROM python:3.13.5-slim-bookworm
# Without an index that has locust-push, put its wheel here first: pip wheel --no-deps --wheel-dir wheels PATH_TO_CLONE
# The pattern matches nothing if there is no such folder; Dockerfile is copied so that something is.
COPY Dockerfile wheel[s] /wheels/
ARG EXTRAS=notify,logs
RUN python -m venv /opt/locust-push \\
    && /opt/locust-push/bin/pip install --no-cache-dir --find-links /wheels "locust-push[$EXTRAS]=={__version__}" \\
    && useradd --uid 10001 --create-home locust \\
    && install --directory --owner=locust --group=locust /var/log/locust /var/lib/locust-push
ENV PATH=/opt/locust-push/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LOCUST_PUSH_SPOOL=/var/lib/locust-push
# The only folders that are written: the root file system can be read-only.
VOLUME ["/var/lib/locust-push", "/var/log/locust"]
# A number, as Kubernetes' runAsNonRoot requires.
USER 10001
WORKDIR /home/locust
# docker-compose.yml has a health check for each role that listens on a port.
HEALTHCHECK NONE
ENTRYPOINT ["locust-push"]
CMD ["--help"]
"""

_DEMO_LOCUSTFILE = "./locust_push/demo/locustfile.py"


class CiSystem(StrEnum):
    """A CI system, or a cluster, that a load test can run in."""

    GITHUB = "github"
    GITLAB = "gitlab"
    JENKINS = "jenkins"
    KUBERNETES = "kubernetes"


@dataclass(frozen=True, slots=True)
class _Template:
    """The place of an example in a project.

    Attributes:
        source: The example.
        path: Where it is written, relative to the project.
        signs: Files or folders that show that a project uses this system; any of them is enough.
        instead: Where it is written if ``path`` exists; empty if it is not written then.
        hint: The remaining step for the user if it is written there.
    """

    source: str
    path: str
    signs: tuple[str, ...]
    instead: str = ""
    hint: str = ""


_TEMPLATES = {
    CiSystem.GITHUB: _Template("github-actions.yml", ".github/workflows/load-test.yml", (".github",)),
    CiSystem.GITLAB: _Template(
        "gitlab-ci.yml",
        ".gitlab-ci.yml",
        (".gitlab-ci.yml", ".gitlab"),
        ".gitlab/load-test.yml",
        "include it in .gitlab-ci.yml: `include: [{local: .gitlab/load-test.yml}]`",
    ),
    CiSystem.JENKINS: _Template(
        "Jenkinsfile",
        "Jenkinsfile",
        ("Jenkinsfile",),
        "Jenkinsfile.load-test",
        "create a pipeline from it, or copy its stage into Jenkinsfile",
    ),
    CiSystem.KUBERNETES: _Template(
        "kubernetes.yaml", "kubernetes/load-test.yaml", ("kubernetes", "k8s", "charts", "kustomization.yaml")
    ),
}


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """One file of a plan.

    Attributes:
        path: Relative to the project.
        text: The content; for a file that is added to, the addition at its end.
        state: ``write``, ``add`` or ``keep``: a file that exists stays as it is.
        hint: The remaining step for the user; or empty.
    """

    path: str
    text: str
    state: str
    hint: str = ""


def detected(project: Path) -> list[CiSystem]:
    """Return the systems that a project uses, as its files show."""
    return [
        pipeline
        for pipeline, template in _TEMPLATES.items()
        if any((project / sign).exists() for sign in template.signs)
    ]


def plan(project: Path, pipelines: Iterable[CiSystem], *, stack: bool) -> list[PlannedFile]:
    """Return the plan for a project; nothing is written yet."""
    steps = [_pipeline(project, _TEMPLATES[pipeline]) for pipeline in pipelines]
    if stack:
        steps += [_new(project, f"{STACK_FOLDER}/{path}", text) for path, text in _stack()]
    return [*steps, *_ignored(project)]


def carry_out(project: Path, steps: Sequence[PlannedFile]) -> None:
    """Write the files of a plan.

    Raises:
        OSError: A file cannot be written; those before it are written.
    """
    for step in steps:
        path = project / step.path
        path.parent.mkdir(parents=True, exist_ok=True)
        if step.state == "write":
            with path.open("x", encoding="utf-8") as file:
                file.write(step.text)
        elif step.state == "add":
            with path.open("a", encoding="utf-8") as file:
                file.write(step.text)


def _pipeline(project: Path, template: _Template) -> PlannedFile:
    if template.instead and (project / template.path).exists():
        step = _new(project, template.instead, example(template.source))
        return PlannedFile(step.path, step.text, step.state, template.hint)
    return _new(project, template.path, example(template.source))


def _new(project: Path, path: str, text: str) -> PlannedFile:
    return PlannedFile(path, text, "keep" if (project / path).exists() else "write")


def _stack() -> Iterator[tuple[str, str]]:
    yield "Dockerfile", STACK_DOCKERFILE
    yield "locustfile.py", (Path(__file__).parents[1] / "demo" / "locustfile.py").read_text(encoding="utf-8")
    for path, text in stack_files():
        yield path, text.replace(_DEMO_LOCUSTFILE, "./locustfile.py")


def _ignored(project: Path) -> Iterator[PlannedFile]:
    file = project / ".gitignore"
    present = file.read_text(encoding="utf-8") if file.exists() else ""
    missing = [line for line in IGNORED if line not in present.splitlines()]
    if missing:
        start = "" if not present or present.endswith("\n") else "\n"
        text = (
            start
            + "# Results of load tests, and secrets of their monitoring\n"
            + "".join(f"{line}\n" for line in missing)
        )
        yield PlannedFile(".gitignore", text, "add")

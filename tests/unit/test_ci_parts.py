"""The GitHub action, the GitLab component and the Jenkins step are valid, and their shell steps work.

The steps run in a made-up environment of the CI system, with programs of the same names as ``locust-push`` and ``gh``.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import tree_sitter
import tree_sitter_groovy
import yaml

from locust_push.options.table import OPTIONS
from locust_push.results.gate_expression import parse

REPOSITORY = Path(__file__).parents[2]
ACTION = yaml.safe_load((REPOSITORY / "action.yml").read_text())
COMPONENT = (REPOSITORY / "templates" / "load-test.yml").read_text()
STEP = (REPOSITORY / "vars" / "loadTest.groovy").read_text()

PYTHON = f"#!{sys.executable}\n"
RECORDING_LOCUST_PUSH = """
import json, os, sys
from pathlib import Path

Path(os.environ["FAKES"], "arguments.json").write_text(json.dumps(sys.argv[1:]))
Path(os.environ["FAKES"], "url.json").write_text(json.dumps(os.environ.get("LOCUST_PUSH_URL")))
if "REPORT" in os.environ:
    for argument in sys.argv:
        if argument.startswith("--push-report="):
            file = Path(argument.partition("=")[2])
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(os.environ["REPORT"])
sys.exit(int(os.environ.get("RUN_EXIT_CODE", "0")))
"""
RECORDING_PYTHON = """
import json, os, sys
from pathlib import Path

Path(os.environ["FAKES"], "install.json").write_text(json.dumps(sys.argv[1:]))
"""
# The three requests to GitHub's API that the action makes, as `gh` makes them.
FAKE_GH = """
import json, os, sys
from pathlib import Path

store = Path(os.environ["FAKES"], "comments.json")
comments = json.loads(store.read_text())
match sys.argv[1:]:
    case _ if "FORBIDDEN" in os.environ:
        sys.exit("gh: Resource not accessible by integration (HTTP 403)")
    case ["api", "--paginate", "repos/o/r/issues/7/comments", "--jq", filtered]:
        assert filtered == ".[] | select(.body | startswith(env.MARKER)) | .id"
        found = [number for number, body in comments.items() if body.startswith(os.environ["MARKER"])]
        print(*found, sep="\\n")
    case ["api", "--silent", "--method", "POST", "repos/o/r/issues/7/comments", "--field", field]:
        comments[str(100 + len(comments))] = Path(field.removeprefix("body=@")).read_text()
    case ["api", "--silent", "--method", "PATCH", place, "--field", field]:
        number = place.removeprefix("repos/o/r/issues/comments/")
        assert number in comments
        comments[number] = Path(field.removeprefix("body=@")).read_text()
    case other:
        sys.exit(f"gh: {other}")
store.write_text(json.dumps(comments))
"""


class Job:
    """A job of GitHub Actions with one use of the action: its files, and the programs for its steps."""

    def __init__(self, folder: Path) -> None:
        """Begin a job."""
        self.folder = folder
        for name, code in (("locust-push", RECORDING_LOCUST_PUSH), ("gh", FAKE_GH), ("python", RECORDING_PYTHON)):
            program = folder / "bin" / name
            program.parent.mkdir(exist_ok=True)
            program.write_text(PYTHON + code)
            program.chmod(0o755)
        (folder / "comments.json").write_text("{}")
        self.log = ""
        self.environ = {
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "FAKES": str(folder),
            "GITHUB_ACTION_PATH": str(REPOSITORY),
            "GITHUB_OUTPUT": str(folder / "output"),
            "GITHUB_STEP_SUMMARY": str(folder / "summary"),
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_REPOSITORY": "o/r",
            "GITHUB_RUN_ID": "1",
            "RUNNER_TEMP": str(folder / "temp"),
        }

    def use(self, pull_request: str = "7", *, environ: dict[str, str] | None = None, **inputs: str) -> list[int]:
        """Run the shell steps of the action and return their exit codes; a failed one does not prevent reports."""
        values = {name: str(one["default"]) for name, one in ACTION["inputs"].items()}
        values |= {name.replace("_", "-"): value for name, value in inputs.items()}
        context = {f"inputs.{name}": value for name, value in values.items()}
        context |= {"github.event.pull_request.number": pull_request}
        codes: list[int] = []
        for step in ACTION["runs"]["steps"]:
            if "run" in step and ("if" in step or not any(codes)):
                given = {name: filled(value, context) for name, value in step["env"].items()}
                done = subprocess.run(
                    ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                    env=self.environ | (environ or {}) | given,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                codes.append(done.returncode)
                self.log += done.stdout
        return codes

    def read(self, name: str) -> Any:
        """Return the data of a JSON file."""
        return json.loads((self.folder / name).read_text())

    def text(self, name: str) -> str:
        """Return the text of a file."""
        return (self.folder / name).read_text()


def filled(value: str, context: dict[str, str]) -> str:
    return re.sub(r"\$\{\{ ([^ ]+) \}\}", lambda found: context[found[1]], value)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path)


def checked_by(schema: str, file: Path, *more: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *more, str(file)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_action_is_valid_by_its_schema() -> None:
    """It matches the schema that check-jsonschema contains."""
    checked_by("vendor.github-actions", REPOSITORY / "action.yml")


def test_no_step_has_an_expression_in_its_script() -> None:
    """Inputs are passed through the environment: text of a pull request must not become code."""
    assert [step["run"] for step in ACTION["runs"]["steps"] if "${{" in step.get("run", "")] == []


def test_the_action_installs_itself_and_what_the_test_needs(job: Job) -> None:
    """The action's own checkout is installed, with the requirements of the test."""
    job.use(requirements="more requirements.txt", environ={"REPORT": "fine"})
    assert job.read("install.json")[-3:] == [str(REPOSITORY), "-r", "more requirements.txt"]
    job.use(environ={"REPORT": "fine"})
    assert job.read("install.json")[-1] == str(REPOSITORY)


def test_inputs_reach_the_command(job: Job) -> None:
    """Arguments are split like in a shell, gates by lines, and nothing is expanded."""
    codes = job.use(
        args="--users 5 --push-label 'team=a b' $HOME *",
        gates='p95 > 800ms\n\np50{name="/"} > +5% and +1ms\n',
        baseline="latest:5",
        allow="no-baseline",
        environ={"REPORT": "fine"},
    )
    reports = job.folder / "temp" / "locust-push" / "load-test"
    assert codes == [0, 0, 0]
    assert job.read("arguments.json") == [
        *("run", "-f", "locustfile.py", "--headless"),
        *("--push-gate=p95 > 800ms", '--push-gate=p50{name="/"} > +5% and +1ms'),
        *("--push-gate-allow=no-baseline", "--push-baseline=latest:5"),
        *(f"--push-report={reports}/report.{suffix}" for suffix in ("html", "md", "json")),
        *("--exit-code-on-error", "0", "--users", "5", "--push-label", "team=a b", "$HOME", "*"),
    ]
    assert job.text("output") == f"exit-code=0\nreport={reports}\n"


def test_nothing_is_given_that_the_workflow_does_not_name(job: Job) -> None:
    """Inputs that are not set add no arguments."""
    job.use(environ={"REPORT": "fine"})
    assert [one for one in job.read("arguments.json") if "push-report" not in one] == [
        *("run", "-f", "locustfile.py", "--headless")
    ]


@pytest.mark.parametrize(
    ("environ", "inputs", "url"),
    [
        ({}, {}, "file:runs"),
        ({"LOCUST_PUSH_URL": "http://secret/write"}, {}, "http://secret/write"),
        ({"LOCUST_PUSH_URL": "http://secret/write"}, {"push_url": "file:a http://b/write"}, "file:a http://b/write"),
    ],
)
def test_results_go_where_the_workflow_says(
    job: Job, environ: dict[str, str], inputs: dict[str, str], url: str
) -> None:
    """The push URL is the input, else the variable, which may hold a secret, else an archive."""
    job.use(environ=environ, **inputs)
    assert job.read("url.json") == url


def test_a_quote_without_its_partner_is_a_mistake(job: Job) -> None:
    """An unclosed quote in args is an error of the job, and nothing is run."""
    assert job.use(args="--push-label it's --users 5") == [0, 2, 0]
    assert "::error::locust-push: the input args has a quote without its partner" in job.log
    assert not (job.folder / "arguments.json").exists()


def test_a_gate_that_is_not_met_fails_the_job_and_is_reported(job: Job) -> None:
    """The exit code is the run's own, for the job and in the output."""
    assert job.use(environ={"REPORT": "## too slow\n", "RUN_EXIT_CODE": "3"}) == [0, 3, 0]
    assert job.text("output").startswith("exit-code=3\n")
    assert job.text("summary") == "## too slow\n"
    [comment] = job.read("comments.json").values()
    assert "## too slow" in comment


def test_the_comment_is_updated_rather_than_repeated(job: Job) -> None:
    """The existing comment of the same test is updated; others, also ones that quote it, stay."""
    (job.folder / "comments.json").write_text(json.dumps({"1": "> <!-- locust-push: load-test -->\nNice!"}))
    for report in ("first", "second"):
        job.use(environ={"REPORT": report})
    job.use(environ={"REPORT": "third"}, name="soak")
    others, first, soak = job.read("comments.json").values()
    assert others.startswith("> ")
    assert first == "<!-- locust-push: load-test -->\nsecond\n[Job](https://github.com/o/r/actions/runs/1)\n"
    assert soak.startswith("<!-- locust-push: soak -->\nthird")


def test_an_earlier_verdict_does_not_stand_for_a_run_without_one(job: Job) -> None:
    """If no report was written, comment and summary say so instead of keeping an old one."""
    job.use(environ={"REPORT": "all is well"})
    assert job.use(environ={"RUN_EXIT_CODE": "2"}) == [0, 2, 0]
    [comment] = job.read("comments.json").values()
    assert "no report was written" in comment
    assert "all is well" not in comment
    assert "no report was written" in job.text("summary")


def test_a_comment_that_may_not_be_written_fails_nothing(job: Job) -> None:
    """The token of a pull request from a fork cannot comment, which is a warning."""
    assert job.use(environ={"REPORT": "fine", "FORBIDDEN": "1"}) == [0, 0, 0]
    assert "::warning::" in job.log
    assert job.text("summary") == "fine"


@pytest.mark.parametrize(("pull_request", "comment"), [("", "true"), ("7", "false")])
def test_without_a_pull_request_or_if_unwanted_there_is_no_comment(job: Job, pull_request: str, comment: str) -> None:
    """Without a pull request, or with comments disabled, there is only the summary."""
    assert job.use(pull_request, comment=comment, environ={"REPORT": "fine"}) == [0, 0, 0]
    assert job.read("comments.json") == {}
    assert job.text("summary") == "fine"


def test_a_long_report_is_cut_at_a_line(job: Job) -> None:
    """A long comment is cut, since GitHub refuses more than 65,536 characters."""
    assert job.use(environ={"REPORT": "| größer |\n" * 10_000}) == [0, 0, 0]
    [comment] = job.read("comments.json").values()
    assert 59_000 < len(comment.encode()) < 65_000
    assert set(comment.splitlines()[1:-4]) == {"| größer |"}
    assert "continues in the artifact" in comment


def component() -> tuple[dict[str, Any], str]:
    """Return the inputs of the component, and its job with the defaults."""
    header, job = COMPONENT.split("\n---\n")
    inputs = yaml.safe_load(header)["spec"]["inputs"]
    return inputs, re.sub(r"\$\[\[ inputs\.([a-z-]+) \]\]", lambda found: str(inputs[found[1]]["default"]), job)


def test_the_gitlab_component_is_valid_by_its_schema(tmp_path: Path) -> None:
    """Each input is described and used, and the job is valid with the defaults."""
    inputs, job = component()
    assert all(one.keys() == {"description", "default"} for one in inputs.values())
    assert {name for name in inputs if f"$[[ inputs.{name} ]]" in COMPONENT} == set(inputs)
    (tmp_path / ".gitlab-ci.yml").write_text(job)
    checked_by("vendor.gitlab-ci", tmp_path / ".gitlab-ci.yml", "--data-transform", "gitlab-ci")


def test_the_script_of_the_gitlab_component_runs(job: Job) -> None:
    """Its script runs with a gate as one argument."""
    made = yaml.safe_load(component()[1])["load-test"]
    environ = job.environ | made["variables"]
    subprocess.run(["bash", "-ec", made["script"][1]], env=environ, check=True)
    arguments = job.read("arguments.json")
    assert arguments[arguments.index("--push-gate") + 1] == "error_rate > 1%"
    assert arguments[-4:] == ["--users", "50", "--run-time", "5m"]


def test_the_jenkins_step_is_groovy() -> None:
    """It parses without errors."""
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_groovy.language()))
    assert not parser.parse(STEP.encode()).root_node.has_error


def test_the_command_of_the_jenkins_step_passes_its_gates(job: Job) -> None:
    """The strings of its command, joined as for one gate, are a valid shell command."""
    strings = dict(re.findall(r"def (\w+) = '(.*?)'", STEP))
    gate = ' --push-gate "$LOAD_TEST_GATE_1"'
    command = strings["run"].removeprefix(".venv/bin/") + "locustfile.py" + gate + strings["reports"]
    subprocess.run(["bash", "-ec", command], env=job.environ | {"LOAD_TEST_GATE_1": "p95 > 1s"}, check=True)
    assert "p95 > 1s" in job.read("arguments.json")


@pytest.mark.parametrize(
    "text", [STEP, COMPONENT, *(file.read_text() for file in (REPOSITORY / "ci/github").iterdir())]
)
def test_they_use_options_that_there_are(text: str) -> None:
    """Options in the files are options of the commands, and variables are defined."""
    flags = {option.flag for option in OPTIONS}
    variables = {option.env_var for option in OPTIONS} | {"LOCUST_PUSH_BEARER_TOKEN", "LOCUST_PUSH_PASSWORD"}
    assert set(re.findall(r"--push-[a-z-]+", text)) <= flags
    assert set(re.findall(r"LOCUST_PUSH_[A-Z_]+", text)) <= variables


def test_gates_of_the_defaults_can_be_read() -> None:
    """The gates in the component and in the Jenkins step can be parsed."""
    parse(component()[0]["gate"]["default"])
    for gates in re.findall(r"gates: \[(.*?)\]", STEP):
        for gate in shlex.split(gates):
            parse(gate)

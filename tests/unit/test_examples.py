"""The examples for CI systems, and the workflow of this repository, are valid."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import tree_sitter
import tree_sitter_groovy
import yaml

from locust_push.options.table import OPTIONS
from locust_push.results.gate_expression import parse

REPOSITORY = Path(__file__).parents[2]
EXAMPLES = REPOSITORY / "examples"
SYSTEMS = ("github-actions.yml", "gitlab-ci.yml", "Jenkinsfile", "kubernetes.yaml", "kubernetes-operator.yaml")
KUBERNETES = "1.31"


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("examples/github-actions.yml", "vendor.github-workflows"),
        ("examples/gitlab-ci.yml", "vendor.gitlab-ci"),
        (".github/workflows/test.yml", "vendor.github-workflows"),
        (".github/workflows/release.yml", "vendor.github-workflows"),
    ],
)
def test_a_pipeline_is_valid_by_its_schema(name: str, schema: str) -> None:
    """Each pipeline matches the schema that check-jsonschema contains."""
    more = ["--data-transform", "gitlab-ci"] if "gitlab" in name else []
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *more, str(REPOSITORY / name)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_kubernetes_would_take_the_manifests() -> None:
    """The manifest is valid in strict mode, which refuses unknown fields."""
    documents = list(yaml.safe_load_all((EXAMPLES / "kubernetes.yaml").read_text()))
    assert [one["kind"] for one in documents] == ["Service", "Job", "Job"]
    for document in documents:
        kubernetes_validate.validate(document, KUBERNETES, strict=True)


def test_the_operator_would_take_its_test() -> None:
    """Its fields are documented ones; the mounted locustfile is beside it, and is valid Python."""
    locustfile, test = yaml.safe_load_all((EXAMPLES / "kubernetes-operator.yaml").read_text())
    kubernetes_validate.validate(locustfile, KUBERNETES, strict=True)
    compile(locustfile["data"]["locustfile.py"], "locustfile.py", "exec")
    spec = test["spec"]
    assert (test["apiVersion"], test["kind"]) == ("locust.io/v1", "LocustTest")
    assert spec.keys() == {"image", "workers", "args", "env", "locustfile"}
    assert spec["locustfile"] == {"configMap": {"name": locustfile["metadata"]["name"]}}
    assert f"--expect-workers={spec['workers']}" in shlex.split(spec["args"])


def test_as_many_workers_are_started_as_the_master_waits_for() -> None:
    """The number of workers is the one that the master waits for."""
    _, master, workers = yaml.safe_load_all((EXAMPLES / "kubernetes.yaml").read_text())
    assert f"--expect-workers={workers['spec']['parallelism']}" in container(master)["command"]


def container(job: Any) -> Any:
    return job["spec"]["template"]["spec"]["containers"][0]


def test_the_jenkinsfile_is_groovy() -> None:
    """It parses without errors; the declarative linter needs a running Jenkins."""
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_groovy.language()))
    assert not parser.parse((EXAMPLES / "Jenkinsfile").read_bytes()).root_node.has_error
    assert parser.parse(b"pipeline { agent { any }").root_node.has_error


@pytest.mark.parametrize("name", SYSTEMS)
def test_examples_use_options_that_there_are(name: str) -> None:
    """Options in the files are valid, and gates can be parsed."""
    text = (EXAMPLES / name).read_text()
    flags = {option.flag for option in OPTIONS}
    variables = {option.env_var for option in OPTIONS} | {"LOCUST_PUSH_BEARER_TOKEN"}
    assert set(re.findall(r"--push-[a-z-]+", text)) <= flags
    assert set(re.findall(r"LOCUST_PUSH_[A-Z_]+", text)) <= variables
    gates = [quoted or bare for quoted, bare in re.findall(r"--push-gate(?: '([^']+)'|=([^,]+))", text)]
    assert gates
    for gate in gates:
        parse(gate)

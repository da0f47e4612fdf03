import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import msgpack  # type: ignore[import-untyped]  # ships no types
import pytest
from locust.argument_parser import (
    LocustArgumentParser,
    get_empty_argument_parser,
    setup_parser_arguments,
    ui_extra_args_dict,
)

import locust_push
from locust_push.config.errors import ConfigurationError
from locust_push.config.secrets import SecretFile, SecretText
from locust_push.config.values import PushFrom
from locust_push.options.command_line import add_options
from locust_push.options.resolve import label_values, log_file_from_options, settings_from_options
from locust_push.options.settings import Settings
from locust_push.options.table import BY_NAME, OPTIONS
from locust_push.options.vault import Vault
from locust_push.outputs.remote_write.destination import REMOTE_WRITE

URL = "http://h:9090/api/v1/write"


class Locust:
    """Locust's own parser with the options in it, as one process has it; made as Locust's ``get_parser`` does."""

    def __init__(self) -> None:
        self.vault = Vault()

    def parser(self, files: Sequence[Path] = ()) -> LocustArgumentParser:
        """Return a new parser, as Locust makes one whenever it needs one."""
        parser = get_empty_argument_parser(default_config_files=[str(path) for path in files])
        setup_parser_arguments(parser)  # type: ignore[no-untyped-call]  # Locust has no type for it
        add_options(parser, self.vault)
        return parser

    def parse(self, *args: str, env: dict[str, str] | None = None, files: Sequence[Path] = ()) -> Namespace:
        """Return the parsed options of a command line, an environment and configuration files."""
        options: Namespace = self.parser(files).parse_args(list(args), env_vars=env or {})
        return options

    def settings(
        self, options: Namespace, *, environ: dict[str, str] | None = None, own: Namespace | None = None
    ) -> Settings:
        """Return the settings of process 7 on host "host"; they must not be None."""
        found = settings_from_options(options, environ=environ or {}, hostname="host", pid=7, own=own, vault=self.vault)
        assert found is not None
        return found


@pytest.fixture
def locust() -> Locust:
    return Locust()


def usage_error(locust: Locust, capsys: pytest.CaptureFixture[str], *args: str, env: dict[str, str]) -> str:
    """Return the line with which Locust's parser refuses a command line; its exit code is 2."""
    with pytest.raises(SystemExit) as caught:
        locust.parse(*args, env=env)
    assert caught.value.code == 2
    return capsys.readouterr().err.strip()


def test_no_url_means_no_push(locust: Locust) -> None:
    """Without a push URL there are no settings, whatever the other options."""
    options = locust.parse("--push-interval", "1s")
    assert settings_from_options(options, environ={}, hostname="host", pid=7, vault=locust.vault) is None


@pytest.mark.parametrize("options", [Namespace(), Namespace(push_url=""), Namespace(push_url=[""])])
def test_options_of_another_making(options: Namespace) -> None:
    """Options from a master without the plugin, or empty ones, mean no push."""
    assert settings_from_options(options, environ={}, hostname="host", pid=7) is None


def test_defaults(locust: Locust) -> None:
    """A URL alone gives the documented defaults, with the process in the instance."""
    found = locust.settings(locust.parse("--push-url", URL))
    assert found == Settings(targets=found.targets, instance="host:7")
    assert (found.targets[0].url, found.targets[0].protocol) == (URL, REMOTE_WRITE)


def test_every_option_reaches_the_settings(locust: Locust, tmp_path: Path) -> None:
    """Each option of the command line is in the settings, typed and in base units."""
    pem = tmp_path / "some.pem"
    pem.write_text("pem")
    words = (
        "--push-url http://a/x --push-url file:runs --push-protocol remote-write --push-interval 500ms "
        "--push-timeout 3s --push-flush-timeout 1m --push-run-id nightly:7 --push-job j --push-instance i "
        "--push-label a=1 --push-label b=2 --push-header X-A=1 --push-username u "
        f"--push-password-file {pem} --push-tls-cert {pem} --push-tls-key {pem} --push-tls-skip-verify "
        "--push-buckets 0.1,1 --push-max-names 5 --push-buffer 1KiB --push-spool s --push-required "
        "--push-gateway-retention 0"
    ).split()
    found = locust.settings(locust.parse(*words))
    assert [(target.url, target.protocol) for target in found.targets] == [
        ("http://a/x", "remote-write"),
        ("file:runs", "archive"),
    ]
    assert (found.interval, found.timeout, found.flush_timeout, found.gateway_retention) == (0.5, 3, 60, 0)
    assert (found.run_id, found.job, found.instance, found.labels) == ("nightly:7", "j", "i", (("a", "1"), ("b", "2")))
    assert [(name, value.read()) for name, value in found.headers] == [("X-A", "1")]
    assert found.username == "u"
    assert isinstance(found.password, SecretFile)
    assert (found.tls.cert, found.tls.key, found.tls.skip_verify) == (str(pem), str(pem), True)
    assert (found.buckets, found.max_names, found.required) == ((0.1, 1), 5, True)
    assert (found.buffer_bytes, found.spool) == (1024, Path("s"))


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("http://a/write", ["http://a/write"]),
        ("http://a/write http://b", ["http://a/write", "http://b"]),
        ("\n  http://a/write\n  http://b\n", ["http://a/write", "http://b"]),
        ("[http://a/write, http://b]", ["http://a/write", "http://b"]),
        ('["http://a/write", "http://b"]', ["http://a/write", "http://b"]),
    ],
)
def test_several_urls_in_one_variable(locust: Locust, text: str, urls: list[str]) -> None:
    """LOCUST_PUSH_URL holds one URL, several with blanks between them, or a list."""
    found = locust.settings(locust.parse(env={"LOCUST_PUSH_URL": text}))
    assert [target.url for target in found.targets] == urls


def test_labels_and_headers_in_one_variable(locust: Locust) -> None:
    """Variables for labels and headers hold one per line, or a list, since values may contain blanks."""
    env = {"LOCUST_PUSH_URL": URL, "LOCUST_PUSH_LABEL": "a=x y\r\nb=z", "LOCUST_PUSH_HEADER": '["X-A=1, 2", "X-B=3"]'}
    found = locust.settings(locust.parse(env=env))
    assert found.labels == (("a", "x y"), ("b", "z"))
    assert [(name, value.read()) for name, value in found.headers] == [("X-A", "1, 2"), ("X-B", "3")]


def test_empty_variables_are_not_set(locust: Locust) -> None:
    """An empty variable, as CI systems set them, means the default; that of the spool means none."""
    env = {option.env_var: "" for option in OPTIONS if option.metavar}
    found = locust.settings(locust.parse(env={**env, "LOCUST_PUSH_URL": URL}))
    assert found == Settings(targets=found.targets, instance="host:7", spool=None)


def test_the_command_line_wins_over_the_environment(locust: Locust) -> None:
    """As with Locust's own options, the command line replaces a variable."""
    found = locust.settings(locust.parse("--push-url", URL, env={"LOCUST_PUSH_URL": "http://other"}))
    assert [target.url for target in found.targets] == [URL]


@pytest.mark.parametrize("value", ["true", "1", "yes"])
def test_a_flag_from_the_environment(locust: Locust, value: str) -> None:
    """Flags in variables work like Locust's own."""
    assert locust.settings(locust.parse(env={"LOCUST_PUSH_URL": URL, "LOCUST_PUSH_REQUIRED": value})).required


def test_locust_conf(locust: Locust, tmp_path: Path) -> None:
    """Locust's configuration file takes the options without their dashes, lists for repeatable ones."""
    conf = tmp_path / "locust.conf"
    conf.write_text(
        "push-url = http://u:s3cr3t@h/write?db=a\npush-interval = 2s\npush-label = [a=1, b=2]\n"
        'push-header = ["X-A=1, 2"]\npush-required = true\n'
    )
    options = locust.parse(files=[conf])
    found = locust.settings(options)
    assert "s3cr3t" not in repr(options)
    assert (found.targets[0].url, found.targets[0].username) == ("http://h/write?db=a", "u")
    assert (found.interval, found.labels, found.required) == (2, (("a", "1"), ("b", "2")), True)
    assert found.headers[0][1].read() == "1, 2"


def test_pyproject(locust: Locust, tmp_path: Path) -> None:
    """The section [tool.locust] of pyproject.toml takes them too, numbers and booleans as such."""
    toml = tmp_path / "pyproject.toml"
    toml.write_text(
        '[tool.locust]\npush-url = ["http://a/write", "file:runs"]\npush-interval = 2.5\npush-max-names = 7\n'
        'push-label = ["a=1"]\npush-required = true\n'
    )
    found = locust.settings(locust.parse(files=[toml]))
    assert [target.url for target in found.targets] == ["http://a/write", "file:runs"]
    assert (found.interval, found.max_names, found.labels, found.required) == (2.5, 7, (("a", "1"),), True)


@pytest.mark.parametrize(
    ("args", "line"),
    [
        (
            "--push-url ftp://u:s3cr3t@h",
            "--push-url: 'ftp://***@h': has an unsupported scheme; use http, https or file",
        ),
        ("--push-interval 0", "--push-interval: '0': is not longer than 0; write it like 5s, 500ms, 2m or 1h20m"),
        ("--push-timeout 0", "--push-timeout: '0': is not longer than 0; write it like 5s, 500ms, 2m or 1h20m"),
        (
            "--push-flush-timeout x",
            "--push-flush-timeout: 'x': is not a duration; write it like 5s, 500ms, 2m or 1h20m",
        ),
        (
            "--push-protocol otlp",
            (
                "--push-protocol: 'otlp': is not a protocol; "
                "use one of auto, remote-write, remote-write-1, remote-write-2, pushgateway"
            ),
        ),
        ("--push-run-id a/b", "--push-run-id: 'a/b': is not a run ID; use 1 to 128 of A-Z a-z 0-9 . _ : -"),
        ("--push-label a", "--push-label: 'a': is not name=value; write it like team=checkout"),
        (
            "--push-header Cookie:s3cr3t",
            "--push-header: 'Cookie:***': is not Name=value; write it like X-Scope-OrgID=team-a",
        ),
        (
            "--push-buckets 2,1",
            "--push-buckets: '2,1': is not strictly increasing; sort it and remove duplicates",
        ),
        ("--push-max-names 0", "--push-max-names: '0': is not a whole number above 0; write it like 1000"),
        ("--push-buffer 64M", "--push-buffer: '64M': is not a size above 0; write it like 64MiB, 10MB or 65536"),
        (
            "--push-gateway-retention x",
            "--push-gateway-retention: 'x': is not a duration; write it like 5s, 500ms, 2m or 1h20m",
        ),
        (
            "--push-password s3cr3t",
            (
                "--push-password: '***': would show the secret in the process list; "
                "set LOCUST_PUSH_PASSWORD, or use --push-password-file"
            ),
        ),
        (
            "--push-bearer-token=s3cr3t",
            (
                "--push-bearer-token: '***': would show the secret in the process list; "
                "set LOCUST_PUSH_BEARER_TOKEN, or use --push-bearer-token-file"
            ),
        ),
    ],
)
def test_a_bad_option_is_a_usage_error(
    locust: Locust, capsys: pytest.CaptureFixture[str], args: str, line: str
) -> None:
    """Locust exits with 2 and one line that names the option, masks secrets and says what to write."""
    assert usage_error(locust, capsys, *args.split(), env={}).endswith(f"error: argument {line}")


def test_a_bad_variable_is_a_usage_error(locust: Locust, capsys: pytest.CaptureFixture[str]) -> None:
    """A value from the environment is checked like one from the command line."""
    error = usage_error(locust, capsys, env={"LOCUST_PUSH_URL": "http://ok http://u:s3cr3t@"})
    assert error.endswith("--push-url: 'http://***@': has no host; write it like http://host:9090/api/v1/write")


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("password-file", None, "cannot be read (No such file or directory); check the path and its permissions"),
        ("bearer-token-file", b"", "is empty; put only the secret into it, on one line"),
        (
            "bearer-token-file",
            b"s3cr3t\nb",
            "holds more than one line, or a control character; put only the secret into it, on one line",
        ),
        ("tls-ca", None, "cannot be read (No such file or directory); check the path and its permissions"),
        ("tls-cert", None, "cannot be read (No such file or directory); check the path and its permissions"),
        ("tls-key", None, "cannot be read (No such file or directory); check the path and its permissions"),
    ],
)
def test_a_file_that_will_not_do(
    locust: Locust, tmp_path: Path, name: str, content: bytes | None, problem: str
) -> None:
    """A missing or invalid file stops the run in one line, without its contents."""
    path = tmp_path / "f"
    if content is not None:
        path.write_bytes(content)
    options = locust.parse("--push-url", URL, f"--push-{name}", str(path))
    with pytest.raises(ConfigurationError) as caught:
        locust.settings(options)
    assert str(caught.value) == f"--push-{name} '{path}': {problem}"


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_certificates_of_the_environment(locust: Locust, tmp_path: Path, variable: str) -> None:
    """The CA variables of requests, curl and OpenSSL are used, unless an option is given."""
    own = tmp_path / "ca.pem"
    own.touch()
    environ = {variable: "/company.pem"}
    assert locust.settings(locust.parse("--push-url", URL), environ=environ).tls.ca == "/company.pem"
    given = locust.parse("--push-url", URL, "--push-tls-ca", str(own))
    assert locust.settings(given, environ=environ).tls.ca == str(own)
    unchecked = locust.parse("--push-url", URL, "--push-tls-skip-verify")
    assert locust.settings(unchecked, environ=environ).tls.ca is None


def test_labels_that_are_not_utf_8(locust: Locust) -> None:
    """Invalid UTF-8 in job, instance and labels becomes question marks, so that they can be pushed."""
    options = ("--push-job", "caf\udce9", "--push-instance", "h\udce9", "--push-label", "shop=caf\udce9")
    found = locust.settings(locust.parse("--push-url", URL, *options))
    assert found.job == "caf?"
    assert "\udce9" not in found.instance
    assert found.labels == (("shop", "caf?"),)


def test_a_folder_is_no_file(locust: Locust, tmp_path: Path) -> None:
    """A folder in place of a file is refused as unreadable."""
    options = locust.parse("--push-url", URL, "--push-tls-ca", str(tmp_path))
    with pytest.raises(ConfigurationError, match=r"cannot be read \(Is a directory\)"):
        locust.settings(options)


def test_secrets_from_the_environment(locust: Locust) -> None:
    """Password and token come from their variables, without the line end of a shell's $(…)."""
    options = locust.parse("--push-url", URL, "--push-username", "u")
    password = locust.settings(options, environ={"LOCUST_PUSH_PASSWORD": "s3cr3t\n"}).password
    token = locust.settings(locust.parse("--push-url", URL), environ={"LOCUST_PUSH_BEARER_TOKEN": "t0k"}).bearer_token
    assert isinstance(password, SecretText)
    assert password.read() == "s3cr3t"
    assert token is not None
    assert token.read() == "t0k"


def test_a_bad_secret_in_the_environment_names_its_variable(locust: Locust) -> None:
    """A token of two lines is refused with the name of its variable, without the token."""
    with pytest.raises(ConfigurationError) as caught:
        locust.settings(locust.parse("--push-url", URL), environ={"LOCUST_PUSH_BEARER_TOKEN": "s3cr3t\nb"})
    assert str(caught.value) == (
        "LOCUST_PUSH_BEARER_TOKEN: holds more than one line, or a control character; "
        "put only the secret into it, on one line"
    )


SECRETIVE = (
    *("--push-url", "https://user:s3cr3t@h/write", "--push-url", "http://s3cr3t:@g/write"),
    *("--push-header", "X-Api-Key=s3cr3t", "--push-header", "Cookie=a=s3cr3t", "--push-header", "X-Scope-OrgID=t"),
)


def test_no_secret_is_left_in_the_parsed_options(locust: Locust) -> None:
    """Options that Locust sends to workers and shows in its web UI contain no secret, and can be serialized."""
    options = locust.parse(*SECRETIVE)
    assert "s3cr3t" not in repr(vars(options))
    assert msgpack.loads(msgpack.dumps(vars(options)))["push_url"] == ["https://h/write", "http://g/write"]
    assert options.push_header == ["X-Api-Key=***", "Cookie=***", "X-Scope-OrgID=t"]
    assert "s3cr3t" not in repr(locust.vault)


def test_the_process_that_parsed_them_knows_the_secrets(locust: Locust) -> None:
    """Settings made from clean options have the given user info and headers."""
    found = locust.settings(locust.parse(*SECRETIVE))
    password = found.targets[0].password
    assert password is not None
    assert (found.targets[0].username, password.read(), found.targets[1].username) == ("user", "s3cr3t", "s3cr3t")
    assert [value.read() for _, value in found.headers] == ["s3cr3t", "a=s3cr3t", "t"]
    assert "s3cr3t" not in repr(found)


def test_parsing_again_changes_nothing(locust: Locust) -> None:
    """Locust parses the command line again for each page of its web UI, with the same result."""
    first, again = locust.parse(*SECRETIVE), locust.parse(*SECRETIVE)
    assert vars(first) == vars(again)
    assert locust.settings(first).endpoint(locust.settings(first).targets[0]).username == "user"


def test_a_later_parse_without_secrets_forgets_them(locust: Locust) -> None:
    """The same URL given without user info has none."""
    locust.parse("--push-url", "https://user:s3cr3t@h/write")
    assert locust.settings(locust.parse("--push-url", "https://h/write")).targets[0].username is None


def test_a_worker_without_the_secret_says_so(locust: Locust) -> None:
    """A header whose value was not sent by the master stops a worker that does not have it, with the fix."""
    master = locust.parse(*SECRETIVE)
    with pytest.raises(ConfigurationError) as caught:
        settings_from_options(master, environ={}, hostname="w", pid=8, vault=Vault())
    assert str(caught.value) == (
        "--push-header 'X-Api-Key=***': has a secret that this process does not know; "
        "set LOCUST_PUSH_HEADER in this process too; secrets are not sent from master to worker"
    )


def test_a_worker_with_the_secret_uses_it(locust: Locust) -> None:
    """A worker with the same header and URL completes the master's clean ones."""
    worker = Locust()
    worker.parse(*SECRETIVE)
    assert worker.settings(locust.parse(*SECRETIVE)).targets[0].username == "user"


def test_the_masters_instance_is_not_for_its_workers(locust: Locust) -> None:
    """A worker has its own instance, from its option or its host and process."""
    master = locust.parse("--push-url", URL, "--push-instance", "master")
    assert locust.settings(master).instance == "master"
    assert locust.settings(master, own=locust.parse()).instance == "host:7"
    assert locust.settings(master, own=locust.parse("--push-instance", "w1")).instance == "w1"


def test_a_workers_own_files_win(locust: Locust, tmp_path: Path) -> None:
    """Paths and user names of the worker take precedence over the master's, which fill the gaps."""
    for name in ("master", "worker"):
        (tmp_path / name).write_text(name)
    asked = ("--push-url", URL, "--push-username", "u", "--push-password-file")
    master = locust.parse(*asked, str(tmp_path / "master"))
    own = locust.parse("--push-password-file", str(tmp_path / "worker"), "--push-interval", "9s")
    found = locust.settings(master, own=own)
    assert found.password is not None
    assert (found.password.read(), found.username, found.interval) == ("worker", "u", 5)


@pytest.mark.parametrize(
    ("master", "worker", "spool"),
    [
        (None, None, Path(".locust-push")),
        ("/m", None, Path("/m")),
        ("/m", "/w", Path("/w")),
        ("/m", "", None),
        ("", None, None),
        ("", "/w", Path("/w")),
        (None, "", None),
    ],
)
def test_a_workers_own_spool_wins(locust: Locust, master: str | None, worker: str | None, spool: Path | None) -> None:
    """The worker's own folder, or none, takes precedence over the master's, but not the default."""
    options, own = (
        locust.parse("--push-url", URL, *([] if text is None else ["--push-spool", text])) for text in (master, worker)
    )
    assert locust.settings(options, own=own).spool == spool


@pytest.mark.parametrize("text", ["", " "])
def test_no_spool(locust: Locust, text: str) -> None:
    """An empty text turns the spool off, on the command line and in the environment."""
    assert locust.settings(locust.parse("--push-url", URL, "--push-spool", text)).spool is None
    assert locust.settings(locust.parse("--push-url", URL, env={"LOCUST_PUSH_SPOOL": text})).spool is None


def test_the_web_form_shows_run_id_and_labels_alone(locust: Locust) -> None:
    """Locust's start form has the two options that change from run to run."""
    shown = locust.parser().args_included_in_web_ui
    assert [name for name in shown if name.startswith("push_")] == ["push_run_id", "push_label"]


def test_the_web_form_renders_them() -> None:
    """Options have the attributes that Locust's form needs: help, and whether they are secret or required."""
    locust_push.register()
    field = ui_extra_args_dict([])["push_run_id"]
    assert (field["default_value"], field["is_secret"], field["is_required"]) == (None, False, False)
    assert field["help_text"].startswith("ID of the run")


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("", ()),
        ([""], ()),
        (None, ()),
        ("a=1,b=2", (("a", "1"), ("b", "2"))),
        (["note=x", " y", "b=2"], (("note", "x, y"), ("b", "2"))),
        ("note=x, y", (("note", "x, y"),)),
        (["a=1", "b=2"], (("a", "1"), ("b", "2"))),
        ("q=a=1,b=2", (("q", "a=1,b=2"),)),
        (["q=a=1", "b=2"], (("q", "a=1,b=2"),)),
        (["team=x", "q=a=1", "b=2"], (("team", "x"), ("q", "a=1,b=2"))),
    ],
)
def test_labels_from_the_web_form(locust: Locust, label: object, expected: tuple[tuple[str, str], ...]) -> None:
    """Labels come back from the form as one text or split at commas; an empty field means none."""
    options = locust.parse("--push-url", URL)
    options.push_label = label
    assert locust.settings(options).labels == expected


def test_labels_of_the_command_line_are_never_joined(locust: Locust) -> None:
    """Two labels of the command line stay two, also when sent to workers, whatever they contain."""
    master = locust.parse("--push-url", URL, "--push-label", "q=a=1", "--push-label", "b=2", "--push-label", "c=x,y=z")
    expected = (("q", "a=1"), ("b", "2"), ("c", "x,y=z"))
    assert locust.settings(master).labels == expected
    sent = Namespace(**vars(master) | {"push_label": [str(text) for text in label_values(expected)]})
    assert locust.settings(sent, own=locust.parse()).labels == expected


@pytest.mark.parametrize(("text", "expected"), [("", None), (" ", None), (None, None), ("r-1 ", "r-1")])
def test_run_id_from_the_web_form(locust: Locust, text: str | None, expected: str | None) -> None:
    """An empty run ID field means a generated one."""
    options = locust.parse("--push-url", URL)
    options.push_run_id = text
    assert locust.settings(options).run_id == expected


@pytest.mark.parametrize("text", ["a/b", ".", "..", "../x", "a\0", "x" * 4096])
def test_a_bad_run_id_from_the_web_form_is_refused(locust: Locust, text: str) -> None:
    """Values that the parser did not check are checked when settings are made."""
    options = locust.parse("--push-url", URL)
    options.push_run_id = text
    with pytest.raises(ConfigurationError, match="is not a run ID"):
        locust.settings(options)


def test_a_worker_that_leaves_pushing_to_the_master_needs_no_secret(locust: Locust) -> None:
    """With --push-from master a worker has no receiver, and needs no credentials."""
    master = Locust().parse(
        "--push-url", URL, "--push-from", "master", "--push-username", "u", "--push-header", "X-Api-Key=secret"
    )
    found = locust.settings(master, own=locust.parse())
    assert found.targets == ()
    assert found.push_from is PushFrom.MASTER


def test_signing_without_its_extra_is_refused_before_the_run(locust: Locust, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line names the package to install; a worker that does not push needs no botocore."""
    monkeypatch.setitem(sys.modules, "botocore", None)
    options = locust.parse("--push-url", URL, "--push-sigv4-region", "eu-west-1", "--push-from", "master")
    with pytest.raises(ConfigurationError) as caught:
        locust.settings(options)
    line = "'eu-west-1': needs botocore, which is not installed; pip install 'locust-push[aws]'"
    assert str(caught.value) == f"--push-sigv4-region {line}"
    assert locust.settings(options, own=locust.parse()).sigv4_region is None


def test_a_worker_signs_for_the_region_of_its_master(locust: Locust) -> None:
    """The region is sent as text; each worker uses its own credentials."""
    master = Locust().parse("--push-url", URL, "--push-sigv4-region", "us-gov-west-1")
    assert locust.settings(master, own=locust.parse()).sigv4_region == "us-gov-west-1"


def test_a_master_that_pushes_alone_needs_its_secrets(locust: Locust) -> None:
    """The master, and a local runner, push and keep all settings."""
    options = locust.parse("--push-url", URL, "--push-from", "master", "--push-username", "u")
    with pytest.raises(ConfigurationError, match="has no password"):
        locust.settings(options)


@pytest.mark.parametrize(("text", "expected"), [("all", PushFrom.ALL), ("http://store:9090", PushFrom.ALL)])
def test_a_url_in_the_environment_is_meant_for_commands(locust: Locust, text: str, expected: PushFrom) -> None:
    """LOCUST_PUSH_FROM is also used by commands that read runs; a URL does not set who pushes."""
    assert locust.settings(locust.parse("--push-url", URL, "--push-from", text)).push_from is expected


def test_who_pushes_is_all_or_master(locust: Locust, capsys: pytest.CaptureFixture[str]) -> None:
    """Any other value is refused by the parser, with both valid ones."""
    with pytest.raises(SystemExit):
        locust.parse("--push-url", URL, "--push-from", "worker")
    assert "use all or master" in capsys.readouterr().err


def test_gates_are_kept_as_they_were_written(locust: Locust) -> None:
    """Several values can be given, also with commas; in a variable one per line."""
    given = ["p95{name=/a,method=GET} > 1s", "error_rate > 2%"]
    flags = [argument for text in given for argument in ("--push-gate", text)]
    found = locust.settings(locust.parse("--push-url", URL, *flags, "--push-baseline", "latest:5"))
    assert (list(found.gates), found.baseline, found.baseline_from) == (given, "latest:5", None)
    assert (
        list(locust.settings(locust.parse("--push-url", URL, env={"LOCUST_PUSH_GATE": "\n".join(given)})).gates)
        == given
    )


@pytest.mark.parametrize(
    ("arguments", "shared", "expected"),
    [
        (("--push-baseline-from", "file:runs"), "http://store:9090", "file:runs"),
        ((), "http://store:9090", "http://store:9090"),
        ((), "master", None),
        ((), "", None),
    ],
)
def test_baselines_are_read_where_all_commands_read(
    locust: Locust, arguments: tuple[str, ...], shared: str, expected: str | None
) -> None:
    """LOCUST_PUSH_FROM is the default for baselines."""
    options = locust.parse("--push-url", URL, "--push-gate", "p95 > 1s", *arguments)
    found = locust.settings(options, environ={"LOCUST_PUSH_FROM": shared}).baseline_from
    assert (found and found.url) == expected


def test_help_states_each_option_and_default(locust: Locust) -> None:
    """--help has one group with every option and its default."""
    text = " ".join(locust.parser().format_help().split())
    group = text[text.index("Push options (locust-push):") :]
    assert all(option.flag in group for option in OPTIONS)
    wanted = [f"Default: {option.default}." for option in OPTIONS if option.default and option.name != "buckets"]
    assert all(default in group for default in wanted)


def test_names_are_made_in_one_way() -> None:
    """Flag, attribute and variable of an option follow from its name, and are unique."""
    option = BY_NAME["gateway-retention"]
    assert (option.flag, option.dest) == ("--push-gateway-retention", "push_gateway_retention")
    assert option.env_var == "LOCUST_PUSH_GATEWAY_RETENTION"
    assert len(BY_NAME) == len(OPTIONS)


def test_no_option_shadows_a_secret_variable() -> None:
    """The variables that hold secrets belong to no option, which would add them to the parsed options."""
    assert {"LOCUST_PUSH_PASSWORD", "LOCUST_PUSH_BEARER_TOKEN"}.isdisjoint(option.env_var for option in OPTIONS)


def test_defaults_of_options_and_settings_agree(locust: Locust) -> None:
    """The default of an option equals that of the settings."""
    found = locust.settings(locust.parse("--push-url", URL))
    made = Settings(targets=found.targets, instance=found.instance)
    differing = [name for name in Settings.__slots__ if getattr(found, name) != getattr(made, name)]
    assert differing == []


def test_channels_are_secrets(locust: Locust) -> None:
    """Parsed options contain only their schemes; the master's settings have the URLs, a worker's have none."""
    urls = ["slack://a-token/of/one", "slack://a-token/of/another"]
    options = locust.parse("--push-url", URL, env={"LOCUST_PUSH_NOTIFY": " ".join(urls)})
    assert "a-token" not in str(vars(options))
    assert [url.read() for url in locust.settings(options).notify] == urls
    worker = Locust()
    assert worker.settings(options, own=worker.parse()).notify == ()


def test_a_worker_prefers_a_log_file_of_its_own(locust: Locust) -> None:
    """A worker's own value takes precedence over the master's; without either there is none."""
    master, worker = locust.parse("--push-log-file", "master.json"), locust.parse("--push-log-file", "worker.json")
    assert log_file_from_options(master) == Path("master.json")
    assert log_file_from_options(master, own=worker) == Path("worker.json")
    assert log_file_from_options(master, own=locust.parse()) == Path("master.json")
    assert log_file_from_options(locust.parse(), own=locust.parse()) is None


def test_user_info_in_a_url_that_is_meant_for_commands_does_not_travel(locust: Locust) -> None:
    """LOCUST_PUSH_FROM may contain a password; options, which a master sends to workers, must not."""
    parsed = locust.parse("--push-url", URL, env={"LOCUST_PUSH_FROM": "http://reader:geheim@store:9090"})
    assert "geheim" not in repr(vars(parsed))
    assert locust.settings(parsed).push_from is PushFrom.ALL

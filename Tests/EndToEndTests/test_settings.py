"""Settings: where each comes from, and what a wrong one does."""

import re
import subprocess

from deployment import ROOT
from test_startup import check_refuses


def test_every_problem_with_the_settings_is_told_at_once(made):
    wrong = {
        "PORT": "many",
        "HOSTNAME": "x",
        "EVENT_LOOPS": "0",
        "LOG_LEVEL": "loud",
        "ACCESS_LOG": "perhaps",
        "PUBLIC_URL": "nowhere",
        "METRICS_ADDRESS": "9464x",
        "KEY_PREFIX": "UPPER CASE",
        "DATABASE_URL": "mysql://x",
    }
    said = check_refuses(made, *(f"CHAT_TOKENS_{name}" for name in wrong), **wrong)
    assert "CHAT_TOKENS_HOST" in said, "it suggests what was probably meant"
    for command in (("config",), ("init",), ("tenant", "list"), ("doctor",)):
        done = made.attempt(*command, **wrong)
        assert done.returncode != 0 and all(f"CHAT_TOKENS_{name}" in done.stdout + done.stderr for name in wrong), (
            command
        )


def test_a_settings_file_is_read_and_its_faults_are_told(made):
    path = made.folder / "settings.json"
    path.write_text('{"accessLog":"on","colour":"red"}')
    check_refuses(made, "colour", CONFIG=str(path))
    path.write_text('{"accessLog":')
    check_refuses(made, "settings.json", CONFIG=str(path))
    check_refuses(made, "absent.json", CONFIG=str(made.folder / "absent.json"))
    path.write_text('{"accessLog":"on"}')
    effective = made.run("config", "--config", path)
    assert effective["accessLog"]["value"] == "on" and "settings.json" in effective["accessLog"]["source"]
    assert made.run("config", "--config", path, "--access-log", "off")["accessLog"]["value"] == "off"


def test_what_the_examples_have_callers_and_gateways_set_does_not_stop_the_program(made):
    settings = {re.sub(r"(?=[A-Z])", "_", name).upper() for name in made.run("config")} | {"CONFIG"}
    tracked = subprocess.run(["git", "ls-files", "Examples", "README.md"], cwd=ROOT, capture_output=True, text=True)
    texts = [(ROOT / name).read_text() for name in tracked.stdout.splitlines()]
    names = {name for text in texts for name in re.findall(r"\bCHAT_TOKENS_([A-Z]+(?:_[A-Z]+)*)", text)}
    assert len(names - settings) > 10
    done = made.attempt("config", **dict.fromkeys(names - settings, "x"))
    assert done.returncode == 0, done.stderr


def test_a_password_in_an_address_is_not_repeated_where_it_is_refused(made):
    for name in ("PUBLIC_URL", "CENTRIFUGO_API_URL", "LEAK_KEYS_URL", "TRUSTED_PROXIES"):
        said = check_refuses(made, f"CHAT_TOKENS_{name}", **{name: "http://user:sesame@127.0.0.1/api"})
        assert "sesame" not in said
    assert "sesame" not in made.attempt("serve", "--public-url", "http://user:sesame@a").stderr


def test_a_flag_for_the_master_key_goes_before_a_variable(made, make_deployment):
    other = (make_deployment().folder / "master.key").read_text().strip()
    right = made.folder / "master.key"
    assert made.attempt("tenant", "list", "--master-key-file", right, MASTER_KEY=other).returncode == 0
    done = made.attempt("tenant", "list", MASTER_KEY=other)
    assert done.returncode == 1 and "master key" in done.stderr

"""The command line: help that shows, JSON that scripts can read, exit statuses that mean something."""

import json
import re

import pytest

import evidence
import jose
from deployment import Deployment

COMMANDS = [
    "serve",
    "init",
    "migrate",
    "prune",
    "copy",
    "master-key rotate",
    "backup",
    "doctor",
    "config",
    "plan list",
    "plan create",
    "plan update",
    "plan delete",
    "tenant create",
    "tenant list",
    "tenant show",
    "tenant update",
    "tenant suspend",
    "tenant resume",
    "key create",
    "key list",
    "key rotate",
    "key revoke",
    "key import",
    "key scan",
    "key release",
    "signing-key list",
    "signing-key create",
    "signing-key rotate",
    "signing-key activate",
    "signing-key retire",
    "signing-key revoke",
    "signing-key export",
    "token mint",
    "token inspect",
    "token verify",
    "token explain",
    "token revoke",
    "revocation list",
    "jws verify",
    "account create",
    "account list",
    "account reset-password",
    "audit export",
    "audit verify",
    "audit keys",
]
USAGE = 64


@pytest.fixture(scope="module")
def deployment(tmp_path_factory) -> Deployment:
    made = Deployment(tmp_path_factory.mktemp("deployment"))
    made.initialize()
    made.tenant("acme")
    made.key("acme")
    return made


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(deployment, command):
    done = deployment.attempt(*command.split(), "--help")
    assert done.returncode == 0 and not done.stderr
    assert re.search(r"^Examples?", done.stdout, re.M) and f"chat-tokens {command}" in done.stdout
    assert "--json" in done.stdout


def test_the_commands_tested_here_are_all_there_are(deployment):
    def names(*prefix: str) -> list[str]:
        text = deployment.attempt(*prefix, "--help").stdout
        if "SUBCOMMANDS:" not in text:
            return [" ".join(prefix)]
        section = text.split("SUBCOMMANDS:")[1]
        return [found for name in re.findall(r"^  ([a-z-]+) ", section, re.M) for found in names(*prefix, name)]

    assert sorted(names()) == sorted(COMMANDS)


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["tenant"],
        ["tenant", "create"],
        ["tenant", "create", "x", "--plan", "Gold"],
        ["key", "create", "--tenant", "acme"],
        ["key", "create", "--tenant", "acme", "--node", "--name", "x"],
        ["key", "create", "--name", "x"],
        ["backup"],
        ["token", "verify", "x"],
        ["token", "verify", "x", "--expect", "both"],
        ["serve", "--nonsense"],
        ["tenant", "create", "x", "--rate", "many"],
        ["tenant", "create", "x", "--rate", "-1"],
        ["key", "create", "--tenant", "acme", "--name", "x", "--scope", "all"],
        ["key", "create", "--tenant", "acme", "--name", "x", "--expires-in", "soon"],
        ["tenant", "create", "x", "--token-life", "long"],
        ["key", "rotate", "x", "--grace-seconds", "-1"],
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_64_and_says_what_is_wrong(deployment, arguments):
    done = deployment.attempt(*arguments)
    if arguments == ["tenant"]:
        assert done.returncode in (0, USAGE)
        return
    assert done.returncode == USAGE, done
    assert done.stderr.strip() and not done.stdout
    assert "Fatal error" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["tenant", "create", "acme"],
        ["tenant", "show", "nobody"],
        ["tenant", "update", "nobody", "--name", "x"],
        ["tenant", "suspend", "nobody"],
        ["key", "list", "--tenant", "nobody"],
        ["key", "create", "--tenant", "nobody", "--name", "x"],
        ["key", "rotate", "AAAAAAAAAAAA"],
        ["key", "revoke", "AAAAAAAAAAAA"],
        ["signing-key", "list", "--tenant", "nobody"],
        ["signing-key", "activate", "x", "--tenant", "acme"],
        ["token", "mint", "--tenant", "nobody", "--user", "u"],
        ["signing-key", "export", "--tenant", "acme"],
        ["tenant", "create", "x", "--token-life", "59s"],
        ["tenant", "create", "x", "--token-life", "25h"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_done_ends_with_1_and_says_why(deployment, arguments):
    for extra in ([], ["--json"]):
        done = deployment.attempt(*arguments, *extra)
        assert done.returncode == 1 and done.stderr.strip(), done
        assert not done.stdout.strip() or json.loads(done.stdout)
        assert "SQL" not in done.stderr and "Fatal error" not in done.stderr


@pytest.mark.parametrize("name", ["", "A", "a_b", "-a", "a-", "a" * 64, "a b", "ä", "a/b", "..", "a.b"])
def test_a_tenant_id_that_is_not_well_formed_is_refused(deployment, name):
    done = deployment.attempt("tenant", "create", "--", name)
    assert done.returncode in (1, USAGE) and done.stderr.strip()


def test_json_is_exactly_one_document_for_every_command(deployment, tmp_path):
    """`run` itself parses stdout as one document; here every command goes through it."""
    run = deployment.run
    run("init")
    run("migrate")
    run(
        "tenant",
        "create",
        "json",
        "--name",
        'A "B"',
        "--token-claims",
        "role",
        "--xmpp-host",
        "chat.example.com",
        "--token-life",
        "1h",
    )
    assert run("tenant", "show", "json")["tokenClaims"] == ["role"]
    assert "json" in [tenant["id"] for tenant in run("tenant", "list")["tenants"]]
    assert run("tenant", "update", "json", "--plan", "pro", "--rate", "7", "--token-claims", "")["rate"] == 7
    assert run("tenant", "show", "json")["tokenClaims"] == []
    assert run("tenant", "suspend", "json")["status"] == "suspended"
    assert run("tenant", "resume", "json")["status"] == "active"
    key = run("key", "create", "--tenant", "json", "--name", "k", "--scope", "tokens:verify", "--expires-in", "90d")
    assert key["scopes"] == ["tokens:verify"] and key["expiresAt"] and key["apiKey"].startswith(key["preview"] + "")
    assert [found["id"] for found in run("key", "list", "--tenant", "json")["keys"]] == [key["id"]]
    assert run("key", "rotate", key["preview"], "--grace-seconds", "1h")["apiKey"] != key["apiKey"]
    assert run("key", "revoke", key["id"], "--reason", "test")["status"] == "revoked"
    assert run("key", "create", "--operator", "--name", "o")["owner"] == "operator"
    run("key", "list", "--node")
    first = run("signing-key", "list", "--tenant", "json")["signingKeys"][0]["kid"]
    second = run("signing-key", "create", "--tenant", "json", "--algorithm", "ES256")["kid"]
    run("signing-key", "activate", "--tenant", "json", "--", second)
    states = {found["kid"]: found["state"] for found in run("signing-key", "list", "--tenant", "json")["signingKeys"]}
    assert states == {first: "retired", second: "active"}
    third = run("signing-key", "rotate", "--tenant", "json")["kid"]
    run("signing-key", "retire", "--tenant", "json", "--", third)
    run("signing-key", "revoke", "--tenant", "json", "--", first)
    assert run("signing-key", "export", "--tenant", "json")["kid"] == second
    run("key", "create", "--tenant", "json", "--name", "origin")
    pair = run(
        "token",
        "mint",
        "--tenant",
        "json",
        "--user",
        "u",
        "--name",
        "U",
        "--custom",
        '{"n":1.00}',
        "--expires-in",
        "10m",
        "--channel",
        "a",
        "--channel",
        "b",
    )
    assert pair["expiresIn"] == 600 and jose.decode(pair["wsToken"])[1]["channels"] == ["a", "b"]
    inspected = run("token", "inspect", pair["token"])
    assert "at+jwt" in json.dumps(inspected)
    assert run("token", "verify", pair["wsToken"], "--expect", "ws")["valid"] is True
    assert run("token", "verify", "-", "--expect", "rest", stdin=pair["token"] + "\n")["valid"] is True
    assert run("backup", tmp_path / "copy.db")
    assert run("doctor")["healthy"] is True
    assert run("config")["port"]["value"] == str(deployment.port)


def test_without_json_people_get_text_and_the_key_once(deployment):
    done = deployment.attempt("key", "create", "--tenant", "acme", "--name", "people")
    (text,) = re.findall(r"chatsdk_\w{50}", done.stdout)
    evidence.note_secret("key", text)
    listed = deployment.attempt("key", "list", "--tenant", "acme").stdout
    assert text[8:20] in listed and text[20:52] not in listed
    assert text[20:52] not in deployment.attempt("key", "list", "--tenant", "acme", "--json").stdout


def test_init_twice_changes_nothing(deployment):
    before = [path.read_bytes() for path in (deployment.folder / "master.key",)]
    again = deployment.run("init")
    assert again["database"]["created"] is False and again["masterKey"]["created"] is False
    assert again.get("apiKey") is None
    assert [path.read_bytes() for path in (deployment.folder / "master.key",)] == before


def test_the_curl_that_init_prints_works(tmp_path, program):
    import subprocess

    made = Deployment(tmp_path)
    printed = made.initialize()
    with made.serve():
        done = subprocess.run(["bash", "-c", printed["curl"]], capture_output=True, text=True, timeout=20)
    document = json.loads(done.stdout)
    evidence.note_document(document)
    assert document["user"]["id"] == "user-123" and document["token"]

"""The command line: help that shows, JSON that scripts can read, exit statuses that mean something."""

import json
import pathlib
import re
import socket

import pytest

import evidence
import jose
from deployment import Deployment, free_port

COMMANDS = [
    "serve", "init", "migrate", "backup", "doctor", "config", "tenant create", "tenant list", "tenant show", "tenant update",
    "tenant suspend", "tenant resume", "key create", "key list", "key rotate", "key revoke", "signing-key list",
    "signing-key create", "signing-key rotate", "signing-key activate", "signing-key retire", "signing-key revoke",
    "signing-key export", "token mint", "token inspect", "token verify", "jws verify",
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


@pytest.mark.parametrize("arguments", [
    ["nonsense"], ["tenant"], ["tenant", "create"], ["tenant", "create", "x", "--plan", "gold"], ["key", "create", "--tenant", "acme"],
    ["key", "create", "--tenant", "acme", "--node", "--name", "x"], ["key", "create", "--name", "x"], ["backup"],
    ["token", "verify", "x"], ["token", "verify", "x", "--expect", "both"], ["serve", "--nonsense"],
    ["tenant", "create", "x", "--rate", "many"], ["tenant", "create", "x", "--rate", "-1"], ["key", "create", "--tenant", "acme", "--name", "x", "--scope", "all"],
    ["key", "create", "--tenant", "acme", "--name", "x", "--expires-in", "soon"], ["tenant", "create", "x", "--token-life", "long"],
    ["key", "rotate", "x", "--grace-seconds", "-1"],
], ids=" ".join)
def test_wrong_usage_ends_with_64_and_says_what_is_wrong(deployment, arguments):
    done = deployment.attempt(*arguments)
    if arguments == ["tenant"]:
        assert done.returncode in (0, USAGE)
        return
    assert done.returncode == USAGE, done
    assert done.stderr.strip() and not done.stdout
    assert "Fatal error" not in done.stderr


@pytest.mark.parametrize("arguments", [
    ["tenant", "create", "acme"], ["tenant", "show", "nobody"], ["tenant", "update", "nobody", "--name", "x"],
    ["tenant", "suspend", "nobody"], ["key", "list", "--tenant", "nobody"], ["key", "create", "--tenant", "nobody", "--name", "x"],
    ["key", "rotate", "AAAAAAAAAAAA"], ["key", "revoke", "AAAAAAAAAAAA"], ["signing-key", "list", "--tenant", "nobody"],
    ["signing-key", "activate", "x", "--tenant", "acme"], ["token", "mint", "--tenant", "nobody", "--user", "u"],
    ["signing-key", "export", "--tenant", "acme"], ["tenant", "create", "x", "--token-life", "59s"],
    ["tenant", "create", "x", "--token-life", "25h"],
], ids=" ".join)
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
    run("tenant", "create", "json", "--name", 'A "B"', "--token-claims", "role", "--xmpp-host", "chat.example.com", "--token-life", "1h")
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
    run("signing-key", "activate", second, "--tenant", "json")
    states = {found["kid"]: found["state"] for found in run("signing-key", "list", "--tenant", "json")["signingKeys"]}
    assert states == {first: "retired", second: "active"}
    third = run("signing-key", "rotate", "--tenant", "json")["kid"]
    run("signing-key", "retire", third, "--tenant", "json")
    run("signing-key", "revoke", first, "--tenant", "json")
    assert run("signing-key", "export", "--tenant", "json")["kid"] == second
    run("key", "create", "--tenant", "json", "--name", "origin")
    pair = run("token", "mint", "--tenant", "json", "--user", "u", "--name", "U", "--custom", '{"n":1.00}', "--expires-in", "10m",
               "--channel", "a", "--channel", "b")
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


def test_a_token_verifies_against_a_jwks_file_and_address(deployment, tmp_path):
    deployment.tenant("offline", algorithm="EdDSA")
    deployment.key("offline")
    pair = deployment.run("token", "mint", "--tenant", "offline", "--user", "u")
    jwk = tmp_path / "key.json"
    jwk.write_text(json.dumps(deployment.run("signing-key", "export", "--tenant", "offline")))
    assert deployment.run("token", "verify", pair["wsToken"], "--expect", "ws", "--jwks", jwk)["valid"] is True
    wrong = deployment.attempt("token", "verify", pair["wsToken"], "--expect", "rest", "--jwks", jwk, "--json")
    assert wrong.returncode == 1 and json.loads(wrong.stdout)["valid"] is False
    with deployment.serve():
        url = deployment.issuer("offline") + "/.well-known/jwks.json"
        assert deployment.run("token", "verify", pair["token"], "--expect", "rest", "--jwks", url)["valid"] is True


@pytest.mark.parametrize("token", ["x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_a_bad_token_is_invalid_and_ends_with_1(deployment, token):
    done = deployment.attempt("token", "verify", "-", "--expect", "ws", "--json", stdin=token)
    assert done.returncode == 1 and json.loads(done.stdout)["valid"] is False


def test_the_doctor_finds_what_is_broken(deployment, tmp_path, make_deployment):
    healthy = deployment.run("doctor")
    assert healthy["healthy"] is True
    assert all({"check", "status", "detail"} <= set(found) for found in healthy["findings"])

    def broken(made: Deployment, **settings: str) -> dict[str, str]:
        done = made.attempt("doctor", "--json", **settings)
        assert done.returncode == 1, done.stdout
        document = json.loads(done.stdout)
        assert document["healthy"] is False
        return {found["check"]: found["detail"] for found in document["findings"] if found["status"] not in ("ok", "warning")}

    made = make_deployment()
    (made.folder / "master.key").rename(made.folder / "away.key")
    assert any("master" in check for check in broken(made))
    other = make_deployment()
    (made.folder / "master.key").write_text((other.folder / "master.key").read_text())
    assert broken(made)
    (made.folder / "away.key").replace(made.folder / "master.key")
    made.run("doctor")
    taken = free_port()
    with socket.create_server(("127.0.0.1", taken)):
        done = made.attempt("doctor", "--json", PORT=str(taken))
    found = {found["check"]: found["status"] for found in json.loads(done.stdout)["findings"]}
    assert found["port"] == "warning", "it may be this deployment's own server"
    made.database.write_bytes(b"I am not a database. " * 500)
    assert any("database" in check for check in broken(made))
    assert broken(Deployment(tmp_path))


def test_the_doctor_is_well_beside_a_running_server(deployment):
    with deployment.serve():
        done = deployment.attempt("doctor", "--json")
    document = json.loads(done.stdout)
    assert done.returncode == 0 and document["healthy"], [found for found in document["findings"] if found["status"] != "ok"]


def test_config_shows_where_each_setting_comes_from(deployment):
    shown = deployment.run("config", "--log-level", "debug")
    assert shown["logLevel"] == {"value": "debug", "source": "--log-level"}
    assert shown["port"]["source"] == "CHAT_TOKENS_PORT"
    assert shown["host"] == {"value": "127.0.0.1", "source": "default"}


def test_jws_verify_answers_a_line_for_a_line(deployment):
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    secret = b"0123456789abcdef0123456789abcdef"
    curve = ec.generate_private_key(ec.SECP256R1())
    numbers = curve.public_key().public_numbers()
    ec_jwk = {"kty": "EC", "crv": "P-256", "x": jose.base64url(numbers.x.to_bytes(32)), "y": jose.base64url(numbers.y.to_bytes(32))}
    edwards = ed25519.Ed25519PrivateKey.generate()
    ed_jwk = {"kty": "OKP", "crv": "Ed25519", "x": jose.base64url(edwards.public_key().public_bytes_raw())}
    oct_jwk = {"kty": "oct", "k": jose.base64url(secret)}
    claims = {"sub": "u"}
    good = [
        {"alg": "HS256", "jwk": oct_jwk, "jws": jose.make({"alg": "HS256"}, claims, jose.hs256(secret))},
        {"alg": "ES256", "jwk": ec_jwk, "jws": jose.make({"alg": "ES256"}, claims, jose.es256(curve))},
        {"alg": "EdDSA", "jwk": ed_jwk, "jws": jose.make({"alg": "EdDSA"}, claims, edwards.sign)},
        {"alg": "ES256", "jwk": ec_jwk, "msg": b"hello".hex(), "sig": jose.es256(curve)(b"hello").hex()},
        {"alg": "EdDSA", "jwk": ed_jwk, "msg": "", "sig": edwards.sign(b"").hex()},
        {"alg": "HS256", "jwk": oct_jwk, "msg": "00ff", "sig": jose.hs256(secret)(b"\0\xff").hex()},
        # RFC 7515 appendix A.1
        {"alg": "HS256", "jwk": {"kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"},
         "jws": "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNv"
                "bS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"},
    ]
    bad = [
        {"alg": "HS256", "jwk": oct_jwk, "jws": jose.make({"alg": "none"}, claims)},
        {"alg": "HS256", "jwk": ec_jwk, "jws": jose.make({"alg": "HS256"}, claims, jose.hs256(secret))},
        {"alg": "ES256", "jwk": oct_jwk, "jws": jose.make({"alg": "ES256"}, claims, jose.hs256(secret))},
        {"alg": "EdDSA", "jwk": ed_jwk, "msg": "00", "sig": edwards.sign(b"").hex()},
        {"alg": "ES256", "jwk": ec_jwk, "msg": "00", "sig": "zz"}, {"alg": "ES256"}, {},
        {"alg": "none", "jwk": oct_jwk, "jws": jose.make({"alg": "none"}, claims)},
    ]
    lines = [json.dumps(line) for line in good + bad] + ["", "not json", "[]", "null"]
    text = "\n".join(lines) + "\n"
    done = deployment.attempt("jws", "verify", stdin=text)
    answers = done.stdout.splitlines()
    assert answers[:len(good)] == ["valid"] * len(good)
    assert set(answers[len(good):]) == {"invalid"} and len(answers) in (len(lines), len(lines) - 1)
    document = deployment.attempt("jws", "verify", "--json", stdin=text).stdout
    assert len(json.loads(document)) == len(answers)


def test_flags_win_over_the_environment_and_the_environment_over_the_file(deployment, tmp_path):
    path = pathlib.Path(tmp_path, "settings.json")
    path.write_text('{"keyPrefix":"fromfile","logLevel":"warning"}')
    assert deployment.run("config", "--config", path)["keyPrefix"]["value"] == "fromfile"
    done = deployment.attempt("config", "--config", path, "--json", KEY_PREFIX="fromenv")
    assert json.loads(done.stdout)["keyPrefix"]["value"] == "fromenv"
    done = deployment.attempt("config", "--config", path, "--key-prefix", "fromflag", "--json", KEY_PREFIX="fromenv")
    assert json.loads(done.stdout)["keyPrefix"]["value"] == "fromflag"


def test_the_version_is_that_of_the_description(deployment):
    import yaml

    from deployment import ROOT

    version = yaml.safe_load((ROOT / "openapi/openapi.yaml").read_text())["info"]["version"]
    assert deployment.attempt("--version").stdout.strip() == version

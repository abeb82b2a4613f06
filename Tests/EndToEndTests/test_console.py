"""Commands that examine: tokens, signatures, settings, deployments."""

import json
import os
import pathlib
import socket
import subprocess

import pytest

import jose
from certificate import certificate
from deployment import BINARY, Deployment, free_port


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
        return {
            found["check"]: found["detail"]
            for found in document["findings"]
            if found["status"] not in ("ok", "warning")
        }

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


def finding(done: subprocess.CompletedProcess, check: str) -> dict:
    (found,) = [found for found in json.loads(done.stdout)["findings"] if found["check"] == check]
    return found


def test_a_certificate_that_does_not_serve_is_named_by_the_server_and_by_the_doctor(made, program, tmp_path):
    cert, key = certificate(tmp_path, program("openssl"))
    (tmp_path / "other").mkdir()
    _, other = certificate(tmp_path / "other", program("openssl"))
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    for setting, cause, files in (
        ("TLS_KEY", other, (cert, other)),
        ("TLS_CERTIFICATE", garbage, (garbage, key)),
        ("TLS_KEY", garbage, (cert, garbage)),
    ):
        settings = {"TLS_CERTIFICATE": str(files[0]), "TLS_KEY": str(files[1])}
        done = made.attempt("serve", **settings)
        assert done.returncode == 1 and f"CHAT_TOKENS_{setting}" in done.stderr and str(cause) in done.stderr
        done = made.attempt("doctor", "--json", **settings)
        assert done.returncode == 1
        found = finding(done, "TLS certificate")
        assert found["status"] == "failure" and str(cause) in found["detail"]


@pytest.mark.parametrize("days, status", [(-1, "failure"), (2, "warning"), (60, "ok")])
def test_the_doctor_tells_when_a_certificate_ends(made, program, tmp_path, days, status):
    if days < 0:
        cert, key = certificate(tmp_path, program("faketime"), "-f", f"{days - 2}d", program("openssl"))
    else:
        cert, key = certificate(tmp_path, program("openssl"), days=days)
    done = made.attempt("doctor", "--json", TLS_CERTIFICATE=str(cert), TLS_KEY=str(key))
    assert finding(done, "TLS certificate")["status"] == status
    assert done.returncode == (1 if status == "failure" else 0)


def test_the_doctor_says_that_it_cannot_read_the_master_key(made, program):
    path = made.folder / "master.key"
    path.chmod(0o600)
    command = [BINARY, "doctor", "--json"]
    if os.geteuid() == 0:
        os.chown(path, 65_534, 65_534)
        command = [program("setpriv"), "--inh-caps=-all", "--bounding-set=-all", *command]
    else:
        path.chmod(0o000)
    done = subprocess.run(command, env=made.environment, cwd=made.folder, capture_output=True, text=True)
    found = finding(done, "master key file")
    assert done.returncode == 1 and found["status"] == "failure" and str(path) in found["detail"]


def test_the_doctor_is_well_beside_a_running_server(deployment):
    with deployment.serve():
        done = deployment.attempt("doctor", "--json")
    document = json.loads(done.stdout)
    assert done.returncode == 0 and document["healthy"], [
        found for found in document["findings"] if found["status"] != "ok"
    ]


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
    ec_jwk = {
        "kty": "EC",
        "crv": "P-256",
        "x": jose.base64url(numbers.x.to_bytes(32)),
        "y": jose.base64url(numbers.y.to_bytes(32)),
    }
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
        {
            "alg": "HS256",
            "jwk": {
                "kty": "oct",
                "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
            },
            "jws": "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
            "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        },
    ]
    bad = [
        {"alg": "HS256", "jwk": oct_jwk, "jws": jose.make({"alg": "none"}, claims)},
        {"alg": "HS256", "jwk": ec_jwk, "jws": jose.make({"alg": "HS256"}, claims, jose.hs256(secret))},
        {"alg": "ES256", "jwk": oct_jwk, "jws": jose.make({"alg": "ES256"}, claims, jose.hs256(secret))},
        {"alg": "EdDSA", "jwk": ed_jwk, "msg": "00", "sig": edwards.sign(b"").hex()},
        {"alg": "ES256", "jwk": ec_jwk, "msg": "00", "sig": "zz"},
        {"alg": "ES256"},
        {},
        {"alg": "none", "jwk": oct_jwk, "jws": jose.make({"alg": "none"}, claims)},
    ]
    lines = [json.dumps(line) for line in good + bad] + ["", "not json", "[]", "null"]
    text = "\n".join(lines) + "\n"
    done = deployment.attempt("jws", "verify", stdin=text)
    answers = done.stdout.splitlines()
    assert answers[: len(good)] == ["valid"] * len(good)
    assert set(answers[len(good) :]) == {"invalid"} and len(answers) in (len(lines), len(lines) - 1)
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


def test_token_explain_says_what_a_verifier_would_trip_over(deployment, pair):
    good = deployment.run("token", "explain", pair["wsToken"], "--expect", "ws", "--verifier", "centrifugo")
    assert good["code"] is None and good["token"]["grantId"] == pair["grantId"] and "valid" not in good
    late = deployment.attempt(
        "token", "explain", pair["token"], "--at", "2200-01-01T00:00:00Z", "--leeway", "30", "--json"
    )
    assert late.returncode == 1 and json.loads(late.stdout)["code"] == "token_expired"
    text = deployment.attempt("token", "explain", "-", "--verifier", "jwks", stdin=pair["token"])
    assert text.returncode == 1 and text.stdout.endswith("fails: verifier_algorithm_unsupported\n")
    for arguments in (["--verifier", "kong"], ["--at", "now"], ["--expect", "both"], ["--leeway", "x"]):
        assert deployment.attempt("token", "explain", pair["token"], *arguments).returncode == 64

"""`chat-tokens master-key rotate`: every secret under another key, and nothing that was sealed is lost."""

import contextlib
import getpass
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import time

import pytest

import evidence
from deployment import BINARY, Deployment


@pytest.fixture(params=["make_deployment", "make_cluster"], ids=["sqlite", "postgres"])
def deployment(request) -> Deployment:
    """On SQLite and on PostgreSQL, with the tenant acme."""
    deployment = request.getfixturevalue(request.param)()
    if not deployment.rows("SELECT 1 FROM tenant WHERE tenant_id = 'acme'"):
        deployment.tenant("acme")
    return deployment


def rotate(deployment: Deployment, file: pathlib.Path, *flags: object) -> int:
    """How many secrets are sealed anew."""
    document = deployment.run("master-key", "rotate", "--new-master-key-file", file, *flags)
    assert document["masterKeyFile"] == str(file)
    evidence.note_secret("master key", file.read_text().strip())
    return document["secrets"]


def refusal(deployment: Deployment, *command: object) -> str:
    done = deployment.attempt(*command)
    assert done.returncode == 1 and done.stdout == "", done
    return done.stderr


def other_key(deployment: Deployment, number: int = 2) -> pathlib.Path:
    return deployment.folder / f"master-{number}.key"


def test_tokens_keys_and_refresh_tokens_outlive_the_master_key(deployment):
    deployment.tenant("globex", algorithm="ES256")
    keys = [deployment.key(tenant) for tenant in ("acme", "globex")]
    secret = deployment.secret("acme")
    former, new = deployment.folder / "master.key", other_key(deployment)
    with deployment.serve() as server:
        before = [server.pair(key, {"userId": "u", "refresh": True}) for key in keys]
    sealed = [deployment.rows(f"SELECT 1 FROM {table}") for table in ("signing_key", "audit_key", "refresh_key")]
    assert rotate(deployment, new) == sum(map(len, sealed)) and all(sealed)
    assert new.stat().st_mode & 0o777 == 0o600 and new.read_text() != former.read_text()
    assert rotate(deployment, new) == 0, "done again it does nothing"
    assert "This is not the master key" in refusal(deployment, "tenant", "list")

    deployment.settings["MASTER_KEY_FILE"] = str(new)
    assert deployment.secret("acme") == secret
    with deployment.serve() as server:
        for key, pair in zip(keys, before):
            assert server.code(key, pair["token"], "rest") == "valid"
            assert server.code(key, server.pair(key)["wsToken"], "ws") == "valid"
            answer = server.ask("POST", "/tokens/refresh", {"refreshToken": pair["refreshToken"]})
            assert answer.status == 200, answer
            evidence.note_document(answer.json)
    (entry,) = deployment.rows("SELECT actor FROM audit_entry WHERE action = 'master_key.rotated'")
    assert entry == ("cli",)


def test_a_key_of_ones_own_and_one_that_is_in_no_file(deployment):
    own, third = deployment.folder / "own.key", deployment.folder / "third.key"
    made = subprocess.run(["openssl", "rand", "-base64", "32"], capture_output=True, text=True, check=True)
    own.write_text(made.stdout)
    own.chmod(0o644)
    done = deployment.attempt("master-key", "rotate", "--new-master-key-file", "own.key")
    assert done.returncode == 0 and f"chmod 600 {own}" in done.stderr and own.read_text() == made.stdout
    deployment.settings["MASTER_KEY_FILE"] = str(own)
    assert "in force" in refusal(deployment, "master-key", "rotate", "--new-master-key-file", own)

    settings = {name: value for name, value in deployment.settings.items() if name != "MASTER_KEY_FILE"}
    deployment.settings = settings | {"MASTER_KEY": own.read_text().strip()}
    assert rotate(deployment, third) > 0
    deployment.settings["MASTER_KEY"] = third.read_text().strip()
    deployment.run("signing-key", "export", "--private", "--tenant", "acme")


def test_a_wrong_key_makes_no_file(deployment):
    wrong, new = deployment.folder / "wrong.key", other_key(deployment)
    wrong.write_text("A" * 43 + "=")
    command = ("master-key", "rotate", "--master-key-file", wrong, "--new-master-key-file", new)
    assert "This is not the master key" in refusal(deployment, *command)
    assert not new.exists()
    missing = deployment.folder / "missing" / "new.key"
    said = refusal(deployment, "master-key", "rotate", "--new-master-key-file", missing)
    assert "Cannot create the master key file" in said and str(missing) in said
    deployment.run("tenant", "list")


def test_killed_at_any_moment_one_of_the_two_keys_opens_everything(make_deployment):
    draw, made = random.Random(11), make_deployment()
    current = made.folder / "master.key"
    for number in range(25):
        new = other_key(made, number)
        arguments = ["master-key", "rotate", "--master-key-file", current, "--new-master-key-file", new]
        run = subprocess.Popen([BINARY, *arguments], env=made.environment, stdout=subprocess.DEVNULL)
        time.sleep(draw.uniform(0.01, 0.12))
        run.send_signal(signal.SIGKILL)
        run.wait()
        assert not new.exists() or len(new.read_text()) == 45, "half a key is no key"
        # Whatever became of it, the same again ends it.
        done = made.attempt(*arguments)
        assert done.returncode == 0, done
        evidence.note_secret("master key", new.read_text().strip())
        current = new
    made.settings["MASTER_KEY_FILE"] = str(current)
    made.run("signing-key", "export", "--private", "--tenant", "demo")
    made.tenant("late")


def test_a_running_server_and_a_damaged_secret_stop_it(made):
    new = other_key(made)
    with made.serve():
        assert "another server" in refusal(made, "master-key", "rotate", "--new-master-key-file", new).lower()
    with contextlib.closing(sqlite3.connect(made.database)) as database, database:
        database.execute("UPDATE signing_key SET sealed = zeroblob(64) WHERE tenant_id = 'acme'")
    assert "signing_key:acme:" in refusal(made, "master-key", "rotate", "--new-master-key-file", new)
    assert made.rows("SELECT count(*) FROM audit_entry WHERE action = 'master_key.rotated'") == [(0,)]
    done = made.attempt("doctor")
    assert done.returncode != 0 and "signing_key:acme:" in done.stdout


def test_a_node_that_goes_on_with_the_former_key_stores_no_secret(make_cluster):
    cluster = make_cluster()
    key = cluster.key("acme")
    operator = cluster.run("key", "create", "--operator", "--name", "test")["apiKey"]
    with cluster.serving(1) as (node,):
        node.pair(key)
        rotate(cluster, other_key(cluster))
        node.pair(key)
        answer = node.ask("POST", "/operator/tenants", {"id": "late"}, {"X-API-Key": operator})
        assert answer.status == 503 and int(answer["Retry-After"]) >= 1, answer
    cluster.settings["MASTER_KEY_FILE"] = str(other_key(cluster))
    with cluster.serving(1) as (node,):
        node.pair(key)
    assert not cluster.rows("SELECT 1 FROM tenant WHERE tenant_id = 'late'")


def test_half_a_copy_is_left_alone(made):
    with contextlib.closing(sqlite3.connect(made.database)) as database, database:
        database.execute("INSERT INTO deployment (name, value) VALUES ('copy', CAST('unfinished' AS BLOB))")
    said = refusal(made, "master-key", "rotate", "--new-master-key-file", other_key(made))
    assert "copy" in said and not other_key(made).exists()


def test_the_key_belongs_to_who_has_the_present_one(made):
    """Root rotates for a service that runs as somebody else."""
    owner = "nobody" if os.geteuid() == 0 else getpass.getuser()
    shutil.chown(made.folder / "master.key", owner)
    rotate(made, other_key(made))
    assert other_key(made).owner() == (made.folder / "master.key").owner() == owner

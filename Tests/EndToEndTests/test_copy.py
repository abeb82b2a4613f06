"""`chat-tokens copy`: a whole deployment moves to another database and back, and nothing is lost on the way."""

import contextlib
import json
import signal
import sqlite3
import subprocess
import threading
import time

import pytest

import evidence
from cluster import Cluster
from deployment import BINARY, Deployment, eventually

TABLES = ["plan", "tenant", "token_claim", "signing_key", "api_key", "imported_prefix", "api_key_usage", "user"]
TABLES += ["user_cutoff", "issued_month", "issued_day", "day_count"]
TABLES += ["audit_head", "audit_entry", "audit_checkpoint", "audit_key"]
TABLES += ["account", "membership", "session", "invitation", "revocation"]
TABLES += ["refresh_key", "grant_refresh", "issue_answer"]
MANY = 40_000


class Emptied(Cluster):
    """An empty database, and the folder of the deployment that moves into it."""

    def __init__(self, source: Deployment, postgres):
        super().__init__(source.folder, postgres)
        # Unless told otherwise a deployment on PostgreSQL has its master key in .data.
        self.settings |= {"MASTER_KEY_FILE": str(source.folder / "master.key")}


@pytest.fixture
def target(made, postgres) -> Cluster:
    return Emptied(made, postgres)


def url(deployment: Deployment) -> str:
    return deployment.settings["DATABASE_URL"]


def copy(source: Deployment, target: Deployment) -> dict:
    """A copy that has to succeed: what it reports, by table."""
    report = source.run("copy", "--from", url(source), "--to", url(target))
    assert report["verified"] is True and [table["table"] for table in report["tables"]] == TABLES
    return {table["table"]: table for table in report["tables"]}


def refusal(source: Deployment, target: Deployment) -> str:
    done = source.attempt("copy", "--from", url(source), "--to", url(target))
    assert done.returncode == 1 and done.stdout == "", done
    return done.stderr


def fill(deployment: Deployment, users: int, tenant: str = "acme", name: str = "name") -> None:
    """Stores users as many requests would."""
    rows = (
        (tenant, f"user-{number:07}", f"{name} {number}", None, '{"n":%d,"s":"\\u00e9"}' % number, 1, 2)
        for number in range(users)
    )
    with contextlib.closing(sqlite3.connect(deployment.database, timeout=30)) as database, database:
        database.executemany(
            "INSERT OR REPLACE INTO user (tenant_id, user_id, name, image, custom, created_at, updated_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            rows,
        )


def stored(deployment: Deployment) -> dict[str, list[tuple]]:
    """Everything that has to arrive, as texts."""

    def text(value: object) -> object:
        if isinstance(value, bytes):
            return "\\x" + value.hex()
        return value if value is None else str(value)

    return {
        table: sorted(
            (tuple(map(text, row)) for row in deployment.rows(f'SELECT {columns(deployment, table)} FROM "{table}"')),
            key=str,
        )
        for table in TABLES
    }


def columns(deployment: Deployment, table: str) -> str:
    """All columns of the table, asked of the schema and not of the program."""
    if isinstance(deployment, Cluster):
        query = "SELECT column_name FROM information_schema.columns WHERE table_name = ?"
    else:
        query = "SELECT name FROM pragma_table_info(?)"
    return ", ".join(sorted(name for (name,) in deployment.rows(query, table)))


def test_moving_day_and_back(made, target, make_deployment):
    made.tenant("globex", algorithm="EdDSA", quota=3)
    key, node_key, other = made.key("acme"), made.node_key(), made.key("globex")
    revoked = made.key("acme")
    made.run("key", "revoke", revoked[: len("chatsdk_") + 12])
    made.run("signing-key", "rotate", "--tenant", "acme", "--activate-now")
    made.run("tenant", "create", "closed", "--token-claims", "role", "--xmpp-host", "chat.example")
    made.run("tenant", "suspend", "closed")
    user = {"userId": "üser/🎉", "name": "Ä", "custom": {"role": "admin", "big": 12345678901234567890, "x": "\u0000"}}
    with made.serve() as server:
        token = server.pair(key, user)["token"]
        for number in range(3):
            server.pair(other, f"u{number}")
    fill(made, 5_000)
    before = stored(made)
    report = copy(made, target)
    assert report["user"]["rows"] == 5_004 and report["user"]["written"] == 5_004
    assert stored(target) == before

    target.settings["PUBLIC_URL"] = made.url
    with target.serving(2) as (first, second):
        assert first.verify(node_key, token, "rest")["valid"], "tokens of before are good on every node"
        seen = second.verify(key, token, "rest", include=["user"])["user"]
        assert seen["custom"]["big"] == 12345678901234567890 and seen["name"] == "Ä"
        assert first.issue(revoked, {"userId": "u"}).code == "api_key_revoked"
        assert second.issue(other, {"userId": "u"}).code == "quota_exceeded", "what was counted still counts"
        assert first.ask("GET", "/t/closed/.well-known/jwks.json").status in (200, 403, 404)
        first.pair(key, "only-there")
    after = stored(target)
    assert len(after["user"]) == 5_005

    home = Deployment(make_deployment().folder, DATABASE_URL=f"sqlite://{made.folder}/home.db")
    home.database = made.folder / "home.db"
    home.settings["MASTER_KEY_FILE"] = str(made.folder / "master.key")
    copy(target, home)
    assert stored(home) == after
    home.settings["PUBLIC_URL"] = made.url
    with home.serve() as server:
        assert server.verify(node_key, token, "rest")["valid"]
        server.pair(key, "only-there")


def test_a_copy_that_was_killed_cannot_be_served_and_goes_on_where_it_was(made, target):
    fill(made, MANY)
    key = made.key("acme")
    total = made.rows("SELECT count(*) FROM user")[0][0]
    process = subprocess.Popen(
        [BINARY, "copy", "--from", url(made), "--to", url(target), "--json"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def arrived() -> int:
        if not target.rows("SELECT to_regclass('issued_month')")[0][0]:
            return 0
        return int(target.rows('SELECT count(*) FROM "user"')[0][0])

    eventually(lambda: arrived() > MANY // 10, timeout=60, pause=0.005)
    process.kill()
    process.wait()
    half = arrived()
    assert 0 < half < total, "it was not killed in the middle"
    for command in (("serve",), ("tenant", "list"), ("doctor",)):
        done = target.attempt(*command)
        assert done.returncode == 1 and "chat-tokens copy" in done.stdout + done.stderr, command
    begun = time.monotonic()
    report = copy(made, target)
    # The server may still have carried out what the killed one had sent.
    assert total - half - 2_000 <= report["user"]["written"] <= total - half
    assert report["tenant"]["written"] == 0
    evidence.note_figure(f"copy killed at {half} of {total} users: ended in {time.monotonic() - begun:.1f} s")
    assert stored(target) == stored(made)
    with target.serving(1) as (node,):
        node.pair(key)


def test_the_second_run_moves_only_what_happened_since(made, target):
    key = made.key("acme")
    fill(made, 10_000)
    with made.serve() as server:
        assert copy(made, target)["user"]["written"] == 10_000
        server.pair(key, {"userId": "user-0000007", "name": "changed"})
        server.pair(key, "new")
    made.run("tenant", "suspend", "acme")
    report = copy(made, target)
    assert report["audit_entry"]["written"] > 0 and report["audit_entry"]["written"] < 5
    tables = [table for table in TABLES if not table.startswith("audit_")]
    written = {table: report[table]["written"] for table in tables}
    assert written == {table: 0 for table in tables} | {
        "tenant": 1, "api_key_usage": 1, "user": 2, "issued_month": 1, "issued_day": 1}
    assert stored(target) == stored(made)


def test_running_nodes_of_the_target_notice_what_arrives(made, target):
    key = made.key("acme")
    target.run("migrate")
    with target.serving(2) as (first, second):
        for node in (first, second):
            assert node.issue(key, {"userId": "u"}).code == "api_key_invalid", "and that is remembered"
        copy(made, target)
        for node in (first, second):
            eventually(lambda node=node: node.issue(key, {"userId": "u"}).status == 200, timeout=5)


def test_a_source_that_is_written_to_meanwhile_is_found_out(made, target):
    fill(made, MANY)
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            fill(made, 1, name=f"version {number}")
            time.sleep(0.01)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        said = refusal(made, target)
    finally:
        stop.set()
        writer.join()
    assert "user: " in said and "was written to meanwhile" in said and "stop" in said
    assert "copy" in target.attempt("serve").stderr, "what is not verified is not served"
    copy(made, target)
    assert stored(target) == stored(made)


def test_a_database_with_a_life_of_its_own_is_no_target(made, target, make_deployment, make_cluster):
    assert "holds tenants" in refusal(made, make_deployment())
    occupied = make_cluster()
    before = stored(occupied)
    assert "holds tenants" in refusal(made, occupied)
    assert stored(occupied) == before
    copy(made, target)
    with target.serving(1):
        pass
    assert "served since" in refusal(made, target), "what was served may know more than its source"


def test_a_half_copy_of_another_deployment_is_no_target(made, target, make_deployment):
    copy(made, target)
    stranger = make_deployment()
    assert "another deployment" in refusal(stranger, target)
    target.rows("INSERT INTO tenant SELECT 'odd', name, status, plan, rate, burst, quota, token_life, xmpp_host, "
                "created_at FROM tenant LIMIT 1")  # fmt: skip
    assert "odd" in refusal(made, target)


def test_the_target_wants_the_sources_master_key(made, target, make_deployment):
    copy(made, target)
    target.settings["MASTER_KEY_FILE"] = str(make_deployment().folder / "master.key")
    done = target.attempt("serve")
    assert done.returncode == 1 and "master key" in done.stderr


def test_a_source_that_is_served_is_copied_with_a_warning(made, target):
    with made.serve():
        done = made.attempt("copy", "--from", url(made), "--to", url(target))
        assert done.returncode == 0 and "stop it" in done.stderr
    done = made.attempt("copy", "--from", url(made), "--to", url(target))
    assert done.returncode == 0 and "server" not in done.stderr


def test_a_served_file_is_no_target(made, make_deployment):
    other = make_deployment()
    with other.serve():
        assert "another" in refusal(made, other)


def test_how_far_it_is_is_told_on_stderr_and_the_result_on_stdout(made, target):
    fill(made, MANY)
    done = made.attempt("copy", "--from", url(made), "--to", url(target), "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["rows"] > MANY
    assert any("rows (" in line and "/s" in line for line in done.stderr.splitlines()), done.stderr
    text = made.attempt("copy", "--from", url(made), "--to", url(target))
    assert "hold the same" in text.stdout and "user" in text.stdout


@pytest.mark.parametrize(
    "bad",
    [
        "postgres://tokens:sesame@127.0.0.1:1/tokens",
        "postgres://tokens:ses/ame@127.0.0.1/tokens",
        "postgres://tokens:ses%zame@127.0.0.1/tokens",
        "postgres://127.0.0.1:1/tokens?password=sesame&sslpassword=sesame",
        "postgres://tokens:se@same@127.0.0.1/tokens",
        "postgres://tokens:sesame@127.0.0.1:port/tokens",
    ],
)
def test_a_url_that_does_not_work_is_refused_without_its_password(made, bad):
    for command in (
        ("copy", "--from", url(made), "--to", bad),
        ("copy", "--from", bad, "--to", url(made)),
        ("migrate", "--database-url", bad),
        ("config", "--database-url", bad),
        ("serve", "--database-url", bad),
        ("doctor", "--database-url", bad),
    ):
        done = made.attempt(*command)
        said = done.stdout + done.stderr
        assert done.returncode > 0 or command[0] == "config", said
        for part in ("sesame", "ses/", "ses%", "ame@", "same@"):
            assert part not in said, said


def test_one_database_is_not_both_ends(made):
    assert "same database" in made.attempt("copy", "--from", url(made), "--to", url(made)).stderr
    absent = f"sqlite://{made.folder}/absent.db"
    done = made.attempt("copy", "--from", absent, "--to", url(made))
    assert done.returncode == 1 and "absent.db" in done.stderr
    assert not (made.folder / "absent.db").exists()


def test_a_broken_off_copy_can_be_interrupted_by_hand(made, target):
    """Ctrl-C is no crash: the next run goes on."""
    fill(made, MANY)
    # A shell that runs the tests in the background has its children ignore Ctrl-C.
    process = subprocess.Popen(
        [BINARY, "copy", "--from", url(made), "--to", url(target)], stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) != 0
    copy(made, target)
    assert stored(target) == stored(made)

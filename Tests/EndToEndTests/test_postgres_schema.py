"""Migrations: one of many brings the schema up to date, and no server works on a schema it does not know."""

import concurrent.futures
import time

import pytest

import evidence
from cluster import Cluster


@pytest.fixture
def empty(postgres, tmp_path_factory) -> Cluster:
    """A database without a schema."""
    return Cluster(tmp_path_factory.mktemp("cluster"), postgres)


def history(cluster: Cluster) -> list[tuple]:
    return cluster.rows("SELECT version, name, checksum, applied_at FROM schema_migration ORDER BY version")


def refusal_of_serve(cluster: Cluster) -> str:
    """What `serve` says when it refuses to start."""
    done = cluster.attempt("serve")
    assert done.returncode != 0
    return done.stderr


def test_ten_migrations_at_once_apply_each_step_once(empty):
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        attempts = list(pool.map(lambda _: empty.attempt("migrate", "--json"), range(10)))
    for attempt in attempts:
        assert attempt.returncode == 0, attempt.stderr
    steps = history(empty)
    assert [int(version) for version, *_ in steps] == list(range(1, len(steps) + 1))
    assert len({applied for *_, applied in steps}) <= len(steps)
    empty.run("migrate")
    assert history(empty) == steps, "a schema that is up to date is not written to"
    evidence.note_figure(f"ten migrations at once: {len(steps)} steps applied once, all ten succeeded")


def test_check_only_tells(empty):
    assert empty.attempt("migrate", "--check").returncode != 0
    assert empty.rows("SELECT 1 FROM pg_tables WHERE schemaname = 'public'") == []
    empty.run("migrate")
    assert empty.attempt("migrate", "--check").returncode == 0


def test_serve_refuses_an_empty_database_and_says_what_to_do(empty):
    empty.attempt("init")  # makes the master key, so that the schema is what is missing
    empty.rows("DROP SCHEMA public CASCADE")
    empty.rows("CREATE SCHEMA public")
    assert "chat-tokens migrate" in refusal_of_serve(empty)
    assert empty.rows("SELECT 1 FROM pg_tables WHERE schemaname = 'public'") == []


@pytest.fixture
def made(make_cluster) -> Cluster:
    return make_cluster()


def test_serve_refuses_an_older_schema_and_says_what_to_do(made):
    made.rows("DELETE FROM schema_migration WHERE version = (SELECT max(version) FROM schema_migration)")
    said = refusal_of_serve(made)
    assert "older" in said or "chat-tokens migrate" in said


def make_newer(cluster: Cluster) -> None:
    cluster.rows(
        "INSERT INTO schema_migration (version, name, checksum, applied_at) "
        "SELECT max(version) + 1, 'of tomorrow', repeat('0', 64), 0 FROM schema_migration"
    )


def test_serve_refuses_a_newer_schema_and_says_so(made):
    make_newer(made)
    assert "newer" in refusal_of_serve(made)
    assert made.attempt("migrate").returncode != 0
    assert made.attempt("tenant", "list").returncode != 0, "the command line works on no such schema either"


def test_serve_refuses_a_history_that_was_altered(made):
    made.rows("UPDATE schema_migration SET checksum = repeat('0', 64) WHERE version = 1")
    assert "checksum" in refusal_of_serve(made)


def test_a_running_node_outlives_the_schema_of_the_next_release(made):
    """A rolling upgrade migrates while the old nodes serve; they stay in the load balancer until they are replaced."""
    key = made.key("acme")
    with made.serving(1) as (node,):
        node.pair(key)
        make_newer(made)
        end = time.monotonic() + 3  # longer than an answer of /readyz is kept
        while time.monotonic() < end:
            assert node.ask("GET", "/readyz").status == 200
            assert node.issue(key, {"userId": "u"}).status == 200
            time.sleep(0.1)


def test_a_server_that_cannot_be_reached_is_said_without_the_password(empty):
    empty.settings["DATABASE_URL"] = "postgres://operator:hunter2secret@127.0.0.1:1/chat?sslmode=disable"
    for command in (["serve"], ["migrate"], ["tenant", "list"], ["doctor"], ["config"]):
        done = empty.attempt(*command)
        assert "hunter2secret" not in done.stdout + done.stderr, command
        assert done.returncode != 0 or command == ["config"]


@pytest.mark.parametrize("command", ["serve", "migrate", "doctor"])
def test_whoever_starts_while_the_database_is_away_is_told_and_may_try_again(made, command):
    """`serve` too ends: it knows no key yet, and whoever supervises it starts it again."""
    address = made.settings["DATABASE_URL"]
    made.settings["DATABASE_URL"] = made.through(1)
    done = made.attempt(command)
    assert done.returncode != 0 and "connect" in done.stdout + done.stderr
    made.settings["DATABASE_URL"] = address
    with made.serving(1) as (node,):
        assert node.issue(made.key("acme"), {"userId": "u"}).status == 200

"""PgBouncer in transaction mode between nodes and database: sessions are shared, and nothing relies on one."""

import concurrent.futures
import time

import pytest

import evidence
from cluster import Cluster, Ordeal
from deployment import eventually
from services import pgbouncer
from test_nodes import at_once


@pytest.fixture(scope="module")
def pooler(postgres, program):
    """Its port; three connections to the server for all clients, so that they meet in the same sessions."""
    with pgbouncer(postgres, program("pgbouncer"), pool_size=3) as port:
        yield port


@pytest.fixture(scope="module")
def cluster(postgres, pooler, tmp_path_factory) -> Cluster:
    """A database that is reached through PgBouncer by everybody, from the migration on."""
    made = Cluster(tmp_path_factory.mktemp("cluster"), postgres)
    made.settings["DATABASE_URL"] = made.through(pooler)
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        attempts = list(pool.map(lambda _: made.attempt("migrate"), range(10)))
    assert [attempt.stderr for attempt in attempts if attempt.returncode != 0] == []
    made.initialize()
    made.tenant("acme")
    return made


def test_ten_migrations_at_once_through_it_apply_each_step_once(cluster):
    versions = [int(version) for (version,) in cluster.rows("SELECT version FROM schema_migration ORDER BY version")]
    assert versions == list(range(1, len(versions) + 1))


def test_issuing_works_and_is_exact(nodes, cluster, cluster_key):
    cluster.tenant("counted", quota=500)
    key = cluster.key("counted")
    answers = at_once(nodes, [(key, f"u{index}") for index in range(900)])
    assert [answer.status for _, answer in answers].count(200) == 500
    assert {answer.status for _, answer in at_once(nodes, [(cluster_key, "crowd")] * 300)} == {200}


def test_a_commit_is_durable_though_the_server_says_otherwise(nodes, cluster, cluster_key, postgres):
    """The setting is per transaction: in a shared session it must neither be missing nor stay behind."""
    with Ordeal(cluster, nodes, cluster_key) as ordeal:
        postgres.stop("immediate")
        postgres.start()
        ordeal.over()
        ordeal.end("PostgreSQL behind PgBouncer restarted (immediate)", within=10)
    assert cluster.rows("SHOW synchronous_commit") == [("off",)]


def test_changes_reach_every_node_by_polling(nodes, cluster):
    delays = []
    for _ in range(5):
        key = cluster.key("acme")
        for node in nodes:
            node.pair(key)
        cluster.run("key", "revoke", key[: len("chatsdk_") + 12], "--reason", "test")
        revoked = time.monotonic()
        for node in nodes:
            eventually(lambda node=node, key=key: node.issue(key, {"userId": "u"}).status == 401, timeout=5)
        delays.append(time.monotonic() - revoked)
    evidence.note_figure(f"key revoked behind PgBouncer: in force on all nodes after {max(delays):.2f} s at most")
    assert max(delays) < 2


def test_nothing_is_left_in_its_sessions(nodes, cluster, cluster_key):
    for node in nodes:
        node.pair(cluster_key)
    rows = cluster.rows("SELECT name FROM pg_prepared_statements")
    assert rows == []
    # A node at work is seen between two statements now and then; what is left behind stays.
    idle = "SELECT pid FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
    eventually(lambda: cluster.rows(idle) == [], timeout=5)

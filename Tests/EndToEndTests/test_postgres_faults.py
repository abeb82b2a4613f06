"""Whatever happens to PostgreSQL, nobody who was acknowledged is lost, and its end is the end of the trouble."""

import contextlib
import time

import pytest

import evidence
from cluster import Ordeal
from deployment import Server, eventually
from wire import Wire, request

TERMINATE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = ?"
LISTENING = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN %' AND datname = current_database()"


@pytest.fixture
def ordeal(cluster, nodes, cluster_key):
    with Ordeal(cluster, nodes, cluster_key) as ordeal:
        yield ordeal


def test_terminated_sessions_cost_at_most_some_503(ordeal, cluster, postgres):
    for _ in range(5):
        ended = postgres.ask("postgres", TERMINATE, cluster.name)
        assert len(ended) >= 3, "every node has a session"
        time.sleep(0.2)
    ordeal.over()
    ordeal.end("all sessions terminated five times")


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_restart_of_the_database_loses_nobody(ordeal, postgres, mode):
    postgres.stop(mode)
    time.sleep(0.5)
    postgres.start()
    ordeal.over()
    ordeal.end(f"PostgreSQL restarted ({mode})")


def test_a_database_that_is_away_for_long_is_found_again_at_once(ordeal, postgres):
    """The pauses between attempts to connect grow, but not beyond what a caller may be made to wait."""
    postgres.stop("fast")
    time.sleep(6)
    postgres.start()
    ordeal.over()
    ordeal.end("PostgreSQL away for 6 s")


def test_a_database_without_a_free_connection_is_503_until_there_is_one(ordeal, cluster, postgres):
    postgres.ask("postgres", f'ALTER DATABASE "{cluster.name}" CONNECTION LIMIT 0')
    postgres.ask("postgres", TERMINATE, cluster.name)
    time.sleep(2)
    postgres.ask("postgres", f'ALTER DATABASE "{cluster.name}" CONNECTION LIMIT -1')
    ordeal.over()
    assert ordeal.end("no free connection for 2 s").refused > 0


def test_a_database_that_may_only_be_read_is_503_until_it_may_be_written(ordeal, cluster, postgres):
    """As after a failover, for those who still hold connections to the former primary."""
    postgres.ask("postgres", f'ALTER DATABASE "{cluster.name}" SET default_transaction_read_only = on')
    postgres.ask("postgres", TERMINATE, cluster.name)
    time.sleep(2)
    postgres.ask("postgres", f'ALTER DATABASE "{cluster.name}" SET default_transaction_read_only = off')
    ordeal.over()
    assert ordeal.end("read-only for 2 s").refused > 0


def test_a_table_that_somebody_locks_is_503_until_it_is_free(ordeal, cluster):
    """An administrator's statement that takes too long, say."""
    cluster.rows('BEGIN; LOCK TABLE "user" IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(6); COMMIT')
    ordeal.over()
    assert ordeal.end("users' table locked for 6 s").refused > 0


def flood(nodes: list[Server], key: str, connections: int = 60, each: int = 40) -> list[Wire]:
    """Thousands of requests with much in them, whose clients wait for their answers."""
    body = {"userId": "flood", "custom": {"x": "y" * 4_000}}
    wires = [Wire(node.port, timeout=30) for node in nodes for _ in range(connections)]
    for wire in wires:
        wire.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            wire.socket.send(request("POST", "/tokens", body, {"X-API-Key": key}) * each)
    return wires


def test_a_frozen_database_freezes_nothing_else(ordeal, nodes, postgres, cluster_key):
    pair = nodes[0].pair(cluster_key)
    with postgres.frozen():
        frozen = time.monotonic()
        time.sleep(1)
        wires = flood(nodes, cluster_key)
        time.sleep(11)
        for node in nodes:
            asked = time.monotonic()
            assert node.ask("GET", "/healthz").status == 200
            assert node.verify(cluster_key, pair["wsToken"], "ws")["valid"], "verifying needs no database for 30 s"
            assert time.monotonic() - asked < 1
            assert node.ask("GET", "/readyz").status == 503
        time.sleep(max(0, 20 - (time.monotonic() - frozen)))
    ordeal.over()
    for wire in wires:
        wire.close()
    ordeal.end("PostgreSQL frozen for 20 s")


def test_a_node_killed_under_load_loses_nobody_and_comes_back(cluster, cluster_key):
    with cluster.serving(2) as others:
        victim = cluster.started()
        victim.wait_until_ready()
        with Ordeal(cluster, [victim, *others], cluster_key, may_cut=True) as ordeal:
            victim.kill()
            time.sleep(1)
            again = Server(victim.deployment)
            again.wait_until_ready()
            again.pair(cluster_key)
            ordeal.over()
            assert ordeal.end("node killed and started anew").refused == 0, "the other nodes notice nothing"
        again.stop()


def test_after_all_this_the_nodes_still_hear_of_changes_at_once(nodes, cluster):
    """Runs last: each of these nodes has lost its connections many times."""
    key = cluster.key("acme")
    for node in nodes:
        node.pair(key)
    eventually(lambda: len(cluster.rows(LISTENING)) == len(nodes), timeout=6)
    cluster.run("key", "revoke", key[: len("chatsdk_") + 12], "--reason", "test")
    revoked = time.monotonic()
    for node in nodes:
        eventually(lambda node=node: node.issue(key, {"userId": "u"}).status == 401, timeout=2)
    evidence.note_figure(f"key revoked after all faults: in force everywhere after {time.monotonic() - revoked:.2f} s")

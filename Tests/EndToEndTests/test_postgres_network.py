"""Between the nodes and PostgreSQL: a network that delays, resets, swallows and forgets."""

import contextlib
import os
import signal
import time

import pytest

from cluster import Ordeal
from deployment import eventually
from proxy import BOTH, TO_CLIENT, TO_SERVER, Proxy


@pytest.fixture(scope="module")
def proxy(postgres):
    with Proxy(postgres.port) as running:
        yield running


@pytest.fixture(scope="module")
def nodes(cluster, proxy):
    """Three nodes that reach their database through the proxy only."""
    with cluster.serving(3, DATABASE_URL=cluster.through(proxy.port)) as running:
        yield running


@pytest.fixture
def ordeal(cluster, nodes, cluster_key, proxy):
    with Ordeal(cluster, nodes, cluster_key) as ordeal:
        yield ordeal
        proxy.heal()


def test_a_slow_network_makes_answers_late_and_nothing_worse(ordeal, proxy):
    proxy.delay(0.25)
    time.sleep(3)
    proxy.heal()
    ordeal.over()
    assert ordeal.end("network slow by 0.25 s each way for 3 s").refused == 0


def test_reset_connections_cost_at_most_some_503(ordeal, proxy):
    met = 0
    for _ in range(10):
        met += proxy.reset()
        time.sleep(0.1)
    assert met >= 10
    ordeal.over()
    ordeal.end("connections reset ten times")


def test_a_database_that_resets_all_comers_is_found_again(ordeal, proxy):
    proxy.refuse()
    proxy.reset()
    time.sleep(3)
    proxy.heal()
    ordeal.over()
    assert ordeal.end("every connection reset for 3 s").refused > 0


@pytest.mark.parametrize("ways", [BOTH, (TO_CLIENT,)], ids=["both ways", "from it"])
def test_a_silent_network_is_given_up_after_seconds(ordeal, proxy, ways):
    """What was on its way when the silence began arrives at its end, and does not overwrite what came later."""
    assert proxy.black_hole(ways) >= 3
    time.sleep(7)
    proxy.heal()
    ordeal.over()
    assert ordeal.end(f"network silent for 7 s ({' and '.join(ways)})").refused > 0


def test_half_open_connections_are_given_up_after_seconds(ordeal, proxy):
    assert proxy.half_open() >= 3
    forgotten = time.monotonic()
    ordeal.over()
    # After a second of silence a second connection asks the server, which knows nothing of the query.
    ordeal.end("server's half of all connections gone", within=2)
    assert time.monotonic() - forgotten < 12


@contextlib.contextmanager
def held_by_the_network(cluster, proxy):
    assert proxy.black_hole((TO_SERVER,), select=lambda link: link.issues, new=False) >= 1
    yield
    proxy.heal()


@contextlib.contextmanager
def held_by_the_server(cluster, proxy):
    found = cluster.rows(
        "SELECT pid FROM pg_stat_activity WHERE query LIKE '%issue_batch%' AND datname = ? AND pid <> pg_backend_pid()",
        cluster.name,
    )
    assert found
    for (process,) in found:
        os.kill(int(process), signal.SIGSTOP)
    try:
        yield
    finally:
        for (process,) in found:
            os.kill(int(process), signal.SIGCONT)


@pytest.mark.parametrize("held", [held_by_the_network, held_by_the_server])
def test_a_late_write_does_not_undo_a_later_one(nodes, cluster, cluster_key, proxy, held):
    """A batch is held on its way until its node gives it up; the same user is changed again; the batch arrives."""
    node, other = nodes[:2]

    def change(name: str) -> int:
        # Nothing is left as it is stored, so that the node writes without having read.
        whole = {"userId": "late", "name": name, "image": None, "custom": {}}
        return node.issue(cluster_key, whole).status

    assert change("first") == 200
    with held(cluster, proxy):
        assert change("second") == 503
        eventually(lambda: change("third") == 200, timeout=10)
    time.sleep(0.5)
    assert cluster.stored("acme", "late")[0] == "third"
    eventually(lambda: other.issue(cluster_key, {"userId": "late"}).status == 200, timeout=10)
    assert other.pair(cluster_key, {"userId": "late"})["user"]["name"] == "third"

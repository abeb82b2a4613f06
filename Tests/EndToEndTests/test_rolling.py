"""Three nodes behind nginx as Examples/deploy sets it up: they are replaced one by one, and no request fails."""

import time

import pytest

import evidence
from balancer import balancing
from deployment import Server, eventually
from load import Load


class Door:
    """The load balancer's address, as a load takes it."""

    def __init__(self, port: int):
        self.port = port


@pytest.fixture
def door(nodes, program, tmp_path):
    with balancing(program, tmp_path, [f"127.0.0.1:{node.port}" for node in nodes]) as port:
        yield Door(port)


@pytest.fixture(scope="module")
def nodes(cluster):
    """Three nodes, of which a test may replace every one in the list."""
    running = [cluster.started() for _ in range(3)]
    for node in running:
        node.wait_until_ready()
    yield running
    for node in running:
        node.stop()


def replaced_one_by_one(nodes: list[Server], load: Load) -> None:
    """Stops each node as an orchestrator does, and starts another on its address."""
    for index, node in enumerate(nodes):
        node.stop()
        load.wait_for(load.statuses[200] + 50)
        nodes[index] = Server(node.deployment)
        nodes[index].wait_until_ready()
        time.sleep(2.2)  # nginx tries a node that was away again after two seconds


def test_a_rolling_restart_fails_no_request(nodes, door, cluster, cluster_key):
    with Load(door, cluster_key, writers=9, users=3) as load:
        load.wait_for(200)
        replaced_one_by_one(nodes, load)
        load.wait_for(load.statuses[200] + 200)
        load.stop()
    assert load.failures == []
    assert set(load.statuses) == {200}
    load.check(cluster, "acme")
    evidence.note_figure(f"rolling restart behind nginx: {load.statuses[200]} requests, none failed")


def test_a_killed_node_fails_no_request(nodes, door, cluster, cluster_key):
    with Load(door, cluster_key, writers=9, users=3) as load:
        load.wait_for(200)
        nodes[1].kill()
        load.wait_for(load.statuses[200] + 300)
        nodes[1] = Server(nodes[1].deployment)
        nodes[1].wait_until_ready()
        load.wait_for(load.statuses[200] + 300)
        load.stop()
    assert load.failures == []
    load.check(cluster, "acme")
    evidence.note_figure(f"node killed behind nginx: {load.statuses[200]} requests, none failed")


def test_the_next_releases_migration_fails_no_request(nodes, door, cluster, cluster_key):
    """What a release adds is added under load: a column with a default, an index, a line of the schema's history."""
    before = cluster.rows("SELECT max(version) FROM schema_migration")
    with Load(door, cluster_key, writers=9, users=3) as load:
        load.wait_for(200)
        cluster.rows(
            "BEGIN; SET LOCAL lock_timeout = '2s';"
            "ALTER TABLE tenant ADD COLUMN of_tomorrow bigint NOT NULL DEFAULT 0;"
            "CREATE TABLE of_tomorrow (id bigint PRIMARY KEY);"
            """ALTER TABLE "user" ADD COLUMN of_tomorrow text;"""
            "INSERT INTO schema_migration (version, name, checksum, applied_at) "
            "SELECT max(version) + 1, 'of tomorrow', repeat('0', 64), 0 FROM schema_migration; COMMIT"
        )
        load.wait_for(load.statuses[200] + 300)
        # What a node reads from the changed tables, it can still read.
        cluster.rows(
            "INSERT INTO change_log (sequence, subject, subject_id, changed_at) "
            "VALUES (nextval('change_log_sequence'), 'tenant', 'acme', 0)"
        )
        for node in nodes:
            eventually(lambda node=node: node.ask("GET", "/readyz").status == 200, timeout=3)
        load.wait_for(load.statuses[200] + 300)
        load.stop()
    cluster.rows("DELETE FROM schema_migration WHERE name = 'of tomorrow'")
    assert cluster.rows("SELECT max(version) FROM schema_migration") == before
    assert load.failures == []
    load.check(cluster, "acme")
    evidence.note_figure(f"schema migrated under load behind nginx: {load.statuses[200]} requests, none failed")

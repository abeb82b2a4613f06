"""A primary that dies and its standby that takes over, both named in the database's URL."""

import time

import pytest

from cluster import Cluster, Ordeal
from services import Postgres, owned_folder


@pytest.fixture
def primary(postgres):
    """A server of the test's own that calls nothing committed before its standby has it."""
    with owned_folder("postgres-") as folder:
        running = Postgres(folder)
        yield running
        running.end()


@pytest.fixture
def standby(primary):
    with owned_folder("postgres-") as folder:
        running = Postgres(folder, primary=primary)
        primary.ask("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'")
        primary.ask("postgres", "SELECT pg_reload_conf()")
        yield running
        running.end()


def test_when_a_standby_takes_over_nobody_is_lost(primary, standby, tmp_path):
    cluster = Cluster(tmp_path, primary)
    cluster.settings["DATABASE_URL"] = (
        f"postgres://{Postgres.ROLE}@127.0.0.1:{primary.port},127.0.0.1:{standby.port}/{cluster.name}?sslmode=disable"
    )
    cluster.initialize()
    cluster.tenant("acme")
    key = cluster.key("acme")
    with cluster.serving(3) as nodes, Ordeal(cluster, nodes, key) as ordeal:
        primary.stop("immediate")
        time.sleep(0.5)
        standby.promote()
        standby.ask("postgres", "ALTER SYSTEM RESET synchronous_standby_names")
        standby.ask("postgres", "SELECT pg_reload_conf()")
        cluster.postgres = standby
        ordeal.over()
        assert ordeal.end("primary killed, its standby promoted").refused > 0

"""The command line on PostgreSQL: `migrate`, and what other commands do differently there."""

import pytest

from cluster import Cluster


@pytest.fixture
def empty(postgres, tmp_path_factory) -> Cluster:
    """A database without a schema, and a deployment that is not told where its master key is."""
    made = Cluster(tmp_path_factory.mktemp("cluster"), postgres)
    made.settings.pop("MASTER_KEY_FILE")
    return made


def test_migrate_says_what_it_did_and_what_is_missing(empty):
    missing = empty.attempt("migrate", "--check", "--json")
    assert missing.returncode == 1 and '"upToDate":false' in missing.stdout
    assert "chat-tokens migrate" in empty.attempt("migrate", "--check").stdout
    done = empty.run("migrate")
    assert done["upToDate"] and done["applied"] and done["pending"] == []
    assert done["applied"] == [name for (name,) in empty.rows("SELECT name FROM schema_migration ORDER BY version")]
    assert empty.run("migrate") == {"upToDate": True, "applied": [], "pending": [], "detail": None}
    assert empty.run("migrate", "--check")["upToDate"]
    assert not (empty.folder / ".data").exists(), "a schema needs no master key"


def test_migrate_of_a_file_only_tells(made):
    assert made.run("migrate") == {"upToDate": True, "applied": [], "pending": [], "detail": None}


def test_init_does_all_that_a_first_node_needs(empty):
    first = empty.run("init")
    assert first["database"]["created"] and first["masterKey"]["created"] and first["apiKey"]
    assert (empty.folder / ".data" / "master.key").stat().st_mode & 0o777 == 0o600
    again = empty.run("init")
    assert not again["database"]["created"] and not again["masterKey"]["created"] and again["apiKey"] is None
    with empty.serving(1) as (node,):
        node.pair(first["apiKey"])


def test_a_second_node_wants_the_master_key_of_the_first(empty):
    empty.run("init")
    (empty.folder / ".data" / "master.key").rename(empty.folder / "kept.key")
    for command in (("init",), ("serve",), ("tenant", "list")):
        done = empty.attempt(*command)
        assert done.returncode == 1 and "master key" in done.stderr, command
    assert not (empty.folder / ".data" / "master.key").exists(), "no other key is made for a database that has one"


def test_every_command_works_on_a_server_too(cluster, cluster_key):
    cluster.run("tenant", "update", "acme", "--name", "Acme Inc.")
    assert cluster.run("tenant", "show", "acme")["name"] == "Acme Inc."
    assert cluster.run("tenant", "suspend", "acme")["status"] == "suspended"
    assert cluster.run("tenant", "resume", "acme")["status"] == "active"
    kid = cluster.run("signing-key", "rotate", "--tenant", "acme", "--activate-now")["kid"]
    assert kid in str(cluster.run("signing-key", "list", "--tenant", "acme"))
    assert cluster.run("token", "mint", "--tenant", "acme", "--user", "u")["token"]
    assert [key["status"] for key in cluster.run("key", "list", "--tenant", "acme")["keys"]] == ["active"]
    health = cluster.run("doctor")
    assert health["healthy"], health
    assert not any(finding["check"] in ("integrity", "database file") for finding in health["findings"])


def test_a_server_is_backed_up_with_its_own_tools(cluster):
    done = cluster.attempt("backup", "copy.db")
    assert done.returncode == 1 and "pg_dump" in done.stderr
    assert not (cluster.folder / "copy.db").exists()


def test_no_command_shows_the_password(cluster):
    scheme, rest = cluster.settings["DATABASE_URL"].split("://")
    user, rest = rest.split("@")
    secret = {"DATABASE_URL": f"{scheme}://{user}:open%20sesame@{rest}"}
    assert f"{user}:***@{rest}" in cluster.attempt("config", **secret).stdout
    for command in (("config", "--json"), ("doctor",), ("migrate",), ("tenant", "list")):
        done = cluster.attempt(*command, **secret)
        assert done.returncode == 0, done.stderr
        assert "sesame" not in done.stdout + done.stderr, command
    with cluster.serving(1, **secret) as (node,):
        pass
    assert "sesame" not in node.log.read_text()
    unreachable = {"DATABASE_URL": "postgres://tokens:sesame@127.0.0.1:1/tokens?sslpassword=sesame"}
    for command in (("serve",), ("init",), ("migrate",), ("doctor",), ("tenant", "list")):
        done = cluster.attempt(*command, **unreachable)
        assert done.returncode == 1 and "127.0.0.1" in done.stdout + done.stderr, command
        assert "sesame" not in done.stdout + done.stderr, command


@pytest.mark.parametrize("limit", ["0", "3601", "1.5", "soon", "-1"])
def test_a_staleness_limit_out_of_bounds_is_refused(cluster, limit):
    done = cluster.attempt("config", STALENESS_LIMIT=limit)
    assert done.returncode == 78 and "CHAT_TOKENS_STALENESS_LIMIT" in done.stderr


def test_prune_drops_old_months_only(cluster):
    assert cluster.run("prune", "--keep-months", "2", "--dry-run") == {"dropped": [], "usageRows": 0, "dryRun": True}
    before = cluster.rows("SELECT count(*) FROM change_log")
    assert cluster.run("prune", "--keep-months", "2") == {"dropped": [], "usageRows": 0, "dryRun": False}
    assert cluster.rows("SELECT count(*) FROM change_log") == before
    assert cluster.attempt("prune", "--keep-months", "0").returncode == 64
    assert cluster.attempt("prune").returncode == 64


def test_a_file_has_nothing_to_prune(made):
    assert made.run("prune", "--keep-months", "1") == {"dropped": [], "usageRows": 0, "dryRun": False}

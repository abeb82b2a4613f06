"""Plans, quotas and what was used: changed while servers run, counted to the pair, never lost."""

import concurrent.futures
import datetime
import sqlite3

import pytest

from cluster import Cluster
from deployment import Server, eventually, id_of
from load import Load
from test_limits import at_once


def ask(server, method: str, path: str, key: str, body: object = None, **headers: str):
    return server.ask(method, path, body, {"X-API-Key": key} | headers)


def admin_key(deployment, tenant: str = "acme") -> str:
    return deployment.key(tenant, "--scope", "admin")


def days_of(deployment, tenant: str = "acme") -> list[tuple]:
    """Day, key and pairs as the database has them."""
    query = f"SELECT day, api_key_id, pairs FROM issued_day WHERE tenant_id = '{tenant}' ORDER BY 1, 2"
    return [(int(day), key, int(pairs)) for day, key, pairs in deployment.rows(query)]


def issued(deployment, tenant: str = "acme") -> int:
    ((pairs,),) = deployment.rows(f"SELECT pairs FROM issued_month WHERE tenant_id = '{tenant}'")
    return int(pairs)


def test_a_plan_is_made_given_to_a_tenant_changed_and_removed_at_the_console(make_deployment):
    made = make_deployment()
    with made.serve() as server:
        team = made.run("plan", "create", "team", "--rate", 5, "--burst", 6, "--quota", 2, "--user-rate", "10/15m")
        assert team["userRate"] == {"pairs": 10, "windowSeconds": 900} and team["keyRate"] is None
        tenant = made.run("tenant", "create", "acme", "--plan", "team")
        assert (tenant["rate"], tenant["burst"], tenant["quota"]) == (5, 6, 2)
        key = made.key("acme")
        answers = [server.issue(key, {"userId": "u"}) for _ in range(3)]
        assert [answer.status for answer in answers] == [200, 200, 429]
        assert answers[0]["RateLimit-Policy"] == '"tenant";q=6;w=2, "user";q=10;w=900'
        made.run("plan", "update", "team", "--quota", 3, "--user-rate", "none", "--key-rate", "1/1")
        eventually(lambda: server.issue(key, {"userId": "u"}).status == 200, timeout=3)
        assert ask(server, "GET", "/usage", key).json["limits"]["key"] == {"rate": 1, "burst": 1}
        refused = made.attempt("plan", "delete", "team")
        assert refused.returncode == 1 and "give them another first" in refused.stderr
        made.run("tenant", "update", "acme", "--plan", "pro")
        assert made.run("plan", "delete", "team") == {"id": "team", "deleted": True}
        assert [plan["id"] for plan in made.run("plan", "list")["plans"]] == ["enterprise", "free", "pro"]
    assert made.attempt("tenant", "update", "acme", "--plan", "gold").returncode == 1
    assert "Example" not in made.attempt("plan", "list").stdout and "pro" in made.attempt("plan", "list").stdout


def test_what_is_left_of_the_month_is_told_to_every_key(server, deployment):
    deployment.tenant("left", quota=5)
    key = deployment.key("left", "--scope", "tokens:issue")
    for _ in range(2):
        server.pair(key)
    told = ask(server, "GET", "/usage", key).json
    assert (told["quota"], told["used"], told["remaining"]) == (5, 2, 3)
    end = datetime.datetime.fromisoformat(told["resetsAt"])
    now = datetime.datetime.now(datetime.timezone.utc)
    assert end.day == 1 and 0 < (end - now).total_seconds() <= 31 * 86_400
    for _ in range(4):
        last = server.issue(key, {"userId": "u"})
    assert last.code == "quota_exceeded" and last.json["resetsAt"] == told["resetsAt"]
    assert abs(int(last["Retry-After"]) - (end - now).total_seconds()) < 60


def test_limits_that_only_report_let_pass_and_are_listed(server, deployment):
    deployment.tenant("shadowed", rate=1, burst=2, quota=3, user_rate="4/10m", shadow="tenant,quota,user")
    key, admin = deployment.key("shadowed"), admin_key(deployment, "shadowed")
    for _ in range(6):
        answer = server.issue(key, {"userId": "u"})
        assert answer.status == 200 and not answer.values("RateLimit")
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()

    def listed() -> dict:
        report = ask(server, "GET", f"/admin/limits/shadow?to={today}", admin).json
        return report["shadow"] == ["tenant", "user", "quota"] and {
            one["policy"]: one["count"] for one in report["refusals"] if one["day"] == today
        }

    counts = eventually(lambda: (found := listed()) and len(found) == 3 and found, timeout=5)
    assert counts["quota"] == 3 and counts["user"] == 2 and 2 <= counts["tenant"] <= 4


def test_pairs_verdicts_and_refusals_are_counted_by_key(server, deployment):
    deployment.tenant("counted", quota=4)
    one, two, admin = deployment.key("counted"), deployment.key("counted"), admin_key(deployment, "counted")
    tokens = [server.pair(key)["wsToken"] for key in (one, one, two)]
    for _ in range(5):
        assert server.code(one, tokens[0], "ws") == "valid"
    assert server.code(one, tokens[0], "rest") == "token_wrong_kind"
    node = deployment.node_key()
    assert server.code(node, tokens[2], "ws") == "valid"
    assert [server.issue(two, {"userId": "u"}).status for _ in range(3)] == [200, 429, 429]
    deployment.run("key", "revoke", two[: len("chatsdk_") + 12])
    eventually(lambda: server.issue(two, {"userId": "u"}).code == "api_key_revoked", timeout=3)

    def counted() -> dict:
        report = ask(server, "GET", "/admin/usage?by=key", admin).json
        return {entry["key"]: entry for entry in report["usage"]} | {"total": report["total"]}

    usage = eventually(
        lambda: (found := counted())[id_of(two)]["refusals"].get("api_key_revoked") and None in found and found
    )
    assert usage[id_of(one)]["pairs"] == 2 and usage[id_of(two)]["pairs"] == 2
    assert usage[id_of(one)]["verifications"] == {"valid": 5, "invalid": {"token_wrong_kind": 1}}
    assert usage[None]["verifications"]["valid"] == 1 and usage[None]["pairs"] == 0, "the operator's gateway"
    refusals = usage[id_of(two)]["refusals"]
    assert refusals["quota_exceeded"] >= 2 and usage["total"]["pairs"] == 4
    assert server.issue("chatsdk_nonsense", {"userId": "u"}).code == "api_key_invalid"
    assert 'chat_tokens_refusals_total{code="api_key_invalid"}' in server.metrics()


@pytest.mark.parametrize("round", range(2))
def test_after_kill_9_no_pair_is_missing_from_any_count(made, round):
    keys = [made.key("acme") for _ in range(2)]
    server = Server(made)
    server.wait_until_ready()
    with Load(server, keys[0]) as load, Load(server, keys[1]) as other:
        load.wait_for(100)
        other.wait_for(50)
        server.kill()
        load.stop()
        other.stop()
    with made.serve():
        days = days_of(made)
        assert sum(pairs for _, _, pairs in days) == issued(made)
        by_key = {}
        for _, key, pairs in days:
            by_key[key] = by_key.get(key, 0) + pairs
        for key, one in zip(keys, (load, other)):
            acknowledged = one.statuses[200]
            assert acknowledged <= by_key[id_of(key)] <= acknowledged + len(one.threads)


def test_quotas_and_counts_by_key_are_exact_over_two_nodes(tmp_path, postgres):
    cluster = Cluster(tmp_path, postgres)
    cluster.initialize()
    cluster.tenant("race", quota=137)
    cluster.tenant("beyond", quota=50, shadow="quota")
    keys = [cluster.key("race") for _ in range(2)]
    beyond = cluster.key("beyond")
    with cluster.serving(2) as nodes, concurrent.futures.ThreadPoolExecutor(6) as pool:
        parts = list(pool.map(lambda n: at_once(nodes[n // 2], keys[n % 2], 100, f"p{n}-"), range(4)))
        over = list(pool.map(lambda n: at_once(nodes[n % 2], beyond, 60, f"b{n}-"), range(2)))
        statuses = [answer.status for part in parts for answer in part]
        assert statuses.count(200) == 137 and statuses.count(429) == 400 - 137
        assert [answer.status for part in over for answer in part] == [200] * 120
        assert issued(cluster, "race") == 137
        by_key = [
            sum(answer.status == 200 for part in (parts[index], parts[index + 2]) for answer in part)
            for index in range(2)
        ]
        found = {key: pairs for _, key, pairs in days_of(cluster, "race")}
        # A key that came too late for the quota has no count.
        assert [found.get(id_of(key), 0) for key in keys] == by_key and sum(found.values()) == 137
        assert issued(cluster, "beyond") == 120
        report = ask(nodes[1], "GET", "/admin/limits/shadow", admin_key(cluster, "beyond")).json
        assert [(one["policy"], one["count"]) for one in report["refusals"]] == [("quota", 70)]
        root = cluster.run("key", "create", "--operator", "--name", "root")["apiKey"]
        assert ask(nodes[0], "PATCH", "/operator/tenants/race", root, {"quota": None, "plan": "free"}).status == 200
        assert ask(nodes[0], "PATCH", "/operator/plans/free", root, {"quota": 138}).status == 200
        eventually(lambda: nodes[1].issue(keys[0], {"userId": "u"}).status == 200, timeout=3)
        assert nodes[0].issue(keys[1], {"userId": "u"}).code == "quota_exceeded", "in force on every node"


def test_old_days_are_pruned_and_the_last_13_months_stay(made):
    now = datetime.datetime.now(datetime.timezone.utc)
    key = made.key("acme")
    with made.serve() as server:
        server.pair(key)
    with sqlite3.connect(made.database) as database:
        for months in (12, 14, 30):
            month = now.year * 12 + now.month - 1 - months
            day = month // 12 * 10_000 + (month % 12 + 1) * 100 + 15
            database.execute("INSERT INTO issued_day VALUES ('acme', ?, 'k', 1)", (day,))
            database.execute("INSERT INTO day_count VALUES ('acme', ?, 'k', 'refusal', 'rate_limited', 1)", (day,))
    assert made.run("prune", "--keep-months", 1, "--dry-run")["usageRows"] == 4
    assert made.run("prune", "--keep-months", 1)["usageRows"] == 4
    assert made.run("prune", "--keep-months", 1)["usageRows"] == 0
    assert len(days_of(made)) == 2

"""`Idempotency-Key` on POST /tokens: one request, one pair, on whatever node and however often it is sent."""

import concurrent.futures
import contextlib
import sqlite3
import threading
import uuid

from deployment import Server, eventually
from wire import Closed


def issue(server, key: str, name: str, user: str = "user-123", **members: object):
    return server.ask("POST", "/tokens", {"userId": user} | members, {"X-API-Key": key, "Idempotency-Key": name})


def pairs(cluster, tenant: str) -> int:
    return sum(int(count) for (count,) in cluster.rows(f"SELECT pairs FROM issued_month WHERE tenant_id = '{tenant}'"))


def test_every_node_gives_the_same_answer_and_counts_once(nodes, cluster):
    cluster.tenant("once")
    key = cluster.key("once")
    name = f'"{uuid.uuid4()}"'
    first = eventually(lambda: issue(nodes[0], key, name, image="https://a.example/x", refresh=True), timeout=5)
    assert first.status == 200 and first.get("Idempotent-Replayed") is None
    for node in nodes:
        again = issue(node, key, name, image="https://a.example/x", refresh=True)
        assert again.body == first.body and again["Idempotent-Replayed"] == "true"
        assert node.code(key, again.json["token"], "rest") == "valid"
        other = issue(node, key, name, image="https://a.example/x")
        assert other.status == 422 and other.json["code"] == "idempotency_key_reused"
    assert pairs(cluster, "once") == 1


def test_duplicates_at_once_on_three_nodes_are_one_pair(nodes, cluster):
    cluster.tenant("herd")
    key = cluster.key("herd")
    for node in nodes:
        eventually(lambda node=node: node.ask("POST", "/tokens", {}, {"X-API-Key": key}).status == 400, timeout=5)
    barrier = threading.Barrier(12)

    def ask(number: int, name: str):
        barrier.wait()
        return issue(nodes[number % len(nodes)], key, name, f"user-{name}")

    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        for number in range(15):
            answers = list(pool.map(ask, range(12), [str(number)] * 12))
            assert {answer.status for answer in answers} == {200}
            assert len({answer.body for answer in answers}) == 1
            assert sum(answer.get("Idempotent-Replayed") is None for answer in answers) == 1
    assert pairs(cluster, "herd") == 15


def test_a_request_whose_server_is_killed_is_carried_out_once_when_sent_again(make_deployment):
    """Requests are under way when the server dies; whatever became of each, sending it again settles it."""
    deployment = make_deployment()
    deployment.tenant("acme")
    key = deployment.key("acme")
    answered = {}

    def ask(server, name: str) -> None:
        with contextlib.suppress(OSError, Closed):
            answer = issue(server, key, name, f"user-{name}")
            if answer.status == 200:
                answered[name] = answer.body

    names = [str(number) for number in range(300)]
    server = Server(deployment)
    server.wait_until_ready()
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        asked = [pool.submit(ask, server, name) for name in names]
        asked[100].result()
        server.kill()
    # The 100th of 16 at a time: some before it may not have been answered yet.
    assert 80 < len(answered) < len(names)
    with deployment.serve() as server:
        for name in names:
            answer = issue(server, key, name, f"user-{name}")
            assert answer.status == 200
            assert answered.get(name, answer.body) == answer.body
    ((count,),) = deployment.rows("SELECT pairs FROM issued_month")
    assert count == len(names)


def test_what_is_no_longer_kept_is_pruned(made):
    key = made.key("acme")
    with made.serve() as server:
        assert issue(server, key, "k", refresh=True).status == 200
        assert made.run("prune", "--keep-months", 1)["dropped"] == []
        with sqlite3.connect(made.database) as database:
            database.execute("UPDATE issue_answer SET created_at = created_at - 600000")
            database.execute("UPDATE grant_refresh SET ends_at = 1")
        said = ["1 grants that can no longer be refreshed", "1 answers that are no longer kept"]
        assert made.run("prune", "--keep-months", 1, "--dry-run")["dropped"] == said
        assert made.run("prune", "--keep-months", 1)["dropped"] == said
        assert made.run("prune", "--keep-months", 1)["dropped"] == []

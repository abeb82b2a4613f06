"""Refresh tokens: ten tabs, three nodes, thieves, and servers that are killed."""

import concurrent.futures
import threading

import pytest

import jose
from deployment import Server, eventually, id_of
from wire import Closed


def issue(server, key: str, user: str = "user-123", **members: object) -> dict:
    answer = server.issue(key, {"userId": user, "refresh": True} | members)
    assert answer.status == 200, answer
    return answer.json


def refresh(server, token: str):
    return server.ask("POST", "/tokens/refresh", {"refreshToken": token})


def code(answer) -> str:
    return answer.json.get("code", "ok")


def test_a_refreshed_pair_opens_the_doors_and_keeps_its_grant(server, key):
    first = issue(server, key, channels=["news"])
    second = refresh(server, first["refreshToken"]).json
    assert second["grantId"] == first["grantId"] and second["refreshToken"] != first["refreshToken"]
    assert server.code(key, second["token"], "rest") == server.code(key, second["wsToken"], "ws") == "valid"
    claims = jose.decode(second["wsToken"])[1]
    assert claims["jti"] == first["grantId"] + ".ws" and claims["channels"] == ["news"]
    assert list(second) == list(first)


def test_a_token_of_another_deployment_is_not_known_here(server, key, make_deployment):
    token = issue(server, key)["refreshToken"]
    other = make_deployment()
    other.tenant("acme")
    with other.serve() as stranger:
        assert code(refresh(stranger, token)) == "refresh_token_invalid"
    assert refresh(server, token).status == 200


def test_an_acknowledged_refresh_survives_a_killed_server(make_deployment):
    deployment = make_deployment()
    deployment.tenant("acme")
    key = deployment.key("acme")
    server = Server(deployment)
    server.wait_until_ready()
    first = issue(server, key)["refreshToken"]
    second = refresh(server, first).json["refreshToken"]
    third = refresh(server, second).json["refreshToken"]
    server.kill()
    with deployment.serve() as server:
        assert refresh(server, second).json["refreshToken"] == third
        assert code(refresh(server, first)) == "refresh_token_reused"
        assert code(refresh(server, third)) == "refresh_token_invalid"


def test_lifetimes_are_settings(make_deployment):
    deployment = make_deployment(REFRESH_IDLE="60", REFRESH_LIFETIME="120")
    deployment.tenant("acme")
    key = deployment.key("acme")
    with deployment.serve() as server:
        pair = issue(server, key)
        assert refresh(server, pair["refreshToken"]).status == 200
        # Whoever comes back when he is told to comes before the refresh token ends.
        assert pair["expiresIn"] == 86_400 and 45 <= pair["refreshAfter"] <= 50
        assert server.pair(key)["refreshAfter"] > 60_000
    for name in ("REFRESH_IDLE", "REFRESH_LIFETIME"):
        for value in ("59", "2592001", "7d", ""):
            assert deployment.attempt("config", **{name: value}).returncode == 78


def test_ten_tabs_on_three_nodes_never_log_anybody_out(nodes, cluster_key):
    """Each round ten tabs show the newest token at once, on whichever node; every one of them goes on."""
    token = issue(nodes[0], cluster_key, "tabs")["refreshToken"]
    barrier = threading.Barrier(10)

    def tab(number: int, shown: str):
        barrier.wait()
        return refresh(nodes[number % len(nodes)], shown)

    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        for _ in range(20):
            answers = list(pool.map(tab, range(10), [token] * 10))
            assert [answer.status for answer in answers] == [200] * 10
            (token,) = {answer.json["refreshToken"] for answer in answers}
    assert refresh(nodes[1], token).status == 200


def test_a_node_that_is_killed_while_tabs_refresh_logs_nobody_out(cluster, cluster_key):
    """Whoever gets no answer shows the same token to another node, and all of them end with the same one."""
    victim = cluster.started()
    with cluster.serving(2) as others:
        victim.wait_until_ready()
        token = issue(others[0], cluster_key, "survivor")["refreshToken"]
        lost = []

        def tab(number: int, shown: str):
            if number % 3 == 0:
                try:
                    return refresh(victim, shown)
                except (OSError, Closed):
                    lost.append(number)
            return refresh(others[number % 2], shown)

        with concurrent.futures.ThreadPoolExecutor(10) as pool:
            for turn in range(12):
                asked = [pool.submit(tab, number, token) for number in range(10)]
                if turn == 4:
                    victim.kill()
                answers = [each.result() for each in asked]
                assert {answer.status for answer in answers} == {200}
                (token,) = {answer.json["refreshToken"] for answer in answers}
        assert len(lost) >= 7 * 4


def test_tabs_that_share_a_store_go_on_although_each_is_late(nodes, cluster_key):
    """Each tab shows what the store holds and puts the answer there; none is ever two behind."""
    shared = {"token": issue(nodes[0], cluster_key, "shared")["refreshToken"]}
    lock = threading.Lock()

    def tab(number: int) -> list[int]:
        statuses = []
        for _ in range(10):
            with lock:
                shown = shared["token"]
                answer = refresh(nodes[number % len(nodes)], shown)
                lost = refresh(nodes[(number + 1) % len(nodes)], shown)
                statuses += [answer.status, lost.status]
                shared["token"] = answer.json["refreshToken"]
                assert lost.json["refreshToken"] == shared["token"]
        return statuses

    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        assert {status for statuses in pool.map(tab, range(10)) for status in statuses} == {200}


def test_a_thief_on_another_node_ends_the_grant_everywhere(nodes, cluster, cluster_key):
    pair = issue(nodes[0], cluster_key, "victim")
    stolen = newest = pair["refreshToken"]
    for node in nodes[:2]:
        pair = refresh(node, newest).json
        newest = pair["refreshToken"]
    assert {node.code(cluster_key, pair["wsToken"], "ws") for node in nodes} == {"valid"}
    assert code(refresh(nodes[2], stolen)) == "refresh_token_reused"
    assert nodes[2].code(cluster_key, pair["wsToken"], "ws") == "token_revoked"
    assert {code(refresh(node, newest)) for node in nodes} == {"refresh_token_invalid"}
    for node in nodes:
        eventually(lambda node=node: node.code(cluster_key, pair["token"], "rest") == "token_revoked", timeout=2)
    ((count,),) = cluster.rows("SELECT count(*) FROM audit_entry WHERE action = 'grant.refresh_reused'")
    assert int(count) == 1


def test_a_quota_is_exact_however_pairs_are_asked_for(nodes, cluster):
    cluster.tenant("narrow", quota=40)
    key = cluster.key("narrow")
    tokens = [eventually(lambda: issue(nodes[0], key, f"u{n}"), timeout=5)["refreshToken"] for n in range(10)]
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        asked = [(nodes[n % len(nodes)], tokens[n % 10]) for n in range(60)]
        answers = list(pool.map(lambda each: refresh(*each), asked))
    assert sorted({answer.status for answer in answers}) == [200, 429]
    assert sum(answer.status == 200 for answer in answers) == 30
    ((pairs,),) = cluster.rows("SELECT pairs FROM issued_month WHERE tenant_id = 'narrow'")
    assert int(pairs) == 40


def test_a_revoked_key_ends_its_grants_on_every_node(nodes, cluster):
    key = cluster.key("acme")
    token = eventually(lambda: issue(nodes[0], key, "keyed"), timeout=5)["refreshToken"]
    token = refresh(nodes[1], token).json["refreshToken"]
    cluster.run("key", "revoke", id_of(key), "--reason", "leaked")
    assert {code(refresh(node, token)) for node in nodes} == {"refresh_token_invalid"}


def test_a_revocation_ends_refreshing_on_every_node_at_once(nodes, cluster):
    """The nodes ask the database, so that not one of them renews what was revoked a moment ago on another."""
    key = cluster.key("acme", "--scope", "tokens:issue", "--scope", "tokens:revoke")
    for number in range(10):
        pair = eventually(lambda: issue(nodes[0], key, "banned"), timeout=5)
        token = refresh(nodes[number % 3], pair["refreshToken"]).json["refreshToken"]
        body = {"userId": "banned"} if number % 2 else {"grantId": pair["grantId"]}
        assert nodes[0].ask("POST", "/tokens/revoke", body, {"X-API-Key": key}).status == 200
        assert {code(refresh(node, token)) for node in nodes} == {"refresh_token_invalid"}


@pytest.mark.parametrize("text", ["", "chatrt_acme.", "chatrt_acme." + "A" * 70, "x" * 300])
def test_what_was_not_made_here_is_refused(server, text):
    assert code(refresh(server, text)) == "refresh_token_invalid"

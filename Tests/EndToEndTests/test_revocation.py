"""Tokens that are taken back: refused by every node and by who listens, whatever happens to either."""

import statistics
import threading
import time

import pytest

import evidence
from deployment import Server, eventually
from listener import Listener

SCOPES = ("--scope", "tokens:issue,tokens:verify,tokens:revoke")
REPETITIONS = 40


def revoke(node, key: str, **what: object) -> dict:
    answer = node.ask("POST", "/tokens/revoke", what, {"X-API-Key": key})
    assert answer.status == 200, answer
    return answer.json


@pytest.fixture(scope="module")
def revoking_key(deployment) -> str:
    return deployment.key("acme", *SCOPES)


def test_what_is_revoked_is_refused_and_what_is_issued_next_is_not(server, revoking_key):
    for what in ({"userId": "mallory"}, {"label": "device-7"}, {"all": True}):
        pair = server.pair(revoking_key, {"userId": "mallory", "label": "device-7"})
        revoke(server, revoking_key, **what)
        assert server.code(revoking_key, pair["wsToken"], "ws") == "token_revoked"
        assert server.code(revoking_key, pair["token"], "rest") == "token_revoked"
        forward = server.forward(revoking_key, "ws", Authorization=f"Bearer {pair['wsToken']}")
        assert forward.status == 401 and "token_revoked" in forward["WWW-Authenticate"]
        again = server.pair(revoking_key, {"userId": "mallory", "label": "device-7"})
        assert server.code(revoking_key, again["wsToken"], "ws") == "valid"


def test_a_receipt_survives_kill_9(make_deployment):
    """Killed with the receipt in the client's hands, the node comes back with everything that it had promised."""
    made = make_deployment()
    made.tenant("acme")
    key = made.key("acme", *SCOPES)
    pairs = []
    for number in range(4):
        server = Server(made)
        server.wait_until_ready()
        for pair in pairs:
            assert server.code(key, pair["wsToken"], "ws") == "token_revoked"
        pairs.append(server.pair(key, f"u{number}"))
        revoke(server, key, userId=f"u{number}")
        server.kill()


def test_the_command_line_revokes_and_lists(deployment, server, revoking_key):
    pair = server.pair(revoking_key, "console")
    receipt = deployment.run("token", "revoke", "--tenant", "acme", "--user", "console", "--reason", "banned")
    eventually(lambda: server.code(revoking_key, pair["wsToken"], "ws") == "token_revoked", timeout=3)
    listed = deployment.run("revocation", "list", "--tenant", "acme")["revocations"]
    (entry,) = [entry for entry in listed if entry["id"] == receipt["revocationId"]]
    assert (entry["kind"], entry["subject"], entry["reason"]) == ("user", "console", "banned")
    assert entry["revokedBy"] == "cli"
    verdict = deployment.attempt("token", "verify", "--expect", "ws", "-", stdin=pair["wsToken"])
    assert "token_revoked" in verdict.stdout + verdict.stderr
    assert deployment.attempt("token", "revoke", "--tenant", "acme").returncode != 0
    assert deployment.attempt("token", "revoke", "--tenant", "acme", "--user", "u", "--all").returncode != 0


def test_a_stream_says_what_is_in_force_and_what_happens_and_its_documents_are_signed(deployment, server, revoking_key):
    before = revoke(server, revoking_key, userId="early")
    listener = Listener(server.port, revoking_key, deployment.secret("acme"))
    eventually(lambda: listener.has(before["sequence"]))
    pair = server.pair(revoking_key, {"userId": "late", "label": "room"})
    assert not listener.refuses(pair["wsToken"])
    after = revoke(server, revoking_key, label="room")
    eventually(lambda: listener.has(after["sequence"]))
    assert listener.refuses(pair["wsToken"]) and listener.refuses(pair["token"])
    assert not listener.refuses(server.pair(revoking_key, {"userId": "late", "label": "room"})["wsToken"])
    listener.cut()


def test_who_listens_refuses_deactivated_and_erased_users(deployment, server, revoking_key):
    listener = Listener(server.port, revoking_key)
    admin = deployment.key("acme", "--scope", "admin")
    for query, user in (("", "sleeper"), ("?purge=true", "goner")):
        pair, other = server.pair(revoking_key, user), server.pair(revoking_key, f"not {user}")
        assert server.ask("DELETE", f"/users/{user}{query}", headers={"X-API-Key": admin}).status in (200, 204)
        eventually(lambda pair=pair: listener.refuses(pair["wsToken"]) and listener.refuses(pair["token"]))
        assert not listener.refuses(other["wsToken"])
    listener.cut()


def test_who_comes_back_by_last_event_id_has_missed_nothing(server, revoking_key):
    """Connections are dropped at random moments while somebody revokes without pause."""
    stop, sequences = threading.Event(), []

    def work() -> None:
        number = 0
        while not stop.is_set():
            sequences.append(revoke(server, revoking_key, userId=f"dropped-{number}")["sequence"])
            number += 1

    thread = threading.Thread(target=work)
    thread.start()
    heard: set[int] = set()
    place = None
    listener = Listener(server.port, revoking_key)
    for round in range(12):
        time.sleep(0.05 + 0.03 * (round % 4))
        place = listener.cut()
        heard |= set(listener.heard)
        listener = Listener(server.port, revoking_key, after=place)
    stop.set()
    thread.join()
    eventually(lambda: listener.has(sequences[-1]), timeout=10)
    heard |= set(listener.heard)
    listener.cut()
    assert set(sequences) <= heard and len(sequences) > 50


def test_a_node_key_hears_of_every_tenant_and_a_tenant_of_itself_alone(deployment, server, revoking_key, node_key):
    other = deployment.key("globex", *SCOPES)
    own, all_of_them = Listener(server.port, revoking_key), Listener(server.port, node_key)
    theirs = revoke(server, other, userId="x")
    ours = revoke(server, revoking_key, userId="x")
    eventually(lambda: all_of_them.has(theirs["sequence"]) and all_of_them.has(ours["sequence"]))
    eventually(lambda: own.has(ours["sequence"]))
    assert not own.has(theirs["sequence"])
    own.cut()
    all_of_them.cut()


def test_a_long_poll_is_answered_by_news(server, revoking_key):
    page = server.ask("GET", "/revocations", headers={"X-API-Key": revoking_key}).json
    while page["more"]:
        page = server.ask("GET", f"/revocations?after={page['sequence']}", headers={"X-API-Key": revoking_key}).json
    answers = []

    def wait() -> None:
        path = f"/revocations?after={page['sequence']}&wait=30"
        answers.append((server.ask("GET", path, headers={"X-API-Key": revoking_key}).json, time.monotonic()))

    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.3)
    receipt = revoke(server, revoking_key, userId="polled")
    told = time.monotonic()
    thread.join(10)
    (answer, moment) = answers[0]
    assert answer["sequence"] >= receipt["sequence"] and moment - told < 1


def test_a_connection_goes_on_behind_a_poll_and_before_a_hot_request(server, revoking_key):
    """Both lanes on one connection, pipelined: answers come in the order of the requests."""
    headers = {"X-API-Key": revoking_key}
    pair = server.pair(revoking_key, "alternating")
    with server.wire() as wire:
        for _ in range(3):
            assert wire.ask("POST", "/tokens/revoke", {"userId": "alternating"}, headers).status == 200
            verdict = wire.ask("POST", "/verify", {"token": pair["wsToken"], "expect": "ws"}, headers)
            assert verdict.json["code"] == "token_revoked"
            assert wire.ask("GET", "/revocations?wait=0", headers=headers).status == 200
            assert wire.ask("POST", "/tokens", {"userId": "alternating"}, headers).status == 200


def test_sigterm_with_open_streams_and_polls_stops_in_time(make_deployment):
    made = make_deployment()
    made.tenant("acme")
    key = made.key("acme", *SCOPES)
    with made.serve() as server:
        listeners = [Listener(server.port, key) for _ in range(20)]
        thread = threading.Thread(
            target=lambda: server.ask("GET", "/revocations?after=1&wait=60", headers={"X-API-Key": key})
        )
        thread.start()
        time.sleep(0.3)
        begun = time.monotonic()
        server.stop(timeout=10)
        thread.join(5)
        assert time.monotonic() - begun < 8
        assert all(listener.ended.wait(2) for listener in listeners)


def test_what_a_verifier_has_applied_is_seen_in_the_receipt(server, revoking_key):
    receipt = revoke(server, revoking_key, userId="acked")
    headers = {"X-API-Key": revoking_key}
    ack = server.ask("POST", "/revocations/ack", {"verifier": "gw", "sequence": receipt["sequence"]}, headers)
    assert ack.status == 204

    def standing() -> dict:
        return server.ask("GET", f"/revocations/{receipt['revocationId']}", headers=headers).json

    eventually(lambda: standing()["isApplied"], timeout=5)
    assert [node["hasApplied"] for node in standing()["nodes"]] == [True]
    assert [verifier["name"] for verifier in standing()["verifiers"]] == ["gw"]


def test_revoked_on_one_node_is_refused_by_the_others_and_by_listeners(nodes, cluster):
    """Measured from the receipt: the time until B and C refuse, and until a verifier that listens to C does."""
    key = cluster.key("acme", *SCOPES)
    listener = Listener(nodes[2].port, key)
    delays, told = [], []
    with nodes[1].wire() as on_b, nodes[2].wire() as on_c:
        for wire in (on_b, on_c):
            # Key and tenant are in memory from here on.
            wire.ask("POST", "/verify", {"token": "x", "expect": "ws"}, {"X-API-Key": key})
        for number in range(REPETITIONS):
            pair = nodes[0].pair(key, f"chased-{number}")
            question = {"token": pair["wsToken"], "expect": "ws"}
            receipt = revoke(nodes[0], key, userId=f"chased-{number}")
            answered = time.time()
            for wire in (on_b, on_c):
                end = answered + 10
                while wire.ask("POST", "/verify", question, {"X-API-Key": key}).json.get("code") != "token_revoked":
                    assert time.time() < end, "still valid"
                delays.append(time.time() - answered)
            eventually(lambda receipt=receipt: listener.has(receipt["sequence"]))
            told.append(listener.heard[receipt["sequence"]] - answered)
            assert listener.refuses(pair["wsToken"])
            for node in nodes:
                fresh = node.pair(key, f"chased-{number}")
                assert nodes[0].code(key, fresh["wsToken"], "ws") == "valid"
    listener.cut()
    for what, times in (("refused on B and C", delays), ("told to a listener of C", told)):
        ms = sorted(1_000 * max(0, moment) for moment in times)
        p99 = ms[min(len(ms) - 1, int(len(ms) * 0.99))]
        evidence.note_figure(
            f"revoked on A, {what}: p50 {statistics.median(ms):.1f} ms, p99 {p99:.1f} ms, worst {ms[-1]:.1f} ms after "
            f"the receipt, {len(ms)} times"
        )


def test_the_nodes_that_have_a_revocation_are_listed(nodes, cluster):
    key = cluster.key("acme", *SCOPES)
    receipt = revoke(nodes[0], key, userId="listed")
    path = f"/revocations/{receipt['revocationId']}"

    def standing() -> list[bool]:
        answer = nodes[1].ask("GET", path, headers={"X-API-Key": key}).json
        return [node["hasApplied"] for node in answer["nodes"]]

    eventually(lambda: standing() == [True, True, True], timeout=10)

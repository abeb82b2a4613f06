"""Examples/deploy/nginx.conf: requests are spread, failures are survived, and what must not be repeated is not."""

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from balancer import Balancer, Node, balancing, configured
from deployment import eventually, free_port

PAIR = {"userId": "user-123"}


@pytest.fixture
def balancer(program, tmp_path):
    nodes = [Node("one"), Node("two")]
    with balancing(program, tmp_path, [f"127.0.0.1:{node.port}" for node in nodes]) as port:
        yield Balancer(port, nodes, tmp_path)


def both(balancer: Balancer, mode: str) -> None:
    for node in balancer.nodes:
        node.mode = mode


def test_nginx_finds_nothing_wrong_with_the_configuration(program, tmp_path):
    file = tmp_path / "nginx.conf"
    file.write_text(configured(tmp_path, free_port(), ["127.0.0.1:1", "127.0.0.1:2"]))
    done = subprocess.run(
        [program("nginx"), "-t", "-e", tmp_path / "stderr", "-c", file], capture_output=True, text=True)
    assert done.returncode == 0 and "[warn]" not in done.stderr, done.stderr


def test_requests_are_spread_evenly_over_kept_connections(balancer):
    for _ in range(100):
        assert balancer.ask("POST", "/tokens", PAIR).status == 200
    assert [len(node.requests) for node in balancer.nodes] == [50, 50]
    assert all(node.connections <= 4 for node in balancer.nodes)


def test_a_killed_node_fails_no_request_of_any_kind(balancer):
    for number in range(200):
        if number == 50:
            balancer.nodes[0].go()
        method, path = [("POST", "/tokens"), ("POST", "/verify"), ("GET", "/verify?expect=ws")][number % 3]
        assert balancer.ask(method, path, PAIR if method == "POST" else None).status == 200, number
    assert len(balancer.nodes[1].requests) > 150


def test_a_machine_without_power_fails_no_request_either(balancer):
    balancer.nodes[0].lose()
    for method, path in [("POST", "/tokens"), ("POST", "/verify"), ("POST", "/users/batch"), ("GET", "/readyz")] * 3:
        assert balancer.ask(method, path, {} if method == "POST" else None).status == 200
        time.sleep(0.3)
    assert len(balancer.nodes[1].requests) == 12


def test_a_node_that_comes_back_gets_requests_within_seconds(balancer):
    first, second = balancer.nodes
    first.go()
    assert all(balancer.ask("POST", "/tokens", PAIR).status == 200 for _ in range(10))
    first.listen()
    before = len(first.requests)
    eventually(lambda: balancer.ask("GET", "/readyz").status == 200 and len(first.requests) > before, 3, 0.1)


def test_a_pair_asked_of_a_dying_node_is_asked_of_another_once(balancer):
    both(balancer, "dying")
    answer = balancer.ask("POST", "/tokens", PAIR)
    assert answer.status == 503 and balancer.asked() == 2
    balancer.nodes[1].mode = "well"
    eventually(lambda: balancer.ask("POST", "/tokens", PAIR).status == 200, 3, 0.1)


def test_a_pair_asked_of_a_slow_node_is_not_asked_of_another(balancer):
    both(balancer, "silent")
    assert balancer.ask("POST", "/tokens", PAIR).status == 503
    assert balancer.asked() == 1


@pytest.mark.parametrize("mode", ["dying", "silent", "unavailable"])
@pytest.mark.parametrize("method, path", [("POST", "/verify"), ("POST", "/verify/batch"), ("GET", "/verify?expect=ws")])
def test_a_question_is_asked_again_whatever_happened(balancer, mode, method, path):
    balancer.nodes[0].mode = mode
    answers = [balancer.ask(method, path, {} if method == "POST" else None) for _ in range(4)]
    assert [answer.json for answer in answers] == [{"node": "two"}] * 4


@pytest.mark.parametrize("method, mode", [("POST", "dying"), ("PATCH", "dying"), ("POST", "silent")])
def test_other_writes_are_not_repeated_once_they_left(balancer, mode, method):
    both(balancer, mode)
    assert balancer.ask(method, "/users/user-123", {}).status == 503
    assert balancer.asked() == 1


def test_503_with_its_retry_after_is_for_the_caller_and_costs_the_node_nothing(balancer):
    both(balancer, "unavailable")
    for _ in range(6):
        answer = balancer.ask("POST", "/tokens", PAIR)
        assert (answer.status, answer["Retry-After"]) == (503, "7")
    assert [len(node.requests) for node in balancer.nodes] == [3, 3]


@pytest.mark.parametrize("path", ["/revocations?after=1&wait=30", "/revocations/stream"])
def test_a_feed_that_is_quiet_for_longer_than_others_may_be_is_not_cut(balancer, path):
    both(balancer, "quiet")
    answer = balancer.ask("GET", path)
    assert answer.status == 200 and balancer.asked() == 1


@pytest.mark.parametrize("path", ["/admin/audit", "/oauth2/introspect"])
def test_a_caller_who_makes_every_node_slow_puts_none_out_of_use_for_others(balancer, path):
    both(balancer, "silent")
    with ThreadPoolExecutor(4) as callers:
        slow = [callers.submit(balancer.ask, "GET", path) for _ in range(4)]
        assert {call.result().status for call in slow} == {503}
    both(balancer, "well")
    assert [balancer.ask("POST", "/tokens", PAIR).status for _ in range(10)] == [200] * 10


def test_where_no_node_answers_the_caller_learns_it_in_the_words_of_the_api(balancer):
    for node in balancer.nodes:
        node.go()
    answer = balancer.ask("POST", "/tokens", PAIR, X_Request_ID="abc-1")
    assert answer.status == 503 and answer.code == "storage_unavailable"
    assert (answer["Retry-After"], answer["Cache-Control"], answer["X-Request-ID"]) == ("1", "no-store", "abc-1")
    assert answer.json["requestId"] == "abc-1" and answer.json["status"] == 503
    for node in balancer.nodes:
        node.listen()
    eventually(lambda: balancer.ask("POST", "/tokens", PAIR).status == 200, 3, 0.1)


@pytest.mark.parametrize("given", ['x","code":"rate_limited', "é", "a" * 200, "a b"])
def test_an_id_that_is_none_does_not_go_through(balancer, given):
    for node in balancer.nodes:
        node.go()
    answer = balancer.ask("GET", "/readyz", X_Request_ID=given)
    assert answer.code == "storage_unavailable" and answer.json["requestId"] == answer["X-Request-ID"] != given


def test_nodes_see_who_asks_and_under_which_name(balancer):
    balancer.ask("GET", "/verify", Host="tokens.example.com", X_Request_ID="abc-1", X_Forwarded_For="6.6.6.6")
    fields = next(node.requests[0][1] for node in balancer.nodes if node.requests)
    assert (fields["host"], fields["x-request-id"], fields["x-forwarded-for"]) == (
        "tokens.example.com", "abc-1", "127.0.0.1")


def test_the_log_names_the_node_and_no_query(balancer):
    balancer.ask("GET", "/verify?token=secret")
    log = eventually((balancer.folder / "stdout").read_text)
    assert " GET /verify 200 127.0.0.1:" in log and "secret" not in log


def test_a_real_pair_comes_through_and_the_largest_batch(program, tmp_path, server, key):
    with balancing(program, tmp_path, [f"127.0.0.1:{server.port}"] * 2) as port:
        balancer = Balancer(port, [], tmp_path)
        channels = [f"{index:02}" + "c" * 110 for index in range(40)]
        answer = balancer.ask("POST", "/tokens", PAIR | {"channels": channels}, X_API_Key=key)
        assert answer.status == 200
        question = {"token": answer.json["wsToken"], "expect": "ws"}
        assert balancer.ask("POST", "/verify", question, X_API_Key=key).json["valid"]
        many = {"tokens": [question] * 256}
        assert len(balancer.ask("POST", "/verify/batch", many, X_API_Key=key).json["results"]) == 256

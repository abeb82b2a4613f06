"""Rate limit and quota: exact, also when everything comes at once, and told in the header fields."""

import concurrent.futures
import datetime
import re
import time

import pytest

from deployment import eventually
from wire import Wire, request


def limit_of(answer) -> tuple[int, int]:
    """r and t of the RateLimit field."""
    match = re.fullmatch(r'"tenant";r=(\d+);t=(\d+)', answer["RateLimit"])
    return int(match[1]), int(match[2])


def at_once(server, key: str, count: int, user: str = "u") -> list:
    """So many requests, each on a connection of its own, all sent before any answer is read."""
    wires = [Wire(server.port, timeout=30) for _ in range(count)]
    try:
        for index, wire in enumerate(wires):
            wire.send(request("POST", "/tokens", {"userId": f"{user}{index % 50}"}, {"X-API-Key": key}))
        return [wire.read() for wire in wires]
    finally:
        for wire in wires:
            wire.close()


def test_a_burst_passes_and_not_one_request_more(server, deployment):
    deployment.tenant("burst", rate=1, burst=20)
    key = deployment.key("burst")
    with server.wire() as wire:
        started = time.monotonic()
        answers = [wire.ask("POST", "/tokens", {"userId": "u"}, {"X-API-Key": key}) for _ in range(30)]
        took = time.monotonic() - started
    passed = [answer for answer in answers if answer.status == 200]
    assert 20 <= len(passed) <= 20 + int(took + 1)
    assert [answer.status for answer in answers[:20]] == [200] * 20
    assert [limit_of(answer)[0] for answer in answers[:3]] == [19, 18, 17]
    for answer in answers:
        assert answer["RateLimit-Policy"] == '"tenant";q=20;w=20'
    refused = [answer for answer in answers if answer.status == 429]
    assert refused
    for answer in refused:
        assert answer.code == "rate_limited" and answer.json["status"] == 429
        assert limit_of(answer)[0] == 0
        assert int(answer["Retry-After"]) >= limit_of(answer)[1] >= 1


def test_after_retry_after_a_request_passes(server, deployment):
    deployment.tenant("retry", rate=1, burst=2)
    key = deployment.key("retry")
    while (answer := server.issue(key, {"userId": "u"})).status == 200:
        pass
    time.sleep(int(answer["Retry-After"]))
    assert server.issue(key, {"userId": "u"}).status == 200


def test_a_burst_is_exact_also_on_all_event_loops_at_once(server, deployment):
    deployment.tenant("crowd", rate=1, burst=100)
    key = deployment.key("crowd")
    server.issue(key, "{}")  # loads the tenant; spends one
    started = time.monotonic()
    answers = at_once(server, key, 300)
    took = time.monotonic() - started
    passed = sum(answer.status == 200 for answer in answers)
    assert 99 <= passed <= 99 + int(took + 1.5)
    assert {answer.status for answer in answers} == {200, 429}


def test_a_refused_request_stores_nothing(server, deployment):
    deployment.tenant("nothing", rate=1, burst=1)
    key = deployment.key("nothing")
    for index in range(5):
        server.issue(key, {"userId": f"u{index}"})
    assert len(deployment.rows("SELECT 1 FROM user WHERE tenant_id = 'nothing'")) <= 2


def test_one_tenant_does_not_spend_another_ones_limit(server, deployment, key):
    deployment.tenant("greedy", rate=1, burst=1)
    greedy = deployment.key("greedy")
    for _ in range(5):
        last = server.issue(greedy, {"userId": "u"})
    assert last.status == 429
    assert server.issue(key, {"userId": "u"}).status == 200


def test_two_keys_of_a_tenant_share_its_limit(server, deployment):
    deployment.tenant("shared", rate=1, burst=4)
    keys = [deployment.key("shared") for _ in range(2)]
    answers = [server.issue(keys[index % 2], {"userId": "u"}) for index in range(8)]
    assert [answer.status for answer in answers[:4]] == [200] * 4
    assert 429 in [answer.status for answer in answers[4:]]


def test_a_bad_key_gets_no_limit_fields_and_spends_nothing(server, deployment):
    deployment.tenant("innocent", rate=1, burst=2)
    key = deployment.key("innocent")
    for _ in range(5):
        answer = server.issue("nonsense", {"userId": "u"})
        assert not answer.values("RateLimit") and not answer.values("RateLimit-Policy")
    assert limit_of(server.issue(key, {"userId": "u"}))[0] == 1


def test_a_new_limit_holds_from_the_next_second_on(server, deployment):
    deployment.tenant("raised", rate=1, burst=1)
    key = deployment.key("raised")
    server.issue(key, {"userId": "u"})
    deployment.run("tenant", "update", "raised", "--rate", "1000", "--burst", "1000")
    answer = eventually(lambda: (found := server.issue(key, {"userId": "u"})).status == 200 and found, timeout=2)
    assert answer["RateLimit-Policy"] == '"tenant";q=1000;w=1'


def test_a_quota_is_spent_to_the_last_pair_and_not_beyond(server, deployment):
    deployment.tenant("quota", quota=5)
    key = deployment.key("quota")
    answers = [server.issue(key, {"userId": f"u{index}"}) for index in range(8)]
    assert [answer.status for answer in answers] == [200] * 5 + [429] * 3
    last = answers[-1]
    assert last.code == "quota_exceeded"
    policy = re.fullmatch(r'"quota";q=5;w=(\d+)', last["RateLimit-Policy"])
    rest = re.fullmatch(r'"quota";r=0;t=(\d+)', last["RateLimit"])
    assert policy and rest
    now = datetime.datetime.now(datetime.timezone.utc)
    month_ends = (now.replace(day=1, hour=0, minute=0, second=0, microsecond=0) + datetime.timedelta(days=32)).replace(
        day=1
    )
    assert abs((month_ends - now).total_seconds() - int(rest[1])) < 5
    assert int(last["Retry-After"]) >= int(rest[1])
    stored = {user for (user,) in deployment.rows("SELECT user_id FROM user WHERE tenant_id = 'quota'")}
    assert stored == {f"u{index}" for index in range(5)}, "a refused pair stores nothing"


def test_a_quota_is_exact_under_concurrency(server, deployment):
    deployment.tenant("race", quota=137)
    keys = [deployment.key("race") for _ in range(2)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda index: at_once(server, keys[index % 2], 100, f"p{index}-"), range(4)))
    statuses = [answer.status for part in parts for answer in part]
    assert statuses.count(200) == 137 and statuses.count(429) == 400 - 137
    assert deployment.rows("SELECT pairs FROM issued_month WHERE tenant_id = 'race'") == [(137,)]


def test_only_issued_pairs_count_against_the_quota(server, deployment):
    deployment.tenant("counted", quota=3)
    key = deployment.key("counted")
    for body in (
        {},
        {"userId": ""},
        "nonsense",
        {"userId": "u", "refresh": "yes"},
        {"userId": "u", "channels": ["c" * 200] * 64},
    ):
        assert server.issue(key, body).status in (400, 422)
    assert [server.issue(key, {"userId": "u"}).status for _ in range(4)] == [200, 200, 200, 429]


def test_a_raised_quota_lets_issuing_go_on(server, deployment):
    deployment.tenant("upgrade", quota=1)
    key = deployment.key("upgrade")
    assert [server.issue(key, {"userId": "u"}).status for _ in range(2)] == [200, 429]
    deployment.run("tenant", "update", "upgrade", "--quota", "2")
    eventually(lambda: server.issue(key, {"userId": "u"}).status == 200, timeout=2)
    assert server.issue(key, {"userId": "u"}).code == "quota_exceeded"


def test_a_quota_outlives_the_server(make_deployment):
    made = make_deployment()
    made.tenant("kept", quota=2)
    key = made.key("kept")
    with made.serve() as server:
        assert server.issue(key, {"userId": "u"}).status == 200
    with made.serve() as server:
        assert [server.issue(key, {"userId": "u"}).status for _ in range(2)] == [200, 429]


@pytest.mark.parametrize(
    "plan, rate, burst, quota",
    [("free", 10, 50, 10_000), ("pro", 100, 500, 100_000), ("enterprise", 1_000, 5_000, 1_000_000)],
)
def test_a_plan_has_its_promised_limits(server, deployment, plan, rate, burst, quota):
    tenant = deployment.run("tenant", "create", f"plan-{plan}", "--plan", plan)
    assert (tenant["rate"], tenant["burst"], tenant["quota"]) == (rate, burst, quota)
    answer = server.issue(deployment.key(f"plan-{plan}"), {"userId": "u"})
    assert answer["RateLimit-Policy"] == f'"tenant";q={burst};w={burst // rate}'

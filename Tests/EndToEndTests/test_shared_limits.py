"""Rate limits that several nodes share in Redis: exact together, a share of each without it."""

import concurrent.futures
import contextlib
import re
import ssl
import subprocess
import threading
import time

import pytest

import evidence
from deployment import Deployment, eventually, free_port
from http2 import ask_over_http_2
from redis_server import Redis
from test_limits import at_once, limit_of
from wire import Wire, request


class Nodes:
    """Three servers, each with a database of its own and the same tenants, and one Redis."""

    def __init__(self, deployments: list[Deployment], servers: list, redis: Redis):
        self.deployments, self.servers, self.redis = deployments, servers, redis

    def tenant(self, name: str, **limits: int) -> list[str]:
        """A tenant on every node; its API keys."""
        for deployment in self.deployments:
            deployment.tenant(name, **limits)
        return [deployment.key(name) for deployment in self.deployments]

    def gauge(self, name: str) -> list[float]:
        pattern = rf"^chat_tokens_shared_limits_{re.escape(name)} (\S+)$"
        return [float(re.search(pattern, server.metrics(), re.MULTILINE)[1]) for server in self.servers]

    def wait_until_shared(self) -> None:
        eventually(lambda: self.gauge("up") == [1] * 3 and self.gauge("nodes") == [3] * 3, timeout=20)


@pytest.fixture(scope="module")
def redis(program, tmp_path_factory):
    redis = Redis(program("redis-server"), tmp_path_factory.mktemp("redis"), free_port())
    yield redis
    redis.resume()
    redis.kill()


@pytest.fixture(scope="module")
def nodes(redis, tmp_path_factory):
    deployments = [Deployment(tmp_path_factory.mktemp("node"), REDIS_URL=redis.url) for _ in range(3)]
    with contextlib.ExitStack() as stack:
        for deployment in deployments:
            deployment.initialize()
        nodes = Nodes(deployments, [stack.enter_context(one.serve()) for one in deployments], redis)
        nodes.wait_until_shared()
        yield nodes


class Hammer:
    """Clients that ask every node for tokens as fast as they can."""

    def __init__(self, nodes: Nodes, keys: list[str], each: int = 4):
        self.stopping = threading.Event()
        # When each answer came, and its status; of each node.
        self.answers: list[list[tuple[float, int]]] = [[] for _ in keys]
        self.slowest = 0.0
        self.threads = [
            threading.Thread(target=self._ask, args=(server.port, key, answers))
            for server, key, answers in zip(nodes.servers, keys, self.answers)
            for _ in range(each)
        ]

    def __enter__(self) -> "Hammer":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join(60)

    @property
    def all(self) -> list[tuple[float, int]]:
        return sorted(answer for answers in self.answers for answer in answers)

    @property
    def statuses(self) -> set[int]:
        return {status for _, status in self.all}

    def _ask(self, port: int, key: str, answers: list) -> None:
        with Wire(port, timeout=60) as wire:
            while not self.stopping.is_set():
                start = time.monotonic()
                answer = wire.ask("POST", "/tokens", {"userId": "u"}, {"X-API-Key": key})
                end = time.monotonic()
                self.slowest = max(self.slowest, end - start)
                answers.append((end, answer.status))


def between(answers: list[tuple[float, int]], start: float, end: float) -> list[tuple[float, int]]:
    return [answer for answer in answers if start <= answer[0] < end]


def passed(answers: list[tuple[float, int]]) -> int:
    return sum(status == 200 for _, status in answers)


def would_pass(answers: list[tuple[float, int]], rate: int, burst: int, spent: float | None = None) -> int:
    """How many of these requests one node would let through: the same algorithm over the same moments.

    `spent` is a moment at which nothing of the burst was left. The machine may stand still for a while, so elapsed
    time alone does not tell.
    """
    arrival, count = 0.0 if spent is None else spent + burst / rate, 0
    for moment, _ in sorted(answers):
        following = max(arrival, moment) + 1 / rate
        if following - moment <= burst / rate + 1e-9:
            arrival, count = following, count + 1
    return count


def test_three_nodes_let_through_what_one_would(nodes):
    keys = nodes.tenant("hammered", rate=100, burst=50)
    with Hammer(nodes, keys) as hammer:
        time.sleep(10)
    one = would_pass(hammer.all, rate=100, burst=50)
    print(f"{passed(hammer.all)} of {len(hammer.all)}, one node would {one}")
    assert hammer.statuses == {200, 429}
    assert abs(passed(hammer.all) - one) <= 50


def test_a_burst_is_exact_across_nodes(nodes):
    keys = nodes.tenant("crowd", rate=1, burst=100)
    started = time.monotonic()
    answers = [None] * 3

    def ask(index: int) -> None:
        answers[index] = at_once(nodes.servers[index], keys[index], 100)

    threads = [threading.Thread(target=ask, args=(index,)) for index in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - started
    statuses = [answer.status for part in answers for answer in part]
    assert set(statuses) == {200, 429}
    assert 100 <= statuses.count(200) <= 100 + int(took + 1.5)


def test_a_user_has_one_limit_on_all_nodes_and_others_have_their_own(nodes):
    keys = nodes.tenant("people", user_rate="6/10m")
    answers = [nodes.servers[index % 3].issue(keys[index % 3], {"userId": "alice"}) for index in range(9)]
    assert [answer.status for answer in answers] == [200] * 6 + [429] * 3
    refused = answers[-1]
    assert refused.code == "rate_limited" and refused.json["policy"] == "user"
    assert refused["RateLimit-Policy"] == '"user";q=6;w=600' and 90 < int(refused["Retry-After"]) <= 100
    assert nodes.servers[0].issue(keys[0], {"userId": "bob"}).status == 200
    users = [f"u{index % 10}" for index in range(90)]
    with concurrent.futures.ThreadPoolExecutor(9) as pool:
        statuses = list(
            pool.map(lambda n: nodes.servers[n % 3].issue(keys[n % 3], {"userId": users[n]}).status, range(90))
        )
    assert statuses.count(200) == 60 and statuses.count(429) == 30


def test_the_header_fields_count_for_all_nodes(nodes):
    keys = nodes.tenant("fields", rate=1, burst=4)
    answers = [nodes.servers[index % 3].issue(keys[index % 3], {"userId": "u"}) for index in range(5)]
    assert [answer.status for answer in answers] == [200] * 4 + [429]
    assert [limit_of(answer)[0] for answer in answers] == [3, 2, 1, 0, 0]
    assert {answer["RateLimit-Policy"] for answer in answers} == {'"tenant";q=4;w=4'}
    refused = answers[-1]
    assert refused.code == "rate_limited" and int(refused["Retry-After"]) >= limit_of(refused)[1] >= 1
    time.sleep(int(refused["Retry-After"]))
    assert nodes.servers[1].issue(keys[1], {"userId": "u"}).status == 200


def test_a_limited_request_is_refused_before_its_body_is_judged(nodes):
    keys = nodes.tenant("judged", rate=1, burst=1)
    answers = [nodes.servers[0].issue(keys[0], "not json") for _ in range(2)]
    assert [answer.status for answer in answers] == [400, 429]
    assert limit_of(answers[0])[0] == 0, "a body that is refused has spent a request"


def test_requests_in_a_row_on_one_connection_are_answered_in_order(nodes):
    keys = nodes.tenant("row", rate=1, burst=10)
    with nodes.servers[0].wire() as wire:
        wire.send(b"".join(request("POST", "/tokens", {"userId": f"u{n}"}, {"X-API-Key": keys[0]}) for n in range(12)))
        answers = [wire.read() for _ in range(12)]
    assert [answer.status for answer in answers[:10]] == [200] * 10 and answers[-1].status == 429
    assert [answer.json["user"]["id"] for answer in answers[:10]] == [f"u{n}" for n in range(10)]


def test_promtool_finds_nothing_in_the_metrics(nodes, program):
    keys = nodes.tenant("measured", rate=100, burst=100)
    nodes.servers[0].issue(keys[0], {"userId": "u"})
    done = subprocess.run(
        [program("promtool"), "check", "metrics"], input=nodes.servers[0].metrics(), capture_output=True, text=True
    )
    assert done.returncode == 0 and not done.stderr and not done.stdout, done.stdout + done.stderr


def test_http_2_spends_the_same_limit(nodes, program, make_deployment, tmp_path):
    names = {"TLS_CERTIFICATE": str(tmp_path / "certificate.pem"), "TLS_KEY": str(tmp_path / "key.pem")}
    command = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1"
    command += f" -addext subjectAltName=IP:127.0.0.1 -keyout {names['TLS_KEY']} -out {names['TLS_CERTIFICATE']}"
    subprocess.run([program("openssl"), *command.split()], check=True, capture_output=True)
    made = make_deployment(REDIS_URL=nodes.redis.url, **names)
    keys = nodes.tenant("streams", rate=1, burst=6)
    made.tenant("streams", rate=1, burst=6)
    key = made.key("streams")
    with made.serve() as server:
        trust = ssl.create_default_context(cafile=names["TLS_CERTIFICATE"])
        asked = [("POST", "/tokens", {"userId": f"u{n}"}) for n in range(4)]
        answers = ask_over_http_2(server, trust, asked, key)
    assert [fields[":status"] for fields, _ in answers] == ["200"] * 4
    assert sorted(fields["ratelimit"] for fields, _ in answers) == [f'"tenant";r={n};t={6 - n}' for n in (2, 3, 4, 5)]
    assert limit_of(nodes.servers[0].issue(keys[0], {"userId": "u"}))[0] < 4, "another node knows"
    nodes.wait_until_shared()


def test_without_redis_each_node_keeps_to_its_share_and_with_it_all_are_exact_again(nodes):
    keys = nodes.tenant("outage", rate=99, burst=30)
    warned = [server.log.read_text().count("rate limits are not shared") for server in nodes.servers]
    with Hammer(nodes, keys) as hammer:
        time.sleep(2)
        nodes.redis.kill()
        killed = time.monotonic()
        time.sleep(5)
        assert nodes.gauge("up") == [0] * 3 and nodes.gauge("nodes") == [3] * 3
        alone = time.monotonic()
        nodes.redis.start()
        started = time.monotonic()
        eventually(lambda: nodes.gauge("up") == [1] * 3, timeout=60)
        back = time.monotonic()
        time.sleep(5)
        end = time.monotonic()
    apart = [between(answers, killed, alone) for answers in hammer.answers]
    shares = sum(would_pass(answers, rate=33, burst=10, spent=killed) for answers in apart)
    together = between(hammer.all, back, end)
    one = would_pass(together, rate=99, burst=30, spent=back)
    print(f"alone {sum(map(passed, apart))}, the shares would {shares}; back after {back - started:.2f} s,")
    print(f"then {passed(together)}, one node would {one}; slowest {hammer.slowest:.3f} s")
    assert hammer.statuses == {200, 429}, "nobody is refused for want of Redis"
    assert abs(sum(map(passed, apart)) - shares) <= 30
    assert abs(passed(together) - one) <= 30
    for server, before in zip(nodes.servers, warned):
        assert server.log.read_text().count("rate limits are not shared") == before + 1, "said once"
    nodes.wait_until_shared()


def test_a_frozen_redis_delays_few_requests_and_refuses_none(nodes):
    keys = nodes.tenant("frozen", rate=99, burst=30)
    with Hammer(nodes, keys) as hammer:
        time.sleep(1)
        nodes.redis.freeze()
        frozen = time.monotonic()
        time.sleep(5)
        alone = time.monotonic()
        nodes.redis.resume()
        eventually(lambda: nodes.gauge("up") == [1] * 3, timeout=60)
    apart = [between(answers, frozen, alone) for answers in hammer.answers]
    shares = sum(would_pass(answers, rate=33, burst=10, spent=frozen) for answers in apart)
    print(f"alone {sum(map(passed, apart))}, the shares would {shares}; slowest {hammer.slowest:.3f} s")
    assert hammer.statuses == {200, 429}
    assert abs(sum(map(passed, apart)) - shares) <= 30
    nodes.wait_until_shared()


def test_a_client_that_goes_away_while_redis_is_asked_harms_nobody(nodes):
    keys = nodes.tenant("gone", rate=100, burst=1_000)
    nodes.redis.freeze()
    try:
        for _ in range(20):
            with nodes.servers[0].wire() as wire:
                wire.send(request("POST", "/tokens", {"userId": "u"}, {"X-API-Key": keys[0]}))
        assert nodes.servers[0].issue(keys[0], {"userId": "u"}).status == 200
    finally:
        nodes.redis.resume()
    nodes.wait_until_shared()
    assert nodes.servers[0].issue(keys[0], {"userId": "u"}).status == 200


def test_a_server_stops_in_order_while_redis_is_frozen(nodes, make_deployment):
    made = make_deployment(REDIS_URL=nodes.redis.url)
    made.tenant("acme")
    key = made.key("acme")
    with made.serve() as server:
        assert server.issue(key, {"userId": "u"}).status == 200
        nodes.redis.freeze()
        try:
            with server.wire() as wire:
                wire.send(request("POST", "/tokens", {"userId": "u"}, {"X-API-Key": key}))
                time.sleep(0.05)  # the server has read it, and waits for Redis
                server.stop()
                assert wire.read().status == 200, "what was accepted is answered"
        finally:
            nodes.redis.resume()
    nodes.wait_until_shared()


def test_a_password_is_used_and_never_shown(program, tmp_path, make_deployment):
    redis = Redis(program("redis-server"), tmp_path, free_port(), "--requirepass", "a-secret-of-redis")
    try:
        evidence.note_secret("Redis password", "a-secret-of-redis")
        made = make_deployment(REDIS_URL=f"redis://:a-secret-of-redis@127.0.0.1:{redis.port}")
        made.tenant("acme")
        key = made.key("acme")
        shown = made.attempt("config").stdout
        assert "a-secret-of-redis" not in shown and f"redis://:(hidden)@127.0.0.1:{redis.port}" in shown
        finding = next(one for one in made.run("doctor")["findings"] if one["check"] == "Redis")
        assert finding["status"] == "ok"
        with made.serve() as server:
            assert server.issue(key, {"userId": "u"}).status == 200
            assert 'chat_tokens_shared_limits_decisions{by="redis"} 1' in server.metrics()
        assert "a-secret-of-redis" not in server.log.read_text()
        made.settings["REDIS_URL"] = f"redis://:wrong-secret@127.0.0.1:{redis.port}"
        with made.serve() as server:
            assert server.issue(key, {"userId": "u"}).status == 200, "by its share"
            assert "WRONGPASS" in server.log.read_text() and "wrong-secret" not in server.log.read_text()
        findings = made.attempt("doctor", "--json")
        assert findings.returncode == 1 and "WRONGPASS" in findings.stdout
    finally:
        redis.kill()


@pytest.mark.parametrize("url", ["rediss://127.0.0.1:6379", "redis://:pass-word@", "localhost:6379"])
def test_an_address_that_cannot_work_stops_the_start(made, url):
    done = made.attempt("serve", REDIS_URL=url)
    assert done.returncode == 78 and "CHAT_TOKENS_REDIS_URL must be redis://" in done.stderr
    assert "pass-word" not in done.stdout + done.stderr

"""Between the nodes and Redis: a network that delays, resets, swallows and forgets. Nobody is refused for it, and
nobody let through without a limit."""

import re
import threading
import time

import pytest

import evidence
from deployment import eventually, free_port
from proxy import Proxy
from redis_server import Redis
from wire import Wire

RATE, BURST = 90, 30


@pytest.fixture(scope="module")
def redis(program, tmp_path_factory):
    running = Redis(program("redis-server"), tmp_path_factory.mktemp("redis"), free_port())
    yield running
    running.kill()


@pytest.fixture(scope="module")
def proxy(redis):
    with Proxy(redis.port) as running:
        yield running


def gauge(node, name: str) -> float:
    return float(re.search(rf"^chat_tokens_shared_limits_{name} (\S+)$", node.metrics(), re.M)[1])


def are_shared(nodes) -> bool:
    return all(gauge(node, "up") == 1 and gauge(node, "nodes") == 3 for node in nodes)


@pytest.fixture(scope="module")
def nodes(cluster, proxy):
    with cluster.serving(3, REDIS_URL=f"redis://127.0.0.1:{proxy.port}") as running:
        eventually(lambda: are_shared(running), timeout=20)
        yield running


class Crowd:
    """Clients of all nodes who ask a little more often than their tenant may."""

    def __init__(self, nodes, key: str):
        self.key, self.stopping, self.lock = key, threading.Event(), threading.Lock()
        self.answers: list[tuple[float, int]] = []
        self.slowest = 0.0
        self.threads = [threading.Thread(target=self._ask, args=(node.port,)) for node in nodes for _ in range(2)]

    def __enter__(self) -> "Crowd":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join(30)
        assert not any(thread.is_alive() for thread in self.threads), "a request is stuck"

    def passed(self, start: float, end: float) -> int:
        return sum(status == 200 and start <= moment < end for moment, status in self.answers)

    def _ask(self, port: int) -> None:
        with Wire(port, timeout=15) as wire:
            while not self.stopping.wait(0.01):
                asked = time.monotonic()
                answer = wire.ask("POST", "/tokens", {"userId": "u"}, {"X-API-Key": self.key})
                answered = time.monotonic()
                with self.lock:
                    self.slowest = max(self.slowest, answered - asked)
                    self.answers.append((answered, answer.status))


FAULTS = {
    "slow by 0.3 s each way": lambda proxy: proxy.delay(0.3),
    "silent": lambda proxy: proxy.black_hole(),
    "reset": lambda proxy: (proxy.refuse(), proxy.reset()),
    "half-open": lambda proxy: (proxy.half_open(), proxy.refuse()),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_network_to_redis_leaves_each_node_its_share(nodes, cluster, proxy, fault):
    tenant = "net-" + re.sub(r"[^a-z]", "", fault)
    cluster.tenant(tenant, rate=RATE, burst=BURST)
    key = cluster.key(tenant)
    with Crowd(nodes, key) as crowd:
        time.sleep(0.6)  # the burst is used up
        begun = time.monotonic()
        FAULTS[fault](proxy)
        time.sleep(2.5)
        proxy.heal()
        ended = time.monotonic()
        eventually(lambda: all(gauge(node, "up") == 1 for node in nodes), timeout=10)
        back = time.monotonic()
    assert {status for _, status in crowd.answers} <= {200, 429}, "nobody is refused for want of Redis"
    during, took = crowd.passed(begun, ended), ended - begun
    evidence.note_figure(
        f"network to Redis {fault}: {during} passed in {took:.1f} s at {RATE}/s, slowest answer {crowd.slowest:.2f} s, "
        f"shared again {1_000 * (back - ended):.0f} ms after its end"
    )
    # At most: what all could pass alone, and the burst of each once more when it goes over to its own count.
    assert 0.4 * RATE * took <= during <= RATE * took + 2 * BURST + 3
    assert crowd.slowest < 2
    assert back - ended <= 5
    eventually(lambda: are_shared(nodes), timeout=10)


def test_redis_and_database_away_together_come_back_together(nodes, cluster, cluster_key, proxy, postgres):
    nodes[0].pair(cluster_key)
    time.sleep(0.5)  # a node that hears of a new key forgets it once, and needs the database to learn it again
    pair = [node.pair(cluster_key, {"userId": "both", "name": "kept"}) for node in nodes][0]
    proxy.refuse()
    proxy.reset()
    postgres.stop("fast")
    try:
        for node in nodes:
            answer = node.issue(cluster_key, {"userId": "both", "name": "not this"})
            assert answer.status == 503 and answer["Retry-After"]
            assert node.code(cluster_key, pair["wsToken"], "ws") == "valid"
    finally:
        postgres.start()
        proxy.heal()
    healed = time.monotonic()
    for node in nodes:
        eventually(lambda node=node: node.issue(cluster_key, {"userId": "both"}).status == 200, timeout=10)
    recovery = time.monotonic() - healed
    assert nodes[0].pair(cluster_key, {"userId": "both"})["user"]["name"] == "kept"
    evidence.note_figure(f"PostgreSQL and Redis away together: all nodes issue {1_000 * recovery:.0f} ms after the end")
    assert recovery <= 5

"""Clients that take too long: every one is let go in time, and none holds up the others."""

import concurrent.futures
import time

import pytest

from wire import Answer, Closed

HEAD_SECONDS, BODY_SECONDS, IDLE_SECONDS, LINGER_SECONDS = 10, 20, 75, 2
TOKENS = "POST /tokens HTTP/1.1\r\nHost: a\r\nX-API-Key: {key}\r\nContent-Type: application/json\r\n"
BATCH = TOKENS.replace("/tokens", "/verify/batch")
BODY = '{{"userId":"slow"'

# What the client sends at once, what it then sends every second, and when it must be let go at the latest.
SLOW = {
    "half a request line": ("POST /tok", "", HEAD_SECONDS),
    "a head without end": (TOKENS, "", HEAD_SECONDS),
    "a head that goes on for ever": (TOKENS, "X-More: 1\r\n", HEAD_SECONDS),
    "a head byte by byte": ("GET /healthz HTTP/1.1\r\nX-Slow: ", "x", HEAD_SECONDS),
    "a body that never comes": (TOKENS + "Content-Length: 50\r\n\r\n", "", BODY_SECONDS),
    "half a body": (TOKENS + "Content-Length: 500\r\n\r\n" + BODY, "", BODY_SECONDS),
    "a body byte by byte": (TOKENS + "Content-Length: 500\r\n\r\n" + BODY, " ", BODY_SECONDS),
    "a chunk that never comes": (TOKENS + "Transfer-Encoding: chunked\r\n\r\n5\r\n", "", BODY_SECONDS),
    "chunks without end": (TOKENS + "Transfer-Encoding: chunked\r\n\r\n", "1\r\n \r\n", BODY_SECONDS),
    "a body that waits for continue for ever": (
        TOKENS + "Content-Length: 50\r\nExpect: 100-continue\r\n\r\n",
        "",
        BODY_SECONDS,
    ),
    "a main-lane body that never comes": (BATCH + "Content-Length: 50\r\n\r\n", "", BODY_SECONDS),
    "a main-lane body byte by byte": (BATCH + "Content-Length: 500\r\n\r\n", " ", BODY_SECONDS),
    "a GET with a body that never comes": (
        "GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n",
        "",
        BODY_SECONDS,
    ),
    # The decoder does not tell of a half head in the packet of a whole request: it has the idle time.
    "a second head without end": ("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nPOST /tokens HT", "", IDLE_SECONDS),
    "nothing at all": ("", "", IDLE_SECONDS),
    "nothing after a good request": ("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", "", IDLE_SECONDS),
}


def observe(server, first: str, then: str, patience: float) -> tuple[list[Answer], float | None]:
    """Every answer that comes, and after how many seconds the connection ended, if it did."""
    answers = []
    with server.wire(timeout=1) as wire:
        wire.send(first.encode())
        started = time.monotonic()
        while time.monotonic() - started < patience:
            try:
                answers.append(wire.read())
            except TimeoutError:
                try:
                    wire.send(then.encode())
                except OSError:
                    return answers, time.monotonic() - started
            except Closed:
                return answers, time.monotonic() - started
    return answers, None


def observe_all(server, key) -> dict:
    """All slow clients at once, so that the waiting is done once."""
    with concurrent.futures.ThreadPoolExecutor(len(SLOW)) as pool:
        futures = {
            name: pool.submit(observe, server, first.format(key=key), then, limit + LINGER_SECONDS + 12)
            for name, (first, then, limit) in SLOW.items()
        }
        time.sleep(2)
        prompt = time.monotonic()
        for _ in range(10):
            server.pair(key, "quick")
        prompt = time.monotonic() - prompt
        return {name: future.result() for name, future in futures.items()} | {"others": prompt}


@pytest.fixture(scope="module")
def observed(slow_clients):
    return slow_clients.result()


@pytest.mark.parametrize("name", SLOW)
def test_a_slow_client_is_let_go_in_time(observed, name):
    answers, ended = observed[name]
    limit = SLOW[name][2]
    assert ended is not None, f"the connection was open after {limit + LINGER_SECONDS + 12} s"
    assert ended <= limit + LINGER_SECONDS + 8
    assert ended >= limit - 2, "it was given all of its time"
    final = [answer for answer in answers if answer.status >= 200]
    if limit == IDLE_SECONDS or name == "a GET with a body that never comes":
        assert all(answer.status in (200, 408) for answer in final)
        return
    assert final[-1].status == 408 and final[-1].code == "request_timeout"
    assert final[-1]["Connection"] == "close"
    assert len(final) == (2 if name.startswith("a second") else 1)


def test_others_are_served_meanwhile(observed):
    assert observed["others"] < 5


def test_nothing_of_a_slow_request_is_stored(observed, slow_clients):
    assert slow_clients.deployment.stored("acme", "slow") is None

"""Connections that behave, in every way that HTTP/1 allows: pipelining, chunks, keep-alive, many at once."""

import random
import socket
import struct
import time

import pytest

from deployment import eventually
from messages import BODY, json_headers
from wire import request


@pytest.mark.parametrize("method, path", [("POST", "/tokens"), ("GET", "/healthz"), ("GET", "/nothing")])
def test_http_1_0_closes_unless_asked_to_keep_the_connection(server, key, method, path):
    body = BODY if method == "POST" else None
    status = 404 if path == "/nothing" else 200
    with server.wire() as wire:
        wire.send(request(method, path, body, {"X-API-Key": key}, version="1.0"))
        assert wire.read().status == status
        assert wire.ended()
    with server.wire() as wire:
        for _ in range(3):
            wire.send(request(method, path, body, {"X-API-Key": key, "Connection": "keep-alive"}, version="1.0"))
            answer = wire.read()
            assert answer.status == status and answer["Connection"].lower() == "keep-alive"


def test_http_1_0_needs_no_host(wire, key):
    wire.send(b"GET /healthz HTTP/1.0\r\n\r\n")
    assert wire.read().status == 200 and wire.ended()


@pytest.mark.parametrize("method, path", [("POST", "/tokens"), ("GET", "/healthz"), ("POST", "/verify/batch")])
def test_connection_close_is_obeyed_and_announced(wire, key, method, path):
    body = {"/tokens": BODY, "/verify/batch": b"[]"}.get(path)
    wire.send(request(method, path, body, {"X-API-Key": key, "Connection": "close"}) * 2)
    assert wire.read()["Connection"] == "close"
    assert wire.ended(), "what follows is not answered"


def test_a_thousand_idle_connections_do_not_disturb_anyone(server, key):
    idle = [server.wire() for _ in range(1_000)]
    try:
        started = time.monotonic()
        with server.wire() as wire:
            for _ in range(200):
                assert wire.ask("POST", "/tokens", BODY, {"X-API-Key": key}).status == 200
        assert time.monotonic() - started < 10
        assert all(wire.ask("GET", "/healthz").status == 200 for wire in random.sample(idle, 50)), "idle, not dead"
    finally:
        for wire in idle:
            wire.close()


def test_clients_that_go_away_early_leave_nothing_behind(server, key):
    eventually(lambda: server.open_files() < 60)
    before = server.open_files()
    whole = request("POST", "/tokens", BODY, {"X-API-Key": key})
    main = request("GET", "/openapi.yaml")
    shapes = [
        b"",
        whole[:5],
        whole[:60],
        whole[:-10],
        whole,
        whole * 5,
        main,
        main * 5,
        whole + main,
        b"\0" * 20,
        request("POST", "/verify/batch", headers=json_headers(key, Content_Length="500")),
    ]
    for index in range(3_000):
        wire = server.wire()
        wire.send(shapes[index % len(shapes)])
        if index % 3 == 0:  # a reset instead of an orderly end
            wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        wire.close()
    assert server.pair(key, "after-the-storm")
    eventually(lambda: server.open_files() <= before + 3, timeout=15)


@pytest.mark.parametrize("method, path", [("POST", "/tokens"), ("GET", "/openapi.yaml"), ("GET", "/readyz")])
def test_a_client_that_has_stopped_sending_still_gets_its_answers(wire, key, method, path):
    body = BODY if method == "POST" else None
    wire.send(request(method, path, body, {"X-API-Key": key}) * 3)
    wire.socket.shutdown(socket.SHUT_WR)
    assert [wire.read().status for _ in range(3)] == [200] * 3
    assert wire.ended()


@pytest.mark.parametrize("method, path", [("POST", "/tokens"), ("GET", "/healthz")])
@pytest.mark.parametrize("protocol", ["websocket", "h2c"])
def test_an_upgrade_is_declined_by_an_ordinary_answer(wire, key, method, path, protocol):
    body = BODY if method == "POST" else None
    fields = {
        "X-API-Key": key,
        "Connection": "Upgrade",
        "Upgrade": protocol,
        "HTTP2-Settings": "AAMAAABkAAQAAP__",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
    }
    wire.send(request(method, path, body, fields))
    assert wire.read().status == 200


@pytest.mark.parametrize("method, path", [("POST", "/tokens"), ("GET", "/healthz")])
def test_a_target_in_absolute_form_is_understood(wire, server, key, method, path):
    """RFC 9112 §3.2.2: a server MUST accept the absolute form."""
    body = BODY if method == "POST" else None
    answer = wire.ask(method, f"http://127.0.0.1:{server.port}{path}", body, {"X-API-Key": key})
    assert answer.status == 200


def test_requests_are_served_while_one_client_is_slow(server, key):
    with server.wire() as slow, server.wire() as quick:
        whole = request("POST", "/tokens", BODY, {"X-API-Key": key})
        slow.send(whole[:-30])
        for _ in range(20):
            assert quick.ask("POST", "/tokens", BODY, {"X-API-Key": key}).status == 200
        slow.send(whole[-30:])
        assert slow.read().status == 200

"""Connections that behave, in every way that HTTP/1 allows: pipelining, chunks, keep-alive, many at once."""

import random
import socket
import struct
import threading
import time

import pytest

from deployment import eventually
from wire import Wire, chunked, request

BODY = b'{"userId":"user-123","name":"Alice Johnson","custom":{"department":"Engineering","n":1.00}}'


def json_headers(key: str, **more: str) -> dict:
    return {"X-API-Key": key, "Content-Type": "application/json"} | {name.replace("_", "-"): v for name, v in more.items()}


def chunked_request(key: str, pieces: list[bytes], path: str = "/tokens", **headers: str) -> bytes:
    fields = json_headers(key) | {"Transfer-Encoding": "chunked"} | headers
    return request("POST", path, headers=fields) + chunked(pieces)


@pytest.fixture(scope="module")
def token(server, key) -> str:
    return server.pair(key)["wsToken"]


@pytest.fixture
def wire(server):
    with server.wire() as wire:
        yield wire


class Mix:
    """Requests to both lanes in a random order, each recognisable by its request id and its own answer."""

    def __init__(self, key: str, token: str, count: int, seed: int):
        chance = random.Random(seed)
        kinds = ["issue", "verify", "user", "forward", "jwks", "health", "ready", "batch", "missing", "bad", "chunked",
                 "metadata", "head", "malformed", "description"]
        self.key, self.token = key, token
        self.kinds = [chance.choice(kinds) for _ in range(count)]
        self.data = [self._request(kind, f"{seed}-{index}") for index, kind in enumerate(self.kinds)]
        self.seed = seed

    def _request(self, kind: str, name: str) -> bytes:
        headers = {"X-API-Key": self.key, "X-Request-ID": name}
        verify = {"token": self.token, "expect": "ws"}
        match kind:
            case "issue": return request("POST", "/tokens", {"userId": name}, headers)
            case "verify": return request("POST", "/verify", verify, headers)
            case "user": return request("POST", "/verify", verify | {"include": ["user"]}, headers)
            case "forward":
                return request("GET", "/verify?expect=ws", headers=headers | {"X-Chat-Token": self.token})
            case "jwks": return request("GET", "/t/acme/.well-known/jwks.json", headers=headers)
            case "health": return request("GET", "/healthz", headers=headers)
            case "ready": return request("GET", "/readyz", headers=headers)
            case "batch": return request("POST", "/verify/batch", {"tokens": [verify]}, headers)
            case "missing": return request("GET", f"/nothing/{name}", headers=headers)
            case "bad": return request("POST", "/tokens", {"userId": ""}, headers)
            case "chunked":
                fields = headers | json_headers(self.key) | {"Transfer-Encoding": "chunked"}
                return request("POST", "/tokens", headers=fields) + chunked([b'{"userId":', b'"%s"}' % name.encode()])
            case "metadata": return request("GET", "/.well-known/oauth-authorization-server/t/acme", headers=headers)
            case "head": return request("HEAD", "/healthz", headers=headers)
            case "malformed": return request("POST", "/verify/batch", b"[", headers)
            case "description": return request("GET", "/openapi.yaml", headers=headers)

    def check(self, wire: Wire) -> None:
        for index, kind in enumerate(self.kinds):
            name = f"{self.seed}-{index}"
            answer = wire.read(head_only=kind == "head")
            assert answer["X-Request-ID"] == name, f"the answer to another request came in place of {kind} {name}"
            status = {"forward": 204, "missing": 404, "bad": 400, "malformed": 400}.get(kind, 200)
            assert answer.status == status, (kind, answer)
            if kind in ("issue", "chunked"):
                assert answer.json["user"]["id"] == name
            if kind in ("verify", "user"):
                assert answer.json["valid"] and ("user" in answer.json) == (kind == "user")


@pytest.mark.parametrize("seed", range(8))
def test_fifty_pipelined_requests_on_both_lanes_are_answered_in_order(wire, key, token, seed):
    mix = Mix(key, token, 50, seed)
    wire.send(b"".join(mix.data))
    mix.check(wire)


@pytest.mark.parametrize("seed", range(100, 103))
def test_pipelined_requests_in_torn_packets_are_answered_in_order(wire, key, token, seed):
    mix = Mix(key, token, 50, seed)
    data = b"".join(mix.data)
    chance = random.Random(seed)

    def send():
        rest = data
        while rest:
            size = chance.choice([1, 2, 3, 17, 100, 1_500, 4_000])
            wire.send(rest[:size])
            rest = rest[size:]
            time.sleep(0.0003)

    sender = threading.Thread(target=send)
    sender.start()
    mix.check(wire)
    sender.join()


def test_two_hundred_pipelined_verifications_are_answered_in_order(wire, key, token):
    other = token[:-8] + "AAAAAAAA"
    asked = [index % 3 != 0 for index in range(200)]
    wire.send(b"".join(
        request("POST", "/verify", {"token": token if good else other, "expect": "ws"}, {"X-API-Key": key})
        for good in asked))
    assert [wire.read().json["valid"] for _ in asked] == asked


@pytest.mark.parametrize("lane", ["fast lane", "main lane"])
def test_a_client_that_does_not_read_gets_all_its_answers_once_it_does(server, key, lane):
    """More answers than the socket buffers hold: reading has to pause, nothing may be lost or reordered."""
    large = server.pair(key, {"userId": "large", "channels": [f"{index:02}" + "c" * 110 for index in range(40)]})
    ask = ("POST", "/verify", {"token": large["wsToken"], "expect": "ws"}) if lane == "fast lane" else \
        ("GET", "/openapi.yaml", None)
    count = 1_200 if lane == "fast lane" else 120
    data = b"".join(request(*ask, {"X-API-Key": key, "X-Request-ID": f"r{index}"}) for index in range(count))
    with server.wire(timeout=60) as wire:
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 262_144)
        sender = threading.Thread(target=wire.send, args=(data,))
        sender.start()
        time.sleep(1)
        for index in range(count):
            assert wire.read()["X-Request-ID"] == f"r{index}"
        sender.join()


@pytest.mark.parametrize("pieces", [
    [BODY], [bytes([byte]) for byte in BODY], [BODY[:1], BODY[1:]], [BODY[:40], BODY[40:41], BODY[41:]],
], ids=["one chunk", "chunks of one byte", "two chunks", "three chunks"])
def test_a_chunked_body_is_as_good_as_any_other(wire, key, pieces):
    wire.send(chunked_request(key, pieces))
    answer = wire.read()
    assert answer.status == 200 and b'"n":1.00' in answer.body
    assert wire.ask("POST", "/tokens", BODY, {"X-API-Key": key}).status == 200


def test_chunks_that_come_one_by_one_are_put_together(wire, key):
    wire.send(request("POST", "/tokens", headers=json_headers(key) | {"Transfer-Encoding": "chunked"}))
    for byte in BODY:
        wire.send(b"1\r\n%c\r\n" % byte)
        time.sleep(0.001)
    wire.send(b"0\r\n\r\n")
    assert wire.read().status == 200


def test_chunk_extensions_and_trailers_are_ignored(wire, key):
    head = request("POST", "/tokens", headers=json_headers(key) | {"Transfer-Encoding": "chunked", "Trailer": "X-API-Key"})
    wire.send(head + b"%x;a=b;c=\"d\"\r\n%s\r\n0\r\nX-API-Key: nonsense\r\nX-Note: x\r\n\r\n" % (len(BODY), BODY))
    assert wire.read().status == 200
    assert wire.ask("GET", "/healthz").status == 200


def test_a_chunked_body_reaches_the_main_lane_whole(wire, key, token):
    body = b'{"tokens":[{"token":"%s","expect":"ws"}]}' % token.encode()
    wire.send(chunked_request(key, [bytes([byte]) for byte in body], "/verify/batch"))
    assert wire.read().json["results"][0]["valid"]
    assert wire.ask("GET", "/healthz").status == 200


def test_a_body_that_a_route_does_not_expect_is_skipped(wire, key, token):
    for path in ("/healthz", "/verify?expect=ws", "/t/acme/.well-known/jwks.json", "/nothing", "/docs"):
        wire.send(request("GET", path, b"ignored" * 100, {"X-API-Key": key, "X-Chat-Token": token}))
        assert wire.read().status in (200, 204, 404)
    assert wire.ask("GET", "/healthz").status == 200


@pytest.mark.parametrize("path", ["/tokens", "/verify/batch"], ids=["fast lane", "main lane"])
def test_expect_continue_is_answered_before_the_body_comes(wire, key, token, path):
    body = BODY if path == "/tokens" else b'{"tokens":[{"token":"%s","expect":"ws"}]}' % token.encode()
    fields = json_headers(key) | {"Content-Length": str(len(body)), "Expect": "100-continue"}
    wire.send(request("POST", path, headers=fields))
    assert wire.read().status == 100
    wire.send(body)
    assert wire.read().status == 200
    assert wire.ask("GET", "/healthz").status == 200


def test_a_client_that_does_not_wait_for_continue_is_served_too(wire, key):
    fields = json_headers(key) | {"Content-Length": str(len(BODY)), "Expect": "100-continue"}
    wire.send(request("POST", "/tokens", headers=fields) + BODY)
    answer = wire.read()
    if answer.status == 100:
        answer = wire.read()
    assert answer.status == 200
    assert wire.ask("GET", "/healthz").status == 200


def test_a_body_too_large_is_refused_without_continue(wire, key):
    fields = json_headers(key) | {"Content-Length": "20000", "Expect": "100-continue"}
    wire.send(request("POST", "/tokens", headers=fields))
    assert wire.read().code == "body_too_large"


@pytest.mark.parametrize("path, limit", [("/tokens", 16_384), ("/verify", 16_384), ("/verify/batch", 2_097_152)])
@pytest.mark.parametrize("framing", ["declared", "chunked"])
def test_a_body_over_the_limit_is_refused_and_the_connection_kept(wire, key, path, limit, framing):
    body = b" " * (limit + 1)
    if framing == "declared":
        wire.send(request("POST", path, body, {"X-API-Key": key}))
    else:
        wire.send(chunked_request(key, [body[at:at + 4_096] for at in range(0, len(body), 4_096)], path))
    answer = wire.read()
    assert answer.status == 413 and answer.code == "body_too_large" and str(limit) in answer.json["detail"]
    if limit > 256 * 1_024 and answer.get("Connection") == "close":
        assert wire.ended(), "reading so much only to drop it is not worth a connection"
    else:
        assert wire.ask("POST", "/tokens", BODY, {"X-API-Key": key}).status == 200


@pytest.mark.parametrize("path", ["/tokens", "/verify", "/verify/batch"])
def test_a_body_far_over_the_limit_ends_the_connection_and_says_so(wire, key, path):
    head = request("POST", path, headers=json_headers(key) | {"Content-Length": "1000000000"})
    wire.send(head + b" " * 1_000)
    answer = wire.read()
    assert answer.status == 413 and answer["Connection"] == "close" and wire.ended()


@pytest.mark.parametrize("framing", ["declared", "chunked"])
def test_a_body_of_exactly_the_limit_is_read(wire, key, framing):
    body = BODY + b" " * (16_384 - len(BODY))
    wire.send(request("POST", "/tokens", body, {"X-API-Key": key}) if framing == "declared"
              else chunked_request(key, [body[:10_000], body[10_000:]]))
    assert wire.read().status == 200


def test_an_endless_body_is_cut_off(wire, key):
    wire.send(request("POST", "/tokens", headers=json_headers(key) | {"Transfer-Encoding": "chunked"}))
    chunk, end = b"4000\r\n" + b"x" * 0x4000 + b"\r\n", time.monotonic() + 10
    with pytest.raises(OSError):
        while time.monotonic() < end:
            wire.send(chunk)


@pytest.mark.parametrize("shape", ["one field", "many fields", "the target", "one name"])
@pytest.mark.parametrize("path", ["/tokens", "/healthz"], ids=["fast lane", "main lane"])
def test_a_head_that_is_too_large_is_refused(wire, shape, path):
    method = "POST" if path == "/tokens" else "GET"
    head = {
        "one field": f"{method} {path} HTTP/1.1\r\nHost: a\r\nX-Long: {'x' * 70_000}\r\n\r\n",
        "many fields": f"{method} {path} HTTP/1.1\r\nHost: a\r\n" + "X-Many: xxxxxxxxxxxxxxxxxxxx\r\n" * 3_000 + "\r\n",
        "the target": f"{method} {path}?{'x' * 70_000} HTTP/1.1\r\nHost: a\r\n\r\n",
        "one name": f"{method} {path} HTTP/1.1\r\nHost: a\r\n{'X' * 70_000}: 1\r\n\r\n",
    }[shape]
    try:
        wire.send(head.encode())
    except OSError:
        pass
    answer = wire.read()
    assert answer.status == 431 and answer.code == "headers_too_large"
    assert answer["Connection"] == "close" and wire.ended()


def test_a_head_with_a_token_of_seven_kibibytes_passes(wire, key):
    fields = {"X-API-Key": key, "Authorization": "Bearer " + "x" * 7_168, "X-Original-URI": "/?token=" + "x" * 7_168}
    assert wire.ask("GET", "/verify?expect=ws", headers=fields).code == "token_malformed"


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


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/docs", "/openapi.yaml", "/t/acme/.well-known/jwks.json",
                                  "/.well-known/oauth-authorization-server/t/acme", "/verify?expect=ws", "/nothing"])
def test_head_gives_the_fields_of_get_without_the_body(wire, key, token, path):
    headers = {"X-API-Key": key, "X-Chat-Token": token}
    full = wire.ask("GET", path, headers=headers)
    head = wire.ask("HEAD", path, headers=headers)
    assert head.status == full.status
    changing = {"date", "x-request-id"}
    names = lambda answer: {(n.lower(), v) for n, v in answer.fields if n.lower() not in changing}  # noqa: E731
    if path != "/nothing":
        assert names(head) == names(full)
    assert wire.ask("GET", "/healthz").status == 200, "no byte of a body was left on the connection"


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
    shapes = [b"", whole[:5], whole[:60], whole[:-10], whole, whole * 5, main, main * 5, whole + main, b"\0" * 20,
              request("POST", "/verify/batch", headers=json_headers(key, Content_Length="500"))]
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
    fields = {"X-API-Key": key, "Connection": "Upgrade", "Upgrade": protocol, "HTTP2-Settings": "AAMAAABkAAQAAP__",
              "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13"}
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

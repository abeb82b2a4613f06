"""Bodies and heads: chunked, announced, too large."""

import time

import pytest

from messages import BODY, chunked_request, json_headers
from wire import request


@pytest.mark.parametrize(
    "pieces",
    [
        [BODY],
        [bytes([byte]) for byte in BODY],
        [BODY[:1], BODY[1:]],
        [BODY[:40], BODY[40:41], BODY[41:]],
    ],
    ids=["one chunk", "chunks of one byte", "two chunks", "three chunks"],
)
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
    head = request(
        "POST", "/tokens", headers=json_headers(key) | {"Transfer-Encoding": "chunked", "Trailer": "X-API-Key"}
    )
    wire.send(head + b'%x;a=b;c="d"\r\n%s\r\n0\r\nX-API-Key: nonsense\r\nX-Note: x\r\n\r\n' % (len(BODY), BODY))
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
        wire.send(chunked_request(key, [body[at : at + 4_096] for at in range(0, len(body), 4_096)], path))
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
    wire.send(
        request("POST", "/tokens", body, {"X-API-Key": key})
        if framing == "declared"
        else chunked_request(key, [body[:10_000], body[10_000:]])
    )
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


@pytest.mark.parametrize(
    "path",
    [
        "/healthz",
        "/readyz",
        "/docs",
        "/openapi.yaml",
        "/t/acme/.well-known/jwks.json",
        "/.well-known/oauth-authorization-server/t/acme",
        "/verify?expect=ws",
        "/nothing",
    ],
)
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

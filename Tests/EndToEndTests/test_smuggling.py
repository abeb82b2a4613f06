"""Bytes that two servers could read in two ways: refused with 400 and the end of the connection."""

import random

import pytest

from wire import Closed, request

HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
BODY = b'{"userId":"smuggled"}'


def post(*fields: bytes, body: bytes = BODY, line: bytes = b"POST /tokens HTTP/1.1") -> bytes:
    return b"\r\n".join([line, b"Host: a", b"Content-Type: application/json", *fields]) + b"\r\n\r\n" + body


LENGTH = b"Content-Length: %d" % len(BODY)
CHUNKS = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)

SHAPES = {
    "length and chunks": post(LENGTH, b"Transfer-Encoding: chunked", body=CHUNKS),
    "chunks and length": post(b"Transfer-Encoding: chunked", b"Content-Length: 5", body=CHUNKS),
    "two lengths that differ": post(LENGTH, b"Content-Length: 5"),
    "two lengths in one field": post(b"Content-Length: 5, %d" % len(BODY)),
    "a negative length": post(b"Content-Length: -1"),
    "a length with a plus": post(b"Content-Length: +21"),
    "a hexadecimal length": post(b"Content-Length: 0x15"),
    "a length past 64 bits": post(b"Content-Length: 18446744073709551637"),
    "an empty length": post(b"Content-Length:"),
    "a length with a space inside": post(b"Content-Length: 2 1"),
    "a length that is no number": post(b"Content-Length: many"),
    "chunked twice": post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", body=CHUNKS),
    "chunked not last": post(b"Transfer-Encoding: chunked, identity", body=CHUNKS),
    "an unknown coding": post(b"Transfer-Encoding: cow", body=CHUNKS),
    "a coding with a vertical tab": post(b"Transfer-Encoding: \x0bchunked", body=CHUNKS),
    "space before the colon": post(b"Transfer-Encoding : chunked", LENGTH),
    "space before a length's colon": post(b"Content-Length : 5"),
    "a folded field": post(LENGTH, b"X-Folded: a\r\n b"),
    "a folded coding": post(LENGTH, b"Transfer-Encoding:\r\n chunked"),
    "a field without a name": post(LENGTH, b": value"),
    "a field without a colon": post(LENGTH, b"nothing"),
    "a name with a space": post(LENGTH, b"X Y: 1"),
    "a zero byte in a value": post(LENGTH, b"X-Y: a\0b"),
    "a bare CR in a value": post(LENGTH, b"X-Y: a\rTransfer-Encoding: chunked"),
    "a bare CR in a head": post(LENGTH + b"\rX: y"),
    "a chunk size past 64 bits": post(
        b"Transfer-Encoding: chunked", body=b"10000000000000015\r\n" + BODY + b"\r\n0\r\n\r\n"
    ),
    "a negative chunk size": post(b"Transfer-Encoding: chunked", body=b"-1\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "a chunk size with 0x": post(b"Transfer-Encoding: chunked", body=b"0x15\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "a chunk size with a space": post(b"Transfer-Encoding: chunked", body=b" 15\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "no chunk size": post(b"Transfer-Encoding: chunked", body=b"\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "a chunk longer than said": post(b"Transfer-Encoding: chunked", body=b"5\r\n" + BODY + b"\r\n0\r\n\r\n"),
    "a chunk ended by LF": post(b"Transfer-Encoding: chunked", body=b"15\r\n" + BODY + b"\n0\r\n\r\n"),
    "a chunk size ended by LF": post(b"Transfer-Encoding: chunked", body=b"15\n" + BODY + b"\r\n0\r\n\r\n"),
    "lines ended by LF": post(LENGTH).replace(b"\r\n", b"\n", 4),
    "a head ended by LF LF": b"POST /tokens HTTP/1.1\nHost: a\nContent-Length: 0\n\n",
    "no version": b"GET /healthz\r\nHost: a\r\n\r\n",
    "HTTP/0.9": b"GET /healthz\r\n\r\n",
    "HTTP/2 in clear": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/3.7": b"GET /healthz HTTP/3.7\r\nHost: a\r\n\r\n",
    "a version in lower case": b"GET /healthz http/1.1\r\nHost: a\r\n\r\n",
    "a space in the target": b"GET /heal thz HTTP/1.1\r\nHost: a\r\n\r\n",
    "a control character in the target": b"GET /heal\x01thz HTTP/1.1\r\nHost: a\r\n\r\n",
    "no target": b"GET HTTP/1.1\r\nHost: a\r\n\r\n",
    "a space first": b" GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
    "a method in lower case": b"get /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
    "TLS where plain text is spoken": bytes.fromhex("160301020001000001fc0303") + b"x" * 64,
    "SMTP": b"EHLO example.com\r\n",
    "zero bytes": b"\0" * 64,
}
# A second reader could see a request of its own in what follows, so that nothing of it may be answered.
STRICT = {name: shape for name, shape in SHAPES.items()}


@pytest.mark.parametrize("shape", STRICT.values(), ids=STRICT.keys())
@pytest.mark.parametrize("lane", ["fast lane", "main lane"])
def test_an_ambiguous_request_is_refused_and_the_connection_ends(server, deployment, key, shape, lane):
    shape = shape.replace(b"Host: a\r\n", b"Host: a\r\nX-API-Key: %s\r\n" % key.encode(), 1)
    if lane == "main lane":
        shape = shape.replace(b"POST /tokens", b"POST /verify/batch", 1)
    with server.wire(timeout=3) as wire:
        wire.send(shape + HIDDEN)
        statuses = []
        try:
            while len(statuses) < 3:
                answer = wire.read()
                statuses.append(answer.status)
        except Closed:
            ended = True
        except TimeoutError:
            ended = False
    assert statuses == [400], "one answer, 400, and nothing behind it"
    assert ended, "the connection is open still"
    assert deployment.stored("acme", "smuggled") is None


def test_the_same_length_twice_means_one_thing(server, key):
    """RFC 9110 §8.6 lets a server read identical lengths as one or refuse; both are safe."""
    with server.wire() as wire:
        wire.send(post(b"X-API-Key: " + key.encode(), LENGTH, LENGTH) + HIDDEN)
        answer = wire.read()
        assert answer.status in (200, 400)
        if answer.status == 200:
            assert wire.read().body == b'{"status":"ok"}'
        else:
            assert wire.ended()


def test_http_1_1_without_a_host_is_refused(server):
    """RFC 9112 §3.2: a server MUST respond with 400 to a request that lacks a Host field, or has several."""
    for head in (b"GET /healthz HTTP/1.1\r\n\r\n", b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"):
        with server.wire() as wire:
            wire.send(head)
            assert wire.read().status == 400, head


@pytest.mark.parametrize("seed", range(5))
def test_garbage_never_harms_the_server(server, key, seed):
    chance = random.Random(seed)
    good = request("POST", "/tokens", {"userId": "garbage"}, {"X-API-Key": key}) + request("GET", "/healthz")
    for _ in range(100):
        data = bytearray(good)
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(len(data))
            match chance.randrange(3):
                case 0:
                    data[at] = chance.randrange(256)
                case 1:
                    del data[at : at + chance.randint(1, 20)]
                case 2:
                    data[at:at] = chance.randbytes(chance.randint(1, 20))
        with server.wire(timeout=0.15) as wire:
            wire.send(bytes(data))
            wire.socket.shutdown(1)
            try:
                while True:
                    assert wire.read().status != 500
            except (Closed, TimeoutError):
                pass
    assert server.pair(key, "healthy")


def test_random_bytes_are_refused(server):
    chance = random.Random(1)
    for size in (1, 10, 100, 1_000, 100_000):
        with server.wire() as wire:
            try:
                wire.send(b"\x00" + chance.randbytes(size))
            except OSError:
                continue
            answer = wire.read()
            assert answer.status in (400, 431) and wire.ended()

"""Pipelined requests on both lanes: every answer, in the order of the requests."""

import random
import socket
import threading
import time

import pytest

from messages import json_headers
from wire import Wire, chunked, request


class Mix:
    """Requests to both lanes in a random order, each recognisable by its request id and its own answer."""

    def __init__(self, key: str, token: str, count: int, seed: int):
        chance = random.Random(seed)
        kinds = [
            "issue",
            "verify",
            "user",
            "forward",
            "jwks",
            "health",
            "ready",
            "batch",
            "missing",
            "bad",
            "chunked",
            "metadata",
            "head",
            "malformed",
            "description",
        ]
        self.key, self.token = key, token
        self.kinds = [chance.choice(kinds) for _ in range(count)]
        self.data = [self._request(kind, f"{seed}-{index}") for index, kind in enumerate(self.kinds)]
        self.seed = seed

    def _request(self, kind: str, name: str) -> bytes:
        headers = {"X-API-Key": self.key, "X-Request-ID": name}
        verify = {"token": self.token, "expect": "ws"}
        match kind:
            case "issue":
                return request("POST", "/tokens", {"userId": name}, headers)
            case "verify":
                return request("POST", "/verify", verify, headers)
            case "user":
                return request("POST", "/verify", verify | {"include": ["user"]}, headers)
            case "forward":
                return request("GET", "/verify?expect=ws", headers=headers | {"X-Chat-Token": self.token})
            case "jwks":
                return request("GET", "/t/acme/.well-known/jwks.json", headers=headers)
            case "health":
                return request("GET", "/healthz", headers=headers)
            case "ready":
                return request("GET", "/readyz", headers=headers)
            case "batch":
                return request("POST", "/verify/batch", {"tokens": [verify]}, headers)
            case "missing":
                return request("GET", f"/nothing/{name}", headers=headers)
            case "bad":
                return request("POST", "/tokens", {"userId": ""}, headers)
            case "chunked":
                fields = headers | json_headers(self.key) | {"Transfer-Encoding": "chunked"}
                return request("POST", "/tokens", headers=fields) + chunked([b'{"userId":', b'"%s"}' % name.encode()])
            case "metadata":
                return request("GET", "/.well-known/oauth-authorization-server/t/acme", headers=headers)
            case "head":
                return request("HEAD", "/healthz", headers=headers)
            case "malformed":
                return request("POST", "/verify/batch", b"[", headers)
            case "description":
                return request("GET", "/openapi.yaml", headers=headers)

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
    wire.send(
        b"".join(
            request("POST", "/verify", {"token": token if good else other, "expect": "ws"}, {"X-API-Key": key})
            for good in asked
        )
    )
    assert [wire.read().json["valid"] for _ in asked] == asked


@pytest.mark.parametrize("lane", ["fast lane", "main lane"])
def test_a_client_that_does_not_read_gets_all_its_answers_once_it_does(server, key, lane):
    """More answers than the socket buffers hold: reading has to pause, nothing may be lost or reordered."""
    large = server.pair(key, {"userId": "large", "channels": [f"{index:02}" + "c" * 110 for index in range(40)]})
    ask = (
        ("POST", "/verify", {"token": large["wsToken"], "expect": "ws"})
        if lane == "fast lane"
        else ("GET", "/openapi.yaml", None)
    )
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

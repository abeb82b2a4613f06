"""TCP is a stream: the same bytes get the same answers, whatever packets they come in.

Which reader takes a request, and what is still under way when it comes, depends on the packets; no answer may.
"""

import concurrent.futures
import random
import re
import threading
import time

import pytest

from wire import chunked, request

# Fields that make a request another one, or none at all.
ODD_FIELDS = [
    b"Connection: close",
    b"Connection: keep-alive",
    b"Connection: upgrade\r\nUpgrade: websocket",
    b"Upgrade: h2c",
    b"Proxy-Connection: close",
    b"X: a\tb",
    b"X:  a",
    b"X: \xc3\xa9",
    b"X: \x01",
    b"X : a",
    b"X: a\r\n b",
    b"Host: b",
    b"x: " + b"y" * 3_000,
    b"\r\n".join([b"x:"] * 70),
]
# Fields and changes that can leave a body unfinished. Of such a request the main lane may or may not have seen enough
# to answer it before the connection ends, so that only hot requests get them.
ODD_FRAMES = [b"Content-Length: 0", b"Content-Length: 5", b"Content-Length: +2", b"Transfer-Encoding: chunked"]


class Stream:
    """Some requests to both lanes, most of them good."""

    def __init__(self, key: str, token: str, seed: int):
        self.chance = random.Random(seed)
        self.key, self.token = key, token
        self.requests = [self._request(f"r{index}") for index in range(self.chance.randint(2, 8))]
        self.data = b"".join(self.requests)

    def _request(self, name: str) -> bytes:
        headers = {"X-API-Key": self.key, "X-Request-ID": name}
        verify = {"token": self.token, "expect": "ws"}
        large = b'{"userId":"large"}'.ljust(self.chance.choice([5_000, 16_384, 16_385, 20_000]))
        chunks = {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}
        hot = [
            request("POST", "/tokens", {"userId": name}, headers),
            request("POST", "/tokens", large, headers),
            request("POST", "/tokens", headers=headers | chunks) + chunked([b'{"userId":', b'"c"}']),
            request("POST", "/verify", verify, headers),
            request("GET", "/verify?expect=ws", headers=headers | {"X-Chat-Token": self.token}),
            request("GET", "/verify", b"ignored", headers),
            request("GET", "/verify", headers=headers | {"Connection": "keep-alive"}, version="1.0"),
            request("GET", "/t/acme/.well-known/jwks.json", headers=headers),
            request("HEAD", "/t/acme/.well-known/jwks.json", headers=headers),
        ]
        main = [
            request("GET", "/healthz", headers=headers),
            request("HEAD", "/healthz", headers=headers),
            request("GET", "/nothing", headers=headers),
            request("PUT", "/tokens", b"x", headers),
            request("POST", "/verify/batch", {"tokens": [verify]}, headers),
        ]
        is_hot = self.chance.random() < 0.7
        data = self.chance.choice(hot if is_hot else main)
        match self.chance.randrange(12):
            case 0:
                return data.replace(b"\r\n", b"\r\n" + self.chance.choice(ODD_FIELDS) + b"\r\n", 1)
            case 1 if is_hot:
                return data.replace(b"\r\n", b"\r\n" + self.chance.choice(ODD_FRAMES) + b"\r\n", 1)
            case 2 if is_hot:
                place = self.chance.randrange(len(data))
                return data[:place] + self.chance.randbytes(1) + data[place + 1 :]
            case 3:
                return data + self.chance.choice([b"\r\n", b"\n", b"x"])
        return data

    def torn(self) -> list[bytes]:
        pieces, rest = [], self.data
        while rest:
            size = self.chance.choice([1, 5, 60, 200, 1_500, 4_000, 70_000])
            pieces.append(rest[:size])
            rest = rest[size:]
        return pieces


def answers(server, packets: list[bytes], pause: float) -> list[tuple[bytes, bytes]]:
    """Status and name of every answer to the packets, up to the end of the connection."""

    def send() -> None:
        try:
            for packet in packets:
                wire.send(packet)
                time.sleep(pause)
            wire.socket.shutdown(1)
        except OSError:
            pass  # the server has heard enough

    with server.wire() as wire:
        sender = threading.Thread(target=send)
        sender.start()
        data = wire.rest()
        sender.join()
    names = re.findall(rb"HTTP/1\.1 (\d\d\d) [^\r]*\r\n(?:[^\r]+\r\n)*?X-Request-ID: ([^\r]*)\r\n", data)
    return [(status, name if name.startswith(b"r") and name[1:].isdigit() else b"-") for status, name in names]


@pytest.mark.parametrize("seed", range(4))
def test_the_packets_of_a_stream_do_not_matter(server, key, token, seed):
    def compare(number: int) -> tuple[Stream, list]:
        stream = Stream(key, token, number)
        ways = [([stream.data], 0), (stream.requests, 0.01), (stream.torn(), 0.001)]
        return stream, [answers(server, packets, pause) for packets, pause in ways]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for stream, seen in pool.map(compare, range(seed * 25, seed * 25 + 25)):
            assert seen[0], stream.data
            assert seen[1] == seen[0], f"one by one: {stream.data[:4_000]}"
            assert seen[2] == seen[0], f"torn: {stream.data[:4_000]}"

"""Requests to hot endpoints get the same answer whichever reader takes them.

A plain request that comes whole is read before the HTTP decoder; the same request with a tab in some value, in two
parts or behind a request that is not plain is the decoder's. No client may be able to tell.
"""

import contextlib
import dataclasses
import re
import socket
import sqlite3
import ssl
import subprocess
import threading
import time

import pytest

from deployment import Deployment
from http2 import secure_wire
from messages import BODY, chunked_request
from wire import Answer, Wire, chunked, request

# What a plain request never has, and no endpoint looks at: the same request for the decoder.
ODD = {"X-Odd": "a\tb"}
VOLATILE = {"token", "wsToken", "expiresAt", "expiresIn", "refreshAfter", "grantId"}


@dataclasses.dataclass
class Ask:
    """A hot request, and the status of its answer."""

    method: str
    path: str
    status: int
    body: bytes | None = None
    headers: dict = dataclasses.field(default_factory=dict)

    def bytes(self, change=lambda name: name, **more: str) -> bytes:
        headers = self.headers | {"X-Request-ID": "plain-1"} | {n.replace("_", "-"): v for n, v in more.items()}
        data = request(self.method, self.path, self.body, headers)
        head, body = data.split(b"\r\n\r\n", 1)
        line, *fields = head.split(b"\r\n")
        pairs = (field.split(b":", 1) for field in fields)
        return b"\r\n".join([line, *(change(name) + b":" + value for name, value in pairs)]) + b"\r\n\r\n" + body


def asks(key: str, pair: dict) -> dict[str, Ask]:
    """Every hot endpoint, with every kind of answer."""
    mine = {"X-API-Key": key}
    ws, rest = pair["wsToken"], pair["token"]

    def verify(token: str, more: str = "") -> bytes:
        return f'{{"token":"{token}","expect":"ws"{more}}}'.encode()

    return {
        "tokens": Ask("POST", "/tokens", 200, BODY, mine),
        "tokens with the largest body": Ask("POST", "/tokens", 200, BODY.ljust(16 * 1_024), mine),
        "tokens with too large a body": Ask("POST", "/tokens", 413, BODY.ljust(16 * 1_024 + 1), mine),
        "tokens with a query": Ask("POST", "/tokens?a=b", 200, BODY, mine),
        "tokens without a key": Ask("POST", "/tokens", 401, BODY),
        "tokens without a body": Ask("POST", "/tokens", 415, None, mine),
        "tokens of another type": Ask("POST", "/tokens", 415, BODY, mine | {"Content-Type": "text/plain"}),
        "tokens of nobody": Ask("POST", "/tokens", 400, b"{}", mine),
        "tokens for no JSON": Ask("POST", "/tokens", 400, b"{", mine),
        "verify": Ask("POST", "/verify", 200, verify(ws), mine),
        "verify with user": Ask("POST", "/verify", 200, verify(ws, ',"include":["user"]'), mine),
        "verify the wrong kind": Ask("POST", "/verify", 200, verify(rest), mine),
        "forward": Ask("GET", "/verify?expect=ws", 204, None, mine | {"Authorization": f"Bearer {ws}"}),
        "forward with a body": Ask("GET", "/verify?expect=ws", 204, b"ignored", mine | {"X-Chat-Token": ws}),
        "forward without a token": Ask("GET", "/verify?expect=ws", 401, None, mine),
        "forward without a key": Ask("GET", "/verify?expect=ws", 403),
        "jwks": Ask("GET", "/t/acme/.well-known/jwks.json", 200),
        "jwks of nobody": Ask("GET", "/t/nobody/.well-known/jwks.json", 404),
    }


NAMES = asks("", {"token": "", "wsToken": ""})


def essence(answer: Answer) -> tuple:
    """All that must not differ between two answers to one request."""

    def settled(value: object) -> object:
        if not isinstance(value, dict):
            return value
        return {name: type(old).__name__ if name in VOLATILE else settled(old) for name, old in value.items()}

    assert answer["X-Request-ID"] == "plain-1"
    assert answer["Date"].endswith(" GMT")
    if answer.status != 204:
        assert answer["Content-Length"] == str(len(answer.body))
    fields = [
        (name, re.sub(r";[rt]=\d+", "", value))
        for name, value in answer.fields
        if name not in ("Date", "Content-Length")
    ]
    return answer.version, answer.status, answer.reason, fields, settled(answer.json) if answer.body else b""


@pytest.fixture(scope="module", params=["plain text", "TLS"])
def deployment(request, tmp_path_factory, program):
    folder = tmp_path_factory.mktemp("plain")
    settings = {}
    if request.param == "TLS":
        certificate, private = folder / "certificate.pem", folder / "key.pem"
        command = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1"
        names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", private, "-out", certificate]
        subprocess.run([program("openssl"), *command.split(), *names], check=True, capture_output=True)
        settings = {"TLS_CERTIFICATE": str(certificate), "TLS_KEY": str(private)}
    made = Deployment(folder, **settings)
    made.initialize()
    made.tenant("acme")
    return made


@pytest.fixture(scope="module")
def connect(deployment, server):
    """Opens a connection as the deployment wants it."""
    if "TLS_CERTIFICATE" not in deployment.settings:
        return server.wire

    def open_secure(timeout: float = 20) -> Wire:
        return secure_wire(server, ssl.create_default_context(cafile=deployment.folder / "certificate.pem"), timeout)

    return open_secure


@pytest.fixture(scope="module")
def known(connect, key) -> dict[str, Ask]:
    with connect() as wire:
        return asks(key, wire.ask("POST", "/tokens", BODY, {"X-API-Key": key}).json)


@pytest.fixture(params=NAMES)
def ask(request, known) -> Ask:
    return known[request.param]


@pytest.fixture
def expected(connect, ask) -> tuple:
    """What the answer is if the decoder reads the request."""
    with connect() as wire:
        wire.send(ask.bytes(X_Odd="a\tb"))
        answer = wire.read()
    assert answer.status == ask.status
    return essence(answer)


def test_a_whole_request_is_answered_like_one_that_the_decoder_reads(connect, ask, expected):
    with connect() as wire:
        for _ in range(4):  # from the second on, the server expects reads of this size
            wire.send(ask.bytes())
            assert essence(wire.read()) == expected


@pytest.mark.parametrize("change", ["lower", "upper"])
def test_the_case_of_field_names_does_not_matter(connect, ask, expected, change):
    with connect() as wire:
        wire.send(ask.bytes(change=getattr(bytes, change)))
        assert essence(wire.read()) == expected


def test_a_connection_that_is_kept_alive_by_name_is_kept(connect, ask, expected):
    with connect() as wire:
        for value in ("keep-alive", "Keep-Alive", "keep-alive"):
            wire.send(ask.bytes(Connection=value))
            assert essence(wire.read()) == expected


# What comes before on the same connection; whether the decoder has the connection for good from then on.
BEFORE = {
    "a request to the main lane": request("GET", "/healthz"),
    "a main-lane request with a body": request("POST", "/nothing", b"[]"),
    "a main-lane request of which the body is late": request("POST", "/nothing", b"[]")[:-1] + b"|]",
    "a hot request of which the body is late": request("POST", "/verify", b"[]")[:-2] + b"|[]",
    "a hot request in two parts": request("GET", "/verify")[:9] + b"|" + request("GET", "/verify")[9:],
    "HTTP/1.0": request("GET", "/verify", headers={"Connection": "keep-alive"}, version="1.0"),
    "HEAD": request("HEAD", "/healthz"),
    "a hot HEAD": request("HEAD", "/t/acme/.well-known/jwks.json"),
    "a chunked request": chunked_request("none", [BODY]),
    "an empty line": request("GET", "/verify") + b"|\r\n",
    "an odd request": request("GET", "/verify", headers=ODD),
    "an upgrade in name only": request("GET", "/verify", headers={"Proxy-Connection": "keep-alive"}),
}


@pytest.mark.parametrize("before", BEFORE)
def test_what_came_before_on_the_connection_does_not_matter(connect, known, before):
    for name in ("tokens", "forward", "jwks", "tokens without a key"):
        ask = known[name]
        with connect() as wire:
            wire.send(ask.bytes(X_Odd="a\tb"))
            expected = essence(wire.read())
        with connect() as wire:
            for _ in range(2):
                first, *rest = BEFORE[before].split(b"|")
                wire.send(first)
                for part in rest:
                    time.sleep(0.01)
                    wire.send(part)
                wire.read(head_only=before.endswith("HEAD"))
                wire.send(ask.bytes())
                assert essence(wire.read()) == expected


def test_requests_in_one_packet_with_others_are_answered_in_order(connect, ask, expected):
    main = request("GET", "/healthz")
    hidden = ask.bytes().replace(b"plain-1", b"plain-2")
    with connect() as wire:
        for packet, order in (
            (ask.bytes() + main, ["hot", "main"]),
            (main + ask.bytes(), ["main", "hot"]),
            (main + ask.bytes() + main + ask.bytes() * 2, ["main", "hot", "main", "hot", "hot"]),
        ):
            wire.send(packet)
            for kind in order:
                answer = wire.read()
                assert essence(answer) == expected if kind == "hot" else answer.json == {"status": "ok"}
        wire.send(ask.bytes() + hidden)
        assert [wire.read()["X-Request-ID"] for _ in range(2)] == ["plain-1", "plain-2"]


@pytest.mark.parametrize("name", ["tokens", "verify", "tokens for no JSON", "tokens without a key"])
def test_the_framing_of_a_body_does_not_matter(connect, known, name):
    ask = known[name]
    with connect() as wire:
        wire.send(ask.bytes())
        expected = essence(wire.read())
        head = ask.bytes(Content_Length=None, Transfer_Encoding="chunked").split(b"\r\n\r\n")[0] + b"\r\n\r\n"
        for pieces in ([ask.body], [ask.body[:1], ask.body[1:]] if len(ask.body) > 1 else [ask.body]):
            wire.send(head + chunked(pieces))
            assert essence(wire.read()) == expected
    with connect() as wire:
        wire.send(ask.bytes(Expect="100-continue"))
        answer = wire.read()
        assert essence(wire.read() if answer.status == 100 else answer) == expected


def test_a_request_may_be_cut_anywhere(connect, known):
    """In two parts, and a whole one behind it: the last byte of the first must not be missed or taken twice."""
    for name in ("tokens of nobody", "forward without a key"):
        ask = known[name]
        data = ask.bytes()
        with connect() as wire:
            wire.send(data)
            expected = essence(wire.read())
        wires = []
        with contextlib.ExitStack() as stack:
            for cut in range(1, len(data)):
                wire = stack.enter_context(connect())
                wire.send(data[:cut])
                wires.append((wire, cut))
            time.sleep(0.05)
            for wire, cut in wires:
                wire.send(data[cut:])
            for wire, cut in wires:
                assert essence(wire.read()) == expected, f"cut after {cut} bytes"
                wire.send(data)
                assert essence(wire.read()) == expected, f"the one behind that was cut after {cut} bytes"


@pytest.mark.parametrize("count, status", [(64, 204), (65, 204), (256, 204), (257, 431), (1_500, 431)])
def test_the_number_of_fields_has_one_limit(connect, known, count, status):
    data = known["forward"].bytes().replace(b"\r\n\r\n", b"\r\nx:" * (count - 4) + b"\r\n\r\n")
    assert data.count(b"\r\n") == count + 2
    for pieces in ([data], [data[:40], data[40:]]):
        with connect() as wire:
            for piece in pieces:
                wire.send(piece)
                time.sleep(0.01)
            assert wire.read().status == status


@pytest.mark.parametrize("size", [2_000, 8_192, 8_193, 12_000])
def test_the_length_of_a_head_does_not_matter(connect, known, size):
    head, body = known["verify"].bytes().split(b"\r\n\r\n")
    data = head + b"\r\nX-Long: " + b"x" * (size - len(head) - 14) + b"\r\n\r\n"
    assert len(data) == size
    with connect() as wire:
        for _ in range(4):
            wire.send(data + body)
            assert wire.read().json["valid"] is True


HIDDEN = request("GET", "/verify?expect=ws", headers={"X-Request-ID": "hidden"})
AROUND = {
    "a field value": (request("GET", "/verify", headers={"X-Request-ID": "plain-1"})[:-2] + b"X: ", b"", 400),
    "a body": (request("POST", "/verify", headers={"Content-Length": str(len(HIDDEN))}), b"", 401),
    "a main-lane body": (request("POST", "/nothing", headers={"Content-Length": str(len(HIDDEN))}), b"", 404),
    "half a body": (request("POST", "/verify", headers={"Content-Length": str(len(HIDDEN) + 2)}) + b"[", b"]", 401),
    "a chunk": (
        request("POST", "/verify", headers={"Transfer-Encoding": "chunked"}) + b"%x\r\n" % len(HIDDEN),
        b"\r\n0\r\n\r\n",
        401,
    ),
}


@pytest.mark.parametrize("place", AROUND)
def test_a_packet_that_looks_like_a_request_is_none_inside_of_another(connect, place):
    before, after, status = AROUND[place]
    with connect() as wire:
        for packet in (before, HIDDEN, after):
            if packet:
                wire.send(packet)
                time.sleep(0.03)
        answer = wire.read()
        assert answer.status == status and answer["X-Request-ID"] != "hidden"
        if status == 400:
            assert wire.ended()
        else:
            assert wire.ask("GET", "/healthz").json == {"status": "ok"}


def test_a_request_without_a_name_is_given_one_of_its_own(connect, known):
    with connect() as wire:
        names = []
        for _ in range(3):
            wire.send(request("GET", "/verify"))
            names.append(wire.read()["X-Request-ID"])
    assert len(set(names)) == 3 and all(re.fullmatch(r"[a-z0-9]+-[a-z0-9]+", name) for name in names)


@pytest.mark.parametrize("name", ["tokens", "verify", "forward", "jwks"])
def test_a_client_that_has_stopped_sending_gets_its_answer(connect, known, name):
    with connect() as wire:
        wire.send(known[name].bytes())
        if not isinstance(wire.socket, ssl.SSLSocket):  # which cannot close one half alone
            wire.socket.shutdown(socket.SHUT_WR)
            assert wire.read().status == known[name].status
            assert wire.ended()
        else:
            assert wire.read().status == known[name].status


def test_connection_close_behind_plain_requests_is_obeyed(connect, known):
    ask = known["jwks"]
    with connect() as wire:
        for _ in range(3):
            wire.send(ask.bytes())
            assert not wire.read().values("Connection")
        wire.send(ask.bytes(Connection="close") + ask.bytes())
        assert wire.read()["Connection"] == "close"
        assert wire.ended()


def test_an_ambiguous_request_behind_plain_ones_is_refused(connect, known):
    for field in (b"Content-Length: 5", b"Content-Length: +1", b"Transfer-Encoding: chunked", b"X : a", b"X: a\r\n b"):
        with connect() as wire:
            for _ in range(2):
                wire.send(known["tokens"].bytes())
                assert wire.read().status == 200
            data = known["tokens"].bytes().replace(b"\r\n\r\n", b"\r\n" + field + b"\r\n\r\n", 1)
            wire.send(data + known["jwks"].bytes())
            assert wire.read().status == 400, field
            assert wire.ended()


def test_answers_wait_for_a_client_that_does_not_read(connect, key):
    """Request after request in packets of their own: none is lost or overtaken when the server has to pause."""
    channels = [f"{index:02}" + "c" * 110 for index in range(40)]
    with connect(timeout=60) as wire:
        pair = wire.ask("POST", "/tokens", {"userId": "large", "channels": channels}, {"X-API-Key": key}).json
        body = f'{{"token":"{pair["wsToken"]}","expect":"ws"}}'.encode()
        ask = Ask("POST", "/verify", 200, body, {"X-API-Key": key})
        count = 2_500  # more than the sockets hold

        def send() -> None:
            for index in range(count):
                wire.send(ask.bytes().replace(b"plain-1", b"r%d" % index))
                if index % 10 == 0:
                    time.sleep(0.001)

        sender = threading.Thread(target=send)
        sender.start()
        sender.join(2)
        for index in range(count):
            assert wire.read()["X-Request-ID"] == f"r{index}"
        sender.join()


def test_a_stop_waits_for_the_answer_under_way_and_takes_no_request_behind_it(make_deployment):
    made = make_deployment()
    made.tenant("acme")
    key = made.key("acme")
    with made.serve() as server, server.wire() as wire, server.wire() as idle:
        for each in (wire, idle):
            assert each.ask("POST", "/tokens", {"userId": "before"}, {"X-API-Key": key}).status == 200
        with contextlib.closing(sqlite3.connect(made.database, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            wire.send(request("POST", "/tokens", {"userId": "under-way"}, {"X-API-Key": key}))
            time.sleep(0.1)
            server.process.terminate()
            assert idle.ended()
            wire.send(request("POST", "/tokens", {"userId": "behind"}, {"X-API-Key": key}))
            time.sleep(0.1)
            other.execute("ROLLBACK")
        assert wire.read().json["user"]["id"] == "under-way"
        assert wire.ended()
        assert server.process.wait(20) == 0
    assert made.stored("acme", "under-way") and not made.stored("acme", "behind")

"""With a certificate: the same API over TLS, with HTTP/1.1 and with HTTP/2."""

import json
import ssl
import subprocess
import warnings

import httpx
import pytest

import evidence
from certificate import certificate
from deployment import Deployment
from http2 import ask_over_http_2, secure_wire
from wire import Wire, request

BODY = {"userId": "user-123", "name": "Alice", "custom": {"n": 1}}


@pytest.fixture(scope="module")
def deployment(tmp_path_factory, program):
    folder = tmp_path_factory.mktemp("tls")
    cert, key = certificate(folder, program("openssl"))
    made = Deployment(folder, TLS_CERTIFICATE=str(cert), TLS_KEY=str(key))
    made.initialize()
    made.tenant("acme")
    return made


@pytest.fixture
def trust(deployment) -> ssl.SSLContext:
    """Trusts the server's certificate; new for every test, as clients write their protocols into it."""
    return ssl.create_default_context(cafile=deployment.folder / "certificate.pem")


@pytest.fixture(params=["HTTP/1.1", "HTTP/2"])
def client(request, server, trust):
    with httpx.Client(
        base_url=server.url,
        verify=trust,
        http1=request.param == "HTTP/1.1",
        http2=request.param == "HTTP/2",
        timeout=10,
    ) as client:
        client.version = request.param
        yield client


def test_the_main_job_works(client, key):
    answer = client.post("/tokens", json=BODY, headers={"X-API-Key": key, "X-Request-ID": "tls-1"})
    assert answer.http_version == client.version
    assert answer.status_code == 200 and answer.headers["X-Request-ID"] == "tls-1"
    evidence.note_document(answer.json())
    pair = answer.json()
    assert pair["user"] == {"id": "user-123", "name": "Alice", "image": None, "custom": {"n": 1}}
    assert answer.headers["RateLimit-Policy"].startswith('"tenant"') and answer.headers["Cache-Control"] == "no-store"
    for kind, token in (("ws", pair["wsToken"]), ("rest", pair["token"])):
        verdict = client.post(
            "/verify", json={"token": token, "expect": kind, "include": ["user"]}, headers={"X-API-Key": key}
        )
        assert verdict.json()["valid"] is True and verdict.json()["user"] == pair["user"]
        forwarded = client.get(
            "/verify", params={"expect": kind}, headers={"X-API-Key": key, "Authorization": f"Bearer {token}"}
        )
        assert forwarded.status_code == 204 and forwarded.headers["X-Chat-User"] == "user-123"
    batch = client.post(
        "/verify/batch", json={"tokens": [{"token": pair["token"], "expect": "rest"}]}, headers={"X-API-Key": key}
    )
    assert batch.json()["results"][0]["valid"] is True


def test_the_public_documents_are_there(client):
    for path in (
        "/healthz",
        "/readyz",
        "/docs",
        "/openapi.yaml",
        "/t/acme/.well-known/jwks.json",
        "/.well-known/oauth-authorization-server/t/acme",
    ):
        answer = client.get(path)
        assert answer.status_code == 200 and answer.http_version == client.version
        head = client.head(path)
        assert head.status_code == 200 and head.content == b""


def test_failures_are_the_same_as_without_tls(client, key):
    def code(answer: httpx.Response) -> tuple[int, str]:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["requestId"] == answer.headers["X-Request-ID"]
        return answer.status_code, answer.json()["code"]

    headers = {"X-API-Key": key}
    assert code(client.post("/tokens", json=BODY)) == (401, "api_key_missing")
    assert code(client.post("/tokens", content=b"{", headers=headers | {"Content-Type": "application/json"})) == (
        400,
        "invalid_json",
    )
    assert code(client.post("/tokens", json={}, headers=headers)) == (400, "invalid_request")
    assert code(client.post("/tokens", content=b"{}", headers=headers)) == (415, "unsupported_media_type")
    assert code(client.get("/tokens")) == (405, "method_not_allowed")
    assert code(client.get("/nothing")) == (404, "not_found")
    large = client.post("/tokens", content=b" " * 20_000, headers=headers | {"Content-Type": "application/json"})
    assert code(large) == (413, "body_too_large")
    assert client.post("/tokens", json=BODY, headers=headers).status_code == 200


def test_an_answer_without_a_body_says_nothing_of_its_length(client, key):
    """RFC 9110 §8.6: a 204 has no Content-Length, and that of a 304 would be the document's."""
    keys = "/t/acme/.well-known/jwks.json"
    unchanged = client.get(keys, headers={"If-None-Match": client.get(keys).headers["ETag"]})
    assert unchanged.status_code == 304 and "Content-Length" not in unchanged.headers
    token = client.post("/tokens", json=BODY, headers={"X-API-Key": key}).json()["wsToken"]
    passed = client.get("/verify?expect=ws", headers={"X-API-Key": key, "X-Chat-Token": token})
    assert passed.status_code == 204 and "Content-Length" not in passed.headers


@pytest.mark.parametrize("size", [1, 16_385, 262_144, 300_000])
def test_a_body_that_is_not_read_changes_no_answer(client, key, size):
    token = client.post("/tokens", json=BODY, headers={"X-API-Key": key}).json()["wsToken"]
    headers = {"X-API-Key": key, "X-Chat-Token": token}
    for path, status in (("/verify?expect=ws", 204), ("/t/acme/.well-known/jwks.json", 200)):
        assert client.request("GET", path, content=b"0" * size, headers=headers).status_code == status
    assert client.get("/verify?expect=ws", headers=headers | {"X-Chat-Token": "x"}).status_code == 401


def test_many_streams_at_once_are_all_answered(server, trust, key):
    bodies = [{"userId": f"stream-{index}"} for index in range(100)]
    answers = ask_over_http_2(server, trust, [("POST", "/tokens", body) for body in bodies], key)
    for body, (fields, data) in zip(bodies, answers, strict=True):
        assert fields[":status"] == "200" and json.loads(data)["user"]["id"] == body["userId"]


def test_http_2_sends_no_field_that_http_2_forbids(server, trust, key):
    """RFC 9113 §8.2: lower-case names (h2 checks them), no connection-specific fields."""
    asked = [("POST", "/tokens", BODY), ("GET", "/healthz", None), ("GET", "/nothing", None), ("POST", "/tokens", {})]
    answers = ask_over_http_2(server, trust, asked, key)
    assert [fields[":status"] for fields, _ in answers] == ["200", "200", "404", "400"]
    for fields, _ in answers:
        assert not {"connection", "keep-alive", "transfer-encoding", "upgrade"} & set(fields)
        assert fields["x-request-id"] and fields["date"]


def test_http_1_1_over_tls_keeps_its_connection_and_its_order(server, trust, key):
    with secure_wire(server, trust) as wire:
        for index in range(20):
            answer = wire.ask("POST", "/tokens", {"userId": f"k{index}"}, {"X-API-Key": key})
            assert answer.status == 200 and answer.json["user"]["id"] == f"k{index}"
        wire.send(
            b"".join(
                request("POST", "/tokens", {"userId": f"p{index}"}, {"X-API-Key": key}) + request("GET", "/healthz")
                for index in range(10)
            )
        )
        for index in range(10):
            assert wire.read().json["user"]["id"] == f"p{index}"
            assert wire.read().json == {"status": "ok"}


def test_limits_hold_over_tls_as_well(server, trust, key):
    with secure_wire(server, trust) as wire:
        wire.send(b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Long: " + b"x" * 70_000 + b"\r\n\r\n")
        assert wire.read().status == 431
    with secure_wire(server, trust) as wire:
        wire.send(
            b"POST /tokens HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        )
        assert wire.read().status == 400
        assert wire.ended()


def test_a_head_without_end_is_cut_off_over_tls(server, trust):
    with secure_wire(server, trust, timeout=14) as wire:
        wire.send(b"GET /healthz HTTP/1.1\r\nHost: a\r\n")
        assert b"408" in (wire.rest()[:12] or b"408")


def test_the_issuer_is_the_https_address(server, trust, key):
    import jose

    with httpx.Client(base_url=server.url, verify=trust) as client:
        pair = client.post("/tokens", json=BODY, headers={"X-API-Key": key}).json()
    evidence.note_document(pair)
    assert jose.decode(pair["token"])[1]["iss"] == f"https://127.0.0.1:{server.port}/t/acme"


def test_plain_http_and_old_tls_get_nothing(server, deployment):
    with Wire(server.port) as wire:
        wire.send(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b"200" not in wire.rest()[:20]
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    with warnings.catch_warnings(action="ignore"):
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with pytest.raises(OSError):
        Wire(server.port, 5, lambda plain: old.wrap_socket(plain, server_hostname="127.0.0.1"))


@pytest.mark.parametrize("broken", ["no key", "no certificate", "not a certificate", "another key"])
def test_a_server_with_a_bad_certificate_does_not_start(deployment, tmp_path, program, broken):
    certificate, key = deployment.folder / "certificate.pem", deployment.folder / "key.pem"
    (tmp_path / "text.pem").write_text("not a certificate")
    if broken == "another key":
        subprocess.run(
            [program("openssl"), "genpkey", "-algorithm", "RSA", "-out", tmp_path / "other.pem"],
            check=True,
            capture_output=True,
        )
    settings = {
        "no key": {"TLS_KEY": str(tmp_path / "absent.pem")},
        "no certificate": {"TLS_CERTIFICATE": str(tmp_path / "absent.pem")},
        "not a certificate": {"TLS_CERTIFICATE": str(tmp_path / "text.pem")},
        "another key": {"TLS_KEY": str(tmp_path / "other.pem")},
    }[broken]
    other = Deployment(tmp_path, TLS_CERTIFICATE=str(certificate), TLS_KEY=str(key))
    other.settings |= settings
    done = other.attempt("serve")
    assert done.returncode != 0 and done.stderr.strip()
    assert "Fatal error" not in done.stderr and "crash" not in done.stderr.lower()

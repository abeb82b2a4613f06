"""nginx and HAProxy, configured as Examples/gateways says, let the right token through and no other."""

import base64
import os
import pathlib
import re
import tempfile
import time
import urllib.parse

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import evidence
import jose
from deployment import free_port
from gateway import EXAMPLES, USER, Gateway, daemon, haproxy_with
from upstream import Upstream, masked_frame
from wire import Wire, request


@pytest.fixture(scope="module")
def upstream():
    with Upstream() as running:
        yield running


@pytest.fixture(scope="module")
def nginx(server, deployment, upstream, node_key, program, tmp_path_factory):
    """nginx with the example's template, filled in as its README says, with envsubst's rule."""
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    values = {
        "CHAT_TOKENS_ADDRESS": f"127.0.0.1:{server.port}",
        "CHAT_TOKENS_NODE_KEY": node_key,
        "CHAT_ADDRESS": upstream.address,
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "GATEWAY_RUN_DIR": str(folder),
    }
    template = (EXAMPLES / "nginx/nginx.conf.template").read_text()
    text = re.sub(r"\$\{(\w+)\}", lambda match: values[match[1]], template)
    (folder / "nginx.conf").write_text(text)
    for log in ("access.log", "error.log"):
        evidence.LOGS_OF_GATEWAYS.append(folder / log)
    if os.geteuid() == 0:  # nginx's workers are not root
        shared = pathlib.Path(tempfile.gettempdir()).resolve()
        for inner in (folder, *(parent for parent in folder.resolve().parents if shared in parent.parents)):
            inner.chmod(0o711)
    command = [program("nginx"), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf"), "-g", "daemon off;"]
    with daemon(command, port, folder):
        yield port


@pytest.fixture(scope="module")
def haproxy_hs256(server, deployment, upstream, program, tmp_path_factory):
    jwk = deployment.secret("acme")
    environment = {
        "CHAT_TOKENS_KID": jwk["kid"],
        "CHAT_TOKENS_ISSUER": deployment.issuer("acme"),
        "CHAT_TOKENS_SECRET": "".join(f"%{byte:02x}" for byte in jose.base64url_decode(jwk["k"])),
    }
    folder = tmp_path_factory.mktemp("haproxy")
    with haproxy_with("haproxy-hs256.cfg", environment, server, upstream, program, folder) as port:
        yield port


@pytest.fixture(scope="module")
def signed_es256(server, deployment):
    deployment.tenant("curves", algorithm="ES256")
    return deployment.key("curves")


@pytest.fixture(scope="module")
def haproxy_es256(server, deployment, signed_es256, upstream, program, tmp_path_factory):
    folder = tmp_path_factory.mktemp("haproxy")
    key = jwt.PyJWKClient(deployment.issuer("curves") + "/.well-known/jwks.json").get_signing_keys()[0]
    pem = folder / "curves.pem"
    pem.write_bytes(key.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    environment = {
        "CHAT_TOKENS_KID": key.key_id,
        "CHAT_TOKENS_ISSUER": deployment.issuer("curves"),
        "CHAT_TOKENS_PUBLIC_KEY": str(pem),
    }
    with haproxy_with("haproxy-es256.cfg", environment, server, upstream, program, folder) as port:
        yield port


@pytest.fixture(params=["nginx", "haproxy_hs256", "haproxy_es256"])
def gateway(request, server, deployment, key, signed_es256):
    """A gateway, and the tenant whose tokens it takes."""
    tenant = "curves" if request.param == "haproxy_es256" else "acme"
    return Gateway(
        request.param,
        request.getfixturevalue(request.param),
        tenant,
        server,
        deployment,
        signed_es256 if tenant == "curves" else key,
    )


def test_the_ws_token_passes_and_brings_the_users_name(gateway, upstream):
    pair = gateway.pair()
    answer = gateway.ask(pair["wsToken"], X_Chat_User="forged", X_Chat_Tenant="forged", X_Chat_Grant="forged")
    assert answer.status == 200, answer
    fields = answer.json["fields"]
    assert fields["x-chat-tenant"] == gateway.tenant
    assert urllib.parse.unquote(fields["x-chat-user"]) == USER and "/" not in fields["x-chat-user"]
    assert fields.get("x-chat-grant", pair["grantId"]) == pair["grantId"], "what a client claims is replaced"


def test_a_token_in_the_query_passes_as_browsers_need_it(gateway):
    assert gateway.ask(None, f"/connection/websocket?token={gateway.pair()['wsToken']}").status == 200


def test_a_websocket_opens_and_speaks(gateway):
    token = gateway.pair()["wsToken"]
    fields = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
    }
    with Wire(gateway.port) as wire:
        wire.send(request("GET", f"/connection/websocket?token={token}", headers=fields))
        assert wire.read().status == 101
        wire.send(masked_frame(b"hello"))
        assert wire._exactly(7) == b"\x81\x05hello"
    with Wire(gateway.port) as wire:
        wire.send(request("GET", "/connection/websocket?token=nonsense", headers=fields))
        assert wire.read().status == 401


def test_every_other_token_is_refused(gateway, server, other_key, upstream):
    now = int(time.time())
    good = gateway.pair()
    header, payload, signature = good["wsToken"].split(".")
    tampered = jose.base64url_decode(payload).replace(b'"sub":"', b'"sub":"x', 1)
    refused = {
        "nothing": None,
        "the REST token": good["token"],
        "nonsense": "nonsense",
        "empty": "",
        "expired": gateway.forge(iat=now - 100, exp=now - 1),
        "without exp": gateway.forge(exp=None),
        "tampered": f"{header}.{jose.base64url(tampered)}.{signature}",
        "unsigned": f"{header}.{payload}.",
        "another signature": f"{header}.{payload}.{signature[::-1]}",
        "another tenant's": server.pair(other_key, USER)["wsToken"],
        "none": jose.make(
            {"alg": "none", "typ": "JWT", "kid": jose.decode(good["wsToken"])[0]["kid"]},
            jose.decode(good["wsToken"])[1],
        ),
        "another kid": gateway.forge({"kid": "x"}),
        "another audience": gateway.forge(aud="chat-api"),
        "another type": gateway.forge({"typ": "at+jwt"}),
        "another issuer": gateway.forge(iss="https://evil.example"),
        "without a user": gateway.forge(sub=None) if gateway.name == "nginx" else "x",
    }
    if gateway.name == "nginx":  # takes every tenant's tokens, by their own key
        foreign = jose.decode(refused.pop("another tenant's"))
        sign = jose.private_key(gateway.deployment.secret(gateway.tenant))
        refused["another tenant's name"] = jose.make(foreign[0], foreign[1], sign)
    before = upstream.requests
    for what, token in refused.items():
        if token:
            evidence.note_secret(what, token)
        answer = gateway.ask(token)
        assert answer.status == 401, what
    assert upstream.requests == before, "the chat never hears of them"


def test_a_token_stops_passing_when_it_expires(gateway):
    token = gateway.forge(exp=int(time.time()) + 2)
    assert gateway.ask(token).status == 200
    time.sleep(2.5)
    assert gateway.ask(token).status == 401


def test_nginx_takes_the_rest_token_at_the_api_door(nginx, server, deployment, key):
    gateway = Gateway("nginx", nginx, "acme", server, deployment, key)
    pair = gateway.pair()
    answer = gateway.ask(pair["token"], "/api/messages")
    assert answer.status == 200 and answer.json["fields"]["x-chat-grant"] == pair["grantId"]
    assert gateway.ask(pair["wsToken"], "/api/messages").status == 401
    assert gateway.ask(None, "/api/messages", X_Chat_Token=pair["token"]).status == 200


def test_nginx_passes_a_body_and_a_method_on(nginx, server, deployment, key):
    token = server.pair(key)["token"]
    with Wire(nginx) as wire:
        answer = wire.ask("POST", "/api/messages", {"text": "x" * 10_000}, {"Authorization": f"Bearer {token}"})
    assert answer.status == 200 and answer.json["line"].startswith("POST /api/messages ")


def test_nginx_has_no_other_way_in_than_the_two_doors(nginx, server, key, upstream):
    token, before = server.pair(key)["wsToken"], upstream.requests
    for path in ("/", "/_verify/ws", "/_verify/rest", "/verify?expect=ws", "/connection", "/connection/../_verify/ws"):
        with Wire(nginx) as wire:
            assert wire.ask("GET", path, headers={"Authorization": f"Bearer {token}"}).status in (301, 404), path
    assert upstream.requests == before


def test_nginx_refuses_a_suspended_tenants_tokens_at_once(nginx, server, deployment):
    deployment.tenant("gone")
    gateway = Gateway("nginx", nginx, "gone", server, deployment, deployment.key("gone"))
    token = gateway.pair()["wsToken"]
    assert gateway.ask(token).status == 200
    deployment.run("tenant", "suspend", "gone")
    time.sleep(1)
    assert gateway.ask(token).status == 401


def test_nginx_writes_no_token_into_its_logs(nginx, server, key):
    token = server.pair(key)["wsToken"]
    for target in (f"/connection/websocket?token={token}", f"/nothing?token={token}"):
        with Wire(nginx) as wire:
            wire.ask("GET", target)
    time.sleep(0.2)
    for log in evidence.LOGS_OF_GATEWAYS:
        assert evidence.leaks(log) == []


def test_nginx_lets_nobody_in_while_chat_tokens_is_away(make_deployment, upstream, program, tmp_path):
    made = make_deployment()
    made.tenant("acme")
    port = free_port()
    values = {
        "CHAT_TOKENS_ADDRESS": f"127.0.0.1:{made.port}",
        "CHAT_TOKENS_NODE_KEY": made.node_key(),
        "CHAT_ADDRESS": upstream.address,
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "GATEWAY_RUN_DIR": str(tmp_path),
    }
    template = (EXAMPLES / "nginx/nginx.conf.template").read_text()
    (tmp_path / "nginx.conf").write_text(re.sub(r"\$\{(\w+)\}", lambda match: values[match[1]], template))
    key = made.key("acme")
    command = [
        program("nginx"),
        "-e",
        str(tmp_path / "error.log"),
        "-c",
        str(tmp_path / "nginx.conf"),
        "-g",
        "daemon off;",
    ]
    with daemon(command, port, tmp_path):
        with made.serve() as server:
            gateway = Gateway("nginx", port, "acme", server, made, key)
            token = gateway.pair()["wsToken"]
            assert gateway.ask(token).status == 200
        assert gateway.ask(token).status == 500
        with made.serve():
            time.sleep(0.1)
            codes = [gateway.ask(token).status for _ in range(3)]
            assert codes[-1] == 200 or eventually_passes(gateway, token)


def eventually_passes(gateway: Gateway, token: str) -> bool:
    """nginx leaves a server alone for ten seconds after it failed."""
    for _ in range(60):
        if gateway.ask(token).status == 200:
            return True
        time.sleep(0.25)
    return False


def test_the_examples_are_the_files_that_ran():
    """The README tells how to fill them in; every value it names is one that the file has a place for."""
    for example, readme in (
        ("nginx/nginx.conf.template", "nginx/README.md"),
        ("haproxy/haproxy-hs256.cfg", "haproxy/README.md"),
        ("haproxy/haproxy-es256.cfg", "haproxy/README.md"),
    ):
        places = set(re.findall(r"\$\{(\w+)\}", (EXAMPLES / example).read_text()))
        told = (EXAMPLES / readme).read_text()
        assert places and all(place in told for place in places)

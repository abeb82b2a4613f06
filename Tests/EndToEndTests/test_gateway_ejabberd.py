"""ejabberd, configured as Examples/gateways says, takes wsTokens as passwords: XMPP over WebSocket (RFC 7395)."""

import base64
import glob
import json
import re

import pytest

import evidence
from deployment import free_port
from gateway import USER, Gateway, daemon, edited
from websocket import WebSocket

HOST = "chat.example.com"
# XEP-0106 writes what an address may not hold with a backslash.
LOCAL = "zoë\\2f1"
# ejabberd looks at the signature, `exp` and `jid` only.
UNCHECKED = {"another kid", "another audience", "another type", "another issuer", "without a user"}


@pytest.fixture(scope="module")
def chat(deployment, server):
    deployment.tenant("chat", algorithm="ES256", xmpp_host=HOST)
    return deployment.key("chat")


@pytest.fixture(scope="module")
def ejabberd(deployment, server, chat, program, unavailable, tmp_path_factory):
    folder, port = tmp_path_factory.mktemp("ejabberd"), free_port()
    libraries = glob.glob("/usr/lib/*/ejabberd-*/ebin") or unavailable("ejabberd")
    (key,) = server.ask("GET", "/t/chat/.well-known/jwks.json").json["keys"]
    (folder / "chat-tokens.jwk").write_text(json.dumps(key))
    changes = {"/etc/ejabberd/chat-tokens.jwk": folder / "chat-tokens.jwk", "port: 5280": f"port: {port}"}
    (folder / "ejabberd.yml").write_text(edited("ejabberd/ejabberd.yml", changes))
    environment = {
        "ERL_LIBS": libraries[0].rsplit("/", 2)[0],
        "EJABBERD_CONFIG_PATH": str(folder / "ejabberd.yml"),
        "EJABBERD_LOG_PATH": str(folder / "ejabberd.log"),
        "ERL_CRASH_DUMP_SECONDS": "0",
        "HOME": str(folder),
    }
    # Without a node name Erlang listens nowhere and starts no epmd.
    command = [program("erl"), "-noinput", "-mnesia", "dir", f'"{folder}/mnesia"', "-s", "ejabberd"]
    with daemon(command, port, folder, environment):
        evidence.LOGS_OF_GATEWAYS.extend([folder / "daemon.out", folder / "ejabberd.log"])
        yield Gateway("ejabberd", port, "chat", server, deployment, chat)


def log_in(port: int, token: str, user: str = LOCAL) -> str | None:
    """The address that the user gets, or None if ejabberd refuses."""
    with WebSocket(port, "/ws", "xmpp") as socket:
        opening = f'<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="{HOST}" version="1.0"/>'
        socket.send(opening)
        assert "<open " in socket.receive()
        assert re.findall("<mechanism>(.*?)</mechanism>", socket.receive()) == ["PLAIN"]
        password = base64.b64encode(b"\0".join([b"", user.encode(), token.encode()])).decode()
        socket.send(f'<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">{password}</auth>')
        answer = socket.receive()
        if "<failure" in answer:
            assert "not-authorized" in answer
            return None
        assert "<success" in answer
        socket.send(opening)
        assert "<open " in socket.receive() and "<bind " in socket.receive()
        bind = '<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><resource>test</resource></bind>'
        socket.send(f'<iq xmlns="jabber:client" type="set" id="1">{bind}</iq>')
        return re.search("<jid>(.*?)</jid>", socket.receive())[1]


def test_the_ws_token_logs_its_user_in(ejabberd):
    assert log_in(ejabberd.port, ejabberd.pair()["wsToken"]) == f"{LOCAL}@{HOST}/test"


def test_a_token_logs_nobody_else_in(ejabberd):
    token = ejabberd.pair()["wsToken"]
    assert log_in(ejabberd.port, token, "zoë") is None
    assert log_in(ejabberd.port, token, "admin") is None


def test_every_other_token_is_refused(ejabberd, server, other_key):
    bad = ejabberd.bad_tokens(server.pair(other_key, USER)["wsToken"])
    taken = {what for what, token in bad.items() if log_in(ejabberd.port, token)}
    assert taken == UNCHECKED, "what ejabberd does not look at is in the README"


def test_a_revoked_token_logs_in_until_it_expires_as_ejabberd_asks_nobody(ejabberd):
    assert log_in(ejabberd.port, ejabberd.revoked())


def test_no_token_gets_into_the_logs(ejabberd):
    log_in(ejabberd.port, ejabberd.pair()["token"])
    for log in evidence.LOGS_OF_GATEWAYS:
        assert evidence.leaks(log) == [], log

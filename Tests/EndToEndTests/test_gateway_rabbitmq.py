"""RabbitMQ, configured as Examples/gateways says, takes wsTokens as passwords: MQTT and STOMP over WebSocket."""

import os
import pathlib
import struct
import time

import pytest

import evidence
from deployment import free_port
from gateway import EXAMPLES, USER, Gateway, daemon, edited
from websocket import WebSocket
from wire import Closed

SCRIPT = pathlib.Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
# RabbitMQ 3.10 looks at the signature by the key that the token names, `exp` if there is one, `aud` and `scope`.
UNCHECKED = {"another type", "another issuer", "without exp", "without a user"}


@pytest.fixture(scope="module")
def signed(deployment, server):
    deployment.tenant("signed", algorithm="ES256")
    return deployment.key("signed")


@pytest.fixture(scope="module")
def epmd(program, tmp_path_factory):
    """Erlang's port mapper, which RabbitMQ would start by itself, on every address and for ever."""
    port = free_port()
    command = [program("epmd"), "-port", str(port), "-address", "127.0.0.1"]
    with daemon(command, port, tmp_path_factory.mktemp("epmd"), {"ERL_EPMD_ADDRESS": "127.0.0.1"}):
        yield port


@pytest.fixture(scope="module")
def rabbitmq(deployment, server, signed, epmd, unavailable, tmp_path_factory):
    """The broker, and the port of STOMP over WebSocket."""
    if not SCRIPT.exists():
        unavailable("rabbitmq-server")
    folder = tmp_path_factory.mktemp("rabbitmq")
    ports = {name: free_port() for name in ("amqp", "mqtt", "stomp", "web_mqtt", "web_stomp", "nodes")}
    changes = {
        "127.0.0.1:5672": f"127.0.0.1:{ports['amqp']}",
        "127.0.0.1:1883": f"127.0.0.1:{ports['mqtt']}",
        "127.0.0.1:61613": f"127.0.0.1:{ports['stomp']}",
        "15675": ports["web_mqtt"],
        "15674": ports["web_stomp"],
    }
    (folder / "rabbitmq.conf").write_text(edited("rabbitmq/rabbitmq.conf", changes))
    changes = {"http://127.0.0.1:8080/t/acme/": deployment.issuer("signed") + "/"}
    (folder / "advanced.config").write_text(edited("rabbitmq/advanced.config", changes))
    environment = {
        "HOME": str(folder),
        "ERL_EPMD_PORT": str(epmd),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODENAME": f"chat-tokens-{os.getpid()}@localhost",
        "RABBITMQ_DIST_PORT": str(ports["nodes"]),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(EXAMPLES / "rabbitmq/enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
    }
    # The last of the listeners to be opened.
    with daemon([SCRIPT], ports["web_stomp"], folder, environment, patience=60):
        evidence.LOGS_OF_GATEWAYS.append(folder / "daemon.out")
        gateway = Gateway("rabbitmq", ports["web_mqtt"], "signed", server, deployment, signed)
        gateway.stomp_port = ports["web_stomp"]
        yield gateway


def text(value: str) -> bytes:
    return struct.pack(">H", len(value.encode())) + value.encode()


def packet(kind: int, body: bytes) -> bytes:
    """An MQTT 3.1.1 control packet."""
    size, length = len(body), b""
    while True:
        size, digit = size >> 7, size & 0x7F
        length += bytes([digit | (0x80 if size else 0)])
        if not size:
            return bytes([kind]) + length + body


class MQTT:
    """A connection by MQTT over WebSocket; `code` is 0 where the broker took the token."""

    def __init__(self, port: int, token: str, client: str = "test"):
        self.socket = WebSocket(port, "/ws", "mqtt")
        # Clean session, a name and a password, 60 s of keep-alive.
        head = text("MQTT") + bytes([4, 0b1100_0010]) + struct.pack(">H", 60)
        self.socket.send(packet(0x10, head + text(client) + text("anybody") + text(token)))
        try:
            answer = self.socket.receive()
        except Closed:
            answer = None
        self.code = answer[3] if answer else 5
        assert not answer or answer[0] == 0x20

    def __enter__(self) -> "MQTT":
        return self

    def __exit__(self, *_) -> None:
        self.socket.wire.close()

    def subscribe(self, topic: str) -> None:
        self.socket.send(packet(0x82, struct.pack(">H", 1) + text(topic) + b"\0"))
        assert self.socket.receive()[0] == 0x90

    def publish(self, topic: str, message: str) -> None:
        self.socket.send(packet(0x30, text(topic) + message.encode()))


class STOMP:
    """A connection by STOMP 1.2 over WebSocket."""

    def __init__(self, port: int, token: str):
        self.socket = WebSocket(port, "/ws", "v12.stomp")
        self.send("CONNECT", {"accept-version": "1.2", "host": "/", "login": "anybody", "passcode": token})
        self.taken = self.receive().startswith("CONNECTED\n")

    def __enter__(self) -> "STOMP":
        return self

    def __exit__(self, *_) -> None:
        self.socket.wire.close()

    def send(self, command: str, fields: dict, body: str = "") -> None:
        lines = "".join(f"{name}:{value}\n" for name, value in fields.items())
        self.socket.send(f"{command}\n{lines}\n{body}\0")

    def receive(self) -> str:
        try:
            return self.socket.receive() or ""
        except Closed:
            return ""


def test_the_ws_token_opens_mqtt_and_messages_pass(rabbitmq):
    token = rabbitmq.pair()["wsToken"]
    with MQTT(rabbitmq.port, token, "one") as one, MQTT(rabbitmq.port, token, "two") as two:
        assert one.code == two.code == 0
        one.subscribe("room/1")
        two.publish("room/1", "hello")
        assert one.socket.receive() == packet(0x30, text("room/1") + b"hello")


def test_the_ws_token_opens_stomp_and_messages_pass(rabbitmq):
    with STOMP(rabbitmq.stomp_port, rabbitmq.pair()["wsToken"]) as stomp:
        assert stomp.taken
        stomp.send("SUBSCRIBE", {"id": "1", "destination": "/topic/room.1", "receipt": "r"})
        assert stomp.receive().startswith("RECEIPT\n")
        stomp.send("SEND", {"destination": "/topic/room.1"}, "hello")
        message = stomp.receive()
        assert message.startswith("MESSAGE\n") and message.rstrip("\n").endswith("\n\nhello\0")


@pytest.mark.parametrize("destination", ["/queue/somebodys", "/exchange/amq.direct/x", "/amq/queue/other"])
def test_a_token_may_do_what_its_scope_stands_for_and_no_more(rabbitmq, destination):
    with STOMP(rabbitmq.stomp_port, rabbitmq.pair()["wsToken"]) as stomp:
        stomp.send("SUBSCRIBE", {"id": "1", "destination": destination, "receipt": "r"})
        assert stomp.receive()[:7] in ("ERROR\nm", "")  # the message, or the end of the connection


@pytest.mark.parametrize("protocol", ["mqtt", "stomp"])
def test_every_other_token_is_refused(rabbitmq, protocol, server, other_key):
    bad = rabbitmq.bad_tokens(server.pair(other_key, USER)["wsToken"])

    def is_taken(token: str) -> bool:
        if protocol == "mqtt":
            with MQTT(rabbitmq.port, token) as mqtt:
                assert mqtt.code in (0, 4, 5)
                return mqtt.code == 0
        with STOMP(rabbitmq.stomp_port, token) as stomp:
            return stomp.taken

    taken = {what for what, token in (bad | {"empty": ""}).items() if is_taken(token)}
    assert taken == UNCHECKED, "what RabbitMQ does not look at is in the README"


def test_a_connection_does_nothing_more_once_its_token_has_expired(rabbitmq):
    end = int(time.time()) + 2
    with MQTT(rabbitmq.port, rabbitmq.forge(exp=end)) as mqtt:
        mqtt.subscribe("room/1")
        mqtt.publish("room/1", "before")
        assert mqtt.socket.receive()
        time.sleep(max(0, end + 0.1 - time.time()))
        mqtt.publish("room/2", "after")
        assert mqtt.socket.receive() is None, "RabbitMQ closes it"


def test_a_revoked_token_is_taken_until_it_expires_as_rabbitmq_asks_nobody(rabbitmq):
    with MQTT(rabbitmq.port, rabbitmq.revoked(), "revoked") as connection:
        assert connection.code == 0


def test_no_token_gets_into_the_logs(rabbitmq):
    for log in evidence.LOGS_OF_GATEWAYS:
        assert evidence.leaks(log) == [], log

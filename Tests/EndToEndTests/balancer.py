"""nginx as Examples/deploy sets it up, in front of nodes that a test can make fail in every way."""

import contextlib
import json
import re
import socket
import threading
import time

from deployment import ROOT, free_port
from gateway import daemon
from wire import Wire

CONFIGURATION = ROOT / "Examples/deploy/nginx.conf"
# Seconds that nginx waits for an answer here, 10 in the example, and those that a quiet node takes.
PATIENCE, QUIET = 4, 6


class Node:
    """A stand-in for a node of ChatTokens that says its name, and behaves as `mode` tells:

    `well`; `unavailable` (503 with Retry-After); `quiet` (answers like a long poll, after longer than nginx waits for
    other requests); `silent` (takes the request, never answers); `dying` (takes the request and closes the connection);
    `gone` (nobody listens); `lost` (the machine does not answer at all).
    """

    def __init__(self, name: str):
        self.name, self.mode = name, "well"
        self.requests: list[tuple[str, dict]] = []
        self.connections = 0
        self.port = free_port()
        self._open: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self.listen()

    def listen(self) -> None:
        self.mode = "well"
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def go(self) -> None:
        """Ends as a killed process does: the port is closed, and so is every connection."""
        self.mode = "gone"
        # Wakes the thread in accept(), which would keep the port open.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def lose(self) -> None:
        """Ends as a machine without power does: a connection is neither taken nor refused."""
        self.go()
        self.mode = "lost"
        # A full queue of connections that nobody accepts; Linux drops what comes then.
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=0)
        with contextlib.suppress(TimeoutError):
            while True:
                self._open.add(socket.create_connection(("127.0.0.1", self.port), 0.2))

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                self.connections += 1
                self._open.add(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as stream:
            while line := stream.readline().decode("latin-1").strip():
                fields = {}
                while field := stream.readline().decode("latin-1").strip():
                    name, _, value = field.partition(":")
                    fields[name.lower()] = value.strip()
                stream.read(int(fields.get("content-length", 0)))
                self.requests.append((line, fields))
                if self.mode == "dying":
                    break
                time.sleep({"quiet": QUIET, "silent": 30}.get(self.mode, 0))
                connection.sendall(self._answer())
        self._open.discard(connection)

    def _answer(self) -> bytes:
        body = json.dumps({"node": self.name}).encode()
        status = "503 Service Unavailable\r\nRetry-After: 7" if self.mode == "unavailable" else "200 OK"
        return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


class Balancer:
    def __init__(self, port: int, nodes: list[Node], folder):
        self.port, self.nodes, self.folder = port, nodes, folder

    def ask(self, method: str, path: str, body: object = None, **fields: str):
        headers = {name.replace("_", "-"): value for name, value in fields.items()}
        with Wire(self.port) as wire:
            return wire.ask(method, path, body, headers)

    def asked(self) -> int:
        """How many requests have reached a node."""
        return sum(len(node.requests) for node in self.nodes)


def configured(folder, port: int, addresses: list[str]) -> str:
    """The example with the addresses, the files and the time-out of a test; nothing else is changed."""
    text = CONFIGURATION.read_text()
    changes = [
        # In each group of nodes the lines of two stand for as many as there are.
        (
            r"^( *server )node-1:8080(.*\n) *server node-2:8080.*\n",
            "".join(rf"\g<1>{address}\g<2>" for address in addresses),
        ),
        (r"\blisten 8080\b", f"listen 127.0.0.1:{port}"),
        (r"(?<= )/tmp/", f"{folder}/"),
        (r"/dev/(stdout|stderr)", rf"{folder}/\1"),
        (r"\bproxy_read_timeout 10s\b", f"proxy_read_timeout {PATIENCE}s"),
    ]
    for pattern, new in changes:
        text, count = re.subn(pattern, new, text, flags=re.MULTILINE)
        assert count, f"{pattern} is not in {CONFIGURATION}"
    return text


@contextlib.contextmanager
def balancing(program, folder, addresses: list[str]):
    """nginx with the example's configuration, which it finds nothing wrong with."""
    port = free_port()
    file = folder / "nginx.conf"
    file.write_text(configured(folder, port, addresses))
    command = [program("nginx"), "-e", str(folder / "stderr"), "-c", str(file), "-g", "user root; daemon off;"]
    with daemon(command, port, folder):
        yield port

"""A chat to stand behind a gateway: echoes the head of every request, and frames over a WebSocket."""

import base64
import contextlib
import hashlib
import json
import socket
import struct
import threading


class Upstream:
    """An HTTP and WebSocket server on a free port; answers with what it was asked."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.requests = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> "Upstream":
        return self

    def __exit__(self, *_) -> None:
        self.listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(ConnectionError), connection, connection.makefile("rb") as stream:
            while line := stream.readline().strip():
                self.requests += 1
                fields = {}
                while field := stream.readline().strip():
                    name, _, value = field.decode("latin-1").partition(":")
                    fields[name.strip().lower()] = value.strip()
                stream.read(int(fields.get("content-length", 0)))
                if "sec-websocket-key" in fields:
                    return self._talk(connection, stream, fields)
                body = json.dumps({"line": line.decode("latin-1"), "fields": fields}).encode()
                connection.sendall(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
                    + body
                )

    def _talk(self, connection: socket.socket, stream, fields: dict) -> None:
        accept = hashlib.sha1((fields["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        connection.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + base64.b64encode(accept) + b"\r\n\r\n"
        )
        while head := stream.read(2):
            mask = stream.read(4)
            text = bytes(byte ^ mask[index % 4] for index, byte in enumerate(stream.read(head[1] & 0x7F)))
            connection.sendall(struct.pack("BB", head[0], len(text)) + text)


def masked_frame(text: bytes) -> bytes:
    """A text frame as a browser sends it (RFC 6455 §5.2)."""
    return struct.pack("BB", 0x81, 0x80 | len(text)) + b"\0\0\0\0" + text

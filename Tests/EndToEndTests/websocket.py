"""A WebSocket client (RFC 6455) that knows no more than the tests of gateways need."""

import base64
import os
import struct

from wire import Wire, request

TEXT, BINARY, CLOSE = 0x1, 0x2, 0x8


class Refused(Exception):
    """The handshake was answered otherwise than with 101."""

    def __init__(self, answer):
        super().__init__(f"{answer.status} {answer.reason}")
        self.status = answer.status


class WebSocket:
    """An open socket; frames are whole messages."""

    def __init__(self, port: int, path: str, protocol: str | None = None, headers: dict | None = None):
        self.wire = Wire(port)
        fields = {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Protocol": protocol,
        }
        self.wire.send(request("GET", path, headers=fields | (headers or {})))
        answer = self.wire.read()
        if answer.status != 101:
            self.wire.close()
            raise Refused(answer)

    def __enter__(self) -> "WebSocket":
        return self

    def __exit__(self, *_) -> None:
        self.wire.close()

    def send(self, message: str | bytes) -> None:
        data = message if isinstance(message, bytes) else message.encode()
        kind = BINARY if isinstance(message, bytes) else TEXT
        size = len(data)
        length = struct.pack(">B", 0x80 | size) if size < 126 else struct.pack(">BH", 0x80 | 126, size)
        # Masked with zeros, which changes nothing: a mask protects proxies of the open network.
        self.wire.send(struct.pack(">B", 0x80 | kind) + length + bytes(4) + data)

    def receive(self) -> str | bytes | None:
        """The next message, None when the server closes; raises Closed if the connection ends without a word."""
        while True:
            head, length = self.wire._exactly(2)
            if length == 126:
                (length,) = struct.unpack(">H", self.wire._exactly(2))
            elif length == 127:
                (length,) = struct.unpack(">Q", self.wire._exactly(8))
            data = self.wire._exactly(length)
            kind = head & 0xF
            if kind == CLOSE:
                return None
            if kind in (TEXT, BINARY):
                return data.decode() if kind == TEXT else data

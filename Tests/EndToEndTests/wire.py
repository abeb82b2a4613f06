"""HTTP/1 byte by byte: sends exactly what a test says, and reads answers without forgiving anything."""

import dataclasses
import json
import re
import socket


@dataclasses.dataclass
class Answer:
    """One answer as it came."""

    version: str
    status: int
    reason: str
    fields: list[tuple[str, str]]
    body: bytes

    def values(self, name: str) -> list[str]:
        return [value for field, value in self.fields if field.lower() == name.lower()]

    def __getitem__(self, name: str) -> str:
        values = self.values(name)
        assert len(values) == 1, f"{name} is there {len(values)} times: {self.fields}"
        return values[0]

    def get(self, name: str) -> str | None:
        return self[name] if self.values(name) else None

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of a problem document."""
        assert self["Content-Type"] == "application/problem+json", self
        return self.json["code"]


class Closed(Exception):
    """The server ended the connection before a whole answer came."""


def request(method: str, path: str, body: object = None, headers: dict | None = None, version: str = "1.1") -> bytes:
    """The bytes of a request; a body that is not bytes or text is written as JSON."""
    fields = {"Host": "127.0.0.1"}
    payload = b""
    if body is not None:
        payload = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        fields |= {"Content-Type": "application/json", "Content-Length": str(len(payload))}
    fields |= headers or {}
    lines = [
        f"{method} {path} HTTP/{version}",
        *(f"{name}: {value}" for name, value in fields.items() if value is not None),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + payload


def chunked(pieces: list[bytes]) -> bytes:
    """A body in chunks."""
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


class Wire:
    """One TCP connection to a server on this machine."""

    def __init__(self, port: int, timeout: float = 10, wrap=None):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if wrap:
            self.socket = wrap(self.socket)
        self.buffer = b""

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def ask(self, method: str, path: str, body: object = None, headers: dict | None = None) -> Answer:
        self.send(request(method, path, body, headers))
        return self.read(head_only=method == "HEAD")

    def read(self, head_only: bool = False) -> Answer:
        """The next answer; 1xx answers count."""
        head = self._until(b"\r\n\r\n")
        status_line, *lines = head[:-4].decode("latin-1").split("\r\n")
        match = re.fullmatch(r"(HTTP/1\.[01]) ([1-5]\d\d) ([ -~]*)", status_line)
        assert match, f"not a status line: {status_line!r}"
        fields = []
        for line in lines:
            field = re.fullmatch(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*", line)
            assert field, f"not a header field: {line!r}"
            fields.append((field.group(1), field.group(2)))
        answer = Answer(match[1], int(match[2]), match[3], fields, b"")
        if not head_only and answer.status >= 200 and answer.status not in (204, 304):
            answer.body = self._body(answer)
        return answer

    def ended(self) -> bool:
        """Whether the server ends the connection, within the time-out, without sending more."""
        if self.buffer:
            return False
        try:
            self.buffer = self.socket.recv(65_536)
        except TimeoutError:
            return False
        except ConnectionResetError:
            return True
        return self.buffer == b""

    def rest(self) -> bytes:
        """Everything up to the end of the connection."""
        data = self.buffer
        self.buffer = b""
        try:
            while piece := self.socket.recv(65_536):
                data += piece
        except ConnectionResetError:
            pass
        return data

    def _body(self, answer: Answer) -> bytes:
        lengths = answer.values("Content-Length")
        codings = answer.values("Transfer-Encoding")
        assert len(lengths) + len(codings) <= 1, f"ambiguous framing: {answer.fields}"
        if lengths:
            return self._exactly(int(lengths[0]))
        if not codings:
            assert "close" in (answer.get("Connection") or "close"), f"no framing: {answer.fields}"
            return self.rest()
        body = b""
        while size := int(self._until(b"\r\n")[:-2], 16):
            body += self._exactly(size)
            assert self._exactly(2) == b"\r\n"
        assert self._exactly(2) == b"\r\n"
        return body

    def _until(self, mark: bytes) -> bytes:
        while mark not in self.buffer:
            self._more()
        end = self.buffer.index(mark) + len(mark)
        data, self.buffer = self.buffer[:end], self.buffer[end:]
        return data

    def _exactly(self, count: int) -> bytes:
        while len(self.buffer) < count:
            self._more()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def _more(self) -> None:
        try:
            piece = self.socket.recv(65_536)
        except ConnectionResetError:
            piece = b""
        if not piece:
            raise Closed(f"the connection ended after {self.buffer!r}")
        self.buffer += piece

"""A stand-in for Centrifugo's server HTTP API, version 6, as far as ChatTokens uses it: `POST /api/disconnect`.

As the real one does it refuses an absent or wrong API key with 401 and a plain text, a body that is no JSON object with
400, and answers everything else with 200: `{"result":{}}`, or `{"error":{"code":107,"message":"bad request"}}` where a
field is wrong. That nobody is connected as the user is no error.
"""

import contextlib
import dataclasses
import http.server
import json
import threading
import time


@dataclasses.dataclass(frozen=True)
class Disconnect:
    """A call that was accepted."""

    user: str
    code: int
    reason: str
    at: float


class Centrifugo:
    """Serves on a free port of 127.0.0.1; `with` ends it.

    `mode` makes it fail: `well`; `failing` (500 to everything); `rejecting` (an internal error in the answer's body);
    `silent` (takes the request and never answers); `dropping` (closes the connection instead of answering).
    """

    def __init__(self, key: str):
        self.key, self.mode = key, "well"
        self.disconnects: list[Disconnect] = []
        self.attempts: list[bytes] = []
        stand_in, self._ended = self, threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                stand_in.attempts.append(body)
                status, answer = stand_in._answer(self, body)
                if status == 0:
                    self.close_connection = True
                    return
                self.send_response(status)
                is_json = isinstance(answer, dict)
                data = json.dumps(answer).encode() if is_json else answer
                self.send_header("Content-Type", "application/json" if is_json else "text/plain; charset=utf-8")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self):
                self.send_error(404)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/api"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self) -> "Centrifugo":
        return self

    def __exit__(self, *_) -> None:
        self._ended.set()
        self.server.shutdown()
        self.server.server_close()

    def _answer(self, request, body: bytes) -> tuple[int, dict | bytes]:
        if self.mode == "silent":
            self._ended.wait(60)
            return 0, b""
        if self.mode == "dropping":
            return 0, b""
        if self.mode == "failing":
            return 500, b"Internal Server Error\n"
        given = request.headers.get("X-API-Key")
        if given is None:
            scheme, _, given = (request.headers.get("Authorization") or "").partition(" ")
            given = given if scheme.lower() == "apikey" else None
        if given != self.key:
            return 401, b"Unauthorized\n"
        if request.path != "/api/disconnect":
            return 404, b"404 page not found\n"
        try:
            fields = json.loads(body)
        except ValueError:
            return 400, b"Bad Request\n"
        if not isinstance(fields, dict):
            return 400, b"Bad Request\n"
        if self.mode == "rejecting":
            return 200, {"error": {"code": 100, "message": "internal server error"}}
        return 200, self._disconnect(fields)

    def _disconnect(self, fields: dict) -> dict:
        bad_request = {"error": {"code": 107, "message": "bad request"}}
        known = {"user": str, "disconnect": dict, "client": str, "session": str, "whitelist": list}
        if any(not isinstance(fields.get(name, kind()), kind) for name, kind in known.items()):
            return bad_request
        if not fields.get("user"):
            return bad_request
        # Without a word of its own it says that the connection was closed by force.
        how = fields.get("disconnect") or {"code": 3503, "reason": "force disconnect"}
        code, reason = how.get("code", 0), how.get("reason", "")
        if not isinstance(code, int) or isinstance(code, bool) or not isinstance(reason, str):
            return bad_request
        # Such a reason cannot be sent: a WebSocket's close frame has no room for it.
        if len(reason.encode()) > 32:
            return {"error": {"code": 100, "message": "internal server error"}}
        self.disconnects.append(Disconnect(fields["user"], code, reason, time.monotonic()))
        return {"result": {}}

    @contextlib.contextmanager
    def trouble(self, mode: str):
        self.mode = mode
        try:
            yield
        finally:
            self.mode = "well"

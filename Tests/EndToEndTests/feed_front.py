"""Stands before a server and spoils what it says about revocations."""

import http.server
import threading
import time
import urllib.error
import urllib.request


class FeedFront(http.server.ThreadingHTTPServer):
    """Passes requests on to `server`; with `fault` set, it treats `GET /revocations` in that way and ends the streams.

    `cut`: the chunked answer ends in the middle. `redirect`: it points to `elsewhere`.
    """

    daemon_threads = True

    def __init__(self, server):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.server, self.fault, self.spoilt, self.elsewhere = server, None, 0, None
        self.url = f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> "FeedFront":
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.fault = "gone"
        self.shutdown()
        self.server_close()


class Elsewhere(http.server.ThreadingHTTPServer):
    """Answers nothing of use, and remembers the headers of whoever comes."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Trap)
        self.url, self.seen = f"http://127.0.0.1:{self.server_port}", []

    def __enter__(self) -> "Elsewhere":
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.shutdown()
        self.server_close()


class _Quiet(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_) -> None:
        pass

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Trap(_Quiet):
    def do_GET(self) -> None:
        self.server.seen.append(dict(self.headers))
        self.answer(404, {}, b"")


class _Handler(_Quiet):
    def do_GET(self) -> None:
        front, is_page = self.server, self.path.startswith("/revocations?")
        if self.path == "/revocations/stream":
            self._stream()
        elif is_page and front.fault:
            front.spoilt += 1
            self._spoil(front.fault)
        else:
            headers = {name: self.headers[name] for name in ("X-API-Key", "X-Chat-Tenant") if self.headers[name]}
            request = urllib.request.Request(front.server.url + self.path, headers=headers)
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    self.answer(answer.status, {}, answer.read())
            except urllib.error.HTTPError as error:
                self.answer(error.code, {}, error.read())

    def _spoil(self, fault: str) -> None:
        if fault == "redirect":
            self.answer(307, {"Location": self.server.elsewhere + self.path}, b"")
            return
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b'b\r\n{"sequence"\r\n20\r\n:')
        self.close_connection = True

    def _stream(self) -> None:
        """Says that it is there until a fault is set."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.close_connection = True
        while not self.server.fault:
            text = f": {int(time.time())}\n\n".encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(text), text))
            time.sleep(0.2)

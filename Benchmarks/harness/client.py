"""Requests the harness itself makes: readiness, the contract check, tokens to verify."""

import http.client
import json
import socket


def answers(port, request, expected):
    """Whether the answer to one request on a fresh connection begins as expected."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(request)
            return connection.recv(65536).startswith(expected)
    except OSError:
        return False


def raw(method, path, headers, body=b""):
    """The bytes of a request that closes its connection."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Client:
    """One keep-alive connection with an API key."""

    def __init__(self, port, api_key):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.headers = {"X-API-Key": api_key} if api_key else {}

    def send(self, method, path, value=None, headers=None):
        """Status, headers and decoded body (None when it is not JSON)."""
        body = None if value is None else json.dumps(value).encode()
        sent = self.headers | (headers or {})
        if body is not None:
            sent["Content-Type"] = "application/json"
        self.connection.request(method, path, body, sent)
        response = self.connection.getresponse()
        text = response.read()
        try:
            return response.status, response.headers, json.loads(text) if text else None
        except ValueError:
            return response.status, response.headers, None

    def pair(self, user):
        """A token pair for a user, as the answer's object."""
        status, _, body = self.send("POST", "/tokens", {"userId": user, "name": "Alice Johnson"})
        if status != 200:
            raise RuntimeError(f"POST /tokens answered {status}: {body}")
        return body

    def close(self):
        self.connection.close()

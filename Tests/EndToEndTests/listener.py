"""An offline verifier: listens to the revocation feed on a thread of its own, and judges tokens by what it heard."""

import base64
import hashlib
import hmac
import http.client
import threading
import time

import jose


class Listener:
    """Reads the stream of one node until it is told to stop; `cut` drops the connection as a bad network would."""

    def __init__(self, port: int, key: str, jwk: dict | None = None, after: str | None = None):
        self.port, self.key, self.jwk = port, key, jwk
        self.entries: list[tuple[str, dict]] = []
        # When each entry was heard, in seconds since 1970, by its sequence.
        self.heard: dict[int, float] = {}
        self.last_id = after
        self.comments = 0
        self.ended = threading.Event()
        self.connected = threading.Event()
        self.connection: http.client.HTTPConnection | None = None
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()
        assert self.connected.wait(10), "nobody answers"

    def _listen(self) -> None:
        headers = {"X-API-Key": self.key} | ({"Last-Event-ID": self.last_id} if self.last_id else {})
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            self.connection.request("GET", "/revocations/stream", headers=headers)
            answer = self.connection.getresponse()
            assert answer.status == 200 and answer.headers["Content-Type"] == "text/event-stream", answer.status
            event = {}
            for line in answer:
                text = line.decode().rstrip("\n")
                if not text:
                    self._take(event)
                    event = {}
                elif text.startswith(":"):
                    self.comments += 1
                    self.connected.set()
                else:
                    name, _, value = text.partition(": ")
                    event[name] = value
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            pass
        finally:
            self.ended.set()

    def _take(self, event: dict) -> None:
        if event.get("event") != "revocations":
            return
        header, claims, _ = jose.decode(event["data"])
        assert header["typ"] == "revocations+jwt" and claims["aud"] == "chat-revocations"
        if self.jwk:
            self._check(event["data"])
        for entry in claims["entries"]:
            self.heard.setdefault(entry["sequence"], time.time())
            self.entries.append((claims["iss"], entry))
        if "id" in event:
            self.last_id = event["id"]

    def _check(self, document: str) -> None:
        signed, _, signature = document.rpartition(".")
        secret = base64.urlsafe_b64decode(self.jwk["k"] + "==")
        expected = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
        assert base64.urlsafe_b64decode(signature + "==") == expected

    def has(self, sequence: int) -> bool:
        return sequence in self.heard

    def refuses(self, token: str) -> bool:
        """The rule of the feed's documentation."""
        header, claims, _ = jose.decode(token)
        grant = claims["jti"].partition(".")[0]
        tenant = claims["iss"].rpartition("/")[2]
        traits = {
            "grant": grant,
            "user": claims["sub"],
            "user_hash": hashlib.sha256(f"{tenant}/{claims['sub']}".encode()).hexdigest()[:32],
            "api_key": claims["akid"],
            "signing_key": header["kid"],
            "label": claims.get("lbl"),
            "tenant": "",
        }
        birth = int(grant.replace("-", "")[:12], 16)
        return any(
            issuer == claims["iss"] and traits[entry["kind"]] == entry["subject"] and birth < entry["before"]
            for issuer, entry in self.entries
        )

    def cut(self) -> str | None:
        """Drops the connection; the place to go on from."""
        if self.connection and self.connection.sock:
            self.connection.sock.shutdown(2)
        self.ended.wait(10)
        return self.last_id

"""Gateways as the tests start them, and the tokens that are shown to them."""

import contextlib
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import time

import evidence
import jose
from deployment import ROOT
from wire import Wire

EXAMPLES = ROOT / "Examples/gateways"

USER = "zoë/1"


@contextlib.contextmanager
def daemon(command: list, port: int, folder, environment: dict[str, str] | None = None, patience: float = 20):
    """A daemon in the foreground, as soon as it listens; ends with the test."""
    with (folder / "daemon.out").open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=os.environ | (environment or {}), cwd=folder)
    try:
        end = time.monotonic() + patience
        while True:
            assert process.poll() is None, (folder / "daemon.out").read_text()
            assert time.monotonic() < end, f"not up after {patience} s: {(folder / 'daemon.out').read_text()}"
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def filled(example: str, values: dict[str, str]) -> str:
    """An example with its places filled in, by envsubst's rule."""
    return re.sub(r"\$\{(\w+)\}", lambda match: values[match[1]], (EXAMPLES / example).read_text())


def edited(example: str, changes: dict[str, object]) -> str:
    """An example in which every one of these texts is replaced, and is there to be replaced."""
    text = (EXAMPLES / example).read_text()
    for old, new in changes.items():
        assert old in text, f"{old} is not in {example}"
        text = text.replace(old, str(new))
    return text


def open_to_workers(folder: pathlib.Path) -> pathlib.Path:
    """Lets processes into the folder that a daemon started by root runs as somebody else."""
    if os.geteuid() == 0:
        shared = pathlib.Path(tempfile.gettempdir()).resolve()
        for inner in (folder, *(parent for parent in folder.resolve().parents if shared in parent.parents)):
            inner.chmod(0o711)
    return folder


class Gateway:
    """A gateway for the tokens of one tenant, by an API key of that tenant."""

    def __init__(self, name, port, tenant, server, deployment, key, query="token"):
        self.name, self.port, self.tenant, self.server, self.deployment, self.key, self.query = (
            name,
            port,
            tenant,
            server,
            deployment,
            key,
            query,
        )

    def ask(self, token: str | None, path: str = "/connection/websocket", **fields: str):
        headers = {name.replace("_", "-"): value for name, value in fields.items()}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        with Wire(self.port) as wire:
            return wire.ask("GET", path, headers=headers)

    def pair(self) -> dict:
        return self.server.pair(self.key, {"userId": USER, "name": "Zoë"})

    def forge(self, header: dict | None = None, **claims: object) -> str:
        """A rightly signed token with other members."""
        old_header, old_claims, _ = jose.decode(self.pair()["wsToken"])
        sign = jose.private_key(self.deployment.secret(self.tenant))
        merged = {name: value for name, value in (old_claims | claims).items() if value is not None}
        token = jose.make(old_header | (header or {}), merged, sign)
        evidence.note_secret("forged token", token)
        return token

    def revoked(self) -> str:
        """A good token that has been taken back."""
        token = self.pair()["wsToken"]
        key = self.deployment.key(self.tenant, "--scope", "tokens:revoke")
        answer = self.server.ask("POST", "/tokens/revoke", {"token": token}, {"X-API-Key": key})
        assert answer.status == 200, answer
        return token

    def bad_tokens(self, foreign: str) -> dict[str, str]:
        """What no gateway may take, by what is wrong with it; `foreign` is a wsToken of another tenant."""
        now = int(time.time())
        good = self.pair()
        header, payload, signature = good["wsToken"].split(".")
        members, claims, raw = jose.decode(good["wsToken"])
        altered = lambda old, new: f"{header}.{jose.base64url(raw.replace(old, new, 1))}.{signature}"  # noqa: E731
        forged = {
            "the REST token": good["token"],
            "nonsense": "nonsense",
            "expired": self.forge(iat=now - 100, exp=now - 1),
            "without exp": self.forge(exp=None),
            "living longer": altered(b'"exp":', b'"exp":9'),
            "of another user": altered(b'"sub":"', b'"sub":"x'),
            "unsigned": f"{header}.{payload}.",
            "another signature": f"{header}.{payload}.{signature[::-1]}",
            "another tenant's": foreign,
            "alg none": jose.make(members | {"alg": "none"}, claims),
            "alg none, signed": jose.make(members | {"alg": "none"}, claims) + signature,
            "HMAC with nothing": jose.make(members | {"alg": "HS256"}, claims, jose.hs256(b"")),
            "another kid": self.forge({"kid": "x"}),
            "another audience": self.forge(aud="chat-api"),
            "another type": self.forge({"typ": "at+jwt"}),
            "another issuer": self.forge(iss="https://evil.example"),
            "without a user": self.forge(sub=None),
        }
        for what, token in forged.items():
            evidence.note_secret(what, token)
        return forged

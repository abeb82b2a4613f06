"""nginx and HAProxy as the tests start them."""

import contextlib
import os
import socket
import subprocess
import time

import evidence
import jose
from deployment import ROOT, free_port
from wire import Wire

EXAMPLES = ROOT / "Examples/gateways"


USER = "zoë/1"


@contextlib.contextmanager
def daemon(command: list, port: int, folder, environment: dict[str, str] | None = None):
    """A daemon in the foreground; ends with the test."""
    with (folder / "daemon.out").open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=os.environ | (environment or {}))
    try:
        for _ in range(200):
            assert process.poll() is None, (folder / "daemon.out").read_text()
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait(10)


class Gateway:
    def __init__(self, name, port, tenant, server, deployment, key):
        self.name, self.port, self.tenant, self.server, self.deployment, self.key = (
            name,
            port,
            tenant,
            server,
            deployment,
            key,
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


def haproxy_with(example: str, environment: dict[str, str], server, upstream, program, folder):
    port = free_port()
    environment |= {"GATEWAY_LISTEN": f"127.0.0.1:{port}", "CHAT_ADDRESS": upstream.address}
    return daemon([program("haproxy"), "-db", "-f", str(EXAMPLES / "haproxy" / example)], port, folder, environment)

"""A deployment of the real binary: its files, its command line, and the server it runs."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request

import evidence
from wire import Wire

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("CHAT_TOKENS_BINARY", ROOT / ".build/debug/chat-tokens")).resolve()
MANY = {"rate": 1_000_000, "burst": 1_000_000, "quota": 1_000_000_000}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def id_of(key: str) -> str:
    """The public part of an API key, by which it is named in claims and counts."""
    return key.removeprefix("chatsdk_")[:12]


class CommandFailed(AssertionError):
    """A command ended with another status than was expected."""


class Deployment:
    """One database with its master key, in a folder of its own; `run` is the command line, `serve` the server."""

    def __init__(self, folder: pathlib.Path, **settings: str):
        self.folder = folder
        self.database = folder / "chat-tokens.db"
        self.port, self.metrics_port = free_port(), free_port()
        self.settings = {
            "DATABASE_URL": f"sqlite://{self.database}",
            "PORT": str(self.port),
            "METRICS_ADDRESS": f"127.0.0.1:{self.metrics_port}",
        } | settings

    @property
    def environment(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("CHAT_TOKENS_")}
        return clean | {f"CHAT_TOKENS_{name}": value for name, value in self.settings.items()}

    @property
    def url(self) -> str:
        scheme = "https" if "TLS_CERTIFICATE" in self.settings else "http"
        return self.settings.get("PUBLIC_URL", f"{scheme}://127.0.0.1:{self.port}")

    def issuer(self, tenant: str) -> str:
        return f"{self.url}/t/{tenant}"

    def attempt(self, *arguments: object, stdin: str | None = None, **settings: str) -> subprocess.CompletedProcess:
        """Runs a command and says how it went."""
        environment = self.environment | {f"CHAT_TOKENS_{name}": value for name, value in settings.items()}
        return subprocess.run(
            [BINARY, *map(str, arguments)],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            env=environment,
            cwd=self.folder,
        )

    def run(self, *arguments: object, stdin: str | None = None) -> dict:
        """Runs a command that has to succeed and returns its JSON document."""
        end = arguments.index("--") if "--" in arguments else len(arguments)
        done = self.attempt(*arguments[:end], "--json", *arguments[end:], stdin=stdin)
        if done.returncode != 0:
            raise CommandFailed(f"{' '.join(map(str, arguments))}: {done.returncode}\n{done.stdout}\n{done.stderr}")
        document = json.loads(done.stdout)
        evidence.note_document(document)
        return document

    def initialize(self) -> dict:
        document = self.run("init")
        evidence.note_secret("master key", (self.folder / "master.key").read_text().strip())
        return document

    def tenant(self, name: str, algorithm: str = "HS256", **options: object) -> dict:
        """Creates a tenant whose limits nobody meets unless they are given."""
        flags = [f"--{flag.replace('_', '-')}={value}" for flag, value in (MANY | options).items()]
        return self.run("tenant", "create", name, "--algorithm", algorithm, *flags)

    def key(self, tenant: str, *flags: object) -> str:
        """Creates an API key of a tenant and returns its text."""
        return self.run("key", "create", "--tenant", tenant, "--name", "test", *flags)["apiKey"]

    def node_key(self) -> str:
        return self.run("key", "create", "--node", "--name", "gateway")["apiKey"]

    def secret(self, tenant: str) -> dict:
        """The private JWK of the tenant's active signing key."""
        return self.run("signing-key", "export", "--private", "--tenant", tenant)

    def rows(self, query: str, *values: object) -> list[tuple]:
        """What the file itself holds, read beside the server."""
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as database:
            return database.execute(query, values).fetchall()

    def stored(self, tenant: str, user: str) -> tuple | None:
        """Name, image and custom metadata of a stored user."""
        query = 'SELECT name, image, custom FROM "user" WHERE tenant_id = ? AND user_id = ?'
        return next(iter(self.rows(query, tenant, user)), None)

    @contextlib.contextmanager
    def serve(self, **options):
        """The server, ready; at the end it is told to stop and has to do so with status 0."""
        server = Server(self, **options)
        try:
            server.wait_until_ready()
            yield server
        except BaseException:
            server.kill()
            raise
        server.stop()


class Server:
    """A running `chat-tokens serve`."""

    started = 0
    unfinished: set[subprocess.Popen] = set()

    def __init__(self, deployment: Deployment, prefix: tuple[str, ...] = (), environment: dict[str, str] | None = None):
        Server.started += 1
        self.deployment = deployment
        self.log = deployment.folder / f"server-{Server.started}.log"
        evidence.LOGS.append(self.log)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*prefix, str(BINARY), "serve"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env=deployment.environment | (environment or {}),
                cwd=deployment.folder,
            )
        Server.unfinished.add(self.process)

    @property
    def port(self) -> int:
        return self.deployment.port

    @property
    def url(self) -> str:
        return self.deployment.url

    @property
    def pid(self) -> int:
        return self.process.pid

    def wait_until_ready(self, timeout: float = 20) -> None:
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise AssertionError(f"serve ended with {self.process.returncode}: {self.log.read_text()}")
            with contextlib.suppress(OSError):
                if "TLS_CERTIFICATE" in self.deployment.settings:
                    socket.create_connection(("127.0.0.1", self.port), 1).close()
                    return
                with self.wire() as wire:
                    if wire.ask("GET", "/readyz").status == 200:
                        return
            time.sleep(0.02)
        raise AssertionError(f"not ready after {timeout} s: {self.log.read_text()}")

    def wire(self, timeout: float = 20) -> Wire:
        """A connection of its own."""
        return Wire(self.port, timeout=timeout)

    def ask(self, method: str, path: str, body: object = None, headers: dict | None = None):
        """One request on a connection of its own."""
        with self.wire() as wire:
            return wire.ask(method, path, body, headers)

    def issue(self, key: str, user: object, **headers: str):
        """`POST /tokens`."""
        document = user if isinstance(user, (dict, str, bytes)) else {"userId": user}
        answer = self.ask("POST", "/tokens", document, {"X-API-Key": key} | headers)
        if answer.status == 200:
            evidence.note_document(answer.json)
        return answer

    def pair(self, key: str, user: object = "user-123") -> dict:
        """A token pair that has to be issued."""
        document = user if isinstance(user, dict) else {"userId": user}
        answer = self.issue(key, document)
        assert answer.status == 200, answer
        return answer.json

    def verify(self, key: str, token: str, expect: str, **members: object) -> dict:
        """The verdict of `POST /verify`."""
        answer = self.ask("POST", "/verify", {"token": token, "expect": expect} | members, {"X-API-Key": key})
        assert answer.status == 200, answer
        return answer.json

    def code(self, key: str, token: str, expect: str) -> str:
        """`valid`, or the code of the refusal."""
        verdict = self.verify(key, token, expect)
        return "valid" if verdict["valid"] else verdict["code"]

    def forward(self, key: str | None, expect: str | None = "ws", **fields: str):
        """`GET /verify`, as a proxy asks it; underscores in the names of fields become hyphens."""
        headers = {name.replace("_", "-"): value for name, value in fields.items()} | (
            {"X-API-Key": key} if key else {}
        )
        return self.ask("GET", "/verify" + (f"?expect={expect}" if expect else ""), headers=headers)

    def metrics(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.deployment.metrics_port}/metrics", timeout=5) as answer:
            return answer.read().decode()

    def open_files(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def stop(self, timeout: float = 30) -> None:
        """Tells the server to stop; it has to end by itself and with status 0."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"SIGTERM did not stop the server within {timeout} s") from None
        assert status == 0, f"serve ended with {status}: {self.log.read_text()[-2000:]}"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def eventually(check, timeout: float = 5, pause: float = 0.02):
    """What `check` returns as soon as that is true; fails after the time."""
    end = time.monotonic() + timeout
    while True:
        result = check()
        if result:
            return result
        assert time.monotonic() < end, f"not within {timeout} s"
        time.sleep(pause)

"""Clients that issue tokens as fast as they can, and remember exactly what was acknowledged."""

import json
import threading
import time

from wire import Answer, Closed, Wire, request


class Load:
    """Writers on connections of their own; every writer numbers the values of its own users.

    Where there are several servers, the writers spread over them, and one that is cut off goes to the next. If
    `alternate`, every second writer never writes a user twice: what is lost is not covered by what comes later.
    """

    def __init__(self, server, key: str, writers: int = 8, users: int = 20, pipeline: int = 1, alternate: bool = False):
        servers = server if isinstance(server, list) else [server]
        self.ports = [server.port for server in servers]
        self.key, self.users, self.pipeline, self.alternate = key, users, pipeline, alternate
        self.acknowledged: dict[str, int] = {}
        self.sent: dict[str, int] = {}
        self.statuses: dict[int, int] = {}
        self.cut: list[str] = []
        # What was not acknowledged, and when: an answer, or the error that ended a connection.
        self.failures: list[tuple[float, int, Answer | str]] = []
        self.latest: dict[int, float] = {}
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._write, args=(index,)) for index in range(writers)]

    def __enter__(self) -> "Load":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def stop(self) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join(30)

    def wait_for(self, count: int, timeout: float = 30) -> None:
        """Until so many requests have been acknowledged."""
        end = time.monotonic() + timeout
        while self.statuses.get(200, 0) < count:
            assert time.monotonic() < end, self.statuses
            time.sleep(0.005)

    def _write(self, writer: int) -> None:
        value = 0
        place = writer
        while not self.stopping.is_set():
            port = self.ports[place % len(self.ports)]
            try:
                with Wire(port, timeout=15) as wire:
                    while not self.stopping.is_set():
                        value = self._exchange(wire, port, writer, value)
            except (Closed, OSError) as error:
                self.cut.append(str(error))
                if str(error) != "announced":
                    self.failures.append((time.monotonic(), port, str(error)))
                place, value = place + 1, value + self.pipeline
                if self.stopping.wait(0.02):
                    return

    def _exchange(self, wire: Wire, port: int, writer: int, value: int) -> int:
        asked = []
        for _ in range(self.pipeline):
            user = f"w{writer}-{value if self.alternate and writer % 2 else value % self.users}"
            value += 1
            asked.append((user, value))
            self.sent[user] = value
        wire.send(
            b"".join(
                request(
                    "POST",
                    "/tokens",
                    {"userId": user, "name": f"n{number}", "image": None, "custom": {"v": number}},
                    {"X-API-Key": self.key},
                )
                for user, number in asked
            )
        )
        for user, number in asked:
            answer = wire.read()
            with self.lock:
                self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
            if answer.status == 200:
                assert answer.json["user"]["name"] == f"n{number}"
                self.acknowledged[user] = number
                self.latest[port] = time.monotonic()
            else:
                self.failures.append((time.monotonic(), port, answer))
                self.stopping.wait(0.01)
            if answer.get("Connection") == "close":
                raise Closed("announced")
        return value

    def check(self, deployment, tenant: str) -> None:
        """Every acknowledged value is stored, or a later one that was sent; no row is half of two."""
        rows = deployment.rows('SELECT user_id, name, custom FROM "user" WHERE tenant_id = ?', tenant)
        stored = {user: (int(name[1:]), json.loads(custom)["v"]) for user, name, custom in rows if user.startswith("w")}
        for user, number in self.acknowledged.items():
            assert user in stored, f"{user} was acknowledged and is gone"
            assert number <= stored[user][0] <= self.sent[user], f"{user}: acknowledged {number}, stored {stored[user]}"
        for user, (name, custom) in stored.items():
            assert name == custom, f"{user} is half-written"

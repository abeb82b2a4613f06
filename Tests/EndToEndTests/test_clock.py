"""A clock that goes wrong: the server goes on issuing and verifying, and nobody is locked out."""

import pathlib
import time

import pytest

import jose
from deployment import Server, eventually

LIBRARIES = ["/usr/lib/*/faketime/libfaketime.so.1", "/usr/lib64/faketime/libfaketime.so.1"]


class Clock:
    """The clock of a server, moved by writing an offset into a file."""

    def __init__(self, path: pathlib.Path, library: str):
        self.path = path
        self.move(0)
        self.environment = {
            "LD_PRELOAD": library,
            "FAKETIME_TIMESTAMP_FILE": str(path),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }

    def serve(self, deployment) -> Server:
        """By way of `env`: the library sets a variable when it is first loaded, which makes room for it by moving the
        environment, and Swift then looks for the program's arguments where they no longer are."""
        return Server(deployment, prefix=("env",), environment=self.environment)

    @staticmethod
    def library() -> str | None:
        """The library that moves clocks."""
        return next((str(path) for pattern in LIBRARIES for path in pathlib.Path("/").glob(pattern[1:])), None)

    @staticmethod
    def forget(pid: int) -> None:
        """Removes what the library leaves in shared memory."""
        for name in (f"faketime_shm_{pid}", f"sem.faketime_sem_{pid}"):
            pathlib.Path("/dev/shm", name).unlink(missing_ok=True)

    def move(self, seconds: int) -> None:
        self.path.write_text(f"{seconds:+}s\n")


@pytest.fixture
def moved(make_deployment, tmp_path, unavailable):
    """A server whose clock the test moves, its tenant with narrow limits, and a key."""
    library = Clock.library() or unavailable("faketime")
    made = make_deployment()
    made.tenant("acme", rate=5, burst=10)
    key = made.key("acme")
    clock = Clock(tmp_path / "offset", library)
    server = clock.serve(made)
    try:
        server.wait_until_ready()
        clock.move(+500)
        if not 400 < jose.decode(server.pair(key)["token"])[1]["iat"] - time.time() < 600:
            unavailable("a faketime that moves this binary's clock")
        clock.move(0)
        yield server, key, clock
        server.stop()
    finally:
        server.kill()
        clock.forget(server.pid)


@pytest.mark.parametrize("hours", [-1, -24, 24])
def test_a_clock_that_jumps_does_not_stop_anything(moved, hours):
    server, key, clock = moved
    before = server.pair(key, {"userId": "jumper", "name": "before"})
    clock.move(hours * 3_600)
    after = server.pair(key, {"userId": "jumper", "name": "after"})
    claims = jose.decode(after["token"])[1]
    assert abs(claims["iat"] - (time.time() + hours * 3_600)) < 5, "the clock was moved"
    assert claims["exp"] - claims["iat"] == 86_400
    assert server.code(key, after["wsToken"], "ws") == "valid"
    assert server.code(key, before["wsToken"], "ws") == ("token_expired" if hours >= 24 else "valid")
    assert after["grantId"] != before["grantId"]
    assert server.ask("GET", "/readyz").status == 200
    assert server.pair(key, {"userId": "jumper"})["user"]["name"] == "after"
    clock.move(0)
    assert server.code(key, server.pair(key)["token"], "rest") == "valid"


@pytest.mark.parametrize("hours", [-1, -24 * 40, 1])
def test_a_clock_that_jumps_locks_nobody_out_and_opens_no_floodgate(moved, hours):
    server, key, clock = moved
    time.sleep(1)
    while server.issue(key, {"userId": "u"}).status == 200:
        pass
    clock.move(hours * 3_600)
    refused = server.issue(key, {"userId": "u"})
    if refused.status == 429:
        assert refused.code == "rate_limited" and int(refused["Retry-After"]) <= 3
    eventually(lambda: server.issue(key, {"userId": "u"}).status == 200, timeout=3)
    passed = sum(server.issue(key, {"userId": "u"}).status == 200 for _ in range(40))
    assert passed <= 15, "the jump gave the whole burst back"


def test_grant_ids_stay_unique_when_the_clock_goes_back(moved):
    server, key, clock = moved
    seen = set()
    for offset in (0, -1, -3_600, 0, -1):
        clock.move(offset)
        time.sleep(0.3)
        seen |= {server.pair(key, "u")["grantId"] for _ in range(2)}
    assert len(seen) == 10

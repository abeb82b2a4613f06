"""What takes minutes of computing goes on beside the tests, in the time that they leave, one command at a time."""

import concurrent.futures
import contextlib
import os
import shutil
import signal
import subprocess

import pytest

import fuzzing
import readers
from deployment import Deployment

# Modules that measure latency and throughput come first, before anything goes on beside them.
MEASURING = ("test_accounts", "test_nodes", "test_revocation")
# Last come two that wait for what takes long, and one that looks at what all others left behind.
LAST = ("test_openapi", "test_slow_clients", "test_logs")
# A command gets what the tests leave, so that it may take long.
PATIENCE = 1_800


def pytest_collection_modifyitems(items):
    def place(item) -> int:
        name = item.module.__name__
        return LAST.index(name) + 1 if name in LAST else -(name in MEASURING)

    items.sort(key=place)


class Backstage:
    """A queue of commands; what comes out of each is asked for by the test that needs it."""

    def __init__(self):
        self._pool = concurrent.futures.ThreadPoolExecutor(1)
        self._process: subprocess.Popen | None = None

    def run(self, command: list, **options: object) -> concurrent.futures.Future:
        """Queues a command; its `CompletedProcess` has all that it said in `stdout`."""
        # Not by `nice`: a change of keys reached the other nodes after 116 ms at worst beside it, beside this after 42.
        return self._pool.submit(self._run, ["chrt", "--idle", "0", *map(str, command)], options)

    def _run(self, command: list[str], options: dict) -> subprocess.CompletedProcess:
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True, **options)
        try:
            said, _ = self._process.communicate(timeout=PATIENCE)
        finally:
            self._kill()
        return subprocess.CompletedProcess(command, self._process.returncode, said)

    def _kill(self) -> None:
        if self._process and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def end(self) -> None:
        """Gives up what nobody waits for any more, as after an interrupted run."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._kill()


@pytest.fixture(scope="session")
def backstage(request, tmp_path_factory):
    """Starts what the selected tests need; tells the results of `jwt-kit` or of a fuzzer's client."""
    selected = request.session.items
    stage, results = Backstage(), {}
    with contextlib.ExitStack() as stack:
        stack.callback(stage.end)
        if any(item.module.__name__ == "test_token_differential" for item in selected) and shutil.which("swift"):
            results["jwt-kit"] = [stage.run(readers.BUILD)]
        for who in [item.callspec.params["who"] for item in selected if item.originalname == fuzzing.TEST]:
            made = Deployment(tmp_path_factory.mktemp("deployment"))
            made.initialize()
            server = stack.enter_context(made.serve())
            results[who] = [
                stage.run(command, **options) for command, options in fuzzing.commands(made, server, who)]
        yield lambda name: [future.result() for future in results[name]]


@pytest.fixture(scope="module", autouse=True)
def _begun(request):
    """Starts it with the first module that does not measure."""
    if request.module.__name__ not in MEASURING:
        request.getfixturevalue("backstage")

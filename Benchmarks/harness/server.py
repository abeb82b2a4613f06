"""What the comparison knows of a server: how it is built and started, and what it can be asked."""

import shutil

from . import client, database
from .places import SCRATCH, free_port
from .process import Process


class Server:
    """One contestant. Subclasses say how to build it and what to run."""

    name = ""
    label = ""
    #: The floors answer without doing the work, so no contract is asked of them.
    floor = False

    def __init__(self, directory):
        self.directory = directory / self.name
        self.api_key = None
        self.port = None
        self.process = None

    def build(self):
        """Brings the program into the scratch folder; raises `Unavailable` when that cannot be."""

    def prepare(self):
        """A fresh directory with a database, a tenant and a key."""
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        self.api_key = database.seed(self.directory / "peer.db")

    def command(self):
        """Program and arguments."""
        raise NotImplementedError

    def environment(self):
        return {
            "PORT": str(self.port), "DATABASE": str(self.directory / "peer.db"),
            "PUBLIC_URL": f"http://127.0.0.1:{self.port}",
        }

    def working_directory(self):
        return self.directory

    def start(self):
        """Starts on a free port and returns the seconds until the first token pair."""
        self.port = free_port()
        self.process = Process(
            self.command(), self.environment(), self.directory / "log", self.working_directory())
        first = client.raw("POST", "/tokens", {"X-API-Key": self.api_key}, b'{"userId":"first"}')
        try:
            return self.process.await_answer(self.port, first)
        except BaseException:
            self.stop()
            raise

    def stop(self):
        if self.process:
            self.process.stop()
            self.process = None


def scratch(name):
    """A folder for what a build leaves behind."""
    path = SCRATCH / name
    path.mkdir(parents=True, exist_ok=True)
    return path

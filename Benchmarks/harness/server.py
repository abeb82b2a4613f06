"""What the comparison knows of a server: how it is built and started, and what it can be asked."""

import re
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

    @property
    def ports(self):
        """Where requests may go; several when the server is several nodes."""
        return [self.port]

    def build(self):
        """Brings the program into the scratch folder; raises `Unavailable` when that cannot be."""

    def prepare(self):
        """A fresh directory with a database, a tenant and a key."""
        self.clear()
        self.api_key = self.seed()

    def clear(self):
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)

    def seed(self):
        """A fresh database; returns the API key that opens it."""
        return database.seed(self.directory / "peer.db")

    def database(self):
        """What the program is told of where its data is."""
        return str(self.directory / "peer.db")

    def stores(self):
        """The processes that work for this server without being part of it."""
        return []

    def durable(self):
        """The processes that flush before an answer."""
        return [self.process]

    def command(self):
        """Program and arguments."""
        raise NotImplementedError

    def environment(self):
        return {
            "PORT": str(self.port), "DATABASE": self.database(), "PUBLIC_URL": f"http://127.0.0.1:{self.port}",
        }

    def working_directory(self):
        return self.directory

    def start(self):
        """Starts on a free port and returns the seconds until the first token pair."""
        self.port = free_port()
        self.process = self.spawn()
        try:
            return self.answered()
        except BaseException:
            self.stop()
            raise

    def spawn(self):
        return Process(self.command(), self.environment(), self.directory / "log", self.working_directory())

    def answered(self):
        """Seconds until the first token pair."""
        return self.process.await_answer(self.port, self.first())

    def first(self):
        """The request whose answer shows that the server is there."""
        return client.raw("POST", "/tokens", {"X-API-Key": self.api_key}, b'{"userId":"first"}')

    def stop(self):
        if self.process:
            self.process.stop()
            self.process = None


class OnPostgres:
    """Mixed into a server: its data is a database of its own in the run's PostgreSQL."""

    #: Set by `main` before anything starts.
    postgres = None

    def build(self):
        super().build()
        self.postgres.start()

    def seed(self):
        return database.seed_postgres(self.postgres, self.database_name())

    def database_name(self):
        return re.sub(r"\W", "_", f"{self.directory.parent.name}_{self.name}")

    def database(self):
        return self.postgres.url(self.database_name())

    def stores(self):
        return [self.postgres.process, *super().stores()]

    def durable(self):
        return [self.postgres.process]


def scratch(name):
    """A folder for what a build leaves behind."""
    path = SCRATCH / name
    path.mkdir(parents=True, exist_ok=True)
    return path

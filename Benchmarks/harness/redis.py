"""A throw-away Redis on a loopback port, in memory only: shared limits need no more."""

from .places import Unavailable, free_port, tool
from .process import Process


class Redis:
    """Started when first needed."""

    def __init__(self, directory):
        self.directory = directory / "redis-data"
        self.process = None
        self.port = None

    def start(self):
        """Starts the server; later calls do nothing."""
        if self.process:
            return
        program = tool("redis-server", "redis-server")
        self.directory.mkdir()
        self.port = free_port()
        self.process = Process(
            [program, "--bind", "127.0.0.1", "--port", self.port, "--dir", self.directory, "--save", "",
             "--appendonly", "no"], {}, self.directory.parent / "redis.log", self.directory)
        try:
            self.process.await_answer(self.port, b"PING\r\n", b"+PONG")
        except Unavailable:
            self.stop()
            raise

    def url(self):
        return f"redis://127.0.0.1:{self.port}"

    def stop(self):
        if self.process:
            self.process.stop()
            self.process = None

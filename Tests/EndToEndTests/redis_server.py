"""A redis-server of the tests' own."""

import pathlib
import signal
import socket
import subprocess
import time


class Redis:
    """Redis on a loopback port that nobody uses, with nothing on disk."""

    def __init__(self, program: str, folder: pathlib.Path, port: int, *arguments: str):
        self.port = port
        self.command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        self.command += arguments
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        """With nothing in its memory; returns when it answers."""
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                    connection.sendall(b"PING\r\n")
                    connection.recv(64)
                    return
            except OSError:
                assert time.monotonic() < end, "Redis does not start"
                time.sleep(0.01)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

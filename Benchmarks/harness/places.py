"""Where things are, and ports that are free."""

import os
import shutil
import socket
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parent.parent
ROOT = BENCHMARKS.parent
PEERS = BENCHMARKS / "Peers"
SCRATCH = BENCHMARKS / ".build"
LUA = BENCHMARKS / "harness" / "lua"
CORES = os.cpu_count() or 1


class Unavailable(Exception):
    """A server cannot take part; the text says what is missing."""


def tool(name, package):
    """The path of a program, or `Unavailable` naming the package to install."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        raise Unavailable(f"{name} not found (apt-get install {package})")
    return path


def free_port():
    """A TCP port of 127.0.0.1 nobody listened on a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]

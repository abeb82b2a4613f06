"""One run of wrk against one server."""

import json
import os
import subprocess

from .places import LUA, tool


def wrk(port, script, arguments, connections, seconds, threads=None):
    """What wrk measured: requests, seconds, p50, p99, max (microseconds), non2xx, errors."""
    threads = threads or (1 if connections == 1 else 2)
    command = [
        tool("wrk", "wrk"), f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s",
        "-s", str(LUA / script), f"http://127.0.0.1:{port}/", "--", str(LUA),
        *[str(argument) for argument in arguments],
    ]
    output = subprocess.run(
        command, capture_output=True, text=True, check=True, env=os.environ | {"BENCH_LUA": str(LUA)}).stdout
    for line in output.splitlines():
        if line.startswith("RESULT "):
            return json.loads(line[7:])
    raise RuntimeError(f"wrk said nothing:\n{output}")


def tokens(port, api_key, connections, seconds, users, first=0, order="sequential"):
    """POST /tokens for `users` users in turn."""
    threads = 1 if connections == 1 else 2
    return wrk(port, "tokens.lua", [api_key, users, threads, first, order], connections, seconds, threads)


def replay(port, path, connections, seconds):
    """The requests of a file, again and again."""
    return wrk(port, "replay.lua", [path], connections, seconds)

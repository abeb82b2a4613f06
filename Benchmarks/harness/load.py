"""One run of wrk against one server."""

import json
import os
import subprocess

from .places import LUA, tool


def _threads(connections):
    return 1 if connections == 1 else 2


def wrk(ports, script, arguments, connections, seconds):
    """Requests, seconds, p50, p99, max (microseconds), non2xx, errors; wrk's threads take the ports in turn."""
    command = [
        tool("wrk", "wrk"), f"-t{_threads(connections)}", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s",
        "-s", str(LUA / script), f"http://127.0.0.1:{ports[0]}/", "--", str(LUA),
        *[str(argument) for argument in arguments],
    ]
    output = subprocess.run(
        command, capture_output=True, text=True, check=True,
        env=os.environ | {"BENCH_LUA": str(LUA), "BENCH_PORTS": " ".join(map(str, ports))}).stdout
    for line in output.splitlines():
        if line.startswith("RESULT "):
            return json.loads(line[7:])
    raise RuntimeError(f"wrk said nothing:\n{output}")


def tokens(ports, api_key, connections, seconds, users, first=0, order="sequential"):
    """POST /tokens for `users` users in turn."""
    arguments = [api_key, users, _threads(connections), first, order]
    return wrk(ports, "tokens.lua", arguments, connections, seconds)


def replay(ports, path, connections, seconds):
    """The requests of a file, again and again."""
    return wrk(ports, "replay.lua", [path], connections, seconds)

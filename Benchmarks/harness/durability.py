"""Counts what a server flushes: an answer that is durable was preceded by an fdatasync."""

import re
import shutil
import signal
import subprocess
import time

from .client import Client

REQUESTS = 50


def flushes(server):
    """fsync and fdatasync calls per request of a lone client; None where they cannot be traced."""
    strace = shutil.which("strace")
    if strace is None:
        return None
    output = server.directory / "flushes"
    command = [strace, "-f", "-qq", "-e", "trace=fsync,fdatasync,msync", "-e", "signal=none", "-o", str(output)]
    for process in server.durable():
        for pid in process.tree():
            command += ["-p", str(pid)]
    tracer = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(1)
        if tracer.poll() is not None:
            return None
        client = Client(server.port, server.api_key)
        for number in range(REQUESTS):
            status, _, _ = client.send("POST", "/tokens", {"userId": f"durable-{number}", "custom": {"n": number}})
            if status != 200:
                return 0.0
        client.close()
    finally:
        if tracer.poll() is None:
            tracer.send_signal(signal.SIGINT)
            tracer.wait(10)
    return len(re.findall(r"(?:fsync|fdatasync|msync)\(", output.read_text())) / REQUESTS

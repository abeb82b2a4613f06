"""A server process with everything it spawned: start, first answer, CPU, memory, stop."""

import os
import signal
import subprocess
import time

from . import client
from .places import Unavailable

TICKS = os.sysconf("SC_CLK_TCK")


def _stat(pid):
    """Parent of a process and the CPU ticks of it and its ended children, None once it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[1]), sum(map(int, fields[11:15]))


def _rss(pid):
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


class Process:
    """A started server; `stop` ends it and what it spawned, nothing else."""

    def __init__(self, command, environment, log, directory=None, user=None):
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("CHAT_TOKENS_")}
        self.log = log
        with open(log, "ab") as output:
            self.started = time.perf_counter()
            self.process = subprocess.Popen(
                [str(part) for part in command], env=inherited | environment, cwd=directory,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
                user=user, group=user, extra_groups=[] if user else None)

    def await_answer(self, port, request, expected=b"HTTP/1.1 2", limit=60):
        """Seconds from the start to the first answer that begins as expected."""
        while time.perf_counter() - self.started < limit:
            if self.process.poll() is not None:
                raise Unavailable(f"ended with {self.process.returncode}: {self.tail()}")
            if client.answers(port, request, expected):
                return time.perf_counter() - self.started
            time.sleep(0.0005)
        raise Unavailable(f"no answer within {limit} s: {self.tail()}")

    def tree(self):
        """The ids of the process and its descendants."""
        parents = {}
        for name in os.listdir("/proc"):
            if name.isdigit() and (stat := _stat(name)):
                parents[int(name)] = stat[0]
        found = [self.process.pid]
        for pid in found:
            found += [child for child, parent in parents.items() if parent == pid]
        return found

    def cpu_seconds(self):
        """User and system time of the whole tree so far."""
        return sum(stat[1] for pid in self.tree() if (stat := _stat(pid))) / TICKS

    def rss(self):
        """Resident bytes of the whole tree; pages shared by several processes count in each."""
        return sum(_rss(pid) for pid in self.tree())

    def stop(self):
        """SIGTERM to the group the process leads, SIGKILL after ten seconds."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, number)
                self.process.wait(10)
                break
            except subprocess.TimeoutExpired:
                continue
            except ProcessLookupError:
                break

    def tail(self):
        """The end of what it logged."""
        with open(self.log, "rb") as file:
            return file.read()[-500:].decode(errors="replace").strip()


class Fleet:
    """Processes measured and stopped as one."""

    def __init__(self, processes):
        self.processes = processes

    def tree(self):
        return [pid for process in self.processes for pid in process.tree()]

    def cpu_seconds(self):
        return sum(process.cpu_seconds() for process in self.processes)

    def rss(self):
        return sum(process.rss() for process in self.processes)

    def stop(self):
        for process in self.processes:
            process.stop()

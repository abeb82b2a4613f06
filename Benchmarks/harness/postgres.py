"""A throw-away PostgreSQL on a loopback port, durable as in production; everybody connects to it over TCP."""

import os
import pwd
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

from .places import Unavailable, free_port
from .process import Process

#: A quarter of the machine's memory in MiB, as PostgreSQL's manual recommends.
SHARED_BUFFERS = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 4 // 2**20
#: What an operator would set for the machine; the rest is PostgreSQL's default. Durability is said explicitly.
SETTINGS = {
    "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "", "max_connections": "200", "shared_buffers": f"{SHARED_BUFFERS}MB",
    "max_wal_size": "8GB", "checkpoint_timeout": "15min", "wal_compression": "lz4", "jit": "off",
    "log_checkpoints": "off", "cluster_name": "Benchmarks",
}


def _program(name):
    """Debian keeps the server's programs outside the path, by version."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[4]))
    path = str(found[-1]) if found else shutil.which(name)
    if path is None:
        raise Unavailable(f"{name} not found (apt-get install postgresql-15)")
    return path


class Postgres:
    """Started when first needed; `stop` ends it, and its files go with the directory they are in."""

    def __init__(self, directory):
        self.directory = directory / "postgres-data"
        self.process = None
        self.port = None
        self.failure = None

    def start(self):
        """Creates and starts the cluster; later calls do nothing, or repeat why it could not be."""
        if self.failure:
            raise self.failure
        if self.process:
            return
        try:
            self._start()
        except (Unavailable, OSError, subprocess.CalledProcessError, KeyError) as error:
            self.failure = Unavailable(f"no PostgreSQL: {error}")
            self.stop()
            raise self.failure from error

    def _start(self):
        # PostgreSQL refuses to run as root; its own user then needs a way into the folder.
        self.user = "postgres" if os.geteuid() == 0 else None
        self.directory.parent.chmod(0o711)
        self.directory.mkdir()
        if self.user:
            account = pwd.getpwnam(self.user)
            os.chown(self.directory, account.pw_uid, account.pw_gid)
        subprocess.run(
            [_program("initdb"), "-D", self.directory, "-U", "postgres", "--auth=trust", "--encoding=UTF8",
             "--locale=C"], check=True, stdout=subprocess.DEVNULL, user=self.user, group=self.user, cwd="/")
        self.port = free_port()
        options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        self.process = Process(
            [_program("postgres"), "-D", self.directory, "-p", self.port, *options], {},
            self.directory.parent / "postgres.log", "/", user=self.user)
        while self._psql("postgres", "SELECT 1").returncode != 0:
            if self.process.process.poll() is not None or time.perf_counter() - self.process.started > 60:
                raise Unavailable(self.process.tail())
            time.sleep(0.1)
        self.run("postgres", "CREATE ROLE bench LOGIN")

    def create(self, database):
        """A fresh empty database, and the URL that opens it."""
        self.run(
            "postgres", f"DROP DATABASE IF EXISTS {database} WITH (FORCE)", f"CREATE DATABASE {database} OWNER bench")
        return self.url(database)

    def url(self, database):
        return f"postgres://bench@127.0.0.1:{self.port}/{database}"

    def run(self, database, *statements, role="postgres"):
        """Runs each statement in a transaction of its own and returns their rows, unaligned."""
        result = self._psql(database, *statements, role=role)
        if result.returncode != 0:
            raise Unavailable(f"psql: {result.stderr.strip()}")
        return result.stdout.splitlines()

    def _psql(self, database, *statements, role="postgres"):
        commands = [part for statement in statements for part in ("-c", statement)]
        return subprocess.run(
            [_program("psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(self.port), "-U", role,
             "-d", database, *commands], capture_output=True, text=True, check=False, cwd="/")

    def version(self):
        return re.match(r"[\d.]+", self.run("postgres", "SHOW server_version")[0]).group()

    def stop(self):
        if self.process:
            # Immediate shutdown: nobody will read these files again.
            self.process.process.send_signal(signal.SIGQUIT)
            self.process.process.wait(30)
            self.process = None
        shutil.rmtree(self.directory, ignore_errors=True)

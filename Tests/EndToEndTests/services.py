"""PostgreSQL and PgBouncer of the tests' own, made to be stopped, frozen and killed."""

import contextlib
import csv
import io
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from deployment import free_port
from gateway import daemon

# By default a commit is not flushed: whoever promises that it is has to ask for it.
POSTGRES_SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 200
fsync = off
full_page_writes = off
synchronous_commit = off
wal_writer_delay = 10s
autovacuum_naptime = 5s
log_line_prefix = '%m [%p] '
"""


def as_owner(*command: object) -> list[str]:
    """The command as a user other than root, under whom PostgreSQL and PgBouncer refuse to run."""
    return [*(["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []), *map(str, command)]


@contextlib.contextmanager
def owned_folder(prefix: str):
    """A temporary folder of that user, where it may go: pytest's are closed to others."""
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as folder:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        yield pathlib.Path(folder)


def postgres_programs() -> pathlib.Path | None:
    """The folder of the newest PostgreSQL, which Debian keeps off the PATH."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    program = found[-1] if found else shutil.which("initdb")
    return program and pathlib.Path(program).resolve().parent


class Postgres:
    """A PostgreSQL on a port of 127.0.0.1; the program reaches it as a role that may do nothing but own a database."""

    ROLE = "chat_tokens"

    def __init__(self, folder: pathlib.Path, primary: "Postgres | None" = None):
        """A new server, or a standby of another."""
        self.folder, self.port, self.programs = folder, free_port(), postgres_programs()
        self.data = folder / "data"
        if primary:
            source = primary.url("postgres", user="postgres")
            self._run("pg_basebackup", "-D", self.data, "-R", "-c", "fast", "-d", source)
        else:
            self._run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(POSTGRES_SETTINGS.format(port=self.port))
        self.start()
        if not primary:
            self.ask("postgres", f"CREATE ROLE {self.ROLE} LOGIN")

    def _run(self, program: str, *arguments: object) -> None:
        command = as_owner(self.programs / program, *arguments)
        subprocess.run(command, cwd=self.folder, stdout=subprocess.DEVNULL, check=True, timeout=120)

    def _control(self, *arguments: object) -> None:
        self._run("pg_ctl", "-D", self.data, "-w", *arguments)

    def start(self) -> None:
        self._control("-l", self.folder / "log", "start")

    def stop(self, mode: str) -> None:
        """`fast` ends the sessions in order, `immediate` as a crash would."""
        self._control("-m", mode, "stop")

    @property
    def processes(self) -> list[int]:
        """The postmaster and its children."""
        postmaster = int((self.data / "postmaster.pid").read_text().split("\n")[0])
        children = pathlib.Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        return [postmaster, *map(int, children)]

    @contextlib.contextmanager
    def frozen(self):
        """Every process of the server stands still."""
        stopped = []
        try:
            for process in self.processes:
                os.kill(process, signal.SIGSTOP)
                stopped.append(process)
            yield
        finally:
            for process in stopped:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGCONT)

    def promote(self) -> None:
        """A standby becomes the server that may be written to."""
        self._control("promote")

    def url(self, database: str, port: int | None = None, user: str = ROLE) -> str:
        return f"postgres://{user}@127.0.0.1:{port or self.port}/{database}?sslmode=disable"

    def ask(self, database: str, query: str, *values: object) -> list[tuple]:
        """The rows as texts, or None for NULL, as the superuser; each `?` is replaced by a quoted value."""
        head, *rest = query.split("?")
        quoted = ("'" + str(value).replace("'", "''") + "'" for value in values)
        text = head + "".join(value + part for value, part in zip(quoted, rest, strict=True))
        options = ["-XqAt", "--csv", "-P", "null=\x01", "-v", "ON_ERROR_STOP=1", "-c", text]
        command = [self.programs / "psql", *options, self.url(database, user="postgres")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        rows = csv.reader(io.StringIO(done.stdout))
        return [tuple(None if value == "\x01" else value for value in row) for row in rows]

    def create(self, database: str) -> str:
        """An empty database; returns its URL."""
        self.ask("postgres", f'CREATE DATABASE "{database}" OWNER {self.ROLE}')
        return self.url(database)

    def end(self) -> None:
        """Ends it, frozen or not; one that a test has stopped is ended already."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            for process in self.processes:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGCONT)
            self.stop("immediate")


@contextlib.contextmanager
def pgbouncer(postgres: Postgres, program: str, pool_size: int = 4):
    """PgBouncer in transaction mode before the server, with few connections for many clients; yields its port."""
    with owned_folder("pgbouncer-") as folder:
        port = free_port()
        (folder / "users").write_text(f'"{Postgres.ROLE}" ""\n')
        (folder / "pgbouncer.ini").write_text(
            f"[databases]\n* = host=127.0.0.1 port={postgres.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
            f"listen_port = {port}\nunix_socket_dir =\nauth_type = trust\nauth_file = {folder}/users\n"
            f"pool_mode = transaction\ndefault_pool_size = {pool_size}\nmax_client_conn = 200\n"
            # After a failed attempt to connect it would tell everybody for 15 s that it cannot.
            "server_login_retry = 1\n"
        )
        with daemon(as_owner(program, folder / "pgbouncer.ini"), port, folder):
            yield port

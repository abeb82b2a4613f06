"""What people would write instead. Each peer's folder says what it does; Benchmarks/README.md why so."""

import os
import shutil
import subprocess
import sys

from .places import CORES, PEERS, SCRATCH, Unavailable, tool
from .server import OnPostgres, Server, scratch


def run(*command, **options):
    """Runs a build step, its output on stderr; `Unavailable` when it fails."""
    try:
        subprocess.run([str(part) for part in command], check=True, stdout=sys.stderr, **options)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Unavailable(f"build failed: {error}") from error


class Swift(Server):
    """A product of the package in Peers."""

    product = ""

    def build(self):
        run("swift", "build", "-c", "release", "--package-path", PEERS, "--scratch-path", scratch("peers"),
            "--product", self.product)

    def command(self):
        return [SCRATCH / "peers" / "release" / self.product]


class Hummingbird(Swift):
    name = "hummingbird"
    label = "Hummingbird + Codable + jwt-kit + GRDB"
    product = "HummingbirdCodable"


class Go(Server):
    name = "go"
    label = "Go net/http + golang-jwt + mattn sqlite3"
    package = "golang-github-mattn-go-sqlite3-dev"
    tag = "libsqlite3"

    def build(self):
        environment = os.environ | {
            "GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": "", "GOCACHE": str(scratch("go/cache"))}
        run(tool("go", f"golang-go golang-github-golang-jwt-jwt-dev {self.package}"), "build", "-tags", self.tag,
            "-o", SCRATCH / "go" / self.tag, ".", cwd=PEERS / "Go", env=environment)

    def command(self):
        return [SCRATCH / "go" / self.tag]


class GoPgx(OnPostgres, Go):
    label = "Go net/http + golang-jwt + pgx"
    package = "golang-github-jackc-pgx-v4-dev"
    tag = "postgres"

    def environment(self):
        return super().environment() | _pool()


class FastAPI(Server):
    name = "fastapi"
    label = "FastAPI + uvicorn + PyJWT + SQLite"
    workers = CORES

    def build(self):
        python = SCRATCH / "venv" / "bin" / "python"
        if not python.exists():
            run(sys.executable, "-m", "venv", SCRATCH / "venv")
        run(python, "-m", "pip", "install", "-q", "-r", PEERS / "FastAPI" / "requirements.txt")

    def command(self):
        return [
            SCRATCH / "venv" / "bin" / "python", "-m", "uvicorn", "app:app", "--host", "127.0.0.1",
            "--port", self.port, "--loop", "uvloop", "--http", "httptools", "--no-access-log",
            "--log-level", "warning", "--workers", self.workers, "--backlog", "1024"]

    def environment(self):
        return super().environment() | {"STORE": os.environ.get("STORE", "thread"), "PYTHONDONTWRITEBYTECODE": "1"}

    def working_directory(self):
        return PEERS / "FastAPI"


class FastAPIAsyncpg(OnPostgres, FastAPI):
    label = "FastAPI + uvicorn + PyJWT + asyncpg"

    def environment(self):
        return super().environment() | _pool() | {"RESET": os.environ.get("RESET", "")}


class Node(Server):
    name = "node"
    label = "Node http + own HS256 + node-sqlite3"
    workers = 1
    packages = ["node-sqlite3", "node-bindings", "node-file-uri-to-path"]
    folder = "node"

    def build(self):
        """Debian's modules, unpacked and not installed: their packages would bring a second Node."""
        tool("node", "nodejs")
        folder = scratch(self.folder)
        if (folder / "complete").exists():
            return
        run(tool("apt-get", "apt"), "download", *self.packages, cwd=folder)
        for package in sorted(folder.glob("*.deb")):
            run("dpkg", "-x", package, folder / "unpacked")
        modules = folder / "node_modules"
        shutil.rmtree(modules, ignore_errors=True)
        modules.mkdir()
        for module in sorted(folder.glob("unpacked/usr/**/nodejs/*/package.json")):
            (modules / module.parent.name).symlink_to(module.parent)
        self.complete(folder)
        (folder / "complete").touch()

    def complete(self, folder):
        """What node-sqlite3 needs beside its modules."""
        # It asks node-pre-gyp one thing, where its binary is; Debian's node-pre-gyp pulls in all of npm.
        binary = next(folder.glob("unpacked/**/napi-v6-*/node_sqlite3.node"))
        finder = folder / "node_modules" / "@mapbox" / "node-pre-gyp"
        finder.mkdir(parents=True)
        (finder / "index.js").write_text(f"exports.find = () => {str(binary)!r}\n")
        # It names Debian's libnode, though Node-API symbols come from whichever node loads it: an empty one will do.
        run("cc", "-shared", "-Wl,-soname,libnode.so.108", "-o", folder / "libnode.so.108", "-x", "c", "/dev/null")

    def command(self):
        return [tool("node", "nodejs"), "--preserve-symlinks", PEERS / "Node" / "server.js"]

    def environment(self):
        folder = SCRATCH / self.folder
        return super().environment() | {
            "NODE_PATH": str(folder / "node_modules"), "LD_LIBRARY_PATH": str(folder),
            "WORKERS": os.environ.get("NODE_WORKERS", str(self.workers))}


class NodePg(OnPostgres, Node):
    label = "Node http + own HS256 + pg"
    workers = CORES
    packages = ["node-pg", "node-split2", "node-xtend"]
    folder = "node-pg"

    def complete(self, folder):
        """pg is JavaScript only."""

    def environment(self):
        return super().environment() | _pool()


def _pool():
    """Connections of each process, when somebody wants to try another number than the peers' own."""
    return {"POOL": os.environ["POOL"]} if "POOL" in os.environ else {}

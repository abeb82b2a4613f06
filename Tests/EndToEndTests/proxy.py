"""A TCP proxy on this machine that does to connections what networks do to them."""

import asyncio
import contextlib
import socket
import struct
import threading

TO_SERVER, TO_CLIENT = "to server", "to client"
BOTH = (TO_SERVER, TO_CLIENT)


class Link:
    """One connection through the proxy: the client's half and the server's."""

    def __init__(self, client, server):
        self.writers = {TO_SERVER: server[1], TO_CLIENT: client[1]}
        self.readers = {TO_SERVER: client[0], TO_CLIENT: server[0]}
        self.open = {way: asyncio.Event() for way in BOTH}
        self.delays = dict.fromkeys(BOTH, 0.0)
        self.is_deaf = False
        # Whether it is the connection on which a node waits for notifications, or the one on which it writes users.
        self.listens = self.issues = False
        for gate in self.open.values():
            gate.set()

    async def pump(self, way: str) -> None:
        """Passes on bytes until one side ends; in a black hole they wait, as they do where packets are sent again."""
        reader, writer = self.readers[way], self.writers[way]
        while data := await reader.read(65_536):
            if way == TO_SERVER:
                self.listens |= b"LISTEN " in data
                self.issues |= b"issue_batch" in data
            await self.open[way].wait()
            if self.delays[way]:
                await asyncio.sleep(self.delays[way])
            # Whoever resets a connection takes back what did not get through.
            if not self.is_deaf and reader.exception() is None:
                writer.write(data)
                await writer.drain()
        await self.open[way].wait()

    def reset(self, ways=BOTH) -> None:
        """Ends the halves at which these directions arrive, with a reset."""
        for way in ways:
            end = self.writers[way].get_extra_info("socket")
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.writers[way].transport.abort()


class Proxy:
    """Listens on `port` and passes connections on to the target; `with` starts and ends it.

    `links` chosen by a test are those for which `select` says true; a fault that is told to concern new connections
    too does so until `heal`.
    """

    def __init__(self, target: int):
        self.target = target
        self.links: set[Link] = set()
        self.met = 0
        self.loop = asyncio.new_event_loop()
        self.refuses = False
        self.new_black_holes: tuple[str, ...] = ()
        self.new_delays = dict.fromkeys(BOTH, 0.0)

    def __enter__(self) -> "Proxy":
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.server = self._do(asyncio.start_server, self._serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_) -> None:
        self.heal()
        self._call(self.server.close)
        self.reset()
        self._do(asyncio.sleep, 0.05)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
        self.loop.close()

    def delay(self, seconds: float, ways=BOTH) -> None:
        """Every piece of data, also on new connections, arrives this much later."""

        def change() -> None:
            for delays in (self.new_delays, *(link.delays for link in self.links)):
                delays.update(dict.fromkeys(ways, seconds))

        self._call(change)

    def black_hole(self, ways=BOTH, select=lambda _: True, new: bool = True) -> int:
        """Nothing arrives and nothing ends; after `heal` what was held does. Returns how many connections it met."""

        def change() -> int:
            met = [link for link in self.links if select(link)]
            for link in met:
                for way in ways:
                    link.open[way].clear()
            self.new_black_holes = ways if new else ()
            return len(met)

        return self._call(change)

    def half_open(self, select=lambda _: True) -> int:
        """The server's half is gone and the client is never told: what it says from now on nobody hears."""

        def change() -> int:
            met = [link for link in self.links if select(link)]
            for link in met:
                link.is_deaf = True
                link.open[TO_CLIENT].clear()
                link.reset((TO_SERVER,))
            return len(met)

        return self._call(change)

    def reset(self, select=lambda _: True) -> int:
        """Resets connections on both sides; new ones are taken."""

        def change() -> int:
            met = [link for link in self.links if select(link)]
            for link in met:
                link.reset()
            return len(met)

        return self._call(change)

    def refuse(self) -> None:
        """Resets new connections as soon as they come."""
        self.refuses = True

    def heal(self) -> None:
        """Everything passes again, at once; half-open connections stay so."""

        def change() -> None:
            self.refuses, self.new_black_holes, self.new_delays = False, (), dict.fromkeys(BOTH, 0.0)
            for link in self.links:
                link.delays.update(self.new_delays)
                if not link.is_deaf:
                    for gate in link.open.values():
                        gate.set()

        self._call(change)

    async def _serve(self, reader, writer) -> None:
        if self.refuses:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            return
        try:
            server = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        link = Link((reader, writer), server)
        link.delays.update(self.new_delays)
        for way in self.new_black_holes:
            link.open[way].clear()
        self.links.add(link)
        self.met += 1
        pumps = {asyncio.create_task(self._pump(link, way)) for way in BOTH}
        await asyncio.wait(pumps)
        self.links.discard(link)

    async def _pump(self, link: Link, way: str) -> None:
        try:
            await link.pump(way)
            with contextlib.suppress(OSError, RuntimeError):
                link.writers[way].close()
        except OSError:
            # A half-open connection's client learns nothing of the server's end.
            if not link.is_deaf or way == TO_SERVER:
                link.writers[way].transport.abort()
        if way == TO_SERVER:
            link.open[TO_CLIENT].set()  # the client is gone; there is nothing to hold back from it

    def _call(self, change):
        """Runs a function on the proxy's own thread."""

        async def run():
            return change()

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(5)

    def _do(self, function, *arguments):
        return asyncio.run_coroutine_threadsafe(function(*arguments), self.loop).result(5)

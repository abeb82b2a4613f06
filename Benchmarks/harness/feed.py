"""Revocations and those who listen to them: what they cost POST /tokens, and how soon they are heard beside it."""

import base64
import http.client
import json
import multiprocessing
import selectors
import socket
import statistics
import threading
import time

from . import measure, scenarios
from .ours import Ours, OursThreeNodes

#: Verifiers that listen, revocations a minute, connections that revoke.
LISTENERS, PACE, REVOKERS = 100, 100_000, 8
#: The bars: throughput of the issue beside it, of that alone; milliseconds until other nodes and listeners know.
BAR, NODES_BAR, LISTENERS_BAR = 0.9, 100, 200


class Listeners:
    """Connections to `GET /revocations/stream` in a process of their own, which read what comes and count it."""

    def __init__(self, port, api_key, number):
        self.bytes, self.ended = multiprocessing.Value("q", 0), multiprocessing.Event()
        self.process = multiprocessing.Process(target=self._listen, args=(port, api_key, number), daemon=True)

    def _listen(self, port, api_key, number):
        selector = selectors.DefaultSelector()
        for _ in range(number):
            connection = socket.create_connection(("127.0.0.1", port))
            connection.sendall(f"GET /revocations/stream HTTP/1.1\r\nHost: b\r\nX-API-Key: {api_key}\r\n\r\n".encode())
            selector.register(connection, selectors.EVENT_READ)
        while not self.ended.is_set():
            for key, _ in selector.select(0.2):
                read = len(key.fileobj.recv(1 << 18))
                if not read:
                    selector.unregister(key.fileobj)
                with self.bytes.get_lock():
                    self.bytes.value += read

    def __enter__(self):
        self.process.start()
        time.sleep(1)
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.process.join()


class Revoker:
    """`POST /tokens/revoke` of one user after the other at a steady pace; `with` starts and ends it."""

    def __init__(self, port, api_key, per_minute):
        self.port, self.api_key, self.pause = port, api_key, 60 * REVOKERS / per_minute
        self.count, self.ended = [0] * REVOKERS, threading.Event()
        self.threads = [threading.Thread(target=self._revoke, args=(number,)) for number in range(REVOKERS)]

    def _revoke(self, number):
        connection = socket.create_connection(("127.0.0.1", self.port))
        due, burst = time.monotonic(), 8
        while not self.ended.is_set():
            asked = b""
            for _ in range(burst):
                self.count[number] += 1
                body = json.dumps({"userId": f"revoked-{number}-{self.count[number]}"}).encode()
                asked += (f"POST /tokens/revoke HTTP/1.1\r\nHost: b\r\nX-API-Key: {self.api_key}\r\n"
                          f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body
            connection.sendall(asked)
            answered = b""
            while answered.count(b"HTTP/1.1 200") < burst or not answered.endswith(b"}"):
                answered += connection.recv(1 << 16)
            due += burst * self.pause
            self.ended.wait(max(0, due - time.monotonic()))
        connection.close()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        for thread in self.threads:
            thread.join()


def cost(directory, options):
    """Rounds alone, beside revocations that nobody listens to, and beside those that all verifiers listen to."""
    server, scenario = Ours(directory), scenarios.ALL["tokens"]
    ready, absent = measure.begin([server])
    if not ready:
        raise SystemExit(f"{server.name}: {absent[server.name]}")
    key = _key(server)
    # "Deltas" may be counted as they are made or as they are told; the second is a hundredth of the first.
    kinds = {"alone": (0, 0), "told 100,000 times": (PACE // LISTENERS, LISTENERS), "revoked": (PACE, 0),
             "revoked and told": (PACE, LISTENERS)}
    rates, heard = {kind: [] for kind in kinds}, {}
    try:
        for number in range(options.rounds):
            for kind, (pace, listeners) in kinds.items():
                with Listeners(server.port, key, listeners) as verifiers:
                    if pace:
                        with Revoker(server.port, key, pace) as revoker:
                            sample = measure.once(server, scenario, options.connections[-1], options.duration)
                        heard[kind] = (sum(revoker.count), verifiers.bytes.value)
                    else:
                        sample = measure.once(server, scenario, options.connections[-1], options.duration)
                rates[kind].append(sample["rate"])
                measure.say(f"  round {number + 1}: {kind} {sample['rate']:,.0f}/s {heard.get(kind, '')}")
    finally:
        server.stop()
    medians = {kind: statistics.median(values) for kind, values in rates.items()}
    for kind, rate in medians.items():
        count, read = heard.get(kind, (0, 0))
        print(f"{kind:<18} {rate:>9,.0f}/s  {rate / medians['alone']:.2f} of alone"
              + (f"  {count * 60 / options.duration:,.0f} revocations a minute, {read / 2**20:,.0f} MiB read" if count else ""))
    told = medians["told 100,000 times"] / medians["alone"]
    print(f"{'met   ' if told >= BAR else 'MISSED'} beside {PACE:,} deltas a minute to {LISTENERS} verifiers {told:.2f} of "
          f"alone (bar: {BAR})")
    return {"rates": rates, "heard": heard, "ratio": told}


class Clock:
    """A verifier in a process of its own: notes when it hears of each revocation."""

    def __init__(self, port, api_key):
        self.heard = multiprocessing.SimpleQueue()
        self.process = multiprocessing.Process(target=self._listen, args=(port, api_key), daemon=True)

    def _listen(self, port, api_key):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/revocations/stream", headers={"X-API-Key": api_key})
        for line in connection.getresponse():
            if line.startswith(b"data: "):
                now, payload = time.time(), line.split(b".")[1]
                claims = json.loads(base64.urlsafe_b64decode(payload + b"=="))
                self.heard.put([(entry["sequence"], now) for entry in claims["entries"]])

    def __enter__(self):
        self.process.start()
        time.sleep(1)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.join()

    def moments(self):
        """When each was heard, by its place."""
        found = {}
        while not self.heard.empty():
            found |= dict(self.heard.get())
        return found


def delay(directory, options):
    """From the receipt of node A until B and C refuse, and until a verifier that listens to C knows, under load."""
    server, scenario = OursThreeNodes(directory), scenarios.ALL["tokens"]
    ready, absent = measure.begin([server])
    if not ready:
        raise SystemExit(f"{server.name}: {absent[server.name]}")
    key, load = _key(server), []
    seconds = options.duration * options.rounds
    worker = threading.Thread(
        target=lambda: load.append(scenario.run(server, options.connections[-1], seconds)))
    try:
        with Clock(server.ports[2], key) as clock:
            worker.start()
            receipts, refused = _chase(server.ports, key, worker)
            time.sleep(1)
            moments = clock.moments()
    finally:
        worker.join()
        server.stop()
    told = [moments[place] - receipt for place, receipt in receipts.items()]
    print(f"beside {load[0]['requests'] / load[0]['seconds']:,.0f} token pairs a second on three nodes, "
          f"{len(receipts)} revocations one after the other:")
    result = {"refused": _p99("refused on B and C", refused, NODES_BAR)}
    return result | {"told": _p99("told to a verifier", told, LISTENERS_BAR)}


def _chase(ports, key, worker):
    """Revokes on the first node until the load ends; when each receipt came, and the others' delays."""
    nodes = [http.client.HTTPConnection("127.0.0.1", port) for port in ports]
    receipts, refused = {}, []

    def ask(node, path, body):
        node.request("POST", path, json.dumps(body), {"X-API-Key": key, "Content-Type": "application/json"})
        return json.loads(node.getresponse().read())

    for node in nodes:
        ask(node, "/verify", {"token": "x", "expect": "ws"})
    while worker.is_alive():
        pair = ask(nodes[0], "/tokens", {"userId": f"chased-{len(receipts)}"})
        receipt = ask(nodes[0], "/tokens/revoke", {"token": pair["wsToken"]})
        begun = time.time()
        receipts[receipt["sequence"]] = begun
        for node in nodes[1:]:
            while ask(node, "/verify", {"token": pair["wsToken"], "expect": "ws"})["valid"]:
                pass
            refused.append(time.time() - begun)
    return receipts, refused


def _p99(what, seconds, bar):
    ordered = sorted(1_000 * max(0, value) for value in seconds)
    p99 = ordered[int(len(ordered) * 0.99)]
    print(f"{'met   ' if p99 < bar else 'MISSED'} {what}: p50 {statistics.median(ordered):.1f} ms, p99 {p99:.1f} ms, "
          f"worst {ordered[-1]:.1f} ms after the receipt (bar: p99 {bar} ms)")
    return p99


def _key(server):
    return server.cli("key", "create", "--tenant", "bench", "--name", "feed", "--scope", "tokens:issue",
                      "--scope", "tokens:verify", "--scope", "tokens:revoke")["apiKey"]

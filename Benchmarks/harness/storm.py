"""POST /tokens while a crowd that cannot log in tries to."""

import http.client
import json
import statistics
import threading
import time
from collections import Counter

from . import measure, scenarios
from .ours import Ours

#: Threads that log in, and logins a second of all of them: some ten times what can be hashed.
CROWD, PACE = 16, 100

#: The bar: throughput beside a storm of logins, of that beside as many requests that are refused unread.
BAR = 0.95


class Stormed(Ours):
    """Ours, told that every login comes from a network of its own: no throttle stands before the hashing."""

    def environment(self):
        return super().environment() | {"CHAT_TOKENS_TRUSTED_PROXIES": "127.0.0.1"}


class Storm:
    """Requests to `POST /auth/login` at a steady pace; `with` starts and ends them."""

    def __init__(self, port, content_type):
        self.port, self.content_type = port, content_type
        self.statuses, self.ended = Counter(), threading.Event()
        self.threads = [threading.Thread(target=self._attempt, args=(number,)) for number in range(CROWD)]

    def _attempt(self, number):
        connection, count = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30), 0
        while not self.ended.wait(CROWD / PACE):
            count += 1
            body = json.dumps({"email": f"{number}-{count}@example.org", "password": "not it, as it happens"})
            connection.request("POST", "/auth/login", body, {
                "Content-Type": self.content_type,
                "X-Forwarded-For": f"10.{number}.{count // 256 % 256}.{count % 256}"})
            answer = connection.getresponse()
            answer.read()
            self.statuses[answer.status] += 1

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        time.sleep(0.5)
        return self

    def __exit__(self, *_):
        self.ended.set()
        for thread in self.threads:
            thread.join()


def logins(directory, options):
    """Rounds alone, beside requests that nobody hashes anything for, and beside logins.

    What is judged is the median of the ratios of each round: a machine that is slow for a while is slow for both.
    """
    server, scenario = Stormed(directory), scenarios.ALL["tokens"]
    ready, absent = measure.begin([server])
    if not ready:
        raise SystemExit(f"{server.name}: {absent[server.name]}")
    kinds = {"alone": None, "refused": "text/plain", "logins": "application/json"}
    rates, statuses = {kind: [] for kind in kinds}, {kind: Counter() for kind in kinds}
    connections = options.connections[-1]
    try:
        for number in range(options.rounds):
            for kind, content_type in kinds.items():
                if content_type is None:
                    sample = measure.once(server, scenario, connections, options.duration)
                else:
                    with Storm(server.port, content_type) as storm:
                        sample = measure.once(server, scenario, connections, options.duration)
                    statuses[kind] += storm.statuses
                rates[kind].append(sample["rate"])
                measure.say(f"  round {number + 1}: {kind} {sample['rate']:,.0f}/s")
    finally:
        server.stop()
    medians = {kind: statistics.median(values) for kind, values in rates.items()}
    for kind, rate in medians.items():
        answers = ", ".join(f"{count} times {status}" for status, count in sorted(statuses[kind].items()))
        print(f"{kind:<8} c={connections:<4} {rate:>9,.0f}/s  {answers}")
    ratio = statistics.median(
        logins / refused for logins, refused in zip(rates["logins"], rates["refused"], strict=True))
    print(f"{'met   ' if ratio >= BAR else 'MISSED'} beside {PACE} logins a second {ratio:.2f} of beside as many requests "
          f"that are refused unread (bar: {BAR})")
    return {"rates": rates, "statuses": statuses, "ratio": ratio}

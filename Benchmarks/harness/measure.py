"""Rounds: every server in turn, again and again; medians at the end."""

import statistics
import sys

from . import contract, durability, scenarios
from .places import Unavailable

FIGURES = ("rate", "p50", "p99", "cpu", "storeCPU", "rss")


def say(text):
    print(text, file=sys.stderr, flush=True)


def begin(servers):
    """Builds, prepares, starts and checks; returns the servers that can be measured and why others cannot."""
    ready, absent = [], {}
    for server in servers:
        try:
            say(f"building and starting {server.name}")
            server.build()
            server.prepare()
            server.start()
            if not server.floor:
                check(server)
            scenarios.write_requests(server)
            ready.append(server)
        except Unavailable as reason:
            say(f"  left out: {reason}")
            absent[server.name] = str(reason)
    return ready, absent


def check(server):
    """Raises `Unavailable` for a server that does less than the contract: then the comparison would be a lie."""
    wrong = [text for port in server.ports for text in contract.violations(port, server.api_key)]
    flushes = durability.flushes(server)
    if flushes is None:
        say("  durability unchecked: no strace")
    elif flushes < 1:
        wrong.append(f"answers before the row is durable: {flushes:.2f} flushes a request")
    if wrong:
        server.stop()
        raise Unavailable("breaks the contract: " + "; ".join(wrong))


def once(server, scenario, connections, seconds):
    """One run: throughput, latency, CPU microseconds a request (its own, its stores'), resident bytes, failures."""
    parts = [server.process, *server.stores()]
    before = [part.cpu_seconds() for part in parts]
    result = scenario.run(server, connections, seconds)
    cpu, *stores = [part.cpu_seconds() - start for part, start in zip(parts, before)]
    requests = max(1, result["requests"])
    return {
        "rate": result["requests"] / result["seconds"], "p50": result["p50"], "p99": result["p99"],
        "cpu": cpu * 1e6 / requests,
        "storeCPU": sum(stores) * 1e6 / requests, "rss": server.process.rss(),
        "non2xx": result["non2xx"], "errors": result["errors"],
    }


def compare(servers, scenario, connections, seconds, rounds):
    """A row of medians for each server; the servers alternate within each round."""
    samples = {server.name: [] for server in servers}
    for server in servers:
        once(server, scenario, connections, 1)
    for number in range(rounds):
        for server in servers:
            sample = once(server, scenario, connections, seconds)
            samples[server.name].append(sample)
            say(f"  {scenario.name} c={connections} round {number + 1}: {server.name} {sample['rate']:,.0f}/s")
    return [row(server, scenario, connections, samples[server.name]) for server in servers]


def row(server, scenario, connections, samples):
    """The medians of one server's samples; failures are summed."""
    medians = {figure: statistics.median(sample[figure] for sample in samples) for figure in FIGURES}
    failures = {name: sum(sample[name] for sample in samples) for name in ("non2xx", "errors")}
    return {
        "server": server.name, "label": server.label, "scenario": scenario.name, "connections": connections,
        **medians, **failures, "valid": not any(failures.values()),
        "rates": [round(sample["rate"], 1) for sample in samples],
    }


def start_up(servers, repeats):
    """Median seconds from exec to the first token pair, on the database the run has filled."""
    seconds = {server.name: [] for server in servers}
    for _ in range(repeats):
        for server in servers:
            server.stop()
            seconds[server.name].append(server.start())
    return {name: statistics.median(values) for name, values in seconds.items()}

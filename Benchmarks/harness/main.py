"""The command line."""

import argparse
import json
import signal
import sys
import tempfile
from pathlib import Path

from . import bars, endurance, feed, measure, plot, report, scenarios, storm
from .floors import Nginx, NIOEcho
from .ours import (
    Ours, OursES256, OursES256Postgres, OursPostgres, OursPostgresRedis, OursRedis, OursTwoNodes, WithRedis)
from .peers import FastAPI, FastAPIAsyncpg, Go, GoPgx, Hummingbird, Node, NodePg
from .places import ROOT, SCRATCH
from .postgres import Postgres
from .redis import Redis
from .server import OnPostgres

#: The servers that are started together and alternate. A name means the same in each; "ours" is what others relate to.
LINEUPS = {
    "sqlite": (Ours, NIOEcho, Nginx, Go, Node, FastAPI, Hummingbird),
    "floors": (Ours, NIOEcho, Nginx),
    "postgres": (OursPostgres, NIOEcho, GoPgx, NodePg, FastAPIAsyncpg),
    "redis": (OursPostgres, OursPostgresRedis),
    "redis-sqlite": (Ours, OursRedis),
    "two-nodes": (OursPostgres, OursTwoNodes),
}
SERVERS = list(dict.fromkeys(server.name for lineup in LINEUPS.values() for server in lineup))
TITLES = {scenario.name: scenario.title for scenario in scenarios.ALL.values()}


def _names(text):
    return [name for name in text.split(",") if name]


def arguments():
    parser = argparse.ArgumentParser(
        prog="Benchmarks/run", description="Starts, alternates and compares ChatTokens, the floors and the peers.",
        epilog="Example: Benchmarks/run --only ours,nio-echo,go --connections 1,64 --json result.json")
    add = parser.add_argument
    add("--binary", type=Path, default=ROOT / ".build/release/chat-tokens", help="ours (default: %(default)s)")
    add("--duration", type=int, default=4, metavar="S", help="seconds of each run (default: %(default)s)")
    add("--rounds", type=int, default=3, help="runs of each server; medians are shown (default: %(default)s)")
    add("--connections", type=_names, default=["1", "64", "256"], metavar="N,…", help="default: 1,64,256")
    add("--scenarios", type=_names, default=scenarios.DEFAULT, metavar="NAME,…",
        help=f"of {', '.join(scenarios.ALL)} (default: {','.join(scenarios.DEFAULT)})")
    add("--only", type=_names, default=SERVERS, metavar="NAME,…", help=f"of {', '.join(SERVERS)}")
    add("--skip", type=_names, default=[], metavar="NAME,…", help="servers to leave out")
    add("--starts", type=int, default=5, metavar="N", help="how often start-up is timed (default: %(default)s)")
    add("--quick", action="store_true", help="one round of 2 s at 64 connections: a look, not a measurement")
    add("--json", type=Path, metavar="FILE", help="write every figure")
    add("--svg", type=Path, metavar="FILE", help="draw POST /tokens at 64 connections")
    add("--directory", type=Path, help="where the databases live (default: a folder in Benchmarks/.build)")
    add("--users", type=int, metavar="N", help="instead: throughput with N stored users against few")
    add("--warm-up", type=int, default=5, metavar="S", help="of --users: load before the first round (%(default)s)")
    add("--soak", type=int, metavar="S", help="instead: memory of ours over S seconds, 1,000,000 distinct users")
    add("--storm", action="store_true", help="instead: POST /tokens beside a storm of logins")
    add("--feed", action="store_true", help="instead: revocations and their verifiers beside POST /tokens")
    add("--es256", action="store_true", help="instead: an ES256 tenant against what two signatures cost")
    add("--postgres", action="store_true", help="--users, --soak and --es256 on PostgreSQL rather than SQLite")
    options = parser.parse_args()
    options.connections = [int(number) for number in options.connections]
    for name in options.only + options.skip:
        if name not in SERVERS:
            parser.error(f"no server {name}; there are {', '.join(SERVERS)}")
    for name in options.scenarios:
        if name not in scenarios.ALL:
            parser.error(f"no scenario {name}; there are {', '.join(scenarios.ALL)}")
    if options.quick:
        options.duration, options.rounds, options.connections, options.starts = 2, 1, [64], 2
    return options


def comparison(options, directory):
    """The main table: the scenarios of each line-up, one line-up after the other."""
    rows, starts, labels, absent = [], {}, {}, {}
    for lineup in LINEUPS:
        asked = [scenarios.ALL[name] for name in options.scenarios if scenarios.ALL[name].lineup == lineup]
        if not asked:
            continue
        kinds = [kind for kind in LINEUPS[lineup] if kind.name in options.only and kind.name not in options.skip]
        chosen = [kind(directory / lineup) for kind in kinds]
        try:
            ready, missing = measure.begin(chosen)
            absent |= {f"{name} ({lineup})": reason for name, reason in missing.items()}
            for scenario in asked:
                for connections in filter(lambda number: number >= scenario.least, options.connections):
                    rows += measure.compare(ready, scenario, connections, options.duration, options.rounds)
            if options.starts and lineup == "sqlite":
                starts = measure.start_up(ready, options.starts)
                labels = {server.name: server.label for server in ready}
        finally:
            for server in chosen:
                server.stop()
    report.ratios(rows)
    print(report.table(rows, TITLES))
    if starts:
        print(report.starts(starts, labels))
    for name, reason in absent.items():
        print(f"\nleft out: {name}: {reason}")
    verdicts = bars.verdicts(rows, starts)
    print("\n" + "\n".join(verdicts) if verdicts else "")
    if options.svg:
        shown = [row for row in rows if row["scenario"] == options.scenarios[0]]
        connections = 64 if 64 in options.connections else options.connections[-1]
        shown = [row for row in shown if row["connections"] == connections]
        plot.chart(shown, f"{TITLES[options.scenarios[0]]}, {connections} connections", options.svg)
    return {"rows": rows, "startSeconds": starts, "absent": absent, "bars": verdicts}


def chosen_run(options, directory):
    """The comparison, or what was asked for instead."""
    ours, signing = (OursPostgres, OursES256Postgres) if options.postgres else (Ours, OursES256)
    if options.users:
        return endurance.users(ours, directory, options)
    if options.soak:
        return endurance.soak(ours, directory, options)
    if options.storm:
        return storm.logins(directory, options)
    if options.feed:
        return {"cost": feed.cost(directory, options), "delay": feed.delay(directory / "nodes", options)}
    if options.es256:
        return endurance.es256(ours, signing, directory, options)
    return comparison(options, directory)


def main():
    options = arguments()
    # Ended from outside it still stops what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    Ours.binary = options.binary.absolute()
    machine = report.machine()
    print(f"{machine['cores']} cores {machine['cpu']}, {machine['system']}, load {machine['loadAverage'][0]}")
    if machine["loadAverage"][0] > 0.5:
        print("warning: something else is running; expect noise", file=sys.stderr)
    SCRATCH.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="chat-tokens-bench-", dir=options.directory or SCRATCH) as folder:
        directory = Path(folder)
        machine["flushMicroseconds"] = round(report.flush_microseconds(directory), 1)
        print(f"the disk flushes 4 KiB in {machine['flushMicroseconds']:.0f} µs")
        OnPostgres.postgres, WithRedis.redis = Postgres(directory), Redis(directory)
        try:
            result = chosen_run(options, directory)
        finally:
            OnPostgres.postgres.stop(), WithRedis.redis.stop()
    if options.json:
        options.json.write_text(json.dumps({"machine": machine} | result, indent=2) + "\n")

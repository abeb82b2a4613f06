"""The bars the project set itself. They are reported, never enforced: a benchmark is not a test."""

from .report import find

#: scenario, connections, whose throughput, reference, at least this many times its throughput
THROUGHPUT = [
    ("tokens", 64, "ours", "nio-echo", 0.75), ("tokens", 64, "ours", "go", 3), ("tokens", 64, "ours", "fastapi", 15),
    ("tokens", 64, "ours", "hummingbird", 5), ("tokens", 1, "ours", "go", 1), ("verify", 64, "ours", "nio-echo", 0.85),
    ("verify-get", 64, "ours", "nio-echo", 0.85), ("introspect", 64, "ours", "nio-echo", 0.8),
    ("tokens-postgres", 64, "ours", "nio-echo", 0.5), ("tokens-postgres", 64, "ours", "go", 3.5),
    ("tokens-postgres", 64, "ours", "fastapi", 10), ("tokens-postgres", 1, "ours", "go", 1),
    ("tokens-redis", 64, "ours-redis", "ours", 0.85), ("tokens-redis-sqlite", 64, "ours-redis", "ours", 0.85),
    ("two-nodes", 64, "ours-two-nodes", "ours", 1),
]
MEMORY = 40 * 2**20
START = 0.1


def verdicts(rows, starts):
    """Lines saying which bars are met; only those for which both sides were measured."""
    lines = []
    for scenario, connections, subject, reference, factor in THROUGHPUT:
        row, other = (find(rows, name, scenario, connections) for name in (subject, reference))
        if row and other and row["valid"] and other["valid"]:
            ratio = row["rate"] / other["rate"]
            text = f"{scenario} c={connections}: {subject} {ratio:.2f} of {reference}"
            lines.append(_line(ratio >= factor, text, f"{factor}"))
    highest = [row["rss"] for row in rows if row["server"] == "ours" and row["connections"] == 256]
    if highest:
        lines.append(_line(max(highest) < MEMORY, f"memory at 256 connections {max(highest) / 2**20:.1f} MiB", "40"))
    if "ours" in starts:
        lines.append(_line(starts["ours"] < START, f"start to first answer {starts['ours'] * 1000:.0f} ms", "100"))
    return lines


def _line(met, text, bar):
    return f"{'met   ' if met else 'MISSED'} {text} (bar: {bar})"

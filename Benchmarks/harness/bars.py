"""The bars the project set itself. They are reported, never enforced: a benchmark is not a test."""

from .report import find

#: scenario, connections, reference, at least this many times its throughput
THROUGHPUT = [
    ("tokens", 64, "nio-echo", 0.75), ("tokens", 64, "go", 3), ("tokens", 64, "fastapi", 15),
    ("tokens", 64, "hummingbird", 5), ("tokens", 1, "go", 1), ("verify", 64, "nio-echo", 0.85),
    ("verify-get", 64, "nio-echo", 0.85),
]
MEMORY = 40 * 2**20
START = 0.1


def verdicts(rows, starts):
    """Lines saying which bars are met; only those for which both sides were measured."""
    lines = []
    for scenario, connections, reference, factor in THROUGHPUT:
        ours, other = (find(rows, name, scenario, connections) for name in ("ours", reference))
        if ours and other and ours["valid"] and other["valid"]:
            ratio = ours["rate"] / other["rate"]
            lines.append(_line(ratio >= factor, f"{scenario} c={connections}: {ratio:.2f} of {reference}", f"{factor}"))
    highest = [row["rss"] for row in rows if row["server"] == "ours" and row["connections"] == 256]
    if highest:
        lines.append(_line(max(highest) < MEMORY, f"memory at 256 connections {max(highest) / 2**20:.1f} MiB", "40"))
    if "ours" in starts:
        lines.append(_line(starts["ours"] < START, f"start to first answer {starts['ours'] * 1000:.0f} ms", "100"))
    return lines


def _line(met, text, bar):
    return f"{'met   ' if met else 'MISSED'} {text} (bar: {bar})"

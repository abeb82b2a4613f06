"""A bar chart as SVG, written by hand: throughput of each server at one scenario."""

from html import escape

WIDTH, LEFT, BAR, GAP, RIGHT = 760, 300, 20, 10, 110
COLORS = {"ours": "#d9480f", "ours-es256": "#d9480f", "nginx": "#adb5bd", "nio-echo": "#adb5bd"}


def chart(rows, title, path):
    """Writes the rows as horizontal bars, fastest first."""
    rows = sorted((row for row in rows if row["valid"]), key=lambda row: -row["rate"])
    if not rows:
        return
    height = 50 + len(rows) * (BAR + GAP) + 20
    longest = rows[0]["rate"]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="system-ui, sans-serif" '
        f'font-size="12" role="img" aria-label="{escape(title)}">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="12" y="26" font-size="15" font-weight="600">{escape(title)}</text>',
    ]
    for number, row in enumerate(rows):
        top = 44 + number * (BAR + GAP)
        width = (WIDTH - LEFT - RIGHT) * row["rate"] / longest
        ratio = "" if row["ofOurs"] is None or row["server"] == "ours" else f" ({row['ofOurs']:.2f})"
        weight = ' font-weight="600"' if row["server"] == "ours" else ""
        parts += [
            f'<text x="{LEFT - 8}" y="{top + 14}" text-anchor="end"{weight}>{escape(row["label"])}</text>',
            f'<rect x="{LEFT}" y="{top}" width="{width:.1f}" height="{BAR}" rx="2" '
            f'fill="{COLORS.get(row["server"], "#4c6ef5")}"/>',
            f'<text x="{LEFT + width + 6:.1f}" y="{top + 14}"{weight}>{row["rate"]:,.0f}/s{ratio}</text>',
        ]
    parts.append(
        f'<text x="12" y="{height - 8}" fill="#868e96">requests a second; in brackets: relative to ours; '
        f'grey: floors, which answer without doing the work</text></svg>')
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(parts) + "\n")

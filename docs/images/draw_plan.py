#!/usr/bin/env python3
"""Draws the timeline that `leadgate plan` prints, as docs/images/plan.svg.

    cargo leadgate plan examples/sales-outreach.yaml --at 2026-02-10T12:00:00Z | python3 docs/images/draw_plan.py

The picture has its own dark background, so it is readable on a light page and on a dark one.
`tests/readme` fails if the picture differs from the output of the program.
"""

import html
import pathlib
import re
import sys

COMMAND = "cargo leadgate plan examples/sales-outreach.yaml --at 2026-02-10T12:00:00Z"
PICTURE = pathlib.Path(__file__).with_name("plan.svg")

COLUMNS = 80
CELL, LINE = 8.4, 20
LEFT, TOP = 20, 54

CHANNELS = {"C": "call", "W": "whatsapp", "E": "email", "S": "sms"}
DAY = re.compile(r"^\w{3} \d{4}-\d\d-\d\d  ")
HALF_HOURS = 48


def timeline(printed):
    """Returns the lines from the ruler of hours on."""
    lines = printed.rstrip("\n").split("\n")
    ruler = next(number for number, line in enumerate(lines) if re.match(r" +0 +3 +6 +9 +12 ", line))
    return lines[ruler:]


def contacts(line):
    """Returns the column and the letter of each contact in the line of a day."""
    day = DAY.match(line)
    cells = line[day.end() : day.end() + HALF_HOURS] if day else ""
    return [(day.end() + number, cell) for number, cell in enumerate(cells) if cell not in "·─"]


def described(lines):
    """Describes the lines for readers who do not see the picture."""
    found = []
    for line in lines:
        for column, letter in contacts(line):
            day = DAY.match(line)
            half_hours = column - day.end()
            time = f"{half_hours // 2:02}:{half_hours % 2 * 30:02}"
            found.append(f"{day[0].strip()} {time} {CHANNELS.get(letter, letter)}")
    return f"One row for each day, one column for each half hour. Contacts: {', '.join(found)}."


def text(line, row, kind, start=0):
    """Returns the words of a line, each at its columns, for any width of the font."""
    drawn = []
    for run in re.finditer(r"\S+(?: \S+)*", line):
        x, width = LEFT + (start + run.start()) * CELL, len(run[0]) * CELL
        drawn.append(
            f'<text class="{kind}" x="{x:.1f}" y="{TOP + row * LINE}" textLength="{width:.1f}">{html.escape(run[0])}</text>'
        )
    return drawn


def day_line(line, row):
    split = DAY.match(line).end()
    drawn = text(line[:split], row, "plain")
    planned = contacts(line)
    empty = list(line)
    for column, _ in planned:
        empty[column] = " "
    drawn += text("".join(empty)[split:], row, "dim", split)
    for column, letter in planned:
        x, y = LEFT + column * CELL, TOP + row * LINE
        drawn.append(f'<rect class="{letter}" x="{x - 1:.1f}" y="{y - 13}" width="{CELL + 2:.1f}" height="17" rx="2"/>')
        drawn.append(f'<text class="contact" x="{x:.1f}" y="{y}" textLength="{CELL}">{html.escape(letter)}</text>')
    return drawn


def picture(printed):
    lines = timeline(printed)
    drawn = text("$", 0, "dim") + text(COMMAND, 0, "plain", 2) + text("…", 1, "dim")
    for row, line in enumerate(lines, 2):
        if DAY.match(line):
            drawn += day_line(line, row)
        else:
            drawn += text(line, row, "dim")
    columns = max(COLUMNS, *map(len, lines))
    width = LEFT * 2 + columns * CELL
    height = TOP + (len(lines) + 1) * LINE + 26
    body = "\n".join(f"  {shape}" for shape in drawn)
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" role="img" aria-labelledby="title desc" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">
  <title id="title">A terminal with the timeline that leadgate plan prints for the workflow Sales Outreach</title>
  <desc id="desc">{html.escape(described(lines))}</desc>
  <style>
    .plain {{ fill: #e6edf3; }}
    .dim {{ fill: #8b949e; }}
    .contact {{ fill: #0d1117; font-weight: 700; }}
    rect {{ fill: #d2a8ff; }}
    .C {{ fill: #56d364; }}
    .W {{ fill: #2dd4bf; }}
    .E {{ fill: #79c0ff; }}
    .S {{ fill: #ffa657; }}
    .x {{ fill: #ff7b72; }}
    .window {{ fill: #0d1117; stroke: #57606a; }}
  </style>
  <rect class="window" x="0.5" y="0.5" width="{width - 1:.0f}" height="{height - 1}" rx="8"/>
  <circle cx="20" cy="18" r="5" fill="#ff7b72"/><circle cx="38" cy="18" r="5" fill="#e3b341"/><circle cx="56" cy="18" r="5" fill="#56d364"/>
{body}
</svg>
"""


if __name__ == "__main__":
    PICTURE.write_text(picture(sys.stdin.read()))

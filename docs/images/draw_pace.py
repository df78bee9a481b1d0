#!/usr/bin/env python3
"""Draws docs/images/pace.svg: how touchpoints that are due at one instant reach a webhook.

    cargo test --profile simulation -p e2e \\
        ten_thousand_touchpoints_that_are_due_at_one_instant_reach -- --ignored --nocapture \\
        | python3 docs/images/draw_pace.py

The picture has its own dark background, so it is readable on a light page and on a dark one.
"""

import json
import pathlib
import re
import sys

PICTURE = pathlib.Path(__file__).with_name("pace.svg")
LINE = re.compile(r"([\d,]+) touchpoints at (\d+) a second, burst (\d+), in each ten seconds: (\[[\d, ]+\])")
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 712, 300, 60, 64, 48


def picture(leads, rate, burst, counts):
    last = max(number for number, count in enumerate(counts) if count)
    counts = counts[: last + 1] + [0]
    step = (WIDTH - LEFT - 24) / len(counts)
    top = max(burst + rate * 10, *counts)
    plot = HEIGHT - TOP - BOTTOM

    def y(value):
        return TOP + plot * (1 - value / top)

    shapes = []
    for number, count in enumerate(counts):
        x = LEFT + number * step
        shapes.append(
            f'<rect class="bar" x="{x + 1:.1f}" y="{y(count):.1f}" width="{max(step - 2, 1):.1f}" height="{plot * count / top:.1f}"/>'
        )
    line = y(rate * 10)
    shapes.append(f'<line class="rate" x1="{LEFT}" x2="{WIDTH - 24}" y1="{line:.1f}" y2="{line:.1f}"/>')
    shapes.append(f'<text class="dim" x="{LEFT - 8}" y="{line + 5:.1f}" text-anchor="end">{rate * 10}</text>')
    shapes.append(f'<text class="dim" x="{LEFT - 8}" y="{y(0) + 5:.1f}" text-anchor="end">0</text>')
    minutes = len(counts) * 10 // 60
    for minute in range(minutes + 1):
        x = LEFT + minute * 6 * step
        shapes.append(f'<text class="dim" x="{x:.1f}" y="{HEIGHT - 24}" text-anchor="middle">{minute} min</text>')
    title = f"{leads:,} touchpoints that are due at one instant, at a rate of {rate} a second"
    description = f"Requests to the webhook in each ten seconds: {', '.join(map(str, counts))}."
    body = "\n".join(f"  {shape}" for shape in shapes)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="title desc" \
font-family="ui-sans-serif, system-ui, 'DejaVu Sans', sans-serif" font-size="13">
  <title id="title">{title}</title>
  <desc id="desc">{description}</desc>
  <style>
    .back {{ fill: #16181d }} .bar {{ fill: #4fa3e0 }} .rate {{ stroke: #f0b35a; stroke-dasharray: 4 3 }}
    .plain {{ fill: #e6e6e6 }} .dim {{ fill: #a5abb5 }}
  </style>
  <rect class="back" width="{WIDTH}" height="{HEIGHT}" rx="6"/>
  <text class="plain" x="20" y="28">{title}</text>
  <text class="dim" x="20" y="48">Requests to the webhook in each ten seconds. The dashed line is the rate.</text>
{body}
</svg>
"""


def main():
    found = LINE.search(sys.stdin.read())
    if not found:
        sys.exit("the output has no line with the requests in each ten seconds")
    leads = int(found[1].replace(",", ""))
    PICTURE.write_text(picture(leads, int(found[2]), int(found[3]), json.loads(found[4])))


if __name__ == "__main__":
    main()

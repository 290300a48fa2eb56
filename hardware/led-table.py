#!/usr/bin/env python3
"""The LED legend as the main README's table: prints it, writes it there (--write) or says whether it stands there (--check)."""
import json, pathlib, re, sys

root = pathlib.Path(__file__).resolve().parent.parent
legend = json.loads((root / "hardware/led-legend.json").read_text(encoding="utf-8"))


def cell(states, colour):
    chosen = [s for s in states if s["colour"] == colour]
    chosen.sort(key=lambda s: s["count"])
    return " · ".join(f'{s["count"] or s["pattern"]}: {s["words"]}' + (f' → {s["do"]}' if s["do"] else "") for s in chosen)


rows = ["| LED | good (blue) | working (white) | look (amber, count of blinks → what to do) |", "|---|---|---|---|"]
rows += [f'| {l["led"]} {l["name"]} {l["sign"]} | {cell(l["states"], "blue")} | {cell(l["states"], "white")} | {cell(l["states"], "amber")} |' for l in legend["leds"]]
table = "\n".join(rows)

readme = root / "README.md"
text = readme.read_text(encoding="utf-8")
made = re.sub(r"(?s)(<!-- led-table: .*? -->\n).*?(\n<!-- /led-table -->)", lambda m: m.group(1) + table + m.group(2), text)
if "--write" in sys.argv:
    readme.write_text(made, encoding="utf-8")
elif "--check" in sys.argv:
    if made != text:
        sys.exit("README.md: the LED table is not the legend's: run hardware/led-table.py --write")
else:
    print(table)

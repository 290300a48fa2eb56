#!/usr/bin/env python3
"""The LED legend as the main README's table and as the quick cards: prints the table, writes all (--write) or says whether they stand there (--check)."""
import json, pathlib, re, sys

root = pathlib.Path(__file__).resolve().parent.parent
legend = json.loads((root / "hardware/led-legend.json").read_text(encoding="utf-8"))

CARDS = {
    "fi": ("Pikakortti: laitteen LED-valot", "Valon paikka ja välähdysten määrä kertovat, mistä on kyse. Sininen on kunnossa, valkoinen työskentelee, keltainen pyytää tekemään jotakin.",
           ("valo", "näyttää", "tarkoittaa", "tee näin"),
           "Painike: paina lyhyesti, niin kaikki valot syttyvät ja kukin näyttää koodinsa kerran. Pidä 5 s, niin laite pysähtyy turvallisesti; neljä hidasta sinistä välähdystä: virran saa katkaista. Kaikki pimeänä: ei virtaa."),
    "sv": ("Snabbkort: apparatens lysdioder", "Lampans plats och antalet blinkningar säger vad det gäller. Blått är bra, vitt arbetar, gult ber om en åtgärd.",
           ("lampa", "visar", "betyder", "gör så här"),
           "Knappen: tryck kort, så tänds alla lampor och var och en visar sin kod en gång. Håll in 5 s, så stannar apparaten säkert; fyra långsamma blå blinkningar: strömmen får brytas. Allt mörkt: ingen ström."),
}


ORDER = ["amber", "white", "blue"]


def cell(states, colour):
    chosen = [s for s in states if s["colour"] == colour]
    chosen.sort(key=lambda s: s["count"])
    return " · ".join(f'{s["count"] or s["pattern"]}: {s["words"]["en"]}' + (f' → {s["do"]["en"]}' if s["do"] else "") for s in chosen)


def card(language):
    title, rule, heads, button = CARDS[language]
    rows = [f"# {title}", rule, "", "| " + " | ".join(heads) + " |", "|---|---|---|---|"]
    for led in legend["leds"]:
        for s in sorted(led["states"], key=lambda s: (ORDER.index(s["colour"]), s["count"])):
            looks = f'{legend["colours"][s["colour"]][language]}, ' + (f'{s["count"]} × ' if s["count"] else "") + legend["patterns"][s["pattern"]][language]
            rows.append(f'| {led["led"]} {led["sign"]} {led["called"][language]} | {looks} | {s["words"][language]} | {s["do"][language] if s["do"] else "–"} |')
    return "\n".join([*rows, "", button, ""])


rows = ["| LED | good (blue) | working (white) | look (amber, count of blinks → what to do) |", "|---|---|---|---|"]
rows += [f'| {l["led"]} {l["name"]} {l["sign"]} | {cell(l["states"], "blue")} | {cell(l["states"], "white")} | {cell(l["states"], "amber")} |' for l in legend["leds"]]
table = "\n".join(rows)

readme = root / "README.md"
text = readme.read_text(encoding="utf-8")
made = {readme: re.sub(r"(?s)(<!-- led-table: .*? -->\n).*?(\n<!-- /led-table -->)", lambda m: m.group(1) + table + m.group(2), text)}
made |= {root / f"hardware/quick-card.{language}.md": card(language) for language in CARDS}
if "--write" in sys.argv:
    for path, words in made.items():
        path.write_text(words, encoding="utf-8")
elif "--check" in sys.argv:
    for path, words in made.items():
        if not path.exists() or path.read_text(encoding="utf-8") != words:
            sys.exit(f"{path.relative_to(root)}: the LED table is not the legend's: run hardware/led-table.py --write")
else:
    print(table)

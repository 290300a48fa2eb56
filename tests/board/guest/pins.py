#!/usr/bin/env python3
"""Looks at, and pulls, the lines of a gpio-sim chip (/run/LABEL, as gpio.sh leaves it).

    pins.py CHIP watch SECONDS LINE...   JSON: of each line how often it changed and what share of the time it was high;
                                         "together": the longest time in ms in which all were high
    pins.py CHIP ring LINE SECONDS HZ    what an AC opto makes of a ring: low once in each half-cycle
"""
import json, os, sys, time

chip, what, *rest = sys.argv[1:]
path = lambda line, name: f"/run/{chip}/sim_gpio{line}/{name}"

if what == "watch":
    seconds, lines = float(rest[0]), rest[1:]
    files = [os.open(path(line, "value"), os.O_RDONLY) for line in lines]
    was, changes, high, looks = None, [0] * len(lines), [0] * len(lines), 0
    since, together = None, 0.0
    end = time.monotonic() + seconds
    while (now := time.monotonic()) < end:
        levels = [os.pread(file, 1, 0) == b"1" for file in files]
        for i, level in enumerate(levels):
            high[i] += level
            changes[i] += was is not None and level != was[i]
        since = (since or now) if all(levels) else None
        together = max(together, now - since if since else 0)
        was, looks = levels, looks + 1
        time.sleep(0.005)
    print(json.dumps({**{line: {"changes": changes[i], "high": round(high[i] / looks, 3)} for i, line in enumerate(lines)}, "together": round(together * 1000), "looks": looks}))
else:
    line, seconds, hertz = rest[0], float(rest[1]), float(rest[2])
    pull = os.open(path(line, "pull"), os.O_WRONLY)
    half, began = 0.5 / hertz, time.monotonic()
    for i in range(int(seconds / half)):
        os.pwrite(pull, b"pull-down", 0)
        time.sleep(max(0, began + (i + 0.4) * half - time.monotonic()))
        os.pwrite(pull, b"pull-up", 0)
        time.sleep(max(0, began + (i + 1) * half - time.monotonic()))

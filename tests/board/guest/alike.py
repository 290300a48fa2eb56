#!/usr/bin/env python3
"""Where in a raw recording the loudest stretch of a WAV file is, and how alike it is there: alike.py RECORDING.raw FILE.wav SECONDS"""
import json, sys, warnings
warnings.simplefilter("ignore")
import audioop

heard, said = open(sys.argv[1], "rb").read(), open(sys.argv[2], "rb").read()[44:]
length = int(float(sys.argv[3]) * 8000) * 2
at = audioop.findmax(said, length // 2) * 2
said = said[at:at + length]
offset, factor = audioop.findfit(heard, said)
there = heard[offset * 2:offset * 2 + length]
rest = audioop.add(there, audioop.mul(said, 2, -factor), 2)
print(json.dumps({"at": offset / 8000, "factor": round(factor, 4), "rest": round(audioop.rms(rest, 2) / max(1, audioop.rms(there, 2)), 4)}))

#!/usr/bin/env bash
# Makes the bundled announcements from Debian's synthesisers: the same text gives the same file.
# Needs: festival festvox-suopuhe-lj espeak-ng sox
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT

finnish() { printf '(voice_suo_fi_lj_diphone)\n(utt.save.wave (utt.synth (Utterance Text "%s")) "%s")\n' "$1" "$2" >"$work/say.scm"; festival -b "$work/say.scm"; }
finish() { # telephone band, one level, no silence at either end but 20 ms
    sox -D "$1" -r 8000 -c 1 -b 16 "$work/cut.wav" highpass 250 lowpass 3400 silence 1 0.02 0.5% reverse silence 1 0.02 0.5% reverse pad 0.02 0.02
    sox -D "$work/cut.wav" -t wav -e signed -b 16 "$2.raw.wav" gain -n -3
    sox -D "$2.raw.wav" -t raw "$work/pcm"; rm "$2.raw.wav"
    python3 - "$work/pcm" "$2" <<'PY'
import struct, sys
pcm = open(sys.argv[1], "rb").read()
head = b"RIFF" + struct.pack("<I", len(pcm) + 36) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16) + b"data" + struct.pack("<I", len(pcm))
open(sys.argv[2], "wb").write(head + pcm)
PY
}

finnish "Kaikki puhelut nauhoitetaan." "$work/fi.wav"; finish "$work/fi.wav" fi.wav
espeak-ng -v sv -s 145 -w "$work/sv.wav" "Alla samtal spelas in."; finish "$work/sv.wav" sv.wav
espeak-ng -v en-gb -s 145 -w "$work/en.wav" "All calls are recorded."; finish "$work/en.wav" en.wav

python3 - <<'PY'
import hashlib, json
texts = {"fi": "Kaikki puhelut nauhoitetaan.", "sv": "Alla samtal spelas in.", "en": "All calls are recorded."}
entries = [{"language": l, "text": t, "textVersion": 1, "sha256": hashlib.sha256(open(l + ".wav", "rb").read()).hexdigest()} for l, t in texts.items()]
open("texts.json", "w").write(json.dumps(entries, ensure_ascii=False, indent=2) + "\n")
PY

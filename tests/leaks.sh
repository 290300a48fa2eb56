#!/usr/bin/env bash
# Looks for values that must not lie anywhere in clear: in all files below DIR, in their names, and in the machine's swap.
#   tests/leaks.sh DIR [--number DIGITS] [--agent ID] [--reason WORDS] [--text WORDS] [--audio FILE.wav] [--values FILE]
#                  [--swap FILE] [--no-swap]
# Each may be given again. FILE of --values has a line each, `number: 0409990123`, and lies outside DIR; --swap names one more
# swap file or device than /proc/swaps does, --no-swap leaves out those of /proc/swaps. A value is rare, or it is found by chance:
# 8 digits or 6 characters at least; audio is WAV, PCM of 16 bits, mono, with a second of it or more (noise is best).
# Forms: words as UTF-8, UTF-16LE, UTF-16BE, with the escapes of JSON and of addresses, and as base64 at each of three places;
# numbers also without the leading zero, as BCD and as packed BCD of both nibble orders, 0 as 0 or A, at odd nibbles too; audio as
# G.711 A-law and u-law and PCM16 LE and BE, at any offset and level: 136 samples (17 ms) in a row, of which 64 have the planted
# ones' signs. What is compressed or encrypted is not unpacked. It proves itself first, with values of its own, in every form.
# Exit 0: nothing found; 1: found, with file, offset and form, never the value; 2: bad usage, or something could not be read.
set -u
case " $* " in *" -h "*|*" --help "*) sed -n '2,12p' "$0" | sed 's/^# \{0,1\}//'; exit 0 ;; esac
exec python3 -B /dev/fd/3 "$@" 3<<'PYTHON'
import base64
import ctypes
import json
import math
import os
import random
import re
import shutil
import struct
import sys
import tempfile
import urllib.parse
import wave

CHUNK, OVERLAP, WINDOW = 1 << 24, 1 << 16, 64
# Planted windows begin at every 8th sample, those of a file are taken at every 9th: within 72 samples one of each meet.
PLANTED_STEP, FILE_STEP = 8, 9
PCM_SIGNS = bytes(1 if b & 0x80 else 0 for b in range(256))        # 1: negative
G711_SIGNS = bytes(0 if b & 0x80 else 1 for b in range(256))       # both laws set bit 7 for positive
OTHER = bytes([1, 0]) + bytes(254)


class Unusable(Exception):
    pass


def a_law(code):
    code ^= 0x55
    segment, value = code >> 4 & 7, (code & 15) << 4
    value = value + 8 if segment == 0 else value + 0x108 << segment - 1
    return value if code & 0x80 else -value


def u_law(code):
    code ^= 0xFF
    value = (((code & 15) << 3) + 0x84 << (code >> 4 & 7)) - 0x84
    return -value if code & 0x80 else value


A, U = [a_law(c) for c in range(256)], [u_law(c) for c in range(256)]


def nibbles(digits, low_first, odd):
    """A pattern for packed BCD; odd: the number begins in the middle of a byte."""
    wanted = [None] * odd + [{0, 10} if d == "0" else {int(d)} for d in digits]
    wanted += [None] * (len(wanted) % 2)
    out = b""
    for first, second in zip(wanted[::2], wanted[1::2]):
        high, low = (second, first) if low_first else (first, second)
        fits = [b for b in range(256) if (high is None or b >> 4 in high) and (low is None or b & 15 in low)]
        out += b"[" + b"".join(b"\\x%02x" % b for b in fits) + b"]"
    return out


def words(text):
    """Forms of a text: (name, pattern)."""
    raw = text.encode()
    yield "UTF-8", re.escape(raw)
    yield "UTF-16LE", re.escape(text.encode("utf-16-le"))
    yield "UTF-16BE", re.escape(text.encode("utf-16-be"))
    for form, escaped in escapes(text):
        yield form, b"(?i:" + re.escape(escaped.encode()) + b")"
    for shift in range(3):
        # Only the characters of base64 that depend on no neighbour.
        code = base64.b64encode(bytes(shift) + raw + bytes(-(shift + len(raw)) % 3))
        first, last = (shift * 8 + 5) // 6, (shift + len(raw)) * 8 // 6
        yield f"base64, place {shift}", re.escape(code[first:last])


def escapes(text):
    """As JSON and addresses may write it, where that is another thing than UTF-8."""
    for form, escaped in ("JSON escapes", json.dumps(text)[1:-1]), ("URL", urllib.parse.quote(text, safe="")), ("form", urllib.parse.quote_plus(text)):
        if escaped != text:
            yield form, escaped


def number(digits):
    yield from words(digits)
    bare = digits.lstrip("0")
    if bare != digits:
        yield from ((name + ", without prefix", pattern) for name, pattern in words(bare))
    for text, note in [(digits, "")] + [(bare, ", without prefix")] * (bare != digits):
        yield "BCD" + note, b"".join(b"[\\x00\\x0a]" if d == "0" else b"\\x0%d" % int(d) for d in text)
        for low_first, order in (False, "high nibble first"), (True, "low nibble first"):
            for odd in 0, 1:
                yield f"packed BCD, {order}{', odd' * odd}{note}", nibbles(text, low_first, odd)


def signs_of(samples):
    return bytes(s < 0 for s in samples)


def windows(samples):
    """Sign windows of a planted sound, by their signs; both polarities. Too calm ones would be found in anything."""
    out, signs = {}, signs_of(samples)
    for at in range(0, len(samples) - WINDOW + 1, PLANTED_STEP):
        window = signs[at:at + WINDOW]
        if 12 <= sum(a != b for a, b in zip(window, window[1:])):
            out[window] = out[window.translate(OTHER)] = at
    return out


def likeness(a, b):
    ab, aa, bb = sum(x * y for x, y in zip(a, b)), sum(x * x for x in a), sum(y * y for y in b)
    return abs(ab) / math.sqrt(aa * bb) if aa and bb else 0


class Planted:
    def __init__(self, kind, value):
        self.kind, self.samples, self.windows, self.patterns = kind, [], {}, []
        if kind == "audio":
            self.samples = value
            self.windows = windows(value)
            if len(self.windows) < 500:
                raise Unusable("The audio has too little in it to be told from others: a second of noise does.")
        elif kind == "number":
            if not re.fullmatch("[0-9]{8,}", value):
                raise Unusable("A number has 8 digits or more, and nothing else.")
            self.patterns = [(form, re.compile(p, re.S)) for form, p in number(value)]
        else:
            if len(value) < 6:
                raise Unusable(f"The {kind} has fewer than 6 characters: it would be found by chance.")
            self.patterns = [(form, re.compile(p, re.S)) for form, p in words(value)]

    def look(self, data):
        """(form, offset) of what is found, the first of each form."""
        for form, pattern in self.patterns:
            if found := pattern.search(data):
                yield form, found.start()
        if self.samples:
            yield from self.hear(data)

    def hear(self, data):
        seen = set()
        for offset, step, table, forms in (0, 1, G711_SIGNS, "AU"), (0, 2, PCM_SIGNS, "LB"), (1, 2, PCM_SIGNS, "LB"):
            signs = data[offset::step].translate(table)
            for at in range(0, len(signs) - WINDOW + 1, FILE_STEP):
                planted = self.windows.get(signs[at:at + WINDOW])
                if planted is None:
                    continue
                place, original = offset + at * step, self.samples[planted:planted + WINDOW]
                best, form, start = max(((likeness(original, s), form, start) for form, start, s in self.read(data, place, forms)), default=(0, "", 0))
                if best > 0.7 and form not in seen:
                    seen.add(form)
                    yield form, start

    @staticmethod
    def read(data, place, forms):
        """The window at place in the forms it may have; of PCM, place is the byte that holds the sign."""
        if forms == "AU":
            codes = data[place:place + WINDOW]
            yield "G.711 A-law", place, [A[c] for c in codes]
            yield "G.711 u-law", place, [U[c] for c in codes]
            return
        for form, order, start in ("PCM16 LE", "<", place - 1), ("PCM16 BE", ">", place):
            if start >= 0 and len(bits := data[start:start + 2 * WINDOW]) == 2 * WINDOW:
                yield form, start, struct.unpack(f"{order}{WINDOW}h", bits)


def scan(path, planted):
    """(value, form, offset), the first of each in a file; chunk by chunk, each with the end of the one before."""
    seen, tail, base = set(), b"", 0
    with open(path, "rb", buffering=0) as file:
        while part := file.read(CHUNK):
            data = tail + part
            for which, value in planted:
                for form, at in value.look(data):
                    if (which, form) not in seen:
                        seen.add((which, form))
                        yield which, form, base + at
            tail, base = data[-OVERLAP:], base + len(data) - len(data[-OVERLAP:])


def below(folder):
    def stop(error):
        raise error
    for at, _, names in os.walk(folder, onerror=stop):
        yield at, False
        for name in sorted(names):
            path = os.path.join(at, name)
            yield path, os.path.isfile(path) and not os.path.islink(path)


def search(folder, swaps, planted):
    found, files, size = 0, 0, 0
    for path, is_file in [*below(folder), *((s, True) for s in swaps)]:
        printed = path
        for which, value in planted:
            for form, pattern in value.patterns:
                if pattern.search(os.fsencode(os.path.basename(path))):
                    printed = os.path.join(os.path.dirname(printed), "…")
                    print(f"FOUND {which} as {form} in the name of something in {os.path.dirname(path)}")
                    found += 1
        if not is_file:
            continue
        files += 1
        for which, form, offset in scan(path, planted):
            print(f"FOUND {which} as {form} in {printed} at {offset}")
            found += 1
        size += os.path.getsize(path)
    return found, files, size


def encode(samples, table):
    codes = {sign: [c for c in range(256) if G711_SIGNS[c] == sign] for sign in (0, 1)}
    return bytes(min(codes[s < 0], key=lambda c: abs(table[c] - s)) for s in samples)


def prove():
    """Plants invented values in every form, one a file, among noise, and fails where one is not found as that form."""
    dice = random.Random()
    digits = "0" + "".join(dice.choice("123456789") for _ in range(4)) + "0" + "".join(dice.choice("123456789") for _ in range(5))
    text = "".join(dice.choice("abcdefghijklmnopqrstuvwxyzäö ") for _ in range(20)) + " ä"
    sound = [round(dice.gauss(0, 3000)) for _ in range(8000)]
    at = dice.randrange(500, 7000)
    piece = [max(-32000, min(32000, s)) for s in sound[at:at + 136]]
    half = [s // 2 for s in piece]
    plants = [("audio", "G.711 A-law", encode(piece, A)), ("audio", "G.711 u-law", encode(piece, U)), ("audio", "G.711 A-law", encode(half, A))]
    plants += [("audio", f"PCM16 {name}", struct.pack(f"{order}136h", *samples)) for name, order in (("LE", "<"), ("BE", ">")) for samples in (piece, half)]

    def bcd(d, swap, odd, zero):
        n = ([5] * odd) + [zero if c == "0" else int(c) for c in d]
        n += [15] * (len(n) % 2)
        return bytes(b << 4 | a if swap else a << 4 | b for a, b in zip(n[::2], n[1::2]))

    for d, note in (digits, ""), (digits[1:], ", without prefix"):
        for kind, value in [("number", d)] + [("text", text)] * (note == ""):
            plants += [(kind, form + note, value.encode(code)) for form, code in (("UTF-8", "utf-8"), ("UTF-16LE", "utf-16-le"), ("UTF-16BE", "utf-16-be"))]
            plants += [(kind, f"base64, place {s}{note}", base64.b64encode(b"xyz"[:s] + value.encode() + b"end")) for s in range(3)]
            plants += [(kind, form + note, escaped.encode()) for form, escaped in escapes(value)]
        for zero in 0, 10:
            plants.append(("number", "BCD" + note, bytes(zero if c == "0" else int(c) for c in d)))
            plants += [("number", f"packed BCD, {order} nibble first{', odd' * odd}{note}", bcd(d, order == "low", odd, zero)) for order in ("high", "low") for odd in (0, 1)]
    planted = [("audio", Planted("audio", sound)), ("number", Planted("number", digits)), ("text", Planted("text", text))]
    forms = {(which, form) for which, value in planted for form, _ in value.patterns} | {("audio", f) for f in ("G.711 A-law", "G.711 u-law", "PCM16 LE", "PCM16 BE")}
    missing = forms - {(which, form) for which, form, _ in plants}
    if missing:
        raise Unusable(f"The proof plants nothing as {sorted(missing)}.")
    folder = tempfile.mkdtemp(prefix="nauha-leaks-")
    try:
        for i, (which, form, value) in enumerate(plants):
            before, after = dice.randrange(3000, 5000), 1000
            path = os.path.join(folder, f"{i}")
            with open(path, "wb") as file:
                file.write(dice.randbytes(before) + value + dice.randbytes(after))
            if not any((w, f) == (which, form) for w, f, _ in scan(path, planted)):
                raise Unusable(f"The proof failed: {which} as {form} was planted and not found. Nothing was searched.")
        with open(os.path.join(folder, "clean"), "wb") as file:
            file.write(dice.randbytes(100_000) + bytes(100_000) + b"\xff" * 100_000)
        if any(scan(os.path.join(folder, "clean"), planted)):
            raise Unusable("The proof failed: something was found where nothing was planted. Nothing was searched.")
        edge = os.path.join(folder, "edge")
        with open(edge, "wb") as file:
            file.write(bytes(CHUNK - 5) + digits.encode())
        if ("number", "UTF-8", CHUNK - 5) not in scan(edge, planted):
            raise Unusable("The proof failed: what lies over the edge of a chunk was not found. Nothing was searched.")
    finally:
        shutil.rmtree(folder)
    return len(plants)


def sound_of(path):
    try:
        with wave.open(path, "rb") as wav:
            if (wav.getnchannels(), wav.getsampwidth()) != (1, 2):
                raise Unusable(f"{path} is not mono with 16 bits.")
            raw = wav.readframes(wav.getnframes())
    except (wave.Error, EOFError) as error:
        raise Unusable(f"{path} is no WAV file: {error}") from None
    return struct.unpack(f"<{len(raw) // 2}h", raw)


def usage(arguments):
    kinds, folder, given, sources, swaps, own = ("number", "agent", "reason", "text", "audio"), None, [], [], [], True
    rest = iter(arguments)
    for argument in rest:
        if argument == "--no-swap":
            own = False
        elif argument.startswith("--"):
            name, value = argument[2:], next(rest, None)
            if value is None:
                raise Unusable(f"{argument} needs a value.")
            if name in kinds:
                given.append((name, value))
            elif name == "swap":
                swaps.append(value)
            elif name == "values":
                sources.append(value)
                with open(value, encoding="utf-8") as file:
                    for line in filter(str.strip, file):
                        kind, colon, text = line.rstrip("\n").partition(": ")
                        if kind not in kinds or not colon:
                            raise Unusable(f"{value} holds a line that is not `kind: value`, kind one of {', '.join(kinds)}.")
                        given.append((kind, text))
            else:
                raise Unusable(f"{argument} is not known.")
        elif folder is None:
            folder = argument
        else:
            raise Unusable("One DIR.")
    if folder is None or not os.path.isdir(folder):
        raise Unusable("Needs DIR, a folder." if folder is None else f"{folder} is no folder.")
    if not given:
        raise Unusable("Needs a value to look for.")
    for path in sources + [value for kind, value in given if kind == "audio"]:
        if os.path.commonpath([os.path.realpath(folder), os.path.realpath(path)]) == os.path.realpath(folder):
            raise Unusable(f"{path} lies below DIR: it would find itself.")
    if own:
        with open("/proc/swaps", encoding="utf-8") as file:
            swaps += [line.split()[0] for line in file.readlines()[1:]]
    counts, planted = {}, []
    for kind, value in given:
        counts[kind] = counts.get(kind, 0) + 1
        planted.append((f"{kind} {counts[kind]}", Planted(kind, sound_of(value) if kind == "audio" else value)))
    return folder, swaps, own, planted


def main():
    sys.stdout.reconfigure(errors="backslashreplace")       # a file's name may be no text
    # Its own memory must not come to lie in the swap that it is about to search; where that is not allowed, it may find itself.
    ctypes.CDLL(None).mlockall(3)
    try:
        folder, swaps, own, planted = usage(sys.argv[1:])
        print(f"Proof: {prove()} planted finds of all forms, all found.")
        print(f"Swap: {', '.join(swaps) or ('none is on' if own else 'not searched')}.", flush=True)
        found, files, size = search(folder, swaps, planted)
    except (Unusable, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{'Nothing' if found == 0 else found} found in {files} files, {size} bytes.")
    return 1 if found else 0


sys.exit(main())
PYTHON

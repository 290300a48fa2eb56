#!/usr/bin/env python3
"""The copper pair behind the sound card, and whoever is at its other end.

A pair carries what both sides say, and both hear it: what the box says comes back to the box, as long as its relay is
closed, together with what the other end says. snd-aloop is only two wires, so this program is the pair between them:
it hears the one (hw:Loopback,1,0 capture) and speaks into the other (hw:Loopback,1,0 playback), block by block.

    pair.py RELAY       a gpio-sim value file, or - for a box without a relay
Told over the pipe /run/pair/do:  say FILE.wav | tone HERTZ DBV SECONDS | hush
Leaves /run/pair/trace (ms, relay, whether the box speaks; a line a change) and /run/pair/heard.raw (what the box said).
"""
import math, os, random, subprocess, sys, threading, time, warnings
warnings.simplefilter("ignore")     # audioop is in Debian 12's Python; its successor is not asked
import audioop

RATE, BLOCK, FULL_SCALE_DBV = 8000, 320, 6.5
RUN = "/run/pair"
said, lock = bytearray(), threading.Lock()
chance = random.Random(1)
noise = b"".join(chance.randint(-9, 9).to_bytes(2, "little", signed=True) for _ in range(RATE))   # some -66 dBV: a pair is never still


def orders():
    while True:
        with open(f"{RUN}/do") as pipe:
            for order in pipe:
                what, *rest = order.split()
                with lock:
                    if what == "hush":
                        said.clear()
                    elif what == "say":
                        said.extend(open(rest[0], "rb").read()[44:])
                    elif what == "tone":
                        hertz, dbv, seconds = map(float, rest)
                        loud = 32767 * 10 ** ((dbv - FULL_SCALE_DBV) / 20)
                        one = [int(loud * math.sin(2 * math.pi * hertz * i / RATE)) for i in range(RATE)]
                        second = b"".join(sample.to_bytes(2, "little", signed=True) for sample in one)
                        said.extend(second * int(seconds))


def carry(relay, trace, heard):
    device = ["-q", "-D", "hw:Loopback,1,0", "-t", "raw", "-f", "S16_LE", "-r", "8000", "-c", "1", "--period-time=20000"]
    ear = subprocess.Popen(["arecord", *device, "--buffer-time=500000"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    mouth = subprocess.Popen(["aplay", *device, "--buffer-time=100000"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0)
    was, at = None, 0
    try:
        while len(block := ear.stdout.read(BLOCK)) == BLOCK:
            closed = relay is None or os.pread(relay, 1, 0) == b"1"
            speaks = audioop.max(block, 2) > 30
            if (closed, speaks) != was:
                was = closed, speaks
                print(time.monotonic_ns() // 1_000_000, int(closed), int(speaks), file=trace, flush=True)
            if closed:
                heard.write(block)
                heard.flush()
            at = (at + BLOCK) % len(noise)
            on_the_pair = audioop.add(block if closed else bytes(BLOCK), noise[at:at + BLOCK], 2)
            with lock:
                other = bytes(said[:BLOCK]).ljust(BLOCK, b"\0")
                del said[:BLOCK]
            mouth.stdin.write(audioop.add(on_the_pair, other, 2))
    except OSError:
        pass    # the card is gone
    for program in (ear, mouth):
        program.kill()
        program.wait()


os.makedirs(RUN, exist_ok=True)
os.path.exists(f"{RUN}/do") or os.mkfifo(f"{RUN}/do")
threading.Thread(target=orders, daemon=True).start()
relay = None if sys.argv[1] == "-" else os.open(sys.argv[1], os.O_RDONLY)
with open(f"{RUN}/trace", "w") as trace, open(f"{RUN}/heard.raw", "ab") as heard:
    while True:
        carry(relay, trace, heard)
        time.sleep(0.5)

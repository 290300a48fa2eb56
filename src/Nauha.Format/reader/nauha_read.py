#!/usr/bin/env python3
"""Independent reader of sealed recordings (FORMAT.md, version 1). Shares no code with the product.

    nauha_read.py verify FILE --point HEX            whole, and signed by this key (65 bytes, hex)?
    nauha_read.py open FILE --point HEX --key HEX    ... and open it with a day's private key (32 bytes, hex)
    nauha_read.py vectors FOLDER                     what it makes of every file and key of FOLDER/manifest

Prints one JSON object (vectors: one a line); exit 0 good, 1 refused, 2 bad usage. Needs Debian's python3-cryptography.
HPKE, CRC-32C and HKDF are plain code: that package does not have them all.
"""
import argparse
import hashlib
import hmac
import json
import math
import os
import struct
import sys

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

P = 2**255 - 19
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
MAGIC = b"\x89NAUHA\r\n"
NAME = set(b"abcdefghijklmnopqrstuvwxyz234567")
EVENTS = {"announcement", "key", "mask", "hold", "tone", "gap", "flash", "clock"}


class Refused(Exception):
    """The first reason to refuse; its text is a word of FORMAT.md §2.1."""


def need(condition, why):
    if not condition:
        raise Refused(why)


def extract(salt, ikm):
    return hmac.new(salt or bytes(32), ikm, hashlib.sha256).digest()


def expand(prk, info, length):
    out, block, i = b"", b"", 1
    while len(out) < length:
        block = hmac.new(prk, block + info + bytes([i]), hashlib.sha256).digest()
        out, i = out + block, i + 1
    return out[:length]


def hkdf(ikm, salt, info):
    return expand(extract(salt, ikm), info, 32)


def raw_public(private):
    return private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def agree(private, public):
    """The shared point, or None where the other key is one that nobody can own."""
    if public[31] & 0x80 or int.from_bytes(public, "little") >= P:
        return None
    try:
        shared = private.exchange(x25519.X25519PublicKey.from_public_bytes(public))
    except ValueError:
        return None
    return shared if any(shared) else None


def hpke_open(key, info, blob):
    enc, ct = blob[:32], blob[32:]
    private = x25519.X25519PrivateKey.from_private_bytes(key)
    dh = agree(private, enc)
    need(dh is not None, "wrong-key")
    kem, suite = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01\x00\x03"

    def lext(s, salt, label, ikm):
        return extract(salt, b"HPKE-v1" + s + label + ikm)

    def lexp(s, prk, label, more, length):
        return expand(prk, struct.pack(">H", length) + b"HPKE-v1" + s + label + more, length)

    shared = lexp(kem, lext(kem, b"", b"eae_prk", dh), b"shared_secret", enc + raw_public(private), 32)
    schedule = b"\x00" + lext(suite, b"", b"psk_id_hash", b"") + lext(suite, b"", b"info_hash", info)
    secret = lext(suite, shared, b"secret", b"")
    try:
        return ChaCha20Poly1305(lexp(suite, secret, b"key", schedule, 32)).decrypt(lexp(suite, secret, b"base_nonce", schedule, 12), ct, b"")
    except InvalidTag:
        raise Refused("wrong-key") from None


def table():
    out = []
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
        out.append(n)
    return out


TABLE = table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


# Strict JSON: what each key may hold.
def text(value):
    return isinstance(value, str)


def whole(least, most):
    return lambda value: type(value) is int and least <= value <= most


def number(value):
    return type(value) in (int, float) and math.isfinite(value)


STREAM = {
    "codec": lambda v: v in ("opus", "alaw"), "rateHz": whole(8000, 48000), "packetSamples": whole(1, 5760), "packetBytes": whole(1, 4096), "preSkip": whole(0, 10000),
    "profile": text, "source": text, "hookSource": text, "dbvAtFullScale": number, "monotonicMs": whole(-2**63, 2**63 - 1),
}
EVENT = {"at": whole(0, 2**63 - 1), "what": lambda v: text(v) and v in EVENTS, "samples": whole(0, 2**63 - 1)}


def strict(raw, keys):
    def pairs(items):
        need(len({k for k, _ in items}) == len(items), "bad-items")
        return dict(items)

    def no_constant(_):
        raise Refused("bad-items")

    need(not raw.startswith(b"\xef\xbb\xbf"), "bad-items")
    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=pairs, parse_constant=no_constant)
        need(isinstance(value, dict) and set(value) == set(keys), "bad-items")
        for v in value.values():
            if isinstance(v, str):
                v.encode("utf-8")       # half a surrogate pair is no text
    except (UnicodeError, ValueError, RecursionError, OverflowError):
        raise Refused("bad-items") from None
    need(all(good(value[key]) for key, good in keys.items()), "bad-items")
    return value


def read(data):
    need(data[:8] == MAGIC, "not-sealed")
    need(len(data) >= 232, "truncated")
    core, wrap = data[:152], data[152:232]
    version, suite = struct.unpack(">HH", core[8:12])
    need(version == 1, "unknown-version")
    need(suite == 1, "unknown-suite")
    need(not any(core[12:16] + core[68:72] + core[89:92] + core[112:120]), "bad-header")
    need(set(core[16:48]) <= NAME, "bad-header")
    line, call_number, started = struct.unpack(">I", core[64:68])[0], *struct.unpack(">QQ", core[72:88])
    need(1 <= line <= 64 and core[88] <= 3 and started < 2**63, "bad-header")
    head = hashlib.sha256(core + wrap).digest()
    frames, at, final, size = [], 232, False, None
    while True:
        need(at < len(data), "truncated")
        if data[at] == 3:
            break
        need(len(data) - at >= 12 and any(data[at:at + 12]), "truncated")
        kind, zero, index, n = data[at], data[at + 1:at + 4], *struct.unpack(">II", data[at + 4:at + 12])
        need(kind in (1, 2) and not any(zero), "bad-frame")
        need(not final, "after-final")
        need(index == len(frames), "out-of-order")
        need(index < 2**20, "too-many-frames")
        need(528 <= n <= 65552 and (n - 16) % 512 == 0, "bad-frame")
        if kind == 1:
            need(size in (None, n), "bad-frame")
            size = n
        end = at + 12 + n
        need(end + 4 <= len(data), "truncated")
        need(crc32c(head[:8] + data[at:end]) == struct.unpack(">I", data[end:end + 4])[0], "bad-checksum")
        frames.append((kind, index, data[at:at + 12], data[at + 12:end]))
        final, at = kind == 2, end + 4
    trailer = data[at:at + 128]
    need(len(trailer) == 128, "truncated")
    closing, count, offset = trailer[1], *struct.unpack(">IQ", trailer[4:16])
    need(closing in (1, 2, 3) and not any(trailer[2:4]) and count == len(frames) and offset == at, "bad-trailer")
    need(trailer[16:48] == hashlib.sha256(data[:at]).digest(), "wrong-hash")
    need(closing != 2 or not final, "bad-trailer")
    need(closing == 2 or final, "no-final")
    need(len(data) == at + 128, "bytes-after-trailer")
    return core, wrap, head, frames, trailer, line, call_number, started


def kid_of(kind, raw):
    return hashlib.sha256(b"nauha/1 kid\x00" + bytes([kind]) + raw).digest()[:16]


def check_signature(points, head, trailer):
    """points: those that may sign for this file's appliance."""
    point = next((p for p in points if kid_of(3, p) == trailer[48:64]), None)
    need(point is not None, "unknown-signer")
    r, s = int.from_bytes(trailer[64:96], "big"), int.from_bytes(trailer[96:128], "big")
    need(s <= N // 2, "bad-signature")
    kind, body = b"application/vnd.nauha.recording.v1", head + trailer[:64]
    message = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(body), body)
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point).verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        raise Refused("bad-signature") from None


def items(plain, index, final, stream):
    position, audio, events, count, at = None, None, [], 0, 0
    while at < len(plain):
        kind = plain[at]
        if kind == 0:
            need(not any(plain[at:]), "bad-items")
            break
        need(at + 3 <= len(plain), "bad-items")
        n = struct.unpack(">H", plain[at + 1:at + 3])[0]
        value, at = plain[at + 3:at + 3 + n], at + 3 + n
        need(at <= len(plain), "bad-items")
        if kind == 0x81 and not final and count == 0 and n == 12:
            position = struct.unpack(">QI", value)
        elif kind == 0x82 and not final and count == 1 and index == 0:
            stream = strict(value, STREAM)
        elif kind == 0x83 and not final and position and stream and audio is None and n % stream["packetBytes"] == 0:
            audio = value
        elif kind == 0x04:
            events.append(strict(value, EVENT))
        else:
            need(kind < 0x80, "bad-items")
        count += 1
    if not final:
        need(position and stream, "bad-items")
        need(position[0] + position[1] < 2**63, "bad-items")
        need(position[1] <= len(audio or b"") // stream["packetBytes"] * stream["packetSamples"], "bad-items")
    return position, audio or b"", events, stream


def open_all(key, core, wrap, head, frames):
    return open_frames(hpke_open(key, b"nauha/1 dek\x00" + core, wrap), core, head, frames)


def open_frames(dek, core, head, frames):
    need(hmac.compare_digest(hkdf(dek, b"", b"nauha/1 commit\x00" + core[48:64]), core[120:152]), "wrong-key")
    cipher, stream, out, last = ChaCha20Poly1305(hkdf(dek, head, b"nauha/1 payload\x00")), None, [], []
    for kind, index, aad, ciphertext in frames:
        try:
            plain = cipher.decrypt(bytes(7) + struct.pack(">IB", index, kind == 2), ciphertext, aad)
        except InvalidTag:
            raise Refused("not-authentic") from None
        position, audio, events, stream = items(plain, index, kind == 2, stream)
        if position:
            need(not out or position[0] >= out[-1]["first"] + out[-1]["samples"], "bad-items")
            out.append({"first": position[0], "samples": position[1], "audioSha256": hashlib.sha256(audio).hexdigest(), "events": events, "audio": audio})
        else:
            last = events
    return stream, out, last


def one_vector(data, points, days):
    try:
        core, wrap, head, frames, trailer, *_ = read(data)
        check_signature(points.get(core[32:48], []), head, trailer)
    except Refused as why:
        return {"verdict": f"refused {why}"}
    try:
        need(core[96:112] in days, "wrong-key")
        _, opened, last = open_all(days[core[96:112]], core, wrap, head, frames)
    except Refused as why:
        return {"verdict": f"unopened {why}"}
    audio = hashlib.sha256(b"".join(frame["audio"] for frame in opened)).hexdigest()
    return {"verdict": "opens", "closing": trailer[1], "frames": len(frames), "samples": sum(f["samples"] for f in opened), "audio": audio, "events": sum(len(f["events"]) for f in opened) + len(last)}


def vectors(folder):
    days, points, asked = {}, {}, []
    with open(os.path.join(folder, "manifest"), encoding="utf-8") as manifest:
        for line in manifest:
            key, _, value = line.strip().partition(": ")
            if key == "day":
                raw = bytes.fromhex(value)
                days[kid_of(1, raw_public(x25519.X25519PrivateKey.from_private_bytes(raw)))] = raw
            elif key == "signer":
                appliance, point = value.split()
                points.setdefault(appliance.encode(), []).append(bytes.fromhex(point))
            elif key in ("file", "key"):
                asked.append((key, value))
    any_key = x25519.X25519PrivateKey.from_private_bytes(bytes(range(32)))
    for key, value in asked:
        if key == "key":
            found = {"verdict": "refused" if agree(any_key, bytes.fromhex(value)) is None else "taken"}
        else:
            with open(os.path.join(folder, value), "rb") as file:
                found = one_vector(file.read(), points, days)
        print(json.dumps({"of": value, **found}))
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("act", choices=["verify", "open", "vectors"])
    parser.add_argument("file")
    parser.add_argument("--point")
    parser.add_argument("--key")
    asked = parser.parse_args()
    if asked.act == "vectors":
        return vectors(asked.file)
    if not asked.point:
        parser.error("needs --point")
    if asked.act == "open" and not asked.key:
        parser.error("open needs --key")
    with open(asked.file, "rb") as file:
        data = file.read()
    try:
        core, wrap, head, frames, trailer, line, call_number, started = read(data)
        check_signature([bytes.fromhex(asked.point)], head, trailer)
        found = {"good": True, "closing": trailer[1], "line": line, "callNumber": call_number, "startedMs": started, "frames": len(frames), "sha256": hashlib.sha256(data).hexdigest()}
        if asked.act == "open":
            found["stream"], opened, found["finalEvents"] = open_all(bytes.fromhex(asked.key), core, wrap, head, frames)
            found["opened"] = [{k: v for k, v in frame.items() if k != "audio"} for frame in opened]
    except Refused as why:
        print(json.dumps({"good": False, "why": str(why)}))
        return 1
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())

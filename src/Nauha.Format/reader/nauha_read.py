#!/usr/bin/env python3
"""Independent reader of sealed recordings (FORMAT.md, version 1). Shares no code with the product.

    nauha_read.py verify FILE --point HEX            whole, and signed by this key (65 bytes, hex)?
    nauha_read.py open FILE --point HEX --key HEX    ... and open it with a day's private key (32 bytes, hex)

Prints one JSON object; exit 0 good, 1 refused, 2 bad usage. Needs Debian's python3-cryptography.
"""
import argparse
import hashlib
import hmac
import json
import struct
import sys

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

P = 2**255 - 19
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
NAME = set(b"abcdefghijklmnopqrstuvwxyz234567")
EVENTS = {"announcement", "key", "mask", "tone", "gap", "flash", "clock"}
STREAM = {"codec", "rateHz", "packetSamples", "packetBytes", "preSkip", "profile", "source", "hookSource", "dbvAtFullScale", "monotonicMs"}


class Refused(Exception):
    pass


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


def hpke_open(key, info, blob):
    enc, ct = blob[:32], blob[32:]
    need(not enc[31] & 0x80 and int.from_bytes(enc, "little") < P, "enc is not canonical")
    private = x25519.X25519PrivateKey.from_private_bytes(key)
    public = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    try:
        dh = private.exchange(x25519.X25519PublicKey.from_public_bytes(enc))
    except ValueError:
        raise Refused("enc is of low order") from None
    kem, suite = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01\x00\x03"

    def lext(s, salt, label, ikm):
        return extract(salt, b"HPKE-v1" + s + label + ikm)

    def lexp(s, prk, label, more, length):
        return expand(prk, struct.pack(">H", length) + b"HPKE-v1" + s + label + more, length)

    shared = lexp(kem, lext(kem, b"", b"eae_prk", dh), b"shared_secret", enc + public, 32)
    schedule = b"\x00" + lext(suite, b"", b"psk_id_hash", b"") + lext(suite, b"", b"info_hash", info)
    secret = lext(suite, shared, b"secret", b"")
    try:
        return ChaCha20Poly1305(lexp(suite, secret, b"key", schedule, 32)).decrypt(lexp(suite, secret, b"base_nonce", schedule, 12), ct, b"")
    except InvalidTag:
        raise Refused("is not sealed to this key") from None


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


def strict(raw, keys):
    def pairs(items):
        need(len({k for k, _ in items}) == len(items), "JSON repeats a key")
        return dict(items)
    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=pairs)
    except (UnicodeDecodeError, json.JSONDecodeError):
        raise Refused("an item is no JSON") from None
    need(isinstance(value, dict) and set(value) == keys, "JSON has other keys")
    return value


def read(data):
    need(len(data) >= 232, "too short")
    core, wrap = data[:152], data[152:232]
    need(core[:8] == b"\x89NAUHA\r\n", "no sealed recording")
    need(struct.unpack(">HH", core[8:12]) == (1, 1), "unknown version or suite")
    need(not any(core[12:16] + core[68:72] + core[89:92] + core[112:120]), "a reserved field is not zero")
    need(set(core[16:48]) <= NAME, "fleet or appliance is no name")
    line, number, started = struct.unpack(">I", core[64:68])[0], *struct.unpack(">QQ", core[72:88])
    need(1 <= line <= 64 and core[88] <= 3 and started < 2**63, "a field is out of range")
    head = hashlib.sha256(core + wrap).digest()
    frames, at, final = [], 232, False
    while True:
        need(at < len(data), "truncated")
        if data[at] == 3:
            break
        need(len(data) - at >= 12, "truncated")
        kind, zero, index, n = data[at], data[at + 1:at + 4], *struct.unpack(">II", data[at + 4:at + 12])
        need(kind in (1, 2) and not any(zero), "a frame's head makes no sense")
        need(not final, "a frame after the final frame")
        need(index == len(frames) and index < 2**20, "frames out of order")
        need(528 <= n <= 65552 and (n - 16) % 512 == 0, "a frame's length makes no sense")
        end = at + 12 + n
        need(end + 4 <= len(data), "truncated")
        need(crc32c(head[:8] + data[at:end]) == struct.unpack(">I", data[end:end + 4])[0], "a checksum is wrong")
        frames.append((kind, index, data[at:at + 12], data[at + 12:end]))
        final, at = kind == 2, end + 4
    trailer = data[at:]
    need(len(trailer) >= 128, "truncated")
    need(len(trailer) == 128, "bytes after the trailer")
    closing, count, offset = trailer[1], *struct.unpack(">IQ", trailer[4:16])
    need(closing in (1, 2, 3) and not any(trailer[2:4]) and count == len(frames) and offset == at, "the trailer makes no sense")
    need(trailer[16:48] == hashlib.sha256(data[:at]).digest(), "the hash is wrong")
    need(final == (closing != 2), "closing and final frame do not go together")
    return core, wrap, head, frames, trailer, line, number, started


def check_signature(point, head, trailer):
    kid = hashlib.sha256(b"nauha/1 kid\x00\x03" + point).digest()[:16]
    need(trailer[48:64] == kid, "signed by another key")
    r, s = int.from_bytes(trailer[64:96], "big"), int.from_bytes(trailer[96:128], "big")
    need(s <= N // 2, "s is not the smaller one")
    kind, body = b"application/vnd.nauha.recording.v1", head + trailer[:64]
    message = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(body), body)
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point).verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        raise Refused("the signature does not verify") from None


def items(plain, index, final, stream):
    position, audio, events, count, at = None, b"", [], 0, 0
    while at < len(plain):
        kind = plain[at]
        if kind == 0:
            need(not any(plain[at:]), "padding is not zero")
            break
        need(at + 3 <= len(plain), "an item is cut off")
        n = struct.unpack(">H", plain[at + 1:at + 3])[0]
        value, at = plain[at + 3:at + 3 + n], at + 3 + n
        need(at <= len(plain), "an item is cut off")
        if kind == 0x81 and not final and count == 0 and n == 12:
            position = struct.unpack(">QI", value)
        elif kind == 0x82 and not final and count == 1 and index == 0:
            stream = strict(value, STREAM)
        elif kind == 0x83 and not final and position and stream and not audio and n % stream["packetBytes"] == 0:
            audio = value
        elif kind == 0x04:
            event = strict(value, {"at", "what", "samples"})
            need(event["what"] in EVENTS, "an unknown event")
            events.append(event)
        else:
            need(kind < 0x80 and kind != 0x04, "an item makes no sense")
        count += 1
    if not final:
        need(position and stream, "a frame without position")
        need(position[1] <= len(audio) // stream["packetBytes"] * stream["packetSamples"], "more samples than packets")
    return position, audio, events, stream


def open_all(key, core, wrap, head, frames):
    dek = hpke_open(key, b"nauha/1 dek\x00" + core, wrap)
    need(hmac.compare_digest(hkdf(dek, b"", b"nauha/1 commit\x00" + core[48:64]), core[120:152]), "the commitment is another's")
    cipher, stream, out = ChaCha20Poly1305(hkdf(dek, head, b"nauha/1 payload\x00")), None, []
    for kind, index, aad, ciphertext in frames:
        try:
            plain = cipher.decrypt(bytes(7) + struct.pack(">IB", index, kind == 2), ciphertext, aad)
        except InvalidTag:
            raise Refused("a frame does not open") from None
        position, audio, events, stream = items(plain, index, kind == 2, stream)
        if position:
            out.append({"first": position[0], "samples": position[1], "audioSha256": hashlib.sha256(audio).hexdigest(), "events": events})
    return stream, out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("act", choices=["verify", "open"])
    parser.add_argument("file")
    parser.add_argument("--point", required=True)
    parser.add_argument("--key")
    asked = parser.parse_args()
    if asked.act == "open" and not asked.key:
        parser.error("open needs --key")
    with open(asked.file, "rb") as file:
        data = file.read()
    try:
        core, wrap, head, frames, trailer, line, number, started = read(data)
        check_signature(bytes.fromhex(asked.point), head, trailer)
        found = {"good": True, "closing": trailer[1], "line": line, "callNumber": number, "startedMs": started, "frames": len(frames), "sha256": hashlib.sha256(data).hexdigest()}
        if asked.act == "open":
            found["stream"], found["opened"] = open_all(bytes.fromhex(asked.key), core, wrap, head, frames)
    except Refused as why:
        print(json.dumps({"good": False, "why": str(why)}))
        return 1
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())

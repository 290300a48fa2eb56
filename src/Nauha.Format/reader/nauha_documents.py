#!/usr/bin/env python3
"""Independent reader of signed documents and journals (FORMAT.md, version 1, sections 3 to 5). Shares no code with the product.

    nauha_documents.py FOLDER      what it makes of every file of FOLDER/manifest

Prints one JSON object a line: of, verdict, at (the member of the payload that is to blame). Exit 0, or 2 bad usage. Needs
Debian's python3-cryptography, and nauha_read.py beside it, which reads the sealed files.
"""
import argparse
import base64
import binascii
import datetime
import hashlib
import json
import math
import os
import re
import struct
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, x25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

import nauha_read
from nauha_read import N, Refused, need

LONGEST = 64 * 1024
MOST = 2**63 - 1
ROLES = {"daykeys": ("daykeys", "grant", "destruction"), "receipts": ("receipt",), "commands": ("command", "time"), "audit": ()}


class Blamed(Refused):
    """The first member of a payload that is not as it must be."""

    def __init__(self, at, why="bad-payload"):
        super().__init__(why)
        self.at = at


class Unopened(Refused):
    """Signed as it must be; refused by who holds the key."""


def blame(good, at, why="bad-payload"):
    if not good:
        raise Blamed(at, why)


def kind_of(name):
    return f"application/vnd.nauha.{name}.v1+json"


# Strict JSON. An object remembers which members stood twice: the check of that object names the first.
class Object(dict):
    twice = None


def members(pairs):
    found = Object()
    for key, value in pairs:
        if key in found and found.twice is None:
            found.twice = key
        found[key] = value
    return found


def no_constant(_):
    raise ValueError("no JSON")


def parse(raw):
    blame(not raw.startswith(b"\xef\xbb\xbf"), "")
    try:
        return json.loads(raw.decode("utf-8"), object_pairs_hook=members, parse_constant=no_constant)
    except (UnicodeError, ValueError, RecursionError):
        raise Blamed("") from None


# What a member may hold: each a function of value and path.
def whole(least=0, most=MOST):
    return lambda value, at: blame(type(value) is int and least <= value <= most, at)


def text(value, at):
    blame(isinstance(value, str), at)
    try:
        value.encode("utf-8")
    except UnicodeError:
        raise Blamed(at) from None


def like(pattern):
    def check(value, at):
        text(value, at)
        blame(re.fullmatch(pattern, value, re.ASCII), at)
    return check


def hexed(count):
    return like(f"[0-9a-f]{{{2 * count}}}")


def flag(value, at):
    blame(isinstance(value, bool), at)


def number(value, at):
    try:
        blame(type(value) in (int, float) and math.isfinite(value), at)
    except OverflowError:
        raise Blamed(at) from None


def blob(value, at):
    text(value, at)
    try:
        blame(base64.b64encode(base64.b64decode(value.encode("ascii"), validate=True)).decode() == value, at)
    except (UnicodeError, binascii.Error):
        raise Blamed(at) from None


def or_null(check):
    return lambda value, at: None if value is None else check(value, at)


def listed(check, most):
    def each(value, at):
        blame(isinstance(value, list) and len(value) <= most, at)
        for i, entry in enumerate(value):
            check(entry, f"{at}[{i}]")
    return each


def within(at, key):
    return f"{at}.{key}" if at else key


def shaped(**keys):
    def check(value, at=""):
        blame(isinstance(value, Object), at)
        blame(value.twice is None, within(at, value.twice))
        if "v" in keys:
            blame("v" in value and type(value["v"]) is int, "v")
            blame(value["v"] == 1, "v", "unknown-version")
        for key, good in keys.items():
            blame(key in value, within(at, key))
            good(value[key], within(at, key))
        for key in value:
            blame(key in keys, within(at, key))
    return check


NAME = like("[a-z2-7]{16}")
KID, CALL, HASH = hexed(16), hexed(16), hexed(32)
V = whole(1, 1)
CODES = {
    "recorded": [None, "left-off-hook"],
    "excluded": ["emergency", "data-call", "sign-in", "no-call", "not-answered", "answer-uncertain", "listed", "agent-choice"],
    "failed": ["not-heard", "no-space", "audio-lost", "key-missing", "write-error"],
    "missed": [None],
    "expired-unsent": [None],
}


def ending(value, at):
    shaped(what=like("|".join(CODES)), code=or_null(text))(value, at)
    blame(value["code"] in CODES[value["what"]], within(at, "code"))


ENVELOPE = shaped(payload=blob, payloadType=text, signatures=listed(shaped(keyid=KID, sig=blob), 16))
RECORD = shaped(
    v=V, fleet=NAME, appliance=NAME, seq=whole(1), prev=HASH, kind=like("start|end|amend|none|blind"), call=or_null(CALL), line=whole(0, 64), callNumber=or_null(whole(1)),
    startedMs=whole(), clock=whole(0, 3), uncertaintyMs=whole(0, 2**32 - 1), dayKid=KID, ending=or_null(ending),
    recording=or_null(shaped(sha256=HASH, bytes=whole(), frames=whole(0, 2**20), closing=whole(1, 3))), simulated=flag, sealed=blob,
    fromMs=or_null(whole()), untilMs=or_null(whole()), code=or_null(like("power|update|crash|line-lost|unplugged")))
RECEIPT = shaped(
    v=V, fleet=NAME, appliance=NAME, seq=whole(1), prev=HASH, storeEpoch=whole(), call=or_null(CALL), what=like("recording|record"), sha256=HASH, bytes=whole(),
    result=like("stored|expired|held|refused"), checkpoint=text, atMs=whole())
GRANT = shaped(v=V, call=CALL, of=like("dek|record"), seq=or_null(whole(1)), fromKid=KID, toKid=KID, sealed=blob, reason=text, hold=or_null(text), atMs=whole())
DAYKEYS = shaped(v=V, fleet=NAME, version=whole(), issuedMs=whole(), keys=listed(shaped(kid=KID, pk=blob, fromMs=whole(), untilMs=whole(), destroyMs=whole()), 400))
FACTS = shaped(
    party=or_null(like(r"\+?[0-9]{1,24}")), direction=or_null(like("incoming|outgoing")), agent=or_null(like("[a-z0-9-]{1,32}")), agentKnownBy=or_null(text),
    announcement=or_null(shaped(textVersion=text, sha256=HASH, score=number, proof=shaped(**{key: or_null(flag) for key in ("played", "level", "state", "talkedOver", "cutThrough")}))),
    noticeVersion=or_null(text))


def numbers(value, at):
    blame(isinstance(value, Object), at)
    blame(value.twice is None, within(at, value.twice))
    for line, count in value.items():
        whole()(count, at)
        blame(re.fullmatch("[1-9][0-9]?", line, re.ASCII) and int(line) <= 64, at)


SEALED_LIST = shaped(version=whole(), sealed=blob)
ARGS = {
    "destroy": shaped(call=CALL), "offer": shaped(storeEpoch=whole()), "continue": shaped(seq=whole(), hash=HASH, numbers=numbers), "list-key": shaped(),
    "exclude": SEALED_LIST, "roster": SEALED_LIST, "mask": shaped(line=whole(1, 64), seconds=whole(0, 3600)),
}
ORDER = shaped(
    v=V, fleet=NAME, appliance=NAME, session=whole(), seq=whole(), id=KID, name=like("|".join(ARGS)), args=lambda value, at: blame(isinstance(value, Object), at),
    ttlS=whole(1, 86400), expiresMs=or_null(whole()))


def detail(value, at):
    text(value, at)
    blame(len(value.encode("utf-16-be")) <= 2 * 200, at)


ANSWER = shaped(v=V, appliance=NAME, session=whole(), id=KID, result=like("done|refused|failed"), detail=or_null(detail))
TIME = shaped(nonce=KID, nowMs=whole())
PARTS = ("destroyed", "underHold", "tooLate", "expiredUnsent", "failed", "excluded", "missed")


def date(value, at):
    like("[0-9]{4}-[0-9]{2}-[0-9]{2}")(value, at)
    try:
        datetime.date(*map(int, value.split("-")))
    except ValueError:
        raise Blamed(at) from None


def tally(value, at):
    shaped(day=date, appliance=NAME, line=whole(1, 64), **{key: whole(0, 2**31 - 1) for key in ("numbered", "early", *PARTS)})(value, at)
    blame(value["numbered"] == sum(value[part] for part in PARTS) and value["early"] <= value["destroyed"], within(at, "numbered"))


DESTRUCTION = shaped(
    v=V, fleet=NAME, number=whole(1), atMs=whole(), days=listed(shaped(day=date, kid=KID, destroyMs=whole(), destroyedMs=whole()), 400), lines=listed(tally, 100000))


def decoded(value):
    return base64.b64decode(value)


# The envelope.
def verifies(key, kind, payload, signature):
    """key: 65 bytes P-256, or 32 bytes Ed25519."""
    if len(signature) != 64:
        return False
    message = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
    try:
        if len(key) == 32:
            ed25519.Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
            return True
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        if s > N // 2:
            return False
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key).verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
        return True
    except (InvalidSignature, ValueError):
        return False


def take_apart(raw, kind):
    need(len(raw) <= LONGEST, "too-long")
    try:
        value = parse(raw)
        ENVELOPE(value)
    except Blamed:
        raise Refused("bad-envelope") from None
    need(value["payloadType"] == kind, "wrong-type")
    return decoded(value["payload"]), [(s["keyid"], decoded(s["sig"])) for s in value["signatures"]]


def opened(raw, name, keys, shape):
    """keys: by kid, of those who may sign this."""
    payload, signatures = take_apart(raw, kind_of(name))
    need(len(signatures) == 1, "signature-count")
    kid, signature = signatures[0]
    need(kid in keys, "unknown-signer")
    need(verifies(keys[kid], kind_of(name), payload, signature), "bad-signature")
    value = parse(payload)
    shape(value)
    return payload, value


# Documents.
def record(raw, known):
    payload, value = opened(raw, "record", known.boxes, RECORD)
    kind, blind = value["kind"], value["kind"] == "blind"
    what = value["ending"] and value["ending"]["what"]
    together = [
        blind == (value["call"] is None) == (value["callNumber"] is None),
        blind == (value["fromMs"] is not None) == (value["untilMs"] is not None) == (value["code"] is not None),
        not blind or (value["fromMs"] or 0) <= (value["untilMs"] or 0),
        blind or value["line"] > 0,
        len(decoded(value["sealed"])) == (0 if blind else 1072),
        kind == "amend" or (what is not None) == (kind in ("end", "none")),
        (value["recording"] is not None) == (kind == "end"),
        what != "recorded" or kind != "none",
        what != "missed" or kind != "end",
        what != "expired-unsent" or kind == "amend",
    ]
    blame(all(together), "kind")
    need(value["fleet"] == known.fleet and value["appliance"] == known.appliance, "foreign")
    return payload, value


def open_sealed(known, kid, info, sealed):
    """With the key of this kid, if it is at hand."""
    key = known.days.get(bytes.fromhex(kid))
    if key is None:
        raise Unopened("wrong-key")
    try:
        return nauha_read.hpke_open(key, info, sealed)
    except Refused as why:
        raise Unopened(str(why)) from None


def facts(plain):
    try:
        need(len(plain) == 1024, "bad-facts")
        FACTS(parse(plain.rstrip(b" ")))
    except Refused:
        raise Unopened("bad-facts") from None


def judge_record(raw, known, _):
    _, value = record(raw, known)
    if value["kind"] != "blind":
        number_of = {"start": 1, "end": 2, "amend": 3, "none": 4}[value["kind"]]
        info = b"nauha/1 record\x00" + value["fleet"].encode() + value["appliance"].encode() + bytes.fromhex(value["call"]) + struct.pack(">BQ", number_of, value["seq"])
        facts(open_sealed(known, value["dayKid"], info, decoded(value["sealed"])))
    return {"verdict": "opens"}


def entry_at(data, at):
    """Where the entry that begins here ends; None: no whole one does."""
    if len(data) - at < 8:
        return None
    length = struct.unpack(">I", data[at:at + 4])[0]
    end = at + 8 + length
    if not 1 <= length <= LONGEST or end > len(data):
        return None
    return end if nauha_read.crc32c(data[at:end - 4]) == struct.unpack(">I", data[end - 4:end])[0] else None


def judge_records(raw, known, asked):
    entries, at = [], 0
    while (end := entry_at(raw, at)) is not None:
        entries.append(raw[at + 4:end - 4])
        at = end
    seq, before = 0, bytes(32)
    if "after" in asked:
        last, hashed = asked["after"].split()
        seq, before = int(last), bytes.fromhex(hashed)
    for entry in entries:
        payload, value = record(entry, known)
        need(value["seq"] == seq + 1, "gap")
        need(bytes.fromhex(value["prev"]) == before, "chain")
        seq, before = value["seq"], hashlib.sha256(payload).digest()
    verdict = "whole" if at == len(raw) else "broken" if any(entry_at(raw, further) for further in range(at + 1, len(raw))) else "torn"
    return {"verdict": verdict, "entries": len(entries), "bytes": at}


def judge_receipt(raw, known, _):
    _, value = opened(raw, "receipt", known.central("receipt"), RECEIPT)
    blame(value["call"] or value["what"] == "record", "call")
    need(value["fleet"] == known.fleet and value["appliance"] == known.appliance, "foreign")
    return {"verdict": "taken"}


def judge_grant(raw, known, asked):
    _, value = opened(raw, "grant", known.central("grant"), GRANT)
    blame((value["seq"] is None) == (value["of"] == "dek"), "seq")
    blame(len(decoded(value["sealed"])) == (80 if value["of"] == "dek" else 1072), "sealed")
    blame(len(value["reason"].encode()) <= 64, "reason")
    subject = known.file(asked["of"])
    if asked["of"].endswith(".nauha"):
        core, _, head, frames, *_ = nauha_read.read(subject)
        wanted, bound = ("dek", core[48:64].hex(), None), head
    else:
        payload, of = record(subject, known)
        wanted, bound = ("record", of["call"], of["seq"]), hashlib.sha256(payload).digest()
    need((value["of"], value["call"], value["seq"]) == wanted, "other-subject")
    plain = open_sealed(known, value["toKid"], b"nauha/1 grant\x00" + bound + bytes.fromhex(value["toKid"]), decoded(value["sealed"]))
    if value["of"] == "record":
        facts(plain)
    else:
        try:
            nauha_read.open_frames(plain, core, head, frames)
        except Refused as why:
            raise Unopened(str(why)) from None
    return {"verdict": "opens"}


def judge_daykeys(raw, known, _):
    _, value = opened(raw, "daykeys", known.central("daykeys"), DAYKEYS)
    days, seen = value["keys"], set()
    any_key = x25519.X25519PrivateKey.from_private_bytes(bytes(range(32)))
    for i, day in enumerate(days):
        pk = decoded(day["pk"])
        blame(len(pk) == 32 and nauha_read.agree(any_key, pk) is not None, f"keys[{i}].pk")
        blame(nauha_read.kid_of(1, pk).hex() == day["kid"], f"keys[{i}].kid")
    blame(days, "keys")
    for i, day in enumerate(days):
        blame(day["fromMs"] < day["untilMs"] < day["destroyMs"] and day["kid"] not in seen, f"keys[{i}]")
        blame(i == 0 or days[i - 1]["untilMs"] == day["fromMs"], f"keys[{i}]")
        seen.add(day["kid"])
    need(value["fleet"] == known.fleet, "foreign")
    return {"verdict": "taken"}


def roles(value, at):
    blame(isinstance(value, Object), at)
    key = shaped(kid=KID, pk=blob, fromMs=whole(), untilMs=whole(), state=like("active|withdrawn"))
    for role, keys in value.items():
        blame(isinstance(keys, list), within(at, role))
        for i, one in enumerate(keys):
            key(one, f"{at}[{i}]")
            blame(len(decoded(one["pk"])) == 32 and nauha_read.kid_of(2, decoded(one["pk"])).hex() == one["kid"], f"{at}[{i}].kid")
            blame(one["fromMs"] < one["untilMs"], f"{at}[{i}].untilMs")
        blame(len({one["kid"] for one in keys}) == len(keys), within(at, role))
    blame(value.twice is None, within(at, value.twice))
    for role in value:
        blame(role in ROLES, within(at, role))


def blobs(least, most, length=None):
    def check(value, at):
        blame(isinstance(value, list) and least <= len(value) <= most, at)
        for entry in value:
            blob(entry, at)
            blame(length in (None, len(decoded(entry))), at)
        blame(length is None or len(set(value)) == len(value), at)
    return check


TRUST = shaped(v=V, fleet=NAME, version=whole(), roots=blobs(1, 8, 32), threshold=whole(1, 8), roles=roles, cas=blobs(0, 16))


def trust(raw):
    """Payload and signatures, not yet judged by whom."""
    payload, signatures = take_apart(raw, kind_of("trust"))
    need(signatures and len({kid for kid, _ in signatures}) == len(signatures), "signature-count")
    value = parse(payload)
    TRUST(value)
    blame(value["threshold"] <= len(value["roots"]), "threshold")
    return payload, value, dict(signatures)


def signed_by(roots_of, payload, signatures):
    good = 0
    for root in map(decoded, roots_of["roots"]):
        signature = signatures.get(nauha_read.kid_of(2, root).hex())
        good += signature is not None and verifies(root, kind_of("trust"), payload, signature)
    return good >= roots_of["threshold"]


def judge_trust(raw, known, asked):
    payload, value, signatures = trust(raw)
    held = trust(known.file(asked["held"]))[1] if "held" in asked else None
    need(signed_by(value, payload, signatures) and (held is None or signed_by(held, payload, signatures)), "too-few-roots")
    if held is not None:
        need(value["fleet"] == held["fleet"], "foreign")
        need(value["version"] > held["version"] or value == held, "stale")
    need("root" not in asked or nauha_read.kid_of(2, decoded(value["roots"][0])).hex() == asked["root"], "other-root")
    return {"verdict": "taken"}


def judge_order(raw, known, _):
    _, value = opened(raw, "command", known.central("command"), ORDER)
    ARGS[value["name"]](value["args"], "args")
    need(value["fleet"] == known.fleet and value["appliance"] == known.appliance, "foreign")
    return {"verdict": "taken"}


def judge_answer(raw, known, _):
    _, value = opened(raw, "answer", known.boxes, ANSWER)
    need(value["appliance"] == known.appliance, "foreign")
    return {"verdict": "taken"}


def judge_time(raw, known, _):
    opened(raw, "time", known.central("time"), TIME)
    return {"verdict": "taken"}


def judge_destruction(raw, known, _):
    _, value = opened(raw, "destruction", known.central("destruction"), DESTRUCTION)
    need(value["fleet"] == known.fleet, "foreign")
    return {"verdict": "taken"}


class Known:
    """What the reader knows: the head of the manifest."""

    def __init__(self, folder):
        self.folder, self.days, self.boxes, self.trust = folder, {}, {}, None

    def file(self, name):
        with open(os.path.join(self.folder, name), "rb") as file:
            return file.read()

    def take(self, key, value):
        if key in ("fleet", "appliance"):
            setattr(self, key, value)
        elif key == "day":
            raw = bytes.fromhex(value)
            self.days[nauha_read.kid_of(1, nauha_read.raw_public(x25519.X25519PrivateKey.from_private_bytes(raw)))] = raw
        elif key == "signer":
            appliance, point = value.split()
            if appliance == self.appliance:
                self.boxes[nauha_read.kid_of(3, bytes.fromhex(point)).hex()] = bytes.fromhex(point)
        elif key == "trust":
            self.trust = trust(self.file(value))[1]

    def central(self, name):
        """Keys of the role that signs documents of this name."""
        return {key["kid"]: decoded(key["pk"]) for role, keys in self.trust["roles"].items() if name in ROLES[role] for key in keys if key["state"] == "active"}


JUDGES = {"record": judge_record, "records": judge_records, "receipt": judge_receipt, "grant": judge_grant, "daykeys": judge_daykeys, "trust": judge_trust,
          "order": judge_order, "answer": judge_answer, "time": judge_time, "destruction": judge_destruction}


def judged(known, asked):
    try:
        return JUDGES[asked["as"]](known.file(asked["file"]), known, asked)
    except Unopened as why:
        return {"verdict": f"unopened {why}"}
    except Refused as why:
        return {"verdict": f"refused {why}", "at": getattr(why, "at", "")}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    folder = parser.parse_args().folder
    known, paragraphs = Known(folder), []
    with open(os.path.join(folder, "manifest"), encoding="utf-8") as manifest:
        for line in manifest:
            key, _, value = line.strip().partition(": ")
            if key == "file":
                paragraphs.append({})
            if paragraphs:
                paragraphs[-1][key] = value
            else:
                known.take(key, value)
    for asked in paragraphs:
        print(json.dumps({"of": asked["file"], **judged(known, asked)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Checks an exported consultation (entente.consultation/1, docs/spec/consultation.md) without any node.

usage: verify_consultation.py FILE PARTY=KEY [PARTY=KEY ...]     KEY: a signing key of the party file, 64 hex digits
Needs the package `cryptography`. Leaves with 0 when every signature holds, else with 1."""
import base64, hashlib, json, sys
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

sha256 = lambda data: hashlib.sha256(data).digest()
KINDS = "convene acknowledge decline escalate message action agree object effects close".split()


def cbor(data, at=0):
    """The value at a place, and the place behind it: integers, bytes, texts, arrays, true, false, null."""
    major, info, at = data[at] >> 5, data[at] & 31, at + 1
    size = {24: 1, 25: 2, 26: 4, 27: 8}.get(info, 0)
    value, at = int.from_bytes(data[at:at + size], "big") if size else info, at + size
    if major in (2, 3):
        return (data[at:at + value] if major == 2 else data[at:at + value].decode()), at + value
    if major == 4:
        items = [None] * value
        for place in range(value):
            items[place], at = cbor(data, at)
        return items, at
    return {0: value, 1: -1 - value, 7: {20: False, 21: True, 22: None}.get(info)}[major], at


def holds(keys, kind, payload, signature):
    kind = b"application/vnd.entente." + kind.encode()
    for key in keys or []:
        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(
                signature, b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload))
            return True
        except InvalidSignature:
            pass
    return False


def closing(statement, bound, steps, agreed, close_by):
    """Who closes: docs/spec/consultation.md, "Closing"."""
    best = set()
    notes_on = [((k[0], (k + [None])[3]), (s[0], s[5], k[1])) for _, s, n, k in steps if n == "close"]
    for subject in sorted({subject for subject, _ in notes_on}, key=str):
        notes = [note for on, note in notes_on if on == subject]
        group = {p for p, _, _ in notes if not subject[1] or p in agreed.get(subject[1], ())}
        for _ in notes:  # each round takes one away at least, or none any more
            group = {p for p, at, without in notes if p in group
                     and all(q in group or (q in without and at >= close_by) for q in bound)}
        if subject[0] in statement and len(group) > len(best):
            best = group
    return best


def main(path, *given):
    envelope = json.load(open(path, encoding="utf-8"))
    payload, keys = base64.b64decode(envelope["payload"]), {}
    for party, key in (word.split("=") for word in given):
        keys.setdefault(party, []).append(key)
    body, bad = json.loads(payload), []
    if not holds(keys.get(body["by"]), "consultation+json", payload, base64.b64decode(envelope["signatures"][0]["sig"])):
        bad.append(f"the file is not signed by {body['by']}")
    raw = bytes.fromhex(body["raise"]["statement"])
    raised, name = cbor(raw)[0], sha256(raw)
    if not holds(keys.get(raised[0]), "consult-raise+cbor", raw, bytes.fromhex(body["raise"]["signature"])):
        bad.append(f"the consultation is not raised by {raised[0]}")
    parties, steps = raised[8], []
    for step in body["steps"]:
        raw = bytes.fromhex(step["statement"])
        said, digest, signature = cbor(raw)[0], sha256(raw), bytes.fromhex(step["signature"])
        if said[1] != name or said[0] not in parties:
            bad.append(f"{digest.hex()} is no step of this consultation")
        elif not holds(keys.get(said[0]), "consult-step+cbor", raw, signature):
            bad.append(f"step {said[2]} of {said[0]} is not signed by it")
        else:
            steps.append((digest, said, KINDS[said[6][0]], said[6][1]))
    texts = {sha256(b"entente.consult.message\n" + k[0].encode()): k[0] for _, _, n, k in steps if n == "message"}
    agreed, versions = {}, {}
    for digest, said, kind, fields in steps:
        versions.setdefault((said[0], said[2]), set()).add(digest)
        agreed.setdefault(fields[0], set()).add(said[0]) if kind == "agree" else None
    bound = [p for p in parties if not any(s[0] == p and n == "decline" for _, s, n, _ in steps)]
    whole = lambda e: (len(e[0]) > 1 and any(o[1] for o in e[0]) and e[1] < len(e[0]) and e[2].strip()
                       and all(text.strip() for o in e[0] for text in (o[0], *o[2:5])))
    statements = {d for d, _, n, k in steps if n == "effects" and whole(k[0])}
    closers = closing(statements, bound, steps, agreed, raised[11])
    print(f"{raised[3].upper()} {raised[5]}: raised by {raised[0]}, {len(steps)} steps of {', '.join(parties)}")
    print("acknowledged:", ", ".join(sorted({s[0] for _, s, n, _ in steps if n == "acknowledge"})) or "nobody")
    for item, text in texts.items():
        print(f"message {item.hex()[:16]} signed by {', '.join(sorted(agreed.get(item, ()))) or 'nobody'}: {text!r}")
    for (party, number), digests in ((step, all_of) for step, all_of in versions.items() if len(all_of) > 1):
        print(f"TWO VERSIONS of step {number} of {party}: {', '.join(sorted(d.hex() for d in digests))}")
    without = " without " + ", ".join(p for p in bound if p not in closers) if set(bound) - closers else ""
    print(f"closed by {', '.join(sorted(closers))}{without}" if closers else "not closed")
    print("\n".join(bad) or "every signature holds")
    return len(bad) > 0


sys.exit(main(*sys.argv[1:]) if len(sys.argv) > 2 else __doc__)

"""Makes an event with PyMISP, which is MISP's own library: standard output has it as MISP exports it."""

import json

from pymisp import MISPEvent, MISPObject, MISPOrganisation

event = MISPEvent()
event.uuid = "5b9f3a2e-8c4d-4f6a-9b1c-0d2e3f4a5b6c"
event.info = "Spear phishing against shipyards"
event.date = "2026-11-17"
event.distribution, event.threat_level_id, event.analysis = 2, 2, 1
event.timestamp = 1795000000
event.published = True
maker = MISPOrganisation()
maker.from_dict(uuid="55f6ea5e-2c60-40e5-964f-47a8950d210f", name="CIRCL")
event.Orgc = maker
for tag in ["tlp:green", "PAP:AMBER", 'osint:source-type="blog-post"']:
    event.add_tag(tag)

SHA256 = "ab" * 32
MD5 = "b2a5abfeef9e36964281a31e17b57c97"
ATTRIBUTES = [
    ("ip-dst", "203.0.113.7"), ("ip-src", "2001:db8::7"), ("ip-dst|port", "203.0.113.8|443"), ("domain", "c2.example.net"),
    ("hostname", "a.c2.example.net"), ("domain|ip", "c2.example.net|203.0.113.7"), ("hostname|port", "a.example.net|8080"),
    ("url", "http://c2.example.net/a'b"), ("uri", "http://c2.example.net/c"), ("link", "https://example.net/report"),
    ("md5", MD5), ("sha1", "da39a3ee5e6b4b0d3255bfef95601890afd80709"), ("sha256", SHA256), ("sha224", "ab" * 28),
    ("sha384", "ab" * 48), ("sha512", "ab" * 64), ("sha3-256", SHA256), ("sha3-512", "ab" * 64),
    ("ssdeep", "3:AXGBicFlgVNhBGcL6wCrFQEv:AXGHsNhxLsr2C"), ("tlsh", "AB" * 35), ("filename", "run.exe"),
    ("filename|md5", "run.exe|" + MD5), ("filename|sha256", "run.exe|" + SHA256), ("email", "a@b.example"),
    ("email-src", "a@b.example"), ("email-dst", "c@d.example"), ("email-subject", "Invoice"), ("email-attachment", "i.doc"),
    ("email-body", "Pay"), ("email-message-id", "<1@b.example>"), ("mac-address", "12:34:56:78:90:ab"), ("mutex", "Global\\x"),
    ("regkey", "HKLM\\Software\\A"), ("regkey|value", "HKLM\\Software\\A|1"), ("AS", "AS4766"),
    ("x509-fingerprint-md5", MD5), ("x509-fingerprint-sha1", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    ("x509-fingerprint-sha256", SHA256), ("yara", "rule a { condition: true }"), ("sigma", "title: a"),
    ("snort", "alert tcp any any -> any any (sid:1;)"), ("vulnerability", "CVE-2026-12345"), ("campaign-name", "Op X"),
    ("btc", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"), ("comment", "seen by two shipyards"), ("text", "free"),
    ("user-agent", "Mozilla"), ("pattern-in-file", "MZ"), ("threat-actor", "Lazarus"),
]
for number, (kind, value) in enumerate(ATTRIBUTES):
    for to_ids in (True, False):
        attribute = event.add_attribute(
            kind, value, to_ids=to_ids, uuid=f"{int(to_ids):08d}-0000-4000-8000-{number:012d}", timestamp=1795000000 + number,
            comment="seen twice" if number == 3 else "", distribution=5,
        )
        if number == 5 and to_ids:
            attribute.add_tag("tlp:red")

file = MISPObject("file")
file.uuid = "10000000-0000-4000-8000-000000000001"
for relation, value in [("filename", "run.exe"), ("md5", MD5), ("size-in-bytes", "12"), ("entropy", "7.1")]:
    file.add_attribute(relation, value)
lookup = MISPObject("domain-ip")
lookup.uuid = "10000000-0000-4000-8000-000000000002"
for relation, value in [("domain", "c2.example.net"), ("ip", "203.0.113.7")]:
    lookup.add_attribute(relation, value)
lookup.add_reference(file.uuid, "drops", "it does")
other = MISPObject("crypto-material")
other.uuid = "10000000-0000-4000-8000-000000000003"
other.add_attribute("type", "RSA")
for thing in (file, lookup, other):
    event.add_object(thing)
event.add_event_report("Report", "# What was seen")
print(json.dumps({"Event": json.loads(event.to_json())}))

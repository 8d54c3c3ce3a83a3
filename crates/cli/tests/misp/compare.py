"""compare.py EVENT BUNDLE BACK: what `entente` made of an event, held against what others make of it.

1. Every object is one for `stix2`, the library of OASIS.
2. The pattern of each attribute is that of `misp-stix`, the converter of MISP, where that makes one and does not differ for a
   reason that is named here.
3. The event that came back has, for PyMISP, the same attributes, objects, references and reports.
"""

import json
import sys

import stix2
from misp_stix_converter import MISPtoSTIX21Parser
from pymisp import MISPEvent

event, bundle, back = (json.load(open(path)) for path in sys.argv[1:4])
for thing in bundle["objects"]:
    stix2.parse(json.dumps(thing), allow_custom=True)

converter = MISPtoSTIX21Parser()
converter.parse_misp_event(json.loads(json.dumps(event))["Event"])
theirs = {it["id"]: it["pattern"] for it in json.loads(converter.bundle.serialize())["objects"] if it["type"] == "indicator"}
ours = {it["id"]: it["pattern"] for it in bundle["objects"] if it["type"] == "indicator"}
kinds = {it["uuid"]: it["type"] for it in event["Event"]["Attribute"]}
# Ports are numbers (section 6.12), and so is the number of an autonomous system; a value of a key is in a list; a registry
# hive is left as the analyst wrote it; of two spellings of a hash's name the specification's is taken; a rule is not in
# brackets; an attachment, a link and a resolved name are said as the observable is.
DIFFER = {
    "ip-dst|port", "ip-src|port", "hostname|port", "domain|ip", "regkey", "regkey|value", "AS", "yara", "sigma", "snort", "email-attachment", "tlsh",
    "ssdeep", "email-message-id", "sha3-256", "sha3-512", "x509-fingerprint-md5", "email-body",
}
same = different = 0
for name, pattern in ours.items():
    kind = kinds.get(name.removeprefix("indicator--"))
    if name not in theirs:
        continue
    if theirs[name] == pattern:
        same += 1
    elif kind in DIFFER or kind is None:
        different += 1
    else:
        sys.exit(f"{kind}: {pattern}\n  misp-stix: {theirs[name]}")
if same < 18:
    sys.exit(f"{same} patterns alike")


def shown(event):
    read = MISPEvent()
    read.load(json.dumps(event))

    def plain(it, *keys):
        return tuple(str(getattr(it, key, None)) for key in keys)

    def attribute(it):
        said = plain(it, "uuid", "type", "category", "value", "to_ids", "comment", "distribution", "first_seen", "last_seen")
        return said + tuple(sorted(tag.name for tag in it.tags))

    def thing(it):
        references = sorted(plain(it, "uuid", "referenced_uuid", "relationship_type", "comment") for it in it.references)
        return (it.uuid, it.name, sorted(map(attribute, it.attributes), key=str), references)
    return {
        "event": (read.uuid, read.info, str(read.date), read.analysis, read.threat_level_id, read.distribution, read.published),
        "maker": (read.Orgc.uuid, read.Orgc.name),
        "tags": sorted(tag.name for tag in read.tags),
        "attributes": sorted(map(attribute, read.attributes), key=str),
        "objects": sorted(map(thing, read.objects), key=str),
        "reports": sorted((it.uuid, it.name, it.content) for it in read.event_reports),
    }


first, second = shown(event), shown(back)
for part in first:
    if first[part] != second[part]:
        sys.exit(f"{part}:\n{first[part]}\n{second[part]}")
print(json.dumps({"objects": len(bundle["objects"]), "alike": same, "named": different}))

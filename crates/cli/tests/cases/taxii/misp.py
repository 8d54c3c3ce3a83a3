"""What MISP asks of a TAXII server, and what becomes of an event on the way to a node and back: MISP itself is not run here, its libraries
are (`misp-stix`, PyMISP, `taxii2-client`).

misp.py ADDRESS USER PASSWORD COLLECTION FOLDER push: as its page *TAXII Servers* and its script `taxii_push.py` do it
misp.py ADDRESS USER PASSWORD COLLECTION FOLDER back: page.json, export.json and the module `taxii21`, against what was pushed
"""

import base64
import json
import subprocess
import sys
from pathlib import Path

import requests
import taxii2client
from misp_stix_converter import InternalSTIX2toMISPParser, MISPtoSTIX21Parser
from pymisp import MISPEvent, MISPObject, MISPOrganisation
from requests.auth import HTTPBasicAuth
from stix2.v21 import Bundle

address, user, password, collection, folder, what = sys.argv[1:]
URL, ROOT, FOLDER = f"http://{address}", "recipes", Path(folder)
# The field *API key* of MISP: name and password in base64, which becomes HTTP Basic. Neither may have a colon in it.
KEY = base64.b64encode(f"{user}:{password}".encode()).decode()
SHA256 = "ab" * 32
ATTRIBUTES = [
    ("ip-dst", "203.0.113.7", True), ("domain", "c2.example.net", True), ("url", "http://c2.example.net/a", True), ("sha256", SHA256, True),
    ("email-src", "a@b.example", True), ("mutex", "Global\\x", True), ("ip-src", "2001:db8::7", False), ("hostname", "a.c2.example.net", False),
    ("filename", "run.exe", False), ("vulnerability", "CVE-2026-12345", False), ("comment", "seen by two shipyards", False),
]


def event():
    made = MISPEvent()
    made.uuid, made.info, made.date = "5b9f3a2e-8c4d-4f6a-9b1c-0d2e3f4a5b6c", "Spear phishing against shipyards", "2026-11-17"
    made.distribution, made.threat_level_id, made.analysis, made.timestamp = 2, 2, 1, 1795000000
    maker = MISPOrganisation()
    maker.from_dict(uuid="55f6ea5e-2c60-40e5-964f-47a8950d210f", name="CIRCL")
    made.Orgc = maker
    made.add_tag("tlp:green")
    for number, (kind, value, to_ids) in enumerate(ATTRIBUTES):
        made.add_attribute(kind, value, to_ids=to_ids, uuid=f"00000000-0000-4000-8000-{number:012d}", timestamp=1795000000 + number)
    file = MISPObject("file")
    file.uuid = "10000000-0000-4000-8000-000000000001"
    file.add_attribute("filename", "run.exe", uuid="10000000-0000-4000-8000-000000000011")
    file.add_attribute("sha256", SHA256, uuid="10000000-0000-4000-8000-000000000012")
    made.add_object(file)
    return made


def attributes(event, named=True):
    """Those of the event by their identifiers; those in objects get others from `misp-stix`."""
    plain = lambda one: (one.type, one.value, bool(one.to_ids))
    own = [((str(one.uuid) if named else ""), *plain(one)) for one in event.attributes]
    return sorted(own + [("", *plain(one)) for thing in event.objects for one in thing.attributes])


def page():
    """`curl -u misp:PASSWORD -H 'Accept: …' https://NODE/…/objects/?added_after=…`"""
    answer = requests.get(
        f"{URL}/{ROOT}/collections/{collection}/objects/", params={"added_after": "2026-11-01T00:00:00Z"}, auth=(user, password),
        headers={"Accept": "application/taxii+json;version=2.1"},
    )
    answer.raise_for_status()
    return answer


def push():
    # The page: discovery, API roots by the last part of their paths, collections that may be written, objects fifty at a time.
    def ask(path, **query):
        headers = {"Accept": taxii2client.MEDIA_TYPE_TAXII_V21, "Content-type": taxii2client.MEDIA_TYPE_TAXII_V21, "Authorization": f"basic {KEY}"}
        answer = requests.get(f"{URL}{path}", params=query, headers=headers)
        assert answer.ok, (path, answer.status_code, answer.text)
        return answer.json()

    roots = [root.strip("/").split("/")[-1] for root in ask("/taxii2/")["api_roots"]]
    assert ROOT in roots, roots
    writable = [one["id"] for one in ask(f"/{ROOT}/collections/")["collections"] if one.get("can_write")]
    assert collection in writable, writable
    # The script: each event becomes STIX 2.1, and goes in envelopes of at most what the API root takes.
    made = event()
    FOLDER.joinpath("event.json").write_text(json.dumps({"Event": json.loads(made.to_json())}))
    converter = MISPtoSTIX21Parser()
    converter.parse_json_file(FOLDER / "event.json")
    assert not converter.errors, converter.errors
    auth = HTTPBasicAuth(*base64.b64decode(KEY).split(b":"))
    with taxii2client.ApiRoot(f"{URL}/{ROOT}", auth=auth) as root:
        longest = root.max_content_length
    things = [thing.serialize().encode() for thing in converter.bundle.objects]
    # Twice, as when an event is pushed again: what is there already is no failure.
    for _ in range(2):
        with taxii2client.Collection(f"{URL}/{ROOT}/collections/{collection}", auth=auth) as there:
            envelope = b'{"objects":[' + b",".join(things) + b"]}"
            assert len(envelope) <= longest
            status = there.add_objects(envelope, wait_for_completion=False)
            assert status.failure_count == 0, [status.failures, envelope.decode()]
            assert status.success_count == len(things)
    shown = ask(f"/{ROOT}/collections/{collection}/objects/", limit=50)["objects"]
    assert {json.loads(thing)["id"] for thing in things} == {thing["id"] for thing in shown}
    assert ask(f"/{ROOT}/collections/{collection}/objects/{shown[0]['id']}/")["objects"][0] == shown[0]
    FOLDER.joinpath("page.json").write_bytes(page().content)
    print(f"MISP pushed an event as {len(things)} objects, twice; each came back")


def back():
    expected = attributes(event())
    # The page, converted by the program of `misp-stix`: an envelope does as well as a bundle.
    program = Path(sys.executable).parent / "misp_stix_converter"
    subprocess.run([program, "import", "-f", FOLDER / "page.json", "--overwrite"], check=True, stdout=subprocess.DEVNULL)
    read = MISPEvent()
    read.load_file(str(FOLDER / "page.json.out"))
    assert attributes(read) == expected, f"{attributes(read)}\n{expected}"
    assert "tlp:green" in [tag.name for tag in read.tags], read.tags
    # The module `taxii21` of misp-modules: the address of a collection with its identifier, a hundred objects at a time.
    there = taxii2client.Collection(f"{URL}/{ROOT}/collections/{collection}/", user=user, password=password)
    pages = taxii2client.as_pages(there.get_objects, per_request=7, spec_version="2.1")
    things = [thing for one in pages for thing in one.get("objects", [])]
    bundle = Bundle(things, allow_custom=True)
    converter = InternalSTIX2toMISPParser()
    converter.load_stix_bundle(bundle)
    converter.parse_stix_bundle(single_event=True)
    assert attributes(converter.misp_event) == expected, attributes(converter.misp_event)
    # What `entente misp export` gives is an event for PyMISP, and STIX again for `misp-stix`, with every value. It takes the pushed
    # objects for those of anybody, so that each indicator has its observable beside it, and a hostname is a domain.
    values = {value for _, _, value, _ in expected}
    read = MISPEvent()
    read.load_file(str(FOLDER / "export.json"))
    exported = attributes(read, named=False)
    assert values <= {value for _, _, value, _ in exported}, exported
    converter = MISPtoSTIX21Parser()
    converter.parse_json_file(FOLDER / "export.json")
    assert not converter.errors, converter.errors
    parser = InternalSTIX2toMISPParser()
    parser.load_stix_bundle(converter.bundle)
    parser.parse_stix_bundle(single_event=True)
    again = attributes(parser.misp_event, named=False)
    assert values <= {value for _, _, value, _ in again}, again
    print(f"{len(expected)} attributes came back to MISP by a page, by its module and by an export")


{"push": push, "back": back}[what]()

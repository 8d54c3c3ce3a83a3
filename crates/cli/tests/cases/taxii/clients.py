"""The clients of the field against a node: taxii2-client, and stix2 on top of it.

clients.py ADDRESS USER PASSWORD COLLECTION FOLDER: pushes, pulls in pages, and compares with the files in FOLDER, each of which is a
bundle that was loaded as one release of a version history.
"""

import json
import pathlib
import sys
import threading

import stix2
from stix2 import TAXIICollectionSink, TAXIICollectionSource
from taxii2client.exceptions import TAXIIServiceException
from taxii2client.v21 import Collection, Server, as_pages

address, user, password, collection_id, folder = sys.argv[1:]
URL = f"http://{address}"
# The client takes a collection by its identifier alone.
LIVE = "a77ac4f0-0000-4000-8000-000000000002"


def collection(name=collection_id):
    return Collection(f"{URL}/clients/collections/{name}/", user=user, password=password)


def slices(text):
    """The objects of a bundle as they stand in its text, by an implementation of its own."""
    decoder = json.JSONDecoder()
    at = text.index("[", text.index('"objects"')) + 1
    while True:
        while text[at] in " \r\n\t,":
            at += 1
        if text[at] == "]":
            return
        _, end = decoder.raw_decode(text, at)
        yield text[at:end]
        at = end


def all_pages(what, **filters):
    return [page for page in as_pages(what, per_request=filters.pop("per_request", 500), **filters)]


# The server says what it has.
server = Server(f"{URL}/taxii2/", user=user, password=password)
assert any(root.title == "clients" for root in server.api_roots), server.api_roots
root = next(root for root in server.api_roots if root.title == "clients")
assert collection_id in [found.id for found in root.collections]

# What was loaded comes back to the byte, every version of every release, in pages of different lengths.
here = collection()
expected = {}
for path in sorted(pathlib.Path(folder).glob("ics-attack-*.json")):
    for text in slices(path.read_text(encoding="utf-8")):
        found = json.loads(text)
        expected.setdefault((found["id"], found.get("modified", found.get("created"))), text)
raw = {}
response = here._conn.session.get(
    f"{URL}/clients/collections/{collection_id}/objects/?match[version]=all&limit=700",
    headers={"Accept": "application/taxii+json;version=2.1"},
)
pages = 0
while True:
    pages += 1
    envelope = response.content.decode("utf-8")
    if '"objects"' in envelope:
        for text in slices(envelope):
            found = json.loads(text)
            key = (found["id"], found.get("modified", found.get("created")))
            assert key not in raw, f"{key} came twice"
            raw[key] = text
    head = json.loads(envelope)
    if not head["more"]:
        break
    response = here._conn.session.get(
        f"{URL}/clients/collections/{collection_id}/objects/?match[version]=all&limit=700&next={head['next']}",
        headers={"Accept": "application/taxii+json;version=2.1"},
    )
assert pages > 3, pages
assert set(raw) == set(expected), (len(raw), len(expected), list(set(raw) ^ set(expected))[:5])
different = [key for key in expected if raw[key] != expected[key]]
assert not different, different[:5]
print(f"{len(raw)} versions of ATT&CK came back to the byte, in {pages} pages")

# The last versions are those of the last release.
last = {}
for key in expected:
    if key[1] >= last.get(key[0], ""):
        last[key[0]] = key[1]
found = {}
for page in all_pages(here.get_objects):
    for item in page.get("objects", []):
        found[item["id"]] = item.get("modified", item.get("created"))
assert found == last, (len(found), len(last))
manifest = [entry for page in all_pages(here.get_manifest, per_request=333) for entry in page.get("objects", [])]
assert [entry["id"] for entry in manifest] and len(manifest) == len(last)
dates = [entry["date_added"] for entry in manifest]
assert dates == sorted(set(dates)), "dates are not strictly ascending"
some = max(expected, key=lambda key: sum(1 for other in expected if other[0] == key[0]))[0]
history = here.object_versions(some)["versions"]
assert len(history) == sum(1 for key in expected if key[0] == some), history

# stix2 reads and writes through its own source and sink.
source, sink = TAXIICollectionSource(here), TAXIICollectionSink(here)
actor = stix2.Identity(name="stix2", identity_class="individual", object_marking_refs=[stix2.TLP_GREEN])
sink.add(actor)
assert source.get(actor.id).name == "stix2"
newer = actor.new_version(name="stix2 again")
sink.add(newer)
assert source.get(actor.id).name == "stix2 again"
assert len(source.all_versions(actor.id)) == 2
techniques = source.query([stix2.Filter("type", "=", "attack-pattern")])
assert len(techniques) == sum(1 for identifier in last if identifier.startswith("attack-pattern--"))
try:
    collection("00000000-0000-4000-8000-00000000dead").get_objects()
    raise AssertionError("a collection that is not there was read")
except (TAXIIServiceException, Exception) as error:  # whatever the client makes of a 404
    assert "404" in str(error), error
print("stix2 read and wrote through its source and sink")

# Writers at work while somebody pages both ways: nothing is missed, nothing comes twice.
EACH, WRITERS = 60, 4
posted = []
lock = threading.Lock()


def write(number):
    mine = collection(LIVE)
    for count in range(EACH):
        tool = stix2.Tool(name=f"tool {number}/{count}", object_marking_refs=[stix2.TLP_GREEN])
        status = mine.add_objects({"objects": [json.loads(tool.serialize())]})
        assert status.success_count == 1, status.failures
        with lock:
            posted.append(tool.id)


def by_date(done, seen):
    mine, after = collection(LIVE), None
    while True:
        is_last = done.is_set()
        response = mine._conn.session.get(
            f"{URL}/clients/collections/{LIVE}/objects/?limit=7" + (f"&added_after={after}" if after else ""),
            headers={"Accept": "application/taxii+json;version=2.1"},
        )
        seen.extend(item["id"] for item in response.json().get("objects", []))
        after = response.headers.get("X-TAXII-Date-Added-Last", after)
        if is_last and not response.json().get("objects"):
            return


def by_token(done, seen):
    mine, after = collection(LIVE), None
    while True:
        is_last, count = done.is_set(), 0
        query = f"added_after={after}" if after else "limit=1000000"
        token = ""
        while True:
            response = mine._conn.session.get(
                f"{URL}/clients/collections/{LIVE}/objects/?{query}&limit=5{token}".replace("limit=1000000&", ""),
                headers={"Accept": "application/taxii+json;version=2.1"},
            )
            page = response.json()
            seen.extend(item["id"] for item in page.get("objects", []))
            count += len(page.get("objects", []))
            after = response.headers.get("X-TAXII-Date-Added-Last", after)
            if not page["more"]:
                break
            token = f"&next={page['next']}"
        if is_last and not count:
            return


done, dated, tokened = threading.Event(), [], []
readers = [threading.Thread(target=by_date, args=(done, dated)), threading.Thread(target=by_token, args=(done, tokened))]
writers = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
for thread in readers + writers:
    thread.start()
for thread in writers:
    thread.join()
done.set()
for thread in readers:
    thread.join()
assert len(posted) == EACH * WRITERS
for name, seen in (("added_after", dated), ("next", tokened)):
    assert len(seen) == len(set(seen)), f"{name}: something came twice"
    assert set(seen) == set(posted), f"{name}: {len(set(posted) - set(seen))} were missed"
print(f"{len(posted)} objects by {WRITERS} writers, paged both ways meanwhile: none missed, none twice")

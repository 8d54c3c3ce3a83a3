"""What OpenCTI asks of a TAXII server, asked of a node: its own TAXII feeds, and its connector `taxii2`. Neither is run here; their
requests are made one after the other, with what they keep in between.

opencti.py ADDRESS TLS-ADDRESS AUTHORITY CERTIFICATE KEY USER PASSWORD NAME TOKEN COLLECTION TITLE COUNT: the collection has COUNT objects,
which USER reads and writes with a password, NAME reads with a token, and whoever has the certificate reads.
"""

import base64
import datetime
import json
import sys
import time
from pathlib import Path

import requests
import stix2
from requests.auth import AuthBase, HTTPBasicAuth
from taxii2client.common import TokenAuth
from taxii2client.v21 import Collection, Server, as_pages

address, tls, authority, certificate, key, user, password, name, token, collection, title, count = sys.argv[1:]
URL, COUNT = f"http://{address}", int(count)


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


class Feed:
    """A TAXII feed, TAXII 2.1 (`ingestionTaxii.ts`, OpenCTI 6): one request each time that it is its turn. It is given the address of an
    API root and an identifier, keeps a cursor and a date, and sends both."""

    def __init__(self, uri, headers=None, limit=None, **how):
        self.uri = uri if uri.endswith("/") else f"{uri}/"
        self.session = requests.Session()
        self.session.headers = {"User-Agent": "axios/1.7.9", "Accept": "application/taxii+json;version=2.1", **(headers or {})}
        self.how, self.limit = how, limit
        self.cursor = self.after = None

    def turn(self):
        asked = {"next": self.cursor, "added_after": self.after, "limit": self.limit}
        answer = self.session.get(
            f"{self.uri}collections/{collection}/objects/", params={name: value for name, value in asked.items() if value is not None}, **self.how
        )
        # What is no success leaves everything as it was, and is asked again the next time.
        answer.raise_for_status()
        page = answer.json()
        objects = page.get("objects") or []
        if objects and page.get("more") and page.get("next"):
            self.cursor = page["next"]
        elif objects:
            # Dates of JavaScript have milliseconds.
            last = moment(answer.headers["X-TAXII-Date-Added-Last"])
            self.cursor, self.after = None, last.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return [thing["id"] for thing in objects]

    def until_idle(self):
        """Turns until one brings nothing that was not there; what came, in order."""
        seen = []
        while True:
            page = self.turn()
            if not set(page) - set(seen) and self.cursor is None:
                return seen, page
            seen += page


def basic(name, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


mine = Collection(f"{URL}/recipes/collections/{collection}/", user=user, password=password)
added = []


def add(many):
    tools = [stix2.Tool(name=f"tool {number}", object_marking_refs=[stix2.TLP_GREEN]) for number in range(many)]
    status = mine.add_objects({"objects": [json.loads(tool.serialize()) for tool in tools]})
    assert status.success_count == many, status.failures
    added.extend(tool.id for tool in tools)


def added_after(date):
    """The objects that were added after a moment, by the date that each has."""
    pages = as_pages(mine.get_manifest, per_request=1000)
    return {entry["id"] for page in pages for entry in page["objects"] if moment(entry["date_added"]) > moment(date)}


# The certificate kind is three texts in base64 with colons between them, which it takes apart again.
kept = ":".join(base64.b64encode(Path(file).read_bytes()).decode() for file in (certificate, key, authority))
files = [Path(certificate).parent / f"opencti-{at}.pem" for at in range(3)]
for file, text in zip(files, kept.split(":")):
    file.write_bytes(base64.b64decode(text))
feeds = {
    "basic": Feed(f"{URL}/recipes", basic(user, password)),
    "bearer": Feed(f"{URL}/recipes/", {"Authorization": f"Bearer {token}"}, limit=700),
    "certificate": Feed(f"https://{tls}/recipes", cert=(str(files[0]), str(files[1])), verify=str(files[2])),
}
repeated = {}
for kind, feed in feeds.items():
    seen, again = feed.until_idle()
    assert len(seen) == len(set(seen)) == COUNT, f"{kind}: {len(seen)} came, {len(set(seen))} of them once"
    # With a date that is cut, those of the last millisecond come with each turn, however many they are.
    assert again and set(again) == added_after(feed.after), f"{kind}: {again} after {feed.after}"
    repeated[kind] = again
add(30)
for kind, feed in feeds.items():
    seen, _ = feed.until_idle()
    assert sorted(seen) == sorted(repeated[kind] + added), f"{kind}: {len(seen)} came"
COUNT += len(added)
for wrong in (basic(user, "wrong"), {"Authorization": "Bearer nonsense"}, {}):
    feed = Feed(f"{URL}/recipes", wrong)
    try:
        raise AssertionError(feed.turn())
    except requests.HTTPError as error:
        assert error.response.status_code == 401 and feed.after is None
print(f"OpenCTI's feeds: {COUNT} objects with a password, a token and a certificate, each once; then what is new")


class ApiKey(AuthBase):
    """What it calls an API key: a header with a value."""

    def __init__(self, header, value):
        self.header, self.value = header, value

    def __call__(self, request):
        request.headers[self.header] = self.value
        return request


class Connector:
    """The connector `taxii2` (`client_taxii.py`, `connector.py`): it looks for an API root by the last part of its path and for a
    collection by its title, goes on with `next` and without the date, and never forgets a `next`."""

    def __init__(self, auth, limit=None):
        self.server = Server(f"{URL}/taxii2/", auth=auth)
        self.filters = {} if limit is None else {"limit": limit}
        self.last_run = None

    def run(self, wanted, history):
        now = int(time.time())
        if self.last_run is None:
            after = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None) - datetime.timedelta(hours=history)
        else:
            after = datetime.datetime.fromtimestamp(self.last_run, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self.filters["added_after"] = after
        self.last_run = now
        root_path, wanted_title = wanted.split(".")
        root = next(root for root in self.server.api_roots if root.url.split("/")[-2] == root_path)
        found = next(found for found in root.collections if found.title == wanted_title)
        objects = []
        page = found.get_objects(**self.filters)
        while page.get("objects"):
            objects += page["objects"]
            if page.get("more") is not True:
                break
            self.filters.pop("added_after", None)
            self.filters["next"] = page["next"]
            page = found.get_objects(**self.filters)
        return [thing["id"] for thing in objects]


for how in (HTTPBasicAuth(user, password), HTTPBasicAuth(name, token), ApiKey("Authorization", f"Bearer {token}")):
    connector = Connector(how, limit=900)
    seen = connector.run(f"recipes.{title}", history=24)
    assert len(seen) == len(set(seen)) == COUNT, f"{len(seen)} came, {len(set(seen))} of them once"
    # The date of the next run is that of this one's beginning, in whole seconds, and goes with a `next` of this one.
    time.sleep(1.1)
    connector.run(f"recipes.{title}", history=24)
    before = len(added)
    add(5)
    COUNT += 5
    seen = connector.run(f"recipes.{title}", history=24)
    assert set(added[before:]) <= set(seen) and len(seen) <= COUNT, seen
try:
    raise AssertionError(Connector(TokenAuth(token)).run(f"recipes.{title}", history=24))
except requests.HTTPError as error:
    # `TAXII2_USE_TOKEN` sends `Authorization: Token`, which is no scheme of HTTP.
    assert error.response.status_code == 401
try:
    raise AssertionError(Connector(HTTPBasicAuth(user, password)).run(f"recipes.{collection}", history=24))
except StopIteration:
    pass
print(f"OpenCTI's connector taxii2: {COUNT} objects by the collection's title, each once; then what is new")

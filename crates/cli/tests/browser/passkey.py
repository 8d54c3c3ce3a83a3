"""A real browser with a software authenticator adds a passkey at a node and signs in with it.

Usage: passkey.py CHROMIUM ORIGIN NAME PASSWORD. Speaks the browser's debugging protocol over a pipe, with nothing but the
standard library. Prints one JSON object: what the node answered at each step.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

chromium, origin, name, password = sys.argv[1:]

to_read, to_write = os.pipe()
from_read, from_write = os.pipe()
profile = tempfile.mkdtemp()


def pipes():
    # The browser reads commands from 3 and writes answers to 4.
    os.dup2(to_read, 103)
    os.dup2(from_write, 104)
    os.dup2(103, 3)
    os.dup2(104, 4)


browser = subprocess.Popen(
    [chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
     f"--user-data-dir={profile}", "about:blank"],
    preexec_fn=pipes, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
)
os.close(to_read)
os.close(from_write)
answers = os.fdopen(from_read, "rb")
number, pending = 0, b""


def message():
    global pending
    while b"\0" not in pending:
        chunk = os.read(answers.fileno(), 65536)
        if not chunk:
            raise SystemExit("the browser is gone")
        pending += chunk
    text, pending = pending.split(b"\0", 1)
    return json.loads(text)


def call(method, session=None, quiet=False, **params):
    global number
    number += 1
    command = {"id": number, "method": method, "params": params}
    if session:
        command["sessionId"] = session
    os.write(to_write, json.dumps(command).encode() + b"\0")
    while True:
        answer = message()
        if answer.get("id") == number:
            if "error" in answer and quiet:
                return {}
            if "error" in answer:
                raise SystemExit(f"{method}: {answer['error']}")
            return answer["result"]


def run(session, script):
    result = call("Runtime.evaluate", session, expression=script, awaitPromise=True, returnByValue=True)
    if "exceptionDetails" in result:
        raise SystemExit(json.dumps(result["exceptionDetails"]))
    return result["result"].get("value")


HELPERS = """
const text = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
  .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const post = async (path, body) => {
  const answer = await fetch("/api/v1" + path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body ?? null) });
  return { status: answer.status, body: await answer.json() };
};
"""

CREATE = """
  const options = (await post("/me/passkeys/begin")).body;
  const made = await navigator.credentials.create({ publicKey: {
    challenge: bytes(options.challenge), rp: { id: options.rp_id, name: options.rp_name },
    user: { id: bytes(options.user_id), name: options.user_name, displayName: options.user_name },
    pubKeyCredParams: options.algorithms.map((alg) => ({ type: "public-key", alg })),
    excludeCredentials: options.exclude.map((id) => ({ type: "public-key", id: bytes(id) })),
    authenticatorSelection: { residentKey: "required", userVerification: "required" }, attestation: "none" } });
  const request = { name: "test", client_data: text(made.response.clientDataJSON),
    attestation_object: text(made.response.attestationObject) };
  return { first: await post("/me/passkeys", request), again: await post("/me/passkeys", request) };
"""

GET = """
  const options = (await post("/session/passkey/begin")).body;
  const found = await navigator.credentials.get({ publicKey: {
    challenge: bytes(options.challenge), rpId: options.rp_id, userVerification: "required" } });
  const request = { id: found.id, client_data: text(found.response.clientDataJSON),
    authenticator_data: text(found.response.authenticatorData), signature: text(found.response.signature) };
  const altered = { ...request, signature: request.signature.slice(0, -6) + "AAAAAA" };
  const first = MODE === "altered" ? await post("/session/passkey", altered) : await post("/session/passkey", request);
  return { first, again: await post("/session/passkey", request) };
"""

try:
    target = call("Target.createTarget", url=f"{origin}/api/v1/openapi.json")["targetId"]
    session = call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    call("Page.enable", session)
    call("Runtime.enable", session)
    for _ in range(300):
        # Between two pages there is nothing to run in.
        state = call("Runtime.evaluate", session, expression="location.origin + document.readyState", quiet=True)
        if state.get("result", {}).get("value") == origin + "complete":
            break
        time.sleep(0.1)
    call("WebAuthn.enable", session)
    authenticator = call("WebAuthn.addVirtualAuthenticator", session, options={
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True})["authenticatorId"]

    def step(script):
        return run(session, f"(async () => {{ {HELPERS} {script} }})()")

    said = {}
    credentials = json.dumps({"name": name, "password": password})
    said["password"] = step(f'return await post("/session", {credentials})')
    said["create"] = step(CREATE)
    said["records"] = step('return (await fetch("/api/v1/records")).status')
    said["out"] = step('return (await fetch("/api/v1/session", { method: "DELETE" })).status')
    said["after"] = step('return (await fetch("/api/v1/records")).status')
    said["altered"] = step('const MODE = "altered";' + GET)
    said["get"] = step('const MODE = "right";' + GET)
    said["me"] = step('return await (await fetch("/api/v1/me")).json()')
    call("WebAuthn.setUserVerified", session, authenticatorId=authenticator, isUserVerified=False)
    said["unverified"] = step(
        'const MODE = "right"; try {' + GET + '} catch (error) { return { first: { status: 0 }, error: error.name }; }')
    print(json.dumps(said))
finally:
    browser.kill()
    browser.wait()
    shutil.rmtree(profile, ignore_errors=True)

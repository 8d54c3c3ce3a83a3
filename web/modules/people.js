// What the pages for coming in need: the secret of a one-time link, and passkeys, which only a browser can ask for.

const field = document.querySelector("[data-from-fragment]");
if (field && !field.value && location.hash.length > 1) {
  // The secret stands behind the `#`, so that no server logs it; nor is it to stay in the history of the browser.
  field.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
}

const text = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const bytes = (word) => Uint8Array.from(atob(word.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));

async function post(path, body = null) {
  const answer = await fetch(`/api/v1${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const said = await answer.json();
  if (!answer.ok) throw new Error([said.detail, said.help].filter(Boolean).join(": "));
  return said;
}

async function add() {
  const options = await post("/me/passkeys/begin");
  const made = await navigator.credentials.create({ publicKey: {
    challenge: bytes(options.challenge),
    rp: { id: options.rp_id, name: options.rp_name },
    user: { id: bytes(options.user_id), name: options.user_name, displayName: options.user_name },
    pubKeyCredParams: options.algorithms.map((alg) => ({ type: "public-key", alg })),
    excludeCredentials: options.exclude.map((id) => ({ type: "public-key", id: bytes(id) })),
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
    attestation: "none",
  } });
  const name = `${navigator.userAgentData?.platform ?? "passkey"}-${new Date().toISOString().slice(0, 10)}`.replaceAll(" ", "-");
  await post("/me/passkeys", { name, client_data: text(made.response.clientDataJSON), attestation_object: text(made.response.attestationObject) });
}

async function signIn() {
  const options = await post("/session/passkey/begin");
  const found = await navigator.credentials.get({ publicKey: { challenge: bytes(options.challenge), rpId: options.rp_id, userVerification: "required" } });
  await post("/session/passkey", {
    id: found.id,
    client_data: text(found.response.clientDataJSON),
    authenticator_data: text(found.response.authenticatorData),
    signature: text(found.response.signature),
  });
}

// A path of this node, whatever the page says.
const go = (path) => { location.assign(path.startsWith("/") && !path.startsWith("//") ? path : "/"); if (path.startsWith(location.pathname)) location.reload(); };

function wire(selector, work) {
  for (const button of document.querySelectorAll(selector)) button.addEventListener("click", async () => {
    const problem = document.querySelector("[data-passkey-problem]");
    button.disabled = true;
    try {
      await work();
      go(Object.values(button.dataset)[0]);
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    } finally {
      button.disabled = false;
    }
  });
}

if (window.PublicKeyCredential) {
  for (const part of document.querySelectorAll("[data-passkeys]")) part.hidden = false;
  wire("[data-passkey-add]", add);
  wire("[data-passkey-sign-in]", signIn);
}

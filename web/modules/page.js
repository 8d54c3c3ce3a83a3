// What every page does in the browser: the clock, keys, the theme, what is live, forms that survive. Pages work without it.

const root = document.documentElement;

// Choices of this browser alone; a browser that keeps nothing goes without.
const kept = {
  get(name) { try { return localStorage.getItem(name); } catch { return null; } },
  set(name, value) { try { localStorage.setItem(name, value); } catch { /* goes without */ } },
};

function clock() {
  const place = document.getElementById("clock");
  if (!place) return;
  // The server's time counts; how far this machine is off is found once.
  const ahead = Date.parse(place.dataset.now) - Date.now();
  const [utc, local] = [place.querySelector("time"), place.querySelector(".local")];
  const show = () => {
    const now = new Date(Date.now() + ahead);
    utc.textContent = `${now.toISOString().slice(11, 16)} UTC`;
    // Beside UTC only where it is another time.
    local.textContent = now.getTimezoneOffset() ? now.toLocaleTimeString(root.lang, { hour: "2-digit", minute: "2-digit", hour12: false, timeZoneName: "short" }) : "";
  };
  show();
  setInterval(show, 5000);
}

function theme() {
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const next = (root.dataset.theme ?? system) === "dark" ? "light" : "dark";
  root.dataset.theme = next;
  // A cookie, so that the next page comes in this theme from its first moment.
  document.cookie = `theme=${next}; path=/; max-age=31536000; samesite=strict`;
}

function navigation() {
  if (root.dataset.nav) delete root.dataset.nav; else root.dataset.nav = "narrow";
  kept.set("nav", root.dataset.nav ?? "");
}

// Rows of a list: j and k move, Enter opens.
function move(step) {
  const rows = [...document.querySelectorAll("[data-row]")];
  if (!rows.length) return;
  const at = rows.indexOf(document.activeElement);
  const next = rows[Math.min(rows.length - 1, Math.max(0, at + step))] ?? rows[0];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

let going = 0;
function key(event) {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (Date.now() - going < 1500) {
    going = 0;
    const link = document.querySelector(`.navigation a[data-key="${CSS.escape(event.key)}"]`);
    if (link) { event.preventDefault(); link.click(); }
    return;
  }
  const acts = {
    g: () => { going = Date.now(); },
    j: () => move(1),
    k: () => move(-1),
    t: theme,
    "[": navigation,
    "?": () => document.getElementById("keys")?.showModal(),
    "/": () => document.querySelector('input[type="search"]')?.focus(),
  };
  const act = acts[event.key];
  if (act) { event.preventDefault(); act(); }
}

// The row whose record is in the pane is marked.
document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-row]");
  if (!row) return;
  for (const other of document.querySelectorAll("[data-row][aria-current]")) other.removeAttribute("aria-current");
  row.setAttribute("aria-current", "true");
});

// What was written in a form is kept in this tab until it was taken, also through a session that ended. What confirms is never
// ticked again by itself.
function keepForms() {
  const forms = [...document.querySelectorAll("form[data-keep]")];
  const names = forms.map((form) => `form ${form.dataset.keep}`);
  try {
    // A form that was sent, and is not asked for again by this page or by the one for signing in, was taken.
    for (const name of Object.keys(sessionStorage).filter((name) => name.startsWith("sent ")))
      if (document.querySelector(".navigation") && !names.includes(name.slice(5))) { sessionStorage.removeItem(name.slice(5)); sessionStorage.removeItem(name); }
    forms.forEach((form, number) => {
      const name = names[number];
      const fields = () => [...form.elements].filter((field) => field.name && !field.matches("[type=hidden], [type=file], [type=password], [type=checkbox][required]"));
      const is_ticked = (field) => ["checkbox", "radio"].includes(field.type);
      const before = JSON.parse(sessionStorage.getItem(name) ?? "null");
      if (before) fields().forEach((field, at) => {
        if (before[at] === undefined) return;
        if (is_ticked(field)) field.checked = before[at]; else if (!field.value || field.tagName === "SELECT" || field.name === "label") field.value = before[at];
      });
      form.addEventListener("input", () => sessionStorage.setItem(name, JSON.stringify(fields().map((field) => is_ticked(field) ? field.checked : field.value))));
      form.addEventListener("submit", () => sessionStorage.setItem(`sent ${name}`, "yes"));
    });
  } catch { /* a browser that keeps nothing goes without */ }
}

// A label as it is built: class, controls, REL TO. Whoever writes it by hand is not overwritten.
function labelBuilder() {
  const builder = document.querySelector("[data-label-builder]");
  if (!builder) return;
  const text = builder.querySelector('[name="label"]');
  const build = () => {
    const marking = builder.querySelector("[data-class]").value;
    const chosen = (kind) => [...builder.querySelectorAll(`[data-${kind}]:checked`)].map((box) => box.value);
    const controls = chosen("control");
    const to = chosen("rel").sort((a, b) => (b === "USA") - (a === "USA") || a.localeCompare(b));
    if (to.length && !controls.includes("NOFORN")) controls.push(`REL TO ${to.join(", ")}`);
    text.value = marking.startsWith("TLP:") || !controls.length ? marking : `${marking}//${controls.join("/")}`;
    text.dispatchEvent(new Event("input", { bubbles: true }));
  };
  builder.addEventListener("change", (event) => { if (event.target !== text) build(); });
}

// One stream a page. A page that was away catches up: the browser names the last event that it had, and a page that comes back
// out of its cache looks again. What comes is only that something has changed: the page itself says what, as this person may
// see it.
function live() {
  const regions = () => [...document.querySelectorAll("[data-live-region]")];
  const kinds = document.getElementById("content")?.dataset.live;
  if (!kinds || !window.EventSource) return;
  let due = 0, asking = false, looked = Date.now();
  // What takes the node long to make is not looked at anew with each event.
  const rest = () => Math.max(0, ...regions().map((region) => Number(region.dataset.rest ?? 0)));
  // What follows while a look is due waits for that one, so that a stream of events does not put it off for ever.
  const again = () => { due ||= setTimeout(refresh, Math.max(300, looked + rest() - Date.now())); };
  async function refresh() {
    due = 0;
    // Nobody's writing is taken away: the page waits until the form is left.
    const at = document.activeElement;
    if (asking || regions().some((region) => region.contains(at) && at.matches("input, textarea, select"))) { due = setTimeout(refresh, 2000); return; }
    asking = true;
    looked = Date.now();
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      // Signed out meanwhile: what is shown stays until somebody goes on.
      if (answer.redirected) return;
      if (!answer.ok) throw new Error(answer.statusText);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const next = [...page.querySelectorAll("[data-live-region]")];
      regions().forEach((region, number) => renew(region, next[number]));
      for (const id of ["banner", "banner-bottom", "links-state", "health", "navigation", "strip"]) {
        const news = page.getElementById(id);
        const before = document.getElementById(id);
        if (news && before && news.outerHTML !== before.outerHTML) before.replaceWith(news);
      }
    } catch {
      // The node is away, or the network is.
      due = setTimeout(refresh, 3000);
    } finally { asking = false; }
  }
  // Every field of a region's forms, by what names it wherever it stands.
  const fieldsOf = (region) => [...region.querySelectorAll("form")].flatMap((form) => {
    const hidden = [...form.querySelectorAll("[type=hidden]")].map((field) => field.value).join(" ");
    const isTicked = (field) => ["checkbox", "radio"].includes(field.type);
    return [...form.elements].filter((field) => field.name && field.type !== "hidden").map((field) => [`${form.action} ${hidden} ${field.name} ${isTicked(field) ? field.value : ""}`, field]);
  });
  // What is as it was stays as it is: an open line stays open, and the eye goes where something moved.
  function renew(region, news) {
    if (!news || news.innerHTML === region.dataset.last) return;
    region.dataset.last = news.innerHTML;
    // What somebody has begun to write stays, wherever that person looks meanwhile.
    const written = new Map(fieldsOf(region));
    const opened = new Set([...region.querySelectorAll("details[open] > summary")].map((summary) => summary.textContent));
    const before = new Set([...region.querySelectorAll("tr")].map((row) => row.textContent));
    const focused = region.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    for (const row of news.querySelectorAll("tr")) if (!before.has(row.textContent)) row.classList.add("arrived");
    region.replaceChildren(...news.childNodes);
    for (const summary of region.querySelectorAll("details > summary")) if (opened.has(summary.textContent)) summary.parentElement.open = true;
    for (const [name, field] of fieldsOf(region)) {
      const before = written.get(name);
      if (!before) continue;
      if (before.checked !== before.defaultChecked) field.checked = before.checked;
      if (before.value !== before.defaultValue && before.type !== "checkbox" && before.type !== "radio" && (field.tagName !== "SELECT" || [...field.options].some((option) => option.value === before.value))) field.value = before.value;
    }
    window.htmx?.process(region);
    if (focused) region.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
  }
  for (const region of regions()) region.dataset.last = region.innerHTML;
  let stream;
  // From what the page knows at first: nothing that happens while it is on its way is missed.
  function listen(heard) {
    stream = new EventSource(heard ? `/api/v1/events?after=${heard}` : "/api/v1/events");
    // A stream that was cut goes on by itself behind the last event; one that the node refused begins anew, and looks again.
    stream.onerror = () => { if (stream.readyState === EventSource.CLOSED) setTimeout(() => { again(); listen(); }, 5000); };
    for (const kind of kinds.split(" ")) stream.addEventListener(kind, again);
  }
  listen(document.getElementById("content").dataset.heard);
  addEventListener("pageshow", (event) => { if (event.persisted) { listen(); again(); } });
  addEventListener("pagehide", () => stream.close());
  // Links and clocks change without a statement in the ledger.
  setInterval(() => { if (!document.hidden) again(); }, 30000);
}

// Files that go out take their time: meanwhile the node itself says beside the form how far they are, and there they can be
// cancelled. Whoever leaves the page stops what has not gone out; what entered stays.
function importing() {
  const form = document.querySelector("form[data-import]");
  if (!form) return;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const place = document.getElementById(form.dataset.import);
    const button = form.querySelector("button.main");
    form.elements.count.value = form.elements.files.files.length;
    button.disabled = true;
    const look = setInterval(async () => {
      const answer = await fetch("/log/jobs", { headers: { accept: "text/html", "hx-request": "true" } }).catch(() => null);
      if (!answer?.ok || answer.redirected) return;
      place.innerHTML = await answer.text();
      // The next look brings the next state; what stands here does not look by itself.
      for (const part of place.querySelectorAll("[hx-get]")) part.removeAttribute("hx-get");
    }, 1000);
    const leave = (event) => event.preventDefault();
    addEventListener("beforeunload", leave);
    try {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { accept: "text/html" } });
      removeEventListener("beforeunload", leave);
      if (answer.redirected) { location.assign(answer.url); return; }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      place.replaceChildren(...page.querySelectorAll("[role=alert], main .notice, main h1 ~ p"));
    } catch {
      location.assign("/log/jobs");
    } finally {
      removeEventListener("beforeunload", leave);
      clearInterval(look);
      button.disabled = false;
    }
  });
}

// What is cut on the screen is copied whole.
document.addEventListener("copy", (event) => {
  const chosen = getSelection();
  const names = [...document.querySelectorAll(".name")].filter((name) => chosen.containsNode(name, true));
  if (names.length !== 1 || chosen.toString().replace(/\s/g, "") !== names[0].textContent.replace(/\s/g, "")) return;
  event.clipboardData.setData("text/plain", names[0].title);
  event.preventDefault();
});

// What is printed leaves the screen: that goes on the record, as a release does.
addEventListener("beforeprint", () => {
  const [, page, originator, id] = location.pathname.split("/");
  if (page === "records" && id) navigator.sendBeacon(`/api/v1/records/${originator}/${id}/printed`);
  // What else shows a part of a record names it.
  const printed = document.querySelector("[data-printed]")?.dataset.printed;
  if (printed) navigator.sendBeacon(printed);
});

if (kept.get("nav")) root.dataset.nav = kept.get("nav");
document.addEventListener("keydown", key);
clock();
keepForms();
labelBuilder();
importing();
live();

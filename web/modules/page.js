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
    local.textContent = now.toLocaleTimeString(root.lang, { hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
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

// What was written in a form is kept in this tab until it is sent, also through a session that ended.
function keepForms() {
  for (const form of document.querySelectorAll("form[data-keep]")) {
    const name = `form ${form.dataset.keep}`;
    const fields = () => [...form.elements].filter((field) => field.name && !["hidden", "file", "password"].includes(field.type));
    try {
      const before = JSON.parse(sessionStorage.getItem(name) ?? "null");
      if (before) fields().forEach((field, at) => {
        if (before[at] === undefined) return;
        if (["checkbox", "radio"].includes(field.type)) field.checked = before[at]; else if (!field.value) field.value = before[at];
      });
      form.addEventListener("input", () => sessionStorage.setItem(name, JSON.stringify(
        fields().map((field) => ["checkbox", "radio"].includes(field.type) ? field.checked : field.value))));
      form.addEventListener("submit", () => sessionStorage.removeItem(name));
    } catch { /* goes without */ }
  }
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

// One stream a page. A page that was away catches up: the browser names the last event that it had.
function live() {
  const region = document.querySelector("[data-live-region]");
  if (!region || !window.EventSource) return;
  let due;
  const refresh = () => {
    clearTimeout(due);
    due = setTimeout(async () => {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const news = page.querySelector("[data-live-region]");
      const before = new Set([...region.querySelectorAll("tr")].map((row) => row.textContent));
      if (news) {
        for (const row of news.querySelectorAll("tr")) if (!before.has(row.textContent)) row.classList.add("arrived");
        region.replaceChildren(...news.childNodes);
      }
      for (const id of ["banner", "links-state", "health"]) {
        const next = page.getElementById(id);
        if (next) document.getElementById(id)?.replaceWith(next);
      }
    }, 300);
  };
  const stream = new EventSource("/api/v1/events");
  stream.onmessage = refresh;
  for (const kind of ["record", "question", "alarm", "link", "agreement"]) stream.addEventListener(kind, refresh);
}

if (kept.get("nav")) root.dataset.nav = kept.get("nav");
document.addEventListener("keydown", key);
clock();
keepForms();
labelBuilder();
live();

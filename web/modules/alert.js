// What waits for somebody to acknowledge it makes itself heard: in the page's title, by a sound, and by the browser's own
// notification. None of them says what it is about: a title stands in lists of windows, a notification on locked screens.

const title = document.title;
const kept = {
  get(name) { try { return localStorage.getItem(name); } catch { return null; } },
  set(name, value) { try { localStorage.setItem(name, value); } catch { /* a browser that keeps nothing goes without */ } },
};
// How often it sounds while something waits, in milliseconds, whichever tab of this browser does.
const AGAIN = 30_000;

const strip = () => document.getElementById("strip");
const keys = () => (strip()?.dataset.keys ?? "").split(" ").filter(Boolean);
const isMuted = () => kept.get("sound") === "off";
let speaker;

// Two notes, twice. A browser lets a page sound only after somebody has touched it; until then it is silent, and nothing is kept to be
// heard later.
async function sound() {
  if (isMuted()) return;
  kept.set("sounded", String(Date.now()));
  speaker ??= new AudioContext();
  if (speaker.state !== "running") await Promise.race([speaker.resume(), new Promise((done) => setTimeout(done, 500))]).catch(() => {});
  if (speaker.state !== "running") return;
  for (const [at, pitch] of [[0, 880], [0.22, 660], [0.6, 880], [0.82, 660]]) {
    const [note, volume] = [speaker.createOscillator(), speaker.createGain()];
    note.frequency.value = pitch;
    const begin = speaker.currentTime + at;
    volume.gain.setValueAtTime(0.0001, begin);
    volume.gain.exponentialRampToValueAtTime(0.3, begin + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, begin + 0.2);
    note.connect(volume).connect(speaker.destination);
    note.start(begin);
    note.stop(begin + 0.2);
  }
}

function notify() {
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  // One for all that waits, whichever tab says it.
  const notice = new Notification(strip().dataset.notice, { tag: "entente", renotify: true, requireInteraction: true });
  notice.onclick = () => { window.focus(); location.href = "/"; };
}

function look() {
  const now = keys();
  document.title = now.length ? `(${now.length}) ${title}` : title;
  const calls = strip()?.dataset.calls === "yes";
  // What this browser has called for already, in this tab or another.
  const called = (kept.get("called") ?? "").split(" ");
  kept.set("called", now.join(" "));
  if (calls && now.some((key) => !called.includes(key))) { sound(); notify(); }
}

// How this browser calls, on the page where that is chosen.
function choices() {
  const place = document.querySelector("[data-calling]");
  if (!place) return;
  place.hidden = false;
  const [ask, mute, test] = ["ask", "mute", "test"].map((name) => place.querySelector(`[data-calling-${name}]`));
  const show = () => {
    const state = "Notification" in window ? Notification.permission : "denied";
    for (const words of place.querySelectorAll("[data-calling-state]")) words.hidden = words.dataset.callingState !== state;
    ask.hidden = state !== "default";
    mute.checked = !isMuted();
  };
  ask.addEventListener("click", async () => { await Notification.requestPermission(); show(); });
  mute.addEventListener("change", () => kept.set("sound", mute.checked ? "on" : "off"));
  test.addEventListener("click", sound);
  show();
}

look();
choices();
// A page that renews itself puts another strip in place of this one.
new MutationObserver(look).observe(document.body, { childList: true });
setInterval(() => { if (strip()?.dataset.calls === "yes" && keys().length && Date.now() - Number(kept.get("sounded") ?? 0) > AGAIN) sound(); }, 1000);

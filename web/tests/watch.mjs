// A night on watch through the pages: a drill, then a warning that is revised; people acknowledge it; the incident that a rule has
// raised becomes a consultation, with a position that one party sees, a common message whose second version all sign, a
// statement of effects, and closing notes; one signed file is left.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check, until } from "./browser.mjs";

const HEADLINE = "A missile may come down west of Hokkaido";
const REVISED = "The missile comes down west of Hokkaido";

// How a page calls: what it would sound and notify is counted where the browser itself is asked for it.
const LISTENING = `
  window.heard = { notes: 0, notices: [] };
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...when) { window.heard.notes += 1; return start.apply(this, when); };
  const Real = window.Notification;
  window.Notification = class extends Real { constructor(title, options) { super(title, options); window.heard.notices.push(title); } };
`;

const at = (minutes) => new Date(Date.now() + minutes * 60_000).toISOString().slice(0, 19) + "+00:00";

// A message of CAP in the profile for missile warnings.
function warning({ identifier, status, headline, certainty, references = "" }) {
  const parameter = (name, value) => `<parameter><valueName>entente:${name}</valueName><value>${value}</value></parameter>`;
  const parameters = [["launch-time", at(-1)], ["launch-area", "39.5,125.5 40"], ["impact-not-before", at(6)], ["impact-not-after", at(11)], ["sensor-party", "USA"]];
  return `<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>${identifier}</identifier><sender>warning.jpn.example</sender><sent>${at(0)}</sent><status>${status}</status><msgType>${references ? "Update" : "Alert"}</msgType><scope>Restricted</scope><restriction>government</restriction>${references ? `<references>${references}</references>` : ""}<info><category>Security</category><event>Missile warning</event><responseType>Shelter</responseType><urgency>Immediate</urgency><severity>Extreme</severity><certainty>${certainty}</certainty><eventCode><valueName>entente:profile</valueName><value>missile-warning/1</value></eventCode><expires>${at(120)}</expires><headline>${headline}</headline>${parameters.map(([name, value]) => parameter(name, value)).join("")}<area><areaDesc>West of Hokkaido</areaDesc><polygon>42.5,138 43.5,138 43.5,139.5 42.5,139.5 42.5,138</polygon></area></info></alert>`;
}

export async function watch({ person, officers: { jpn, kor, usa }, entente, configs, parties }) {
  const command = (...words) => execFileSync(entente, words, { encoding: "utf8" });
  const comesIn = (party, name, message) => {
    const file = join(tmpdir(), `${process.pid}-${name}.xml`);
    writeFileSync(file, message);
    return command("alert", "ingest", file, "--config", configs[party]);
  };
  const acknowledge = (who) => who.page.click('form[action^="/alerts/"] button.main');

  console.log("a drill comes in at JPN, and calls people on whatever page they are");
  const desks = {
    JPN: await person("JPN", "watch", { theme: "dark" }),
    KOR: await person("KOR", "watch", { init: LISTENING, permissions: ["notifications"] }),
    USA: await person("USA", "watch"),
  };
  const all = Object.entries(desks);
  await desks.KOR.go("/alerts");
  await desks.KOR.accessible("no alert");
  await desks.KOR.shot("alerts-none");
  await desks.KOR.go("/agreements");
  // A browser lets a page sound once somebody has touched it.
  await desks.KOR.page.mouse.click(640, 400);
  comesIn("JPN", "drill", warning({ identifier: "MW-DRILL", status: "Exercise", headline: HEADLINE, certainty: "Likely" }));
  await until("the strip at KOR says that something waits, and that it is an exercise", async () => { const strip = await desks.KOR.text("#strip"); return strip.includes(HEADLINE) && strip.includes("EXERCISE"); });
  check((await desks.KOR.text("#banner")).includes("EXERCISE"), "so does the banner");
  check((await desks.KOR.text("#banner")).includes("特定秘密"), "the banner bears the label of what the strip says");
  check((await desks.KOR.page.title()).startsWith("(1) "), "the title counts it");
  const heard = await desks.KOR.page.evaluate(() => window.heard);
  check(heard.notes > 0, "it sounds");
  check(heard.notices.length === 1 && !heard.notices[0].includes("missile"), "it notifies, and does not say what it is about");
  await desks.KOR.accessible("strip");
  await desks.KOR.shot("strip");
  for (const [, who] of all) {
    await who.go("/alerts");
    await until(`${who.party} has the drill`, async () => { await who.go("/alerts"); return (await who.text("main")).includes(HEADLINE); });
    await acknowledge(who);
  }
  await until("JPN sees on its page that all three have acknowledged", async () => { const text = await desks.JPN.text("main"); return !text.includes("not acknowledged yet") && text.includes("acknowledged by watch"); });
  check(!(await desks.KOR.page.isVisible("#strip")), "the strip is gone once somebody has acknowledged");

  console.log("a warning comes in at JPN, and is revised");
  const first = { identifier: "MW-1", status: "Actual", headline: HEADLINE, certainty: "Possible" };
  const message = warning(first);
  comesIn("JPN", "first", message);
  for (const [, who] of all) await until(`${who.party} is called`, async () => (await who.text("#strip")).includes(HEADLINE));
  await desks.KOR.go("/alerts");
  await desks.KOR.accessible("alerts");
  await desks.KOR.shot("alerts");
  for (const [, who] of all) { await who.go("/alerts"); await acknowledge(who); }
  const sent = message.match(/<sent>(.*?)<\/sent>/)[1];
  comesIn("JPN", "second", warning({ ...first, identifier: "MW-2", headline: REVISED, certainty: "Observed", references: `warning.jpn.example,MW-1,${sent}` }));
  await until("the revision is shown as one that raises", async () => { const text = await desks.KOR.text("main"); return text.includes(REVISED) && text.includes("RAISED"); });
  check((await desks.KOR.text("main")).includes("replaced"), "what it takes the place of is marked");
  check((await desks.KOR.text("#strip")).includes(REVISED), "it is to be acknowledged anew");
  await desks.JPN.go("/alerts");
  await desks.JPN.accessible("alerts in the dark");
  await desks.JPN.shot("alerts-revised-dark");
  for (const [, who] of all) { await who.go("/alerts"); await acknowledge(who); }

  console.log("a rule has raised an incident; JPN consults");
  await desks.JPN.go("/");
  await desks.JPN.shot("desk-watch-dark");
  await desks.JPN.go("/consultations");
  check((await desks.JPN.text("#incidents")).includes("A missile may come down in or near Japan"), "the incident is there");
  await desks.JPN.page.click("#incidents details summary >> nth=0");
  check((await desks.JPN.text("#incidents")).includes("own setting, not in the text"), "its duties say whose the clock is");
  await desks.JPN.accessible("consultations");
  await desks.JPN.shot("consultations-dark");
  const incident = desks.JPN.page.locator("#incidents .parted", { hasNotText: "EXERCISE" }).first();
  await incident.locator('select[name="under"]').selectOption("commitment-to-consult-2023");
  await incident.locator("button.main").click();
  await desks.JPN.page.waitForURL("**/consultations/*");
  const path = new URL(desks.JPN.page.url()).pathname;
  for (const who of [desks.KOR, desks.USA]) {
    await until(`${who.party} is asked, on whatever page`, async () => (await who.text("#strip")).includes("A missile may come down"));
    await who.go("/");
    check((await who.text("#desk")).includes("JPN consults"), `it waits on the desk of ${who.party}`);
    if (who.party === "KOR") { await who.accessible("desk with a consultation"); await who.shot("desk-consultation"); }
    await who.go(path);
    await who.page.click(`form[action="${path}/acknowledge"] button`);
  }
  await until("JPN sees that both have acknowledged", async () => await desks.JPN.page.locator(".state", { hasText: "silent" }).count() === 0);
  await desks.JPN.accessible("consultation");
  await desks.JPN.shot("consultation-dark");

  console.log("a position for one, a message for all");
  await jpn.go(path);
  await jpn.page.click("summary:has-text('Give a position')");
  for (const [field, text] of Object.entries({ title: "Position of JPN", text: "We would speak within the hour.", label: "//JPN 特定秘密//REL TO JPN, KOR", subjects: "dprk-missile" })) await jpn.page.fill(`#position-${field}`, text);
  await jpn.page.check('#positions input[name="to"][value="KOR"]');
  await jpn.page.click("#positions button.main");
  check((await jpn.text("main")).includes("PERMIT"), "the position goes to KOR, and the article is named");
  await kor.go(path);
  await until("KOR has it", async () => { await kor.go(path); return (await kor.text("#positions")).includes("Position of JPN"); });
  await usa.go(path);
  check(!(await usa.text("main")).includes("Position of JPN"), "USA does not know that there is one");
  await jpn.go(path);
  await jpn.page.click("summary:has-text('Propose a common message')");
  await jpn.page.fill("#text", "The three condemn the launch of this morning, and stand together.\n");
  await jpn.page.click("#items .parted-above button.main");
  check((await jpn.text("#items")).includes("condemn the launch"), "the message is proposed");
  await kor.go(path);
  await until("KOR has the message", async () => { await kor.go(path); return (await kor.text("#items")).includes("condemn the launch"); });
  await kor.page.click("#items summary:has-text('another version')");
  await kor.page.fill("#items textarea >> nth=0", "The three strongly condemn the launch of this morning and stand together.\n");
  await kor.page.click("#items .parted button:has-text('Propose')");
  check((await kor.text("#items ins")).includes("strongly"), "what is new is seen");
  check((await kor.text("#items del")).includes(","), "and so is a comma that is gone");
  await kor.accessible("two versions");
  await kor.shot("consultation-versions");
  for (const who of [kor, jpn, usa]) {
    await who.go(path);
    await until(`${who.party} has the second version`, async () => { await who.go(path); return (await who.text("#items")).includes("strongly"); });
    await who.page.click("#items .parted:not(.past) button.main:has-text('Sign')");
  }
  await until("the message is agreed", async () => { await kor.go(path); return (await kor.text("#items")).includes("Signed by JPN, KOR, USA"); });

  console.log("effects, closing, one file");
  await kor.page.click("#effects summary");
  const option = async (number, fields) => { for (const [name, text] of Object.entries(fields)) await kor.page.fill(`input[name="${name}-${number}"]`, text); };
  await option(0, { neighbours: "it may be read as indifference", third: "none seen", public: "unease" });
  await option(1, { what: "a common message", neighbours: "protest is likely, and no more", third: "none seen", public: "reassured" });
  await kor.page.check('input[name="chosen"][value="1"]');
  await kor.page.fill("#because", "silence would be read as doubt");
  await kor.accessible("stating effects");
  await kor.page.locator("#effects").screenshot({ path: join(process.env.SCREENSHOTS ?? tmpdir(), "effects-form.png") });
  await kor.page.click("#effects button.main");
  await until("the statement of effects is there", async () => (await kor.text("#effects table")).includes("a common message"));
  for (const who of [kor, jpn, usa]) {
    await until(`${who.party} has the statement`, async () => { await who.go(path); return (await who.text("#effects")).includes("silence would be read as doubt"); });
    await who.page.click("#closing summary");
    await who.page.fill("#note", `${who.party} closes on the common message`);
    await who.page.click("#closing button.main");
  }
  for (const who of [jpn, kor, usa]) await until(`${who.party} sees it closed`, async () => { await who.go(path); return (await who.text("#closing")).includes("closed by JPN, KOR, USA"); });
  check((await kor.text("#duties")).includes("met"), "the duties are met");
  await kor.accessible("closed consultation");
  await kor.whole("consultation-closed");
  await kor.print("consultation-print");
  const [download] = await Promise.all([kor.page.waitForEvent("download"), kor.page.click(`form[action="${path}/export"] button`)]);
  const file = await download.path();
  check(readFileSync(file, "utf8").includes("vnd.entente.consultation"), "it is saved as one file");
  const verified = command("consult", "verify", file, "--parties", ...parties);
  check(verified.includes("every signature holds"), "which verifies without a node");
  // Asked from the page itself, as a form that was open since before it was closed; what the browser says of it is expected.
  const before = kor.errors.length;
  const twice = await kor.page.evaluate(async (to) => (await fetch(to, { method: "POST", body: new URLSearchParams({ do: "close", note: "again" }), redirect: "manual" })).status, `${path}/steps`);
  check(twice >= 400 && twice < 500, "what is closed is closed");
  await kor.page.waitForTimeout(200);
  kor.errors.length = before;

  console.log("an incident from a position, and a list of duties that is narrowed");
  await jpn.go("/");
  await jpn.page.click("a[href='/incidents/new']");
  await jpn.page.fill("#title", "A ship is in distress");
  await jpn.page.fill("#trigger", "maritime");
  await jpn.page.fill("#position", "42.5,138.5");
  await jpn.page.fill("#radius", "20");
  await jpn.accessible("an incident from a position");
  await jpn.shot("incident-new");
  await jpn.page.click("form.card-form button.main");
  const raised = await jpn.text("#incidents .parted >> nth=0");
  check(raised.includes("A ship is in distress") && raised.includes("42.5,138.5 20"), "it is raised where the position says");
  await jpn.page.selectOption("#duty-state", "met");
  await jpn.page.selectOption("#duty-party", "KOR");
  await jpn.page.click("#duties form.filter button");
  const narrowed = await jpn.text("#duties table >> nth=0");
  check(narrowed.includes("met") && !narrowed.includes("JPNto"), "what KOR has met alone is left");
  await jpn.accessible("narrowed duties");
  await jpn.shot("duties-narrowed");
  return path;
}

// Objects of STIX through the pages: collections, a list that is searched and opened beside itself, an object with its graph (three objects,
// and two hundred), the keyboard in it, its versions; and the same without script, on paper, and for who wants no motion.

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check } from "./browser.mjs";

const COLLECTION = "6f1c8a4e-3f6e-4a2b-9d7c-0f6c2a1b5e10";
const GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb";
const id = (kind, number) => `${kind}--9a4d0000-0000-4000-8000-${String(number).padStart(12, "0")}`;
const path = (id) => `/collections/objects/${id}`;

function object(kind, number, more, day = 1) {
  return { type: kind, spec_version: "2.1", id: id(kind, number), created: "2026-01-01T00:00:00.000Z", modified: `2026-01-0${day}T00:00:00.000Z`, object_marking_refs: [GREEN], ...more };
}
const related = (number, word, from, to) => object("relationship", number, { relationship_type: word, source_ref: from, target_ref: to });

// Two small pictures and a large one: 260 objects of six types around one.
function bundle() {
  const pattern = { pattern: "[ipv4-addr:value = '198.51.100.7']", pattern_type: "stix", valid_from: "2026-01-01T00:00:00Z" };
  const beacon = (description, day) => object("indicator", 1, { name: "Beacon of a loader", description, ...pattern }, day);
  const hub = object("infrastructure", 100, { name: "Relay at the river crossing" });
  const kinds = [["malware", "uses", { is_family: true }], ["tool", "uses", {}], ["threat-actor", "uses", {}], ["campaign", "uses", {}], ["attack-pattern", "targets", {}], ["course-of-action", "mitigates", {}]];
  const around = Array.from({ length: 260 }, (_, at) => {
    const [kind, word, more] = kinds[at % kinds.length];
    const one = object(kind, 1000 + at, { name: `${kind} with a rather long name, number ${at + 1}`, ...more });
    return [one, related(2000 + at, word, one.id, hub.id)];
  });
  // One of them is related to twenty others, which is seen two steps from the middle.
  const among = around.slice(238, 258).map(([other], at) => related(3000 + at, "related-to", around[259][0].id, other.id));
  return [
    [object("malware", 2, { name: "Quiet Loader", is_family: true, aliases: ["QLD"] }), object("threat-actor", 3, { name: "Reed Warbler" }), beacon("Seen twice in one night.", 1)],
    [beacon("Seen three times in one night.", 2), related(10, "indicates", id("indicator", 1), id("malware", 2)), related(11, "uses", id("threat-actor", 3), id("malware", 2))],
    [hub, ...around.flat(), ...among],
  ];
}

// The letters with which each type is drawn, in the picture and in what explains it.
const lettered = (page) => page.evaluate(() => {
  const drawn = [...document.querySelectorAll(".drawing a.node")].map((node) => [node.getAttribute("aria-label").split(",")[0], node.nextElementSibling.textContent]);
  const explained = [...document.querySelectorAll(".drawing .sectors g, .drawing .legend svg")].map((sign) => sign.querySelector(".letters").textContent);
  const types = new Map(drawn);
  return { types: [...types], same: drawn.every(([type, letters]) => types.get(type) === letters), explained };
});

// Labels that lie on one another, of those that can be seen.
const piled = (page) => page.evaluate(() => {
  const boxes = [...document.querySelectorAll(".drawing .labels text, .drawing .sectors text")].map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }));
  const meets = (one, other) => one.left < other.right - 1 && other.left < one.right - 1 && one.top < other.bottom - 3 && other.top < one.bottom - 3;
  return boxes.flatMap((one, at) => boxes.slice(at + 1).filter((other) => meets(one.box, other.box)).map((other) => `${one.text} / ${other.text}`));
});

export async function objects({ browser, reader, entente, config }) {
  const command = (...words) => execFileSync(entente, [...words, "--config", config], { encoding: "utf8" });
  console.log("objects come into a collection, and are found");
  command("taxii", "root", "add", "cyber", "--title", "Cyber intelligence");
  command("taxii", "collection", "add", "--root", "cyber", "--id", COLLECTION, "--title", "Shared indicators", "--alias", "shared", "--read", "*", "--write", "*");
  const load = (objects, at) => {
    const file = join(tmpdir(), `${process.pid}-objects-${at}.json`);
    writeFileSync(file, JSON.stringify({ objects }));
    command("taxii", "load", file, "--collection", COLLECTION);
  };
  const [first, second, large] = bundle();
  [first, second, large.slice(0, 1)].forEach(load);
  await reader.go("/");
  await reader.keys("g", "t");
  await reader.page.waitForURL("**/collections");
  check((await reader.text("main")).includes("Shared indicators"), "the collection is there");
  const looks = [];
  const looked = (request) => { if (request.resourceType() === "fetch" && new URL(request.url()).pathname === "/collections") looks.push(request); };
  reader.page.on("request", looked);
  for (let at = 1; at < large.length; at += 90) load(large.slice(at, at + 90), 3 + at);
  await reader.page.waitForFunction(() => document.querySelector("main").textContent.includes("546"), null, { timeout: 15000 });
  reader.page.off("request", looked);
  const at = looks.map((request) => request.timing().startTime);
  check(at.length > 0 && at.every((time, number) => !number || time - at[number - 1] > 4500), `what comes is counted by itself, and not with each event: ${at.length}`);
  await reader.accessible("collections");
  await reader.shot("collections");
  await reader.go(`/collections/${COLLECTION}`);
  check((await reader.text(".head")).includes("546 objects"), "its objects are counted");
  await reader.page.fill("#q", "loader");
  await reader.page.keyboard.press("Enter");
  await reader.page.waitForURL("**q=loader**");
  const rows = await reader.page.locator("[data-row]").allInnerTexts();
  check(rows.includes("Beacon of a loader") && rows.includes("Quiet Loader") && rows.length === 2, "the search is in the address, and finds both");
  await reader.keys("j", "Enter");
  await reader.page.waitForSelector("#pane .facts");
  check((await reader.text("#pane")).includes("TLP:GREEN"), "it opens beside the list, with its marking");
  await reader.accessible("list of objects");
  await reader.shot("collection");

  console.log("an object with three others");
  await reader.go(path(id("malware", 2)));
  await reader.page.waitForSelector(".drawing a.node");
  check(await reader.page.locator(".drawing a.node").count() === 3, "three objects are drawn");
  const labels = await reader.page.locator(".drawing .labels text").allTextContents();
  check(["Quiet Loader", "Reed Warbler", "Beacon of a loader"].every((name) => labels.includes(name)), "each with its name");
  check((await reader.page.locator(".drawing .words text").allTextContents()).sort().join() === "indicates,uses", "and the relations with theirs");
  check((await piled(reader.page)).length === 0, "no label lies on another");
  await reader.accessible("object");
  await reader.shot("object");
  await reader.page.focus(".drawing a.node.focus");
  await reader.keys("ArrowRight");
  const moved = await reader.page.evaluate(() => document.activeElement.getAttribute("aria-label"));
  check(!moved.includes("malware, Quiet Loader"), "an arrow key leads on");
  check((await reader.text("[data-reading]")).includes("TLP:GREEN"), "and what it is stands below");
  await reader.keys("Enter");
  await reader.page.waitForURL((url) => !url.pathname.includes("malware"));
  await reader.go(path(id("indicator", 1)));
  check((await reader.text("#versions ins")).includes("three times"), "what a version changed is seen");
  await reader.whole("object-whole");

  console.log("an object with two hundred others");
  for (const theme of ["light", "dark"]) {
    await reader.page.emulateMedia({ colorScheme: theme, reducedMotion: theme === "dark" ? "reduce" : "no-preference" });
    await reader.go(`${path(id("infrastructure", 100))}${theme === "dark" ? "?depth=2" : ""}`);
    await reader.page.waitForSelector(".drawing a.node");
    check(await reader.page.locator(".drawing a.node").count() === 200, "two hundred are drawn");
    check((await reader.text("#graph header")).includes("61 more"), "and how many are not is said");
    check((await piled(reader.page)).length === 0, "no label lies on another");
    const { types, same, explained } = await lettered(reader.page);
    const letters = types.map(([, two]) => two);
    check(types.length >= 7 && same && new Set(letters).size === types.length && letters.every((two) => two.length === 2), `each type has letters of its own: ${types.join(" ")}`);
    check(types.slice(1).every(([, two]) => explained.includes(two)), "and beside the picture stands what they mean");
    await reader.accessible(`two hundred objects, ${theme}`);
    await reader.shot(`graph-200-${theme}`);
    await reader.page.focus(".drawing a.node.focus");
    await reader.keys("ArrowDown", "ArrowRight", "ArrowRight");
    check((await piled(reader.page)).length === 0, "nor where one is looked at");
    if (theme === "dark") {
      await reader.page.focus('.drawing a.node[aria-label*="number 260,"]');
      check(await reader.page.locator(".drawing .labels text").count() > 8, "those around it have their names");
      check((await piled(reader.page)).length === 0, "none of which lies on another");
    }
    const moves = await reader.page.evaluate(() => getComputedStyle(document.querySelector(".drawing a.node")).transitionDuration);
    check((moves === "0s") === (theme === "dark"), "nothing moves for who wants no motion");
    await reader.shot(`graph-200-${theme}-one`);
  }
  await reader.page.emulateMedia({ colorScheme: null, reducedMotion: null });
  await reader.print("graph-print");
  await reader.page.selectOption("#kind", "malware");
  await reader.page.click("#graph form button");
  await reader.page.waitForSelector(".drawing a.node");
  check(await reader.page.locator(".drawing a.node").count() === 45, "a type is chosen, and all of it is drawn");

  console.log("without script");
  const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await reader.context.storageState() });
  const page = await plain.newPage();
  await page.goto(`${reader.origin}${path(id("malware", 2))}`);
  check((await page.locator("#graph table").innerText()).includes("Reed Warbler"), "the table says the same");
  await plain.close();
  return [[`/collections/${COLLECTION}`, "collection"], [path(id("malware", 2)), "object"], [path(id("infrastructure", 100)), "graph-200"]];
}

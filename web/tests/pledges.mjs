// Commitments and meetings through the pages: the treaty desk makes a commitment known, says how far it is, and prints the plan; calls
// a meeting, and gets an address for a calendar program.

import { check, until } from "./browser.mjs";

export async function pledges({ desk, reader }) {
  console.log("a commitment is made known, and is done step by step");
  await desk.go("/commitments/new");
  await desk.page.fill("#what", "A joint exercise of the three");
  await desk.page.fill("#due", new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10));
  await desk.page.fill("#steps", "plan it\ninvite");
  await desk.accessible("new commitment");
  await desk.page.click("form.card-form button.main");
  check((await desk.text("h1")).includes("joint exercise"), "it has a page");
  await desk.page.fill('input[name="note"] >> nth=0', "planned in Seoul");
  await desk.page.click("button:has-text('Done') >> nth=0");
  check((await desk.text("main")).includes("planned in Seoul"), "a step is done, in the owner's words");
  await desk.accessible("commitment");
  await desk.shot("commitment");
  await desk.go("/");
  check((await desk.text("#desk")).includes("A joint exercise"), "what is due within two weeks is on the desk");
  await desk.go("/commitments");
  check((await desk.text("main")).includes("1/2"), "the list says how far it is");
  await desk.accessible("commitments");
  await desk.shot("commitments");
  await desk.go("/commitments/plan");
  await desk.print("plan-print");
  check((await desk.text("main")).includes("planned in Seoul"), "the plan has it on one page");
  await reader.go("/commitments");
  check(!(await reader.text("main")).includes("A joint exercise"), "what is under no text stays at home");

  console.log("how a party joins a text");
  await desk.go("/agreements/jp-kr-gsomia-2016");
  await desk.page.click("a[href$='/accession']");
  await desk.page.fill("#party", "PHL");
  await desk.page.click("form.filter button");
  check((await desk.text("main")).includes("3 steps are missing"), "two admit it, and it enters into force itself");
  await desk.page.click("summary:has-text('Set a day') >> nth=0");
  await desk.page.fill("input[name='due'] >> nth=0", "2031-06-30");
  await desk.page.click("details[open] form button");
  check((await desk.text("main table")).includes("2031"), "a step has its day, as a commitment of who has it");
  await desk.accessible("accession");
  await desk.shot("accession");
  await desk.print("accession-print");

  console.log("a meeting, and a calendar");
  await desk.go("/meetings");
  await desk.page.click("summary:has-text('Call a meeting')");
  await desk.page.fill("#title", "Senior officials");
  await desk.page.fill("#starts", "2027-03-16T01:00");
  await desk.page.fill("#ends", "2027-03-16T03:00");
  await desk.page.click("form:has(#title) button.main");
  check((await desk.text("main")).includes("Senior officials"), "the meeting is called");
  await desk.accessible("meetings");
  await desk.shot("meetings");
  await desk.page.click("#calendar button");
  const address = (await desk.text(".notice code")).trim();
  check(address.startsWith(`${desk.origin}/api/v1/calendar/`), "the address is shown once");
  // A calendar program has no cookies, and knows no names that end in `localhost`.
  const calendar = await fetch(address.replace(new URL(address).hostname, "127.0.0.1"));
  check((await calendar.text()).includes("SUMMARY:Senior officials"), "and gives the meetings to a calendar program");
  await desk.go("/meetings");
  check(await desk.page.locator(".notice code").count() === 0, "and never again");
  await desk.page.click("summary:has-text('Change it') >> nth=0");
  await desk.page.click("button.grave >> nth=0");
  await until("the meeting can be called off", async () => (await desk.text("main")).includes("called off"));
}

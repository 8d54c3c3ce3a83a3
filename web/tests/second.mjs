// Two persons: USA's own rule wants a second one for what goes to KOR. One proposes, nobody confirms what is its own, another one
// confirms; another release is declined, and nothing leaves.

import { check, until } from "./browser.mjs";

export async function second({ person, officers: { usa, kor } }) {
  console.log("a release that takes two persons");
  await usa.write("U-22", "For two persons", "SECRET//REL TO USA, JPN, KOR", ["KOR"], "missile-warning");
  check((await usa.text("main")).includes("second person"), "it waits for a second person");
  await usa.accessible("waits for a second person");
  await usa.shot("second-proposed");
  await usa.go("/second");
  check((await usa.text("main")).includes("somebody else has to confirm it"), "who proposed it cannot confirm it");
  check(await usa.page.locator('button[value="yes"]').count() === 0, "there is no button for that");
  const other = await person("USA", "disclosure2");
  await other.go("/");
  check((await other.text("#desk")).includes("U-22"), "it is on the desk of the other officer");
  check((await other.text("#navigation")).includes("1"), "and counted in the navigation");
  await other.go("/second");
  await other.accessible("second person");
  await other.shot("second-waiting");
  await other.page.fill('input[name="note"]', "seen with the desk");
  await other.page.click('button[value="yes"]');
  check((await other.text("main")).includes("sequenced"), "confirmed, it is decided once more and goes");
  await until("it arrives at KOR", async () => { await kor.go("/records"); return (await kor.text("main")).includes("U-22"); });
  await usa.write("U-23", "Not for two persons", "SECRET//REL TO USA, JPN, KOR", ["KOR"], "missile-warning");
  await other.go("/second");
  await other.page.fill('input[name="note"] >> nth=0', "not today");
  await other.page.click('button[value="no"] >> nth=0');
  await until("the other release is declined, with the reason", async () => (await other.text("main")).includes("not today"));
  await other.shot("second-answered");
  await kor.go("/records");
  check(!(await kor.text("main")).includes("U-23"), "and nothing has left");
}

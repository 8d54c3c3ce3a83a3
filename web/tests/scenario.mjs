// The driving case of examples/northeast-asia through the pages of three nodes, with a browser:
//   node scenario.mjs '{"origins":{"JPN":"http://jpn.localhost:8551", …},"password":"…","trilateral":"PATH","entente":"PATH","configs":{"JPN":"FOLDER", …},"parties":["FILE", …]}'
// The nodes are running, know one another, and have the people that crates/cli/tests/browser.rs gives them. Screenshots are kept
// in SCREENSHOTS; the run ends with a failure when something is not as it should be, or a page has a serious barrier.

import { readFileSync } from "node:fs";
import { Person, check, open, until } from "./browser.mjs";
import { objects } from "./objects.mjs";
import { pledges } from "./pledges.mjs";
import { second } from "./second.mjs";
import { watch } from "./watch.mjs";

const { origins, password, trilateral, entente, configs, parties } = JSON.parse(process.argv[2]);
const browser = await open();
const people = [];
const person = async (party, name, options = {}) => {
  const one = await Person.at(browser, party, origins[party], name, password, options);
  if (!options.passing) people.push(one);
  return one;
};
const PURPOSE = "missile-warning";
// To whom a form gives: one party ticked, and nobody else.
const tick = (who, party) => who.page.check(`input[name="to"][value="${party}"]`);

try {
  console.log("signing in");
  const kor = await person("KOR", "disclosure", { shot: "account-totp" });
  const jpn = await person("JPN", "disclosure", { theme: "dark" });
  const usa = await person("USA", "disclosure");

  console.log("KOR writes a report and releases it to JPN");
  await kor.go("/records/new");
  await kor.page.fill("#title", "Launch report");
  await kor.page.fill("#id", "K-0412");
  await kor.page.fill("#text", "launch 06:31Z, two vehicles");
  await kor.page.selectOption("[data-class]", "//KOR SECRET");
  for (const party of ["USA", "JPN", "KOR"]) await kor.page.check(`[data-rel][value="${party}"]`);
  check(await kor.page.inputValue("#label") === "//KOR SECRET//REL TO USA, JPN, KOR", "the label is built from the choices");
  await kor.page.fill("#subjects", "dprk-missile");
  await kor.page.fill("#purpose", PURPOSE);
  await tick(kor, "JPN");
  await until("who will see it is shown before it is sent", async () => (await kor.text("#preview")).includes("jp-kr-gsomia-2016"));
  check((await kor.text(".banner.top")).includes("//KOR SECRET"), "the banner of the page follows what is being written");
  await kor.accessible("new record");
  await kor.shot("new-record");
  await kor.page.click("#new button.main");
  check((await kor.text("main")).includes("PERMIT"), "it is permitted, and the article is named");
  await kor.accessible("released");
  await kor.shot("released");

  console.log("JPN reads it as it comes, and may not hand it on");
  await jpn.go("/records");
  await until("it arrives on JPN's page by itself", async () => (await jpn.text("#list")).includes("K-0412"));
  await jpn.page.click("[data-row]");
  await jpn.page.waitForSelector("#pane .decision");
  await jpn.accessible("records");
  await jpn.shot("records-dark");
  const why = await jpn.text("#pane");
  check(why.includes("launch 06:31Z, two vehicles"), "the content is what KOR wrote");
  check(why.includes("DENY") && why.includes("art. 6(a)"), "the refusal names article 6(a)");
  check((await jpn.text(".banner.top")).includes("//KOR SECRET"), "the banner is the roll-up of what is on the page");
  await jpn.go(`/records/KOR/K-0412/release?purpose=${PURPOSE}`);
  await tick(jpn, "USA");
  await jpn.page.click("form.form button.main");
  check((await jpn.text("main")).includes("art. 6(a)"), "releasing it all the same is denied");
  await jpn.accessible("denied");
  await jpn.shot("denied-dark");

  console.log("JPN asks KOR for its consent");
  await jpn.page.click(".cures a.main");
  await jpn.accessible("asking");
  await jpn.shot("ask-consent-dark");
  await kor.go("/consent");
  await jpn.page.click("form.form button.main");
  await until("the question arrives on KOR's page by itself", async () => (await kor.text("main")).includes("JPN asks"));
  check((await kor.text("main")).includes("What a yes would permit"), "the effect of a yes is in view");
  check((await kor.text("#navigation")).includes("1"), "the navigation counts what waits");
  await kor.accessible("consent");
  await kor.shot("consent");
  await kor.page.fill('input[name="note"]', "by order of the policy desk");
  await kor.page.click('button[value="yes"]');
  await until("the yes arrives at JPN", async () => { await jpn.go("/consent"); return (await jpn.text("main")).includes("consented"); });
  await jpn.go(`/records/KOR/K-0412/release?purpose=${PURPOSE}`);
  await tick(jpn, "USA");
  await jpn.page.click("form.form button.main");
  check((await jpn.text("main")).includes("sequenced"), "now it goes");
  await until("it arrives at USA", async () => { await usa.go("/records"); return (await usa.text("main")).includes("K-0412"); });
  await usa.go("/records/KOR/K-0412");
  await usa.accessible("record");
  await usa.shot("record");
  await usa.print("record-print");
  await jpn.go("/records/KOR/K-0412");
  await until("JPN's page says that USA holds it", async () => (await jpn.text("main")).includes("held there"));
  await jpn.shot("record-dark");

  console.log("the treaty desk weighs and signs the trilateral text");
  const desk = await person("JPN", "treaty");
  const treaty = await person("KOR", "treaty");
  await desk.go("/agreements");
  check((await desk.text(".matrix")).includes("SECRET"), "the matrix says who may give whom up to which level");
  await desk.page.click("details summary:has-text('Propose')");
  await desk.page.fill("#text", readFileSync(trilateral, "utf8"));
  await desk.page.click('form[action="/agreements"] button.main');
  await until("the text is known at KOR", async () => { await treaty.go("/agreements"); return (await treaty.text("main")).includes("trilateral-hypothetical"); });
  await desk.accessible("agreements");
  await desk.shot("agreements");
  await treaty.go("/agreements/whatif");
  await treaty.page.fill("#purpose", PURPOSE);
  await treaty.page.selectOption('select[name="jp-kr-gsomia-2016"]', "suspend");
  await until("what a suspension would change is counted, with its witness", async () => { const found = await treaty.text("#outcome"); return found.includes("KOR → JPN") && found.includes("K-0412"); });
  await treaty.accessible("what if");
  await treaty.shot("whatif");
  await desk.go("/agreements/compare");
  await desk.page.selectOption("#before", { label: await desk.option("#before", "jp-kr-gsomia-2016") });
  await desk.page.selectOption("#after", { label: await desk.option("#after", "trilateral-hypothetical") });
  await desk.page.click("form.filter button.main");
  check((await desk.text("main")).includes("Handing on to USA"), "the comparison says what changes for handing on");
  await desk.accessible("compare");
  await desk.shot("compare");
  for (const [who, other] of [[desk, treaty], [treaty, desk]]) {
    await who.go("/agreements/trilateral-hypothetical");
    await who.page.selectOption("#kind", "signed");
    await who.page.check('input[name="sure"]');
    await who.page.click('form.form:has(#kind) button.main');
    check((await who.text(".timeline")).includes("signed"), `${who.party} has signed`);
    await until(`the act of ${who.party} is known to the other`, async () => { await other.go("/agreements/trilateral-hypothetical"); return (await other.text(".timeline")).includes(`${who.party} signed`); });
  }
  await desk.accessible("agreement");
  await desk.shot("agreement");

  console.log("KOR calls the report back");
  await jpn.go("/records");
  await kor.go("/records/KOR/K-0412/recall");
  await kor.accessible("recalling");
  await kor.shot("recall");
  await kor.page.click("form.form button.grave");
  await until("all have complied", async () => (await kor.text("main")).includes("all complied"), 30);
  await kor.accessible("recalls");
  await kor.shot("recalls");
  await until("it goes from JPN's page by itself", async () => !(await jpn.text("#list")).includes("K-0412"));
  for (const [who, party] of [[jpn, "JPN"], [usa, "USA"]]) {
    await who.go("/records");
    check(!(await who.text("main")).includes("K-0412"), `it is gone from the pages of ${party}`);
    const answer = await who.page.goto(`${who.origin}/records/KOR/K-0412`);
    check(answer.status() === 404, `and its own page there is as if it had never been`);
  }

  await second({ person, officers: { usa, kor } });
  const consultation = await watch({ person, officers: { jpn, kor, usa }, entente, configs, parties });

  await pledges({ desk: treaty, reader: desk });
  const cyber = await objects({ browser, reader: kor, entente, config: configs.KOR });

  console.log("a page that was away catches up");
  await jpn.go("/records");
  await jpn.context.setOffline(true);
  await kor.write("K-0700", "Second report", "//KOR SECRET//REL TO USA, JPN, KOR", ["JPN"], PURPOSE);
  await jpn.page.waitForTimeout(1500);
  check(!(await jpn.text("#list")).includes("K-0700"), "a browser without a network knows nothing of it");
  await jpn.context.setOffline(false);
  await until("the page shows it when it is back", async () => (await jpn.text("#list")).includes("K-0700"), 40);

  console.log("a session ends in the middle of a form");
  await jpn.go("/records/new");
  await jpn.page.fill("#title", "Written before it ended");
  await jpn.page.fill("#subjects", "dprk-missile");
  await jpn.page.fill("#purpose", PURPOSE);
  await jpn.context.clearCookies();
  await jpn.page.click("#new button.main");
  await jpn.page.waitForURL("**/sign-in?next=%2Frecords%2Fnew");
  await jpn.signIn(password);
  check(await jpn.page.inputValue("#title") === "Written before it ended", "what was written is there after signing in again");

  console.log("with the keyboard alone");
  await jpn.go("/");
  await jpn.keys("g", "r");
  await jpn.page.waitForURL("**/records");
  // Before the page's scripts are there, Enter follows the link as any other.
  await jpn.page.waitForFunction(() => document.readyState === "complete" && window.htmx);
  await jpn.page.waitForTimeout(500);
  await jpn.keys("j", "Enter");
  await jpn.page.waitForSelector("#pane .decision");
  await jpn.keys("?");
  check(await jpn.page.isVisible("dialog#keys"), "`?` shows the keys");
  await jpn.accessible("keys");
  await jpn.shot("keys");
  await jpn.page.keyboard.press("Escape");
  await jpn.keys("t");
  check(await jpn.page.evaluate(() => document.documentElement.dataset.theme) === "light", "`t` turns dark and light");
  await jpn.page.keyboard.press("Tab");
  check(await jpn.page.evaluate(() => document.activeElement !== document.body), "Tab goes somewhere");

  console.log("the other pages, for whom they are");
  const pages = {
    disclosure: [["/", "desk"], ["/partner?party=USA&purpose=missile-warning", "partner"], ["/second", "second"], ["/log", "log"], ["/outbox", "outbox"], ["/keeping", "keeping"], ["/node", "node"], ["/account", "account"]],
    auditor: [["/log/statements", "statements"], ["/log/statistics", "statistics"], ["/log/jobs", "jobs"]],
    admin: [["/node", "node-admin"], ["/node/people/new", "person-new"], ["/node/people/disclosure", "person"]],
  };
  for (const [name, list] of Object.entries(pages)) {
    const one = name === "disclosure" ? kor : await person("KOR", name);
    for (const [path, shot] of list) {
      await one.go(path);
      await one.accessible(shot);
      await one.shot(shot);
      if (path === "/log/jobs") {
        await one.page.click("button.main");
        await until("the check of the logs ends, and all holds", async () => (await one.text("main")).includes("all holds"), 60);
        await one.shot("jobs-done");
      }
    }
  }
  console.log("many files, and everything decided anew");
  await kor.go("/records/import");
  for (const [field, text] of Object.entries({ label: "//KOR CONFIDENTIAL//REL TO USA, JPN, KOR", subjects: "dprk-missile", purpose: "missile-warning" })) await kor.page.fill(`#${field}`, text);
  const files = [...Array(40).keys()].map((number) => ({ name: `track-${String(number).padStart(2, "0")}.txt`, mimeType: "text/plain", buffer: Buffer.from(`track ${number}`) }));
  await kor.page.setInputFiles("#files", files);
  await kor.accessible("import");
  await kor.shot("import");
  await kor.page.click("#new button.main");
  await kor.page.waitForURL(/\/log\/jobs\/\d+$/);
  await until("forty files entered, on a page that shows it by itself", async () => (await kor.page.locator("progress").count()) === 0, 60);
  check((await kor.text("main")).includes("track-39.txt"), "each is named");
  await kor.accessible("import-done");
  await kor.shot("import-done");
  await kor.go("/log/jobs");
  await kor.page.click("form[action='/log/jobs/redecide'] button");
  await kor.page.waitForURL(/\/log\/jobs\/\d+$/);
  await until("everything is decided anew, on a page that shows it by itself", async () => (await kor.page.locator("progress").count()) === 0, 60);
  await kor.accessible("redecided");
  await kor.whole("redecided");
  await kor.go("/log/jobs");
  await kor.accessible("jobs of an officer");
  await kor.shot("jobs-officer");
  for (const theme of ["light", "dark"]) {
    await kor.page.emulateMedia({ colorScheme: theme });
    for (const [path, shot] of [["/commitments", "commitments"], ["/meetings", "meetings"], ["/keeping", "keeping"], ["/outbox", "outbox"], ["/", "desk"]]) {
      await kor.go(path);
      await kor.accessible(`${shot}, ${theme}`);
      await kor.shot(`${shot}-${theme}`);
    }
  }
  await kor.page.emulateMedia({ colorScheme: "light" });
  console.log("in Japanese and Korean, on a tablet, in the dark");
  for (const [locale, name] of [["ja-JP", "analyst"], ["ko-KR", "watch2"]]) {
    const code = locale.slice(0, 2);
    const reader = await person("KOR", name, { locale, theme: code === "ja" ? "dark" : "light" });
    for (const [path, shot] of [["/", "desk"], ["/records/KOR/K-0700", "record"], ["/records/new", "new-record"], ["/agreements", "agreements"], ["/consent", "consent"], ["/alerts", "alerts"], ["/consultations", "consultations"], [consultation, "consultation"], ...cyber]) {
      await reader.go(path);
      await reader.accessible(`${shot} in ${locale}`);
      await reader.shot(`${shot}-${code}`);
    }
  }
  await kor.page.setViewportSize({ width: 834, height: 1180 });
  for (const [path, shot] of [["/", "desk"], ["/records/new", "new-record"], ["/records/KOR/K-0700", "record"], ["/agreements", "agreements"], ["/alerts", "alerts"], ["/consultations", "consultations"], [consultation, "consultation"], ["/commitments", "commitments"], ["/meetings", "meetings"], ["/keeping", "keeping"], ["/outbox", "outbox"], ["/records/import", "import"], ["/log/jobs", "jobs"], ...cyber]) {
    await kor.go(path);
    await kor.accessible(`${shot} on a tablet`);
    await kor.shot(`${shot}-tablet`);
    const wide = await kor.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    check(wide <= 0, `${shot} does not scroll sideways on a tablet`);
  }
  await kor.page.goto(`${kor.origin}/sign-in`);
  await kor.accessible("sign-in");
  await kor.shot("sign-in");
  for (const one of people) {
    // A record that is not there any more, a session that was ended, and a network that was taken away, are told in the browser's console.
    const unexpected = one.errors.filter((error) => !/404|401|ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED/.test(error));
    check(one.barriers.length === 0, `${one.party} ${one.name}: nothing serious was found by axe-core ${one.barriers.join("\n")}`);
    check(unexpected.length === 0, `${one.party} ${one.name}: no error in the browser's console ${unexpected.join(" ")}`);
  }
  console.log("all as expected");
} catch (error) {
  for (const [at, one] of people.entries()) await one.shot(`failed-${at}`).catch(() => {});
  console.error(error);
  process.exitCode = 1;
} finally {
  await browser.close();
}

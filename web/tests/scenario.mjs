// The driving case of examples/northeast-asia through the pages of three nodes, with a browser:
//   node scenario.mjs '{"JPN":"http://localhost:8551", …}'
// The nodes are running, know one another, and each has the people `disclosure`, `treaty` and `analyst`. Screenshots are kept in
// SCREENSHOTS; the run ends with a failure when something is not as it should be, or a page has a serious barrier.

import { Person, check, open, until } from "./browser.mjs";

const origins = JSON.parse(process.argv[2]);
const password = (name) => `a long enough sentence for ${name}`;
const browser = await open();
const people = [];
const person = async (party, name, options) => {
  const one = await Person.at(browser, origins[party], name, password(name), options);
  people.push(one);
  return one;
};

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
  await kor.page.fill("#purpose", "missile-warning");
  await kor.page.check('input[name="to"][value="JPN"]');
  await until("who will see it is shown before it is sent", async () => (await kor.text("#preview")).includes("jp-kr-gsomia-2016"));
  await kor.accessible("new record");
  await kor.shot("new-record");
  await kor.page.click("button.main");
  check((await kor.text("main")).includes("PERMIT"), "it is permitted, and the article is named");
  await kor.shot("released");

  console.log("JPN reads it, and may not hand it on");
  await until("it arrives at JPN", async () => { await jpn.go("/records"); return (await jpn.text("main")).includes("K-0412"); });
  await jpn.page.click("[data-row]");
  await jpn.page.waitForSelector("#pane .decision");
  await jpn.accessible("records");
  await jpn.shot("records");
  const why = await jpn.text("#pane");
  check(why.includes("launch 06:31Z, two vehicles"), "the content is what KOR wrote");
  check(why.includes("DENY") && why.includes("art. 6(a)"), "the refusal names article 6(a)");
  check((await jpn.text(".banner.top")).includes("//KOR SECRET"), "the banner is the roll-up of what is on the page");
  await jpn.go("/records/KOR/K-0412/release?purpose=missile-warning");
  await jpn.page.check('input[name="to"][value="USA"]');
  await jpn.page.click("button.main");
  check((await jpn.text("main")).includes("art. 6(a)"), "releasing it all the same is denied");
  await jpn.accessible("denied");
  await jpn.shot("denied");

  console.log("JPN asks KOR for its consent");
  await jpn.page.click(".cures a.main");
  await jpn.shot("ask-consent");
  await jpn.page.click("form button.main");
  await until("the question arrives at KOR", async () => { await kor.go("/consent"); return (await kor.text("main")).includes("JPN asks"); });
  check((await kor.text("main")).includes("What a yes would permit"), "the effect of a yes is in view");
  await kor.accessible("consent");
  await kor.shot("consent");
  await kor.page.fill('input[name="note"]', "by order of the policy desk");
  await kor.page.click('button[value="yes"]');
  await until("the yes arrives at JPN", async () => { await jpn.go("/consent"); return (await jpn.text("main")).includes("consented"); });
  await jpn.go("/records/KOR/K-0412/release?purpose=missile-warning");
  await jpn.page.check('input[name="to"][value="USA"]');
  await jpn.page.click("button.main");
  check((await jpn.text("main")).includes("sequenced"), "now it goes");
  await until("it arrives at USA", async () => { await usa.go("/records"); return (await usa.text("main")).includes("K-0412"); });

  console.log("the treaty desk weighs and signs the trilateral text");
  const desk = await person("JPN", "treaty");
  await desk.go("/agreements");
  check((await desk.text(".matrix")).includes("SECRET"), "the matrix says who may give whom up to which level");
  await desk.accessible("agreements");
  await desk.shot("agreements");
  await desk.go("/agreements/whatif");
  await desk.page.selectOption('select[name="jp-kr-gsomia-2016"]', "suspend");
  await until("what a suspension would change is counted", async () => /JPN → KOR|Nothing changes/.test(await desk.text("#outcome")));
  await desk.accessible("what if");
  await desk.shot("whatif");
  await desk.go("/agreements/trilateral-hypothetical");
  await desk.page.selectOption("#kind", "signed");
  await desk.page.check('input[name="sure"]');
  await desk.page.click("form.form button.main");
  check((await desk.text(".timeline")).includes("signed"), "the act stands in the text's history");
  await desk.accessible("agreement");
  await desk.shot("agreement");
  const treaty = await person("KOR", "treaty");
  await until("KOR knows that JPN has signed", async () => { await treaty.go("/agreements/trilateral-hypothetical"); return (await treaty.text(".timeline")).includes("JPN"); });

  console.log("KOR calls the report back");
  await kor.go("/records/KOR/K-0412/recall");
  await kor.page.click("button.grave");
  await until("all have complied", async () => { await kor.go("/recalls"); return (await kor.text("main")).includes("all complied"); }, 30);
  await kor.shot("recalls");
  for (const [who, party] of [[jpn, "JPN"], [usa, "USA"]]) {
    await who.go("/records");
    check(!(await who.text("main")).includes("K-0412"), `it is gone from the pages of ${party}`);
    const answer = await who.page.goto(`${who.origin}/records/KOR/K-0412`);
    check(answer.status() === 404, `and its own page there is as if it had never been`);
  }

  console.log("the other pages");
  for (const [path, name] of [["/", "desk"], ["/partner?party=USA&purpose=missile-warning", "partner"], ["/log", "log"], ["/node", "node"], ["/account", "account"]]) {
    await jpn.go(path);
    await jpn.accessible(name);
    await jpn.shot(name);
  }
  for (const locale of ["ja-JP", "ko-KR"]) {
    const reader = await person("JPN", "analyst", { locale });
    await reader.go("/");
    await reader.accessible(`desk in ${locale}`);
    await reader.shot(`desk-${locale.slice(0, 2)}`);
    await reader.go("/records/new");
    await reader.shot(`new-record-${locale.slice(0, 2)}`);
    await reader.context.close();
    people.pop();
    break;
  }
  for (const one of people) {
    const unexpected = one.errors.filter((error) => !error.includes("404"));
    check(unexpected.length === 0, `${one.origin} ${one.name}: no error in the browser's console ${unexpected.join(" ")}`);
  }
  console.log("all as expected");
} catch (error) {
  for (const [at, one] of people.entries()) await one.shot(`failed-${at}`).catch(() => {});
  console.error(error);
  process.exitCode = 1;
} finally {
  await browser.close();
}

// A browser for the tests: Debian's Chromium driven by playwright-core; people who sign in as people do.

import { createHmac } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const CHROMIUM = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
export const SHOTS = process.env.SCREENSHOTS ?? join(import.meta.dirname, "../../target/screenshots");

const AXE = readFileSync(join(import.meta.dirname, "../node_modules/axe-core/axe.min.js"), "utf8");

export async function open() {
  if (!CHROMIUM) throw new Error("no Chromium: install it (Debian: apt-get install chromium), or name it in CHROMIUM");
  mkdirSync(SHOTS, { recursive: true });
  return chromium.launch({
    executablePath: CHROMIUM,
    headless: true,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
  });
}

// The code of an authenticator app at this moment (RFC 6238: SHA-1, 30 s, six digits).
export function totp(secret, at = Date.now()) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30000)));
  const digest = createHmac("sha1", Buffer.from(secret, "base64url")).update(counter).digest();
  const offset = digest.at(-1) & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

// A person at a node: a window of its own, and what the checks found on its pages.
export class Person {
  static async at(browser, party, origin, name, password, options = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: options.theme ?? "light", locale: options.locale ?? "en-US" });
    if (options.init) await context.addInitScript(options.init);
    if (options.permissions) await context.grantPermissions(options.permissions, { origin });
    const page = await context.newPage();
    const person = Object.assign(new Person(), { context, page, party, origin, name, errors: [], barriers: [] });
    page.on("pageerror", (error) => person.errors.push(String(error)));
    page.on("console", (message) => { if (message.type() === "error") person.errors.push(message.text()); });
    await page.goto(`${origin}/sign-in`);
    await page.fill("#name", name);
    await page.fill("#password", password);
    await page.click("button.main");
    await page.waitForURL((url) => url.pathname !== "/sign-in");
    // The first time an authenticator app has to be set up.
    if (new URL(page.url()).pathname === "/account") {
      if (options.shot) await person.shot(options.shot);
      person.secret = await page.inputValue('input[name="secret"]');
      await page.fill("#code", totp(person.secret));
      await page.click("form[action='/account/totp'] button.main");
    }
    await page.waitForSelector("nav.navigation");
    return person;
  }

  // Signs in where the page asks for it. Each code counts once, and the one of the next half minute counts already.
  async signIn(password) {
    await this.page.fill("#name", this.name);
    await this.page.fill("#password", password);
    await this.page.fill("#code", totp(this.secret, Date.now() + 30_000));
    await this.page.click("form button.main");
    await this.page.waitForSelector("nav.navigation");
  }

  async go(path) { await this.page.goto(`${this.origin}${path}`); }
  // On a busy machine Chromium says now and then that it is unable to capture one, and is able a moment later.
  async shot(name) {
    const take = () => this.page.screenshot({ path: join(SHOTS, `${name}.png`) });
    await take().catch(async () => { await this.page.waitForTimeout(1000); await take(); });
  }
  // All of a page that is longer than the window.
  async whole(name) { await this.page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true }); }
  async text(selector) { return (await this.page.locator(selector).allInnerTexts()).join("\n"); }

  // Keys, one after the other, as fingers press them.
  async keys(...all) { for (const key of all) await this.page.keyboard.press(key); }
  // As it comes out of a printer.
  async print(name) {
    await this.page.emulateMedia({ media: "print" });
    await this.page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
    await this.page.emulateMedia({ media: "screen" });
  }
  // The first choice of a list that begins so.
  async option(selector, begin) {
    const all = await this.page.locator(`${selector} option`).allInnerTexts();
    return all.find((text) => text.startsWith(begin));
  }
  // Writes a record and releases it.
  async write(id, title, label, to, purpose) {
    await this.go("/records/new");
    for (const [field, text] of Object.entries({ title, id, text: title, label, subjects: "dprk-missile", purpose })) await this.page.fill(`#${field}`, text);
    for (const party of to) await this.page.check(`input[name="to"][value="${party}"]`);
    await this.page.click("#new button.main");
  }

  // Nothing serious for whoever reads with a screen reader, or cannot tell colours (WCAG 2.2 AA); all that is found is told at the
  // end.
  async accessible(where) {
    await this.page.evaluate(AXE);
    const found = await this.page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }));
    const serious = found.violations.filter((one) => ["serious", "critical"].includes(one.impact));
    const lines = serious.map((one) => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.target.join(" ")).join("; ")}`);
    this.barriers.push(...lines.map((line) => `${where}: ${line}`));
  }
}

export function check(holds, what) {
  if (!holds) throw new Error(`not so: ${what}`);
  console.log(`  ok  ${what}`);
}

// Waits until something holds, for what takes its way through other nodes.
export async function until(what, work, seconds = 20) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    if (await work()) { console.log(`  ok  ${what}`); return; }
    if (Date.now() > end) throw new Error(`not so within ${seconds} s: ${what}`);
    await new Promise((done) => setTimeout(done, 250));
  }
}

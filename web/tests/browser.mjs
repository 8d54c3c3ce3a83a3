// A browser for the tests: Debian's Chromium driven by playwright-core; people who sign in as people do.

import { createHmac } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const CHROMIUM = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
export const SHOTS = process.env.SCREENSHOTS ?? "target/screenshots";

export async function open() {
  if (!CHROMIUM) throw new Error("no Chromium: install it (Debian: apt-get install chromium), or name it in CHROMIUM");
  mkdirSync(SHOTS, { recursive: true });
  return chromium.launch({
    executablePath: CHROMIUM,
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
  static async at(browser, origin, name, password, options = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: options.theme ?? "light", locale: options.locale ?? "en-US" });
    const page = await context.newPage();
    const person = Object.assign(new Person(), { context, page, origin, name, errors: [] });
    page.on("pageerror", (error) => person.errors.push(String(error)));
    page.on("console", (message) => { if (message.type() === "error") person.errors.push(message.text()); });
    await page.goto(`${origin}/sign-in`);
    await page.fill("#name", name);
    await page.fill("#password", password);
    await page.click("button.main");
    // The first time an authenticator app has to be set up.
    if (new URL(page.url()).pathname === "/account") {
      if (options.shot) await person.shot(options.shot);
      const secret = await page.inputValue('input[name="secret"]');
      await page.fill("#code", totp(secret));
      await page.click("form[action='/account/totp'] button.main");
    }
    await page.waitForSelector("nav.navigation");
    return person;
  }

  async go(path) { await this.page.goto(`${this.origin}${path}`); }
  async shot(name) { await this.page.screenshot({ path: join(SHOTS, `${name}.png`) }); }
  async text(selector) { return (await this.page.locator(selector).allInnerTexts()).join("\n"); }

  // Nothing serious for whoever reads with a screen reader, or cannot tell colours (WCAG 2.2 AA).
  async accessible(where) {
    await this.page.evaluate(readFileSync("node_modules/axe-core/axe.min.js", "utf8"));
    const found = await this.page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }));
    const serious = found.violations.filter((one) => ["serious", "critical"].includes(one.impact));
    const lines = serious.map((one) => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.target.join(" ")).join("; ")}`);
    if (lines.length) throw new Error(`${where}: ${lines.join("\n")}`);
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

// Looks at the sandbox's page in a real browser: every column, every button by click and by keyboard, a sync watched live.
//
// SANDBOX and SYNC are the programs, CHROMIUM is the browser. `--screenshot FILE` also takes the picture of the README.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const { SANDBOX, SYNC, CHROMIUM } = process.env;
const screenshot = process.argv[2] === "--screenshot" ? process.argv[3] : null;
const scratch = mkdtempSync(join(tmpdir(), "page-test-"));
const children = [];
let browser;

/** Starts a program; `ended` resolves to its exit code. */
function run(program, args, env = {}) {
  const child = spawn(program, args, { cwd: scratch, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", (line) => said.push(line));
  const ended = new Promise((resolve) => child.on("exit", (code) => resolve(code)));
  children.push(child);
  return { child, said, ended };
}

async function until(what, check, patience = 15_000) {
  const end = Date.now() + patience;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

async function startSandbox() {
  const sandbox = run(SANDBOX, ["--ordway-port", "0", "--anrok-port", "0", "--admin-port", "0"]);
  await until("the sandbox to start", () => sandbox.said.some((line) => line.includes("Ctrl-C")));
  const env = {};
  for (const line of sandbox.said) {
    const set = /^export (\w+)='(.*)'$/.exec(line);
    if (set) env[set[1]] = set[2];
  }
  const url = sandbox.said.map((line) => /Page: (\S+)/.exec(line)?.[1]).find(Boolean);
  assert.equal(Object.keys(env).length, 7, "seven variables to paste");
  return { ...sandbox, env, url };
}

const startSync = (env) => run(SYNC, ["--state", "ledger.db"], { ...env, ORDWAY_RPS: "0", ANROK_RPS: "10" });

function steps(page) {
  const row = (table, id) => page.locator(`#${table} tbody tr`).filter({ has: page.locator("th", { hasText: id }) });
  const button = (name) => page.getByRole("button", { name, exact: true });
  return {
    row,
    button,
    cell: async (table, id, column) => (await row(table, id).locator("td").nth(column).innerText()).split("\n")[0].trim(),
    count: (table) => page.locator(`#${table} tbody tr`).count(),
    text: (id) => page.locator(`#${id}`).textContent(),
    /** Presses a button as a mouse, or as a keyboard does. */
    press: async (name, how) => {
      if (how === "click") return button(name).click();
      await button(name).focus();
      return page.keyboard.press(how);
    },
    done: async (what) => {
      await until(`"${what}: done"`, async () => (await page.locator("#result").textContent()) === `${what}: done`);
    },
  };
}

async function people(page, { cell, count, press, done, button }) {
  assert.equal(await count("invoices"), 21);
  assert.equal(await count("credits"), 2);
  assert.equal(await count("transactions"), 0);

  for (const [id, how] of [["INV-00001", "click"], ["INV-00002", "Enter"], ["INV-00003", "Space"]]) {
    await press(`Post ${id}`, how);
    await done(`Post ${id}`);
    assert.equal(await cell("invoices", id, 0), "Posted");
  }
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "Edit INV-00003", "the focus stays in the row");
  assert.ok(await button("Post INV-00001").isHidden());

  await press("Edit INV-00003", "Enter");
  await page.keyboard.type("1000.10");
  await page.keyboard.press("Enter");
  await done("Edit INV-00003");
  assert.equal(await cell("invoices", "INV-00003", 1), "1000.10 USD");
  await press("Edit INV-00004", "click");
  await page.locator("#amount input").fill("300");
  await page.locator("#amount").getByRole("button", { name: "OK" }).click();
  await done("Edit INV-00004");
  assert.equal(await cell("invoices", "INV-00004", 1), "319.99 EUR");
  await press("Edit INV-00004", "Enter");
  await page.keyboard.press("Escape");
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), "Edit INV-00004", "the focus comes back");

  await press("Credit INV-00006", "click");
  await page.locator("#amount input").fill("10");
  await page.keyboard.press("Enter");
  await done("Credit INV-00006");
  await until("a third credit", async () => (await count("credits")) === 3);
  await press("Credit INV-00007", "Enter");
  await page.keyboard.type("0");
  await page.keyboard.press("Enter");
  await until("a refusal in words", async () => (await page.locator("#result").textContent()).includes("must be greater than 0"));
  await press("Reverse CR-00003", "Space");
  await done("Reverse CR-00003");
  assert.equal(await cell("credits", "CR-00003", 0), "Reversed");
  await press("Reverse INV-00007", "Enter");
  await done("Reverse INV-00007");
  assert.equal(await cell("invoices", "INV-00007", 0), "Reversed");
  await press("Reverse INV-00008", "click");
  await done("Reverse INV-00008");
}

async function watchASync(page, { count, text, cell }, env) {
  const sync = startSync(env);
  let ended = null;
  sync.ended.then((code) => (ended = code));
  const seen = new Set();
  await until("the sync to end", async () => {
    seen.add(await count("transactions"));
    return ended !== null;
  }, 30_000);
  assert.equal(ended, 1, `two documents are held:\n${sync.said.join("\n")}`);
  seen.delete(0);
  assert.ok(seen.size > 2, `transactions appear one by one, not at the end: ${[...seen]}`);
  await until("all transactions", async () => (await count("transactions")) >= 12);
  assert.match(await text("requests-count"), /\(\d\d+\)/);
  assert.ok((await page.locator("#requests tbody").textContent()).includes("Anrok POST /transactions/createOrUpdate"));
  assert.notEqual(await cell("invoices", "INV-00005", 2), "0", "the tax was written to the draft");
}

async function trouble(page, { press, done, text, count, row }, env) {
  await press("Break", "Enter");
  await done("Break the network");
  assert.equal(await text("network"), "broken: offline (both, until mended)");
  const sync = startSync(env);
  await until("failures in the log", async () => (await page.locator("#requests td.bad-answer", { hasText: "no answer" }).count()) >= 2);
  assert.ok((await page.locator("#requests td.bad-answer").first().textContent()).includes("connect refused"), "told in words, not by colour");
  await press("Mend", "click");
  await done("Mend the network");
  assert.equal(await text("network"), "whole");
  assert.equal(await until("the sync to ride it out", async () => [await sync.ended]).then(([code]) => code), 1, sync.said.join("\n"));

  await page.locator("#break select[name=preset]").selectOption("too_many_requests");
  await page.locator("#break select[name=service]").selectOption("anrok");
  await page.locator("#break input[name=seconds]").fill("1");
  await press("Break", "click");
  await done("Break the network");
  assert.match(await text("network"), /429|too many requests \(Anrok, 1 s left\)/);
  await until("the end of the outage by itself", async () => (await text("network")) === "whole");
  await press("Mend", "Space");
  await done("Mend the network");

  const before = await count("transactions");
  const date = /\d{4}-\d{2}/.exec(await row("transactions", "INV-00001").locator("small").textContent())[0];
  await page.locator("#freeze input").fill(date);
  await press("Lock month", "Enter");
  await done(`Lock ${date}`);
  assert.equal(await text("locks"), date);
  assert.match(await row("transactions", "INV-00001").locator("small").textContent(), /, locked$/);
  await press("Reverse INV-00001", "click");
  await done("Reverse INV-00001");
  const negating = startSync(env);
  await until("a negation", async () => (await page.locator("#transactions").textContent()).includes("ordway:INV-00001:neg"));
  await negating.ended;
  assert.equal(await count("transactions"), before + 1);
  await press("Open month", "Space");
  await done(`Open ${date}`);
  await page.locator("#freeze input").fill(date);
  await press("Lock month", "click");
  await press("Open month", "click");
  await done(`Open ${date}`);
  assert.equal(await text("locks"), "no month");
}

async function clockAndData(page, { press, done, text, count }) {
  await press("Stop clock", "click");
  await done("Stop the clock");
  const stopped = await text("clock");
  assert.match(stopped, /, stopped$/);
  await page.locator("#advance input").fill("2 days");
  await press("Advance", "Enter");
  await done("Advance the clock by 2 days");
  const days = (clock) => Date.parse(`${clock.slice(0, 10)}T00:00:00Z`) / 86_400_000;
  assert.equal(days(await text("clock")) - days(stopped), 2);
  await press("Advance", "click");
  await press("Let clock run", "Enter");
  await done("Let the clock run");
  assert.doesNotMatch(await text("clock"), /stopped/);

  await press("Map", "click");
  await done("Map P-00006");
  await press("Map", "Enter");
  await done("Map P-00006");
  await press("Start over", "click");
  await done("Start over");
  await until("an empty right side", async () => (await count("transactions")) === 0 && (await count("invoices")) === 21);
  await press("Play second act", "Enter");
  await done("Second act");
  await page.locator("#reset select").selectOption("empty");
  await press("Start over", "Space");
  await done("Start over");
  assert.equal(await count("invoices"), 0);
  await page.locator("#reset select").selectOption("demo");
  await press("Start over", "Enter");
  await done("Start over");
  await press("Play second act", "click");
  await done("Second act");
}

/** A customer whose name is markup stays a name. */
async function canary(page, { row }, url) {
  const post = async (path, body) => {
    const answer = await fetch(new URL(path, url), { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    assert.equal(answer.status, 200, await answer.clone().text());
    return answer.json();
  };
  assert.ok(await page.locator("#deliveries-part").isHidden(), "nobody registered a webhook");
  const got = [];
  const receiver = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", () => {
      got.push(JSON.parse(body));
      response.writeHead(204).end();
    });
  });
  await new Promise((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const events = { Invoice: { create: true, edit: true, remove: true } };
  await post("/admin/ordway/records/webhooks", { name: "Test", url: `http://127.0.0.1:${receiver.address().port}/`, events });
  const name = `<img src=x onerror="window.stung = true"><script>window.stung = true</script>`;
  const { id } = await post("/admin/ordway/records/customers", { name });
  const invoice = `INV-<b onclick='stung=true'>"&'`;
  await post("/admin/ordway/records/invoices", { id: invoice, customer_id: id, line_items: [{ product_id: "P-00001", unit_price: "1.00" }] });
  await until("the strange invoice", async () => (await row("invoices", "INV-<b").count()) === 1);
  assert.ok((await row("invoices", "INV-<b").textContent()).includes(name), "shown as it was given");
  assert.equal(await page.locator("main img, main script, main b").count(), 0);
  await row("invoices", "INV-<b").getByRole("button", { name: "Post" }).click();
  await until("it to be posted", async () => (await row("invoices", "INV-<b").textContent()).includes("Posted"));
  assert.equal(await page.evaluate(() => window.stung), undefined);
  await until("both webhooks on the page", async () => (await page.locator("#deliveries tbody tr", { hasText: "204" }).count()) === 2);
  assert.deepEqual(got.map((event) => [event.object, event.event, event.record.status]), [["Invoice", "create", "Draft"], ["Invoice", "edit", "Posted"]]);
  assert.ok((await page.locator("#deliveries").textContent()).includes(`Invoice edit ${invoice}`));
  receiver.close();
}

/** Names, headings, focus, both colour schemes, small windows. */
async function readable(page) {
  const nameless = await page.evaluate(() => {
    const found = [];
    for (const button of document.querySelectorAll("button")) if (!(button.getAttribute("aria-label") ?? button.textContent).trim()) found.push("button");
    for (const field of document.querySelectorAll("input, select")) if (!field.labels.length) found.push(field.name);
    for (const head of document.querySelectorAll("th")) if (!head.scope) found.push(`th ${head.textContent}`);
    if (document.querySelectorAll("h1").length !== 1) found.push("h1");
    if (document.querySelector("[role=status]").getAttribute("aria-live") !== "polite") found.push("live region");
    return found;
  });
  assert.deepEqual(nameless, []);

  await page.evaluate(() => document.activeElement.blur());
  const visited = [];
  for (let press = 0; press < 30; press += 1) {
    await page.keyboard.press("Tab");
    visited.push(await page.evaluate(() => {
      const style = getComputedStyle(document.activeElement);
      return { at: document.activeElement.outerHTML.slice(0, 60), outline: `${style.outlineStyle} ${style.outlineWidth}` };
    }));
  }
  for (const { at, outline } of visited) assert.equal(outline, "solid 3px", `the focus is seen on ${at}`);
  assert.ok(new Set(visited.map(({ at }) => at)).size > 25, "Tab goes on");

  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    const ratios = await page.evaluate(() => {
      const shine = (color) => {
        const [r, g, b] = color.match(/[\d.]+/g).map((part) => part / 255).map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const panel = getComputedStyle(document.querySelector(".scroll")).backgroundColor;
      const ground = getComputedStyle(document.body).backgroundColor;
      const all = {};
      for (const [selector, behind] of [["#invoices td", panel], ["#invoices small", panel], [".bad-answer", panel], ["thead th", panel], ["h1", ground], ["legend", ground], ["#result", ground]]) {
        const pair = [shine(getComputedStyle(document.querySelector(selector)).color), shine(behind)].sort((a, b) => b - a);
        all[selector] = (pair[0] + 0.05) / (pair[1] + 0.05);
      }
      return all;
    });
    for (const [selector, ratio] of Object.entries(ratios)) assert.ok(ratio >= 4.5, `${colorScheme} ${selector}: contrast ${ratio.toFixed(2)}`);
  }
  await page.emulateMedia({ colorScheme: "light" });

  const size = page.viewportSize();
  for (const width of [size.width / 2, 360]) {
    await page.setViewportSize({ width, height: size.height }); // what a zoom of 200 % leaves, and a telephone
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overflow <= 0, `no sideways scrolling at ${width} px: ${overflow}`);
  }
  await page.setViewportSize(size);
}

async function main() {
  const sandbox = await startSandbox();
  browser = await chromium.launch({ executablePath: CHROMIUM, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
  const page = await browser.newPage({ viewport: { width: 1320, height: 640 } });
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // The browser complains about every refusal of the sandbox by itself.
    if (["error", "warning"].includes(message.type()) && !message.text().includes("status of 422")) complaints.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(sandbox.url) && !request.url().startsWith("data:")) complaints.push(`asked elsewhere: ${request.url()}`);
  });
  await page.goto(sandbox.url);
  const step = steps(page);
  await until("the columns", async () => (await step.text("connection")) === "running");

  const begun = Date.now();
  const told = async (name, run) => {
    await run();
    console.log(`ok ${name} (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
  };
  await told("people's buttons, by click and keyboard", () => people(page, step));
  await told("a sync, watched live", () => watchASync(page, step, sandbox.env));
  await page.locator("#result").evaluate((node) => (node.textContent = ""));
  await page.evaluate(() => document.activeElement.blur());
  if (screenshot) {
    await page.evaluate(() => { scrollTo(0, 0); for (const column of document.querySelectorAll(".scroll")) column.scrollTop = 0; });
    await page.screenshot({ path: screenshot, animations: "disabled" });
  }
  await told("trouble: outage, storm, locked month", () => trouble(page, step, sandbox.env));
  await told("names, focus, contrast, small windows", () => readable(page));
  await told("clock, products, start over", () => clockAndData(page, step));
  await told("markup in names stays text; webhooks arrive", () => canary(page, step, sandbox.url));
  assert.deepEqual(complaints, [], "the console is silent");

  sandbox.child.kill("SIGINT");
  assert.equal(await sandbox.ended, 0, "Ctrl-C ends it well");
  await until("the page to notice", async () => (await step.text("connection")).startsWith("does not answer"));
  console.log("ok the end");
}

try {
  await main();
} finally {
  await browser?.close();
  for (const child of children) if (child.exitCode === null) child.kill("SIGKILL");
  rmSync(scratch, { recursive: true, force: true });
}

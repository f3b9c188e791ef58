// The shared parts of the page's tests: a `sidenote` process, Debian's chromium, and a page that reports every problem.
//
// Run by `make test-page`, which fetches the tools. Without chromium or the tools, tests/page/run.sh prints a
// message, and no test runs.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const require = createRequire(path.join(ROOT, ".tools/npm/browser/package.json"));
export const PROGRAM = process.env.SIDENOTE ?? path.join(ROOT, "target/debug/sidenote");
const { chromium } = require("playwright-core");

const AXE = require.resolve("axe-core/axe.min.js");

// Without the background-networking flags chromium resolves its vendor's hosts at every start.
const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

export function browser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
}

/** Starts `sidenote` with these arguments. `page` is the printed URL of its page with the key, and `url` the same without it. */
export async function sidenote(args, env = {}) {
  const child = spawn(PROGRAM, args, {
    env: { PATH: process.env.PATH, ...env },
  });
  let said = "";
  const heard = new Promise((resolve, reject) => {
    const listen = (chunk) => {
      said += chunk;
      const found = /the page +(http:\/\/[\d.]+:\d+\/\?key=[0-9a-f]{32})\n/.exec(said)?.[1];
      if (found) resolve(found);
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    child.on("exit", (code) => reject(new Error(`sidenote ended (${code}): ${said}`)));
  });
  const page = await heard;
  return {
    page,
    url: new URL(page).origin,
    said: () => said,
    /** Ends the process after a failed test; it may have ended already. */
    kill: () => child.kill("SIGKILL"),
    /** Ends the process with Ctrl-C. Returns its exit code. */
    async end() {
      const ended = once(child, "exit");
      child.kill("SIGINT");
      return (await ended)[0];
    },
  };
}

/** A new window with the program's page. It collects every error. */
export async function visit(browser, program, options = {}, path = "/") {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const problems = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("dialog", (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== program.url) problems.push(`asks elsewhere: ${request.url()}`);
  });
  await page.goto(program.page);
  assert.equal(page.url(), `${program.url}/`, "the key does not stay in the address");
  if (path !== "/") await page.goto(program.url + path);
  return { page, problems, context };
}

/** The deliveries, identified by their titles, without repeats. */
export function rowOf(page, title) {
  return page.locator("#rows li:not(.none)", { hasText: title });
}

export async function progress(page, step) {
  return page.locator(`main [data-step=${step}]`).getAttribute("data-progress");
}

/** axe's findings on the current content. */
export async function barriers(page) {
  const source = readFileSync(AXE, "utf8");
  // This bypasses the page's content security policy, like a browser's own tools.
  const session = await page.context().newCDPSession(page);
  const run = `${source}; axe.run(document).then((found) => JSON.stringify(found.violations.map((v) =>
    [v.id, v.help, v.nodes.map((n) => n.target.join(" ") + ": " + n.failureSummary)])))`;
  const { result, exceptionDetails } = await session.send("Runtime.evaluate", { expression: run, awaitPromise: true });
  if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
  return JSON.parse(result.value);
}

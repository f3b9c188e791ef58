// The demo in a real browser: live deliveries, approval, replay, keyboard, phone, languages, accessibility.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { PROGRAM, ROOT, barriers, browser, progress, rowOf, sidenote, visit } from "./bed.mjs";

const STEPS = ["verified", "claimed", "evidence", "analysis", "note", "message", "approval"];
const CHECKOUT = "ZeroDivisionError: division by zero";
const EXTENSION = "Error: Could not establish connection";
const PANIC = "panic: index out of bounds";

let program, chromium, first;

before(async () => {
  chromium = await browser();
  program = await sidenote(["demo", "--stay", "--listen", "127.0.0.1:0"]);
  first = await visit(chromium, program);
  // The demo begins when the page is opened.
  await first.page.evaluate(() => { window.sameDocument = true; });
  for (const title of [PANIC, EXTENSION, CHECKOUT]) await rowOf(first.page, title).locator(".pill.done").waitFor();
  await first.page.locator("#rows li").nth(5).waitFor();
});

after(async () => {
  await chromium?.close();
  program?.kill();
});

test("each delivery appears within a second, without a reload", async () => {
  const seen = await first.page.$$eval("#rows li", (rows) => rows.map((row) => Number(row.dataset.seen)));
  assert.equal(seen.length, 6);
  // The program and the browser use the same clock.
  assert.ok(seen.every((ms) => ms >= 0 && ms < 1000), `milliseconds from arrival to sight: ${seen}`);
  assert.equal(await first.page.evaluate(() => window.sameDocument), true);
});

test("each step says how it stands, and when it ended", async () => {
  const { page } = first;
  for (const step of STEPS) {
    const expected = step === "approval" ? "waiting" : "done";
    assert.equal(await progress(page, step), expected, step);
    assert.match(await page.locator(`main [data-step=${step}] .after`).innerText(), /^[\d.]+ (ms|s)$/);
    assert.notEqual(await page.locator(`main [data-step=${step}] .is`).innerText(), "");
  }
  await page.locator("main .evidence").getByText("F1", { exact: true }).waitFor();
  assert.match(await page.locator("main .sheet").innerText(), /At this place, months was 0/);
  assert.match(await page.locator("main .source").innerText(), /At this place, `months` was `0`/);
  assert.doesNotMatch(await page.locator("main .sheet").innerText(), /sidenote:v1/);
});

test("the page shows the newest incident, and keeps what its visitor touches", async () => {
  const { page, context } = await visit(chromium, program);
  const title = () => page.locator("main h2").innerText();
  assert.match(await title(), /division by zero/, "the incident with the most to decide is delivered last");
  assert.match(await first.page.locator("main h2").innerText(), /division by zero/);
  await page.keyboard.press("Shift");
  const panic = await rowOf(first.page, PANIC).first().locator("a").getAttribute("href");
  const other = await visit(chromium, program, {}, panic);
  await other.page.getByRole("button", { name: "Replay" }).click();
  await other.page.locator("main [data-step=message][data-progress=done]").waitFor();
  await rowOf(page, PANIC).nth(1).locator(".pill.done").waitFor();
  assert.match(await title(), /division by zero/, "a touched page does not move on");
  assert.equal(await rowOf(page, CHECKOUT).locator("a[aria-current]").count(), 1);
  await first.page.locator("main h2", { hasText: "index out of bounds" }).waitFor();
  assert.equal(await first.page.locator("#rows a[aria-current]").count(), 1);
  await other.context.close();
  await context.close();
});

test("Open in Sentry leads to a page with the issue and its note", async () => {
  const { page, context } = await visit(chromium, program);
  await rowOf(page, CHECKOUT).first().locator("a").click();
  const opened = context.waitForEvent("page");
  await page.locator("main .actions a").click();
  const sentry = await opened;
  await sentry.getByRole("heading", { name: CHECKOUT }).waitFor();
  assert.match(await sentry.locator("body").innerText(), /stand-in for Sentry[\s\S]*At this place, `months` was `0`/);
  await context.close();
});

test("the keyboard alone chooses a delivery and approves what it proposes", async () => {
  const { page, context, problems } = await visit(chromium, program);
  const title = () => page.locator("main h2").innerText();
  await tabTo(page, () => document.activeElement.textContent.includes("Could not establish")
    && !document.activeElement.closest("li").classList.contains("none"));
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/page\/deliveries\/\d+/);
  assert.match(await title(), /Could not establish/);
  assert.equal(await progress(page, "approval"), "waiting");
  await page.evaluate(() => { window.sameDocument = true; });
  await tabTo(page, () => document.activeElement.matches(".keyboard button"));
  await page.keyboard.press("Enter");
  await page.locator("main [data-step=approval][data-progress=done]").waitFor();
  assert.match(await page.locator("main [data-step=approval]").innerText(), /Approved by You/);
  assert.match(await page.locator("main .bubble").innerText(), /You/);
  await page.locator("main .sheet", { hasText: "Approved by" }).waitFor();
  assert.match(await page.locator("main .sheet").innerText(), /Approved by [^\n]*You/, "the note shows the decision too");
  const menu = ["Reopen", "Assign to me", "Priority ▸", "Analyse again"];
  assert.deepEqual(await page.locator("main .keyboard button").allInnerTexts(), menu, "what is decided cannot be decided again");
  assert.equal(await page.evaluate(() => window.sameDocument), true);
  assert.deepEqual(problems, []);
  await context.close();
});

test("the keyboard alone replays a delivery", async () => {
  const { page, context, problems } = await visit(chromium, program);
  await tabTo(page, () => document.activeElement.textContent.includes("Could not establish")
    && !document.activeElement.closest("li").classList.contains("none"));
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/page\/deliveries\/\d+/);
  const before = page.url();
  await tabTo(page, () => document.activeElement.matches("main form[action$='/replay'] button"));
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => url.href !== before);
  await page.locator("main [data-step=message][data-progress=done]").waitFor();
  assert.match(await page.locator("main .head").innerText(), /Replay of delivery \d+/);
  assert.deepEqual(problems, []);
  await context.close();
});

test("the keyboard alone shows a preview", async () => {
  const { page, context, problems } = await visit(chromium, program);
  await tabTo(page, () => document.activeElement.textContent === "Preview a payload");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/page\/preview/);
  await tabTo(page, () => document.activeElement.matches("textarea"));
  await page.keyboard.type(`{"exception":{"values":[{"type":"KeyError","value":"'user'"}]}}`);
  await tabTo(page, () => document.activeElement.matches("main button[type=submit]"));
  await page.keyboard.press("Enter");
  await page.locator(".sheet").waitFor();
  assert.match(await page.locator(".sheet").innerText(), /KeyError/);
  assert.deepEqual(problems, []);
  await context.close();
});

test("a replay goes the whole way again", async () => {
  const { page, context, problems } = await visit(chromium, program);
  await rowOf(page, PANIC).first().locator("a").click();
  const before = page.url();
  await page.getByRole("button", { name: "Replay" }).click();
  await page.waitForURL((url) => url.href !== before);
  await page.locator("main [data-step=message][data-progress=done]").waitFor();
  assert.equal(await progress(page, "note"), "done");
  assert.match(await page.locator("main .head").innerText(), /Replay of delivery \d+/);
  assert.deepEqual(problems, []);
  await context.close();
});

test("a pasted payload is shown and sends nothing", async () => {
  const { page, context, problems } = await visit(chromium, program, {}, "/page/preview");
  const payload = { event_id: "0".repeat(32), platform: "python",
    exception: { values: [{ type: "KeyError", value: "'user'" }] } };
  await page.getByRole("textbox").fill(JSON.stringify(payload));
  await page.getByRole("button", { name: "Show the preview" }).click();
  await page.locator(".sheet").waitFor();
  assert.match(await page.locator(".sheet").innerText(), /KeyError/);
  assert.match(await page.locator(".bubble").innerText(), /KeyError/);
  await page.getByRole("textbox").fill("{");
  await page.getByRole("button", { name: "Show the preview" }).click();
  assert.match(await page.getByRole("alert").innerText(), /not JSON/);
  assert.equal(await first.page.locator("#rows li", { hasText: "KeyError" }).count(), 0);
  assert.deepEqual(problems, []);
  await context.close();
});

test("a phone shows everything, and nothing has to be moved sideways", async () => {
  const { page, context, problems } = await visit(chromium, program, {
    viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true,
  });
  await rowOf(page, CHECKOUT).first().locator("a").tap();
  for (const part of ["head", "timeline", "note", "message", "evidence"]) {
    const box = await page.locator(`main [data-part=${part}]`).boundingBox();
    assert.ok(box.x >= 0 && box.x + box.width <= 390, `${part}: ${JSON.stringify(box)}`);
  }
  for (const step of STEPS) await page.locator(`main [data-step=${step}] .is`).waitFor({ state: "visible" });
  const wide = await page.evaluate(() => [...document.querySelectorAll("body *")]
    .filter((e) => !e.closest(".sideways, pre, .quiet, .skip") && e.getBoundingClientRect().right > innerWidth + 0.5)
    .map((e) => e.outerHTML.slice(0, 120)));
  assert.deepEqual(wide, []);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  assert.deepEqual(problems, []);
  await context.close();
});

test("both languages, and the choice is remembered", async () => {
  const { page, context, problems } = await visit(chromium, program);
  await page.getByRole("link", { name: "繁體中文" }).click();
  await page.getByRole("heading", { name: "時間軸" }).waitFor();
  assert.equal(await page.locator("html").getAttribute("lang"), "zh-TW");
  await page.getByRole("link", { name: "預覽 payload" }).click();
  await page.getByRole("button", { name: "顯示預覽" }).waitFor();
  await page.getByRole("link", { name: "English" }).click();
  await page.getByRole("button", { name: "Show the preview" }).waitFor();
  assert.deepEqual(problems, []);
  await context.close();
  const visitor = await visit(chromium, program, { locale: "zh-TW" });
  await visitor.page.getByRole("heading", { name: "時間軸" }).waitFor();
  await visitor.context.close();
});

for (const colorScheme of ["light", "dark"]) {
  for (const width of [1280, 390]) {
    test(`axe finds no barrier: ${colorScheme}, ${width} pixels`, async () => {
      const { page, context } = await visit(chromium, program, { colorScheme, viewport: { width, height: 844 } });
      await page.locator("#live[data-state=live]").waitFor();
      assert.deepEqual(await barriers(page), [], "the list");
      for (const title of [CHECKOUT, EXTENSION]) {
        await rowOf(page, title).first().locator("a").click();
        await page.locator("main .sheet").waitFor();
        assert.deepEqual(await barriers(page), [], title);
      }
      await page.goto(`${program.url}/page/preview`);
      assert.deepEqual(await barriers(page), [], "the preview");
      await context.close();
    });
  }
}

test("every action that is still proposed can be approved, and is done", async () => {
  const { page, context } = await visit(chromium, program);
  const links = await page.locator("a[href^='/page/deliveries/']").evaluateAll((all) => all.map((a) => a.href));
  let done = 0;
  for (const link of new Set(links)) {
    await page.goto(link);
    if (await page.locator("main [data-step=approval][data-progress=waiting]").count() === 0) continue;
    await page.locator("main .keyboard button").first().click();
    await page.locator("main [data-step=approval]:not([data-progress=waiting])").waitFor();
    assert.equal(await progress(page, "approval"), "done", await page.locator("main [data-step=approval]").innerText());
    done += 1;
  }
  assert.ok(done > 0, "at least the regression's priority is still proposed");
  await context.close();
});

test("without a terminal the demo prints what README shows, and ends by itself", () => {
  const printed = execFileSync(PROGRAM, ["demo"], { env: { CI: "true" }, encoding: "utf8", timeout: 60_000 });
  const undated = (text) => text.replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d UTC/g, "DATE");
  const [, shown] = /````markdown\n([\s\S]*?)\n````/.exec(readFileSync(`${ROOT}/README.md`, "utf8"));
  assert.ok(undated(printed).includes(undated(shown)), `README shows another note than this:\n${printed}`);
  assert.equal(printed.match(/^The note on the issue/gm).length, 3);
  assert.equal(printed.match(/^The message in Telegram/gm).length, 3);
});

test("the demo ends with a browser open, and the stand-ins saw nothing wrong", async () => {
  assert.deepEqual(first.problems, []);
  assert.equal(await program.end(), 0, program.said());
});

/** Presses Tab until the wanted element has the focus. */
async function tabTo(page, wanted) {
  for (let n = 0; n < 80; n += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(wanted)) return;
  }
  assert.fail("the keyboard does not reach it");
}

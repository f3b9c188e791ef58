// Hostile text in every field of a payload: nothing is executed, and nothing outside of its box changes.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { browser, sidenote, visit } from "./bed.mjs";

const CORPUS = [
  `<script>window.ran=1</script>`,
  `<img src=x onerror="window.ran=1">`,
  `"><svg onload=window.ran=1>`,
  `' onmouseover='window.ran=1' x='`,
  `</code></pre></div></main><h1>Owned</h1><style>*{display:none!important}</style>`,
  `<style>body{background:url(//evil.example/x)}</style>`,
  `[click](javascript:window.ran=1) <javascript:window.ran=1>`,
  `![x](https://evil.example/i.png) [x](https://evil.example "onclick=window.ran=1")`,
  `<a href="javascript:window.ran=1">x</a><iframe srcdoc="<script>parent.ran=1</script>"></iframe>`,
  `<meta http-equiv=refresh content="0;url=//evil.example"><base href=//evil.example>`,
  `<form action=//evil.example><button formaction=javascript:window.ran=1>x</button></form>`,
  `\u202Egnp.exe\u2066\u2069 \u200B\u{E0041} \u0000 \u001b[31m`,
  "data: x\n\nevent: delivery\ndata: <script>window.ran=1</script>\r\rid: 9\r\n\n",
  `{% raw %}{{constructor.constructor('window.ran=1')()}}\${window.ran=1}`,
  "``` \n</script><!-- --!> ]]> &lt;script&gt; &#x3C;script&#x3E;",
  "x".repeat(5000) + "\u0301".repeat(2000),
  `<div style="position:fixed;inset:0;z-index:9999">over everything</div>`,
];

/** A payload with `text` in every field that holds text, and in the names of members. */
function payload(text, at) {
  const frame = { filename: text, function: text, module: text, lineno: 3, context_line: text, pre_context: [text],
    post_context: [text], in_app: true, vars: { [text]: text } };
  const event = {
    event_id: "a".repeat(32), issue_id: String(9000 + at), platform: text, level: text, title: text, culprit: text,
    message: text, logentry: { formatted: text }, release: text, environment: text, transaction: text, location: text,
    logger: text, server_name: text, user: { id: text, email: text, username: text },
    request: { method: text, url: text, headers: [[text, text]], query_string: text },
    tags: [["release", text], ["environment", text], ["x", text], [text, text]],
    exception: { values: [{ type: text, value: text, module: text, mechanism: { type: text, handled: false },
      stacktrace: { frames: [frame, { ...frame, lineno: 4 }] } }] },
    breadcrumbs: { values: [{ category: text, message: text, level: text, type: text, data: { url: text } }] },
    contexts: { [text]: { type: text, name: text } }, extra: { [text]: text }, modules: { [text]: text },
    errors: [{ type: text, name: text, value: text }],
    url: text, web_url: text, issue_url: text,
  };
  return JSON.stringify({ action: "triggered", actor: { id: text, name: text, type: text },
    data: { event, triggered_rule: text, issue_alert: { title: text, settings: [{ name: text, value: text }] } } });
}

function deliver(url, text, at, resource = "event_alert") {
  const headers = { "content-type": "application/json", "sentry-hook-resource": resource };
  return fetch(`${url}/api/v1/webhooks/sentry/error`, { method: "POST", headers, body: payload(text, at) });
}

/** The parts that must not change: the head and the layout of the page. */
function surroundings(page) {
  return page.evaluate(() => [".top", ".brand h1", ".list", "#detail", "body"].map((name) => {
    const { x, y, width } = document.querySelector(name).getBoundingClientRect();
    const { color, backgroundColor, display, fontFamily } = getComputedStyle(document.querySelector(name));
    return [name, x, y, width, color, backgroundColor, display, fontFamily];
  }));
}

/** Every element and attribute that our templates never write. */
function intruders(page) {
  return page.evaluate(() => {
    const known = new Set(("html head meta title link script body a header div img h1 p nav ol ul li span bdi time main " +
      "article h2 dl dt dd form button section h3 h4 h5 h6 figure figcaption code pre em strong del br hr blockquote " +
      "table thead tbody tr th td input label textarea footer b i u s").split(" "));
    const found = [];
    for (const element of document.querySelectorAll("*")) {
      const name = element.localName;
      if (!known.has(name)) found.push(`<${name}>`);
      if (["script", "link", "meta", "img"].includes(name) && element.closest("main, .list")) found.push(element.outerHTML);
      for (const { name: attribute, value } of element.attributes) {
        if (/^on|^style$|^srcdoc$|^formaction$/i.test(attribute)) found.push(`${name} ${attribute}=${value}`);
        if (["href", "src", "action"].includes(attribute) && !/^(\/|#|\?|https?:|mailto:)/.test(value)) found.push(`${attribute}=${value}`);
      }
    }
    if (/[\u202A-\u202E\u2066-\u2069\u200B]/.test(document.body.innerText)) found.push("invisible characters");
    return found;
  });
}

/** Parts of note, message and evidence that exceed their boxes or overlap others. */
function strays(page) {
  return page.evaluate(() => {
    const found = [];
    for (const box of document.querySelectorAll(".sheet, .source, .bubble, .evidence, .head, .list")) {
      const edge = box.getBoundingClientRect();
      if (edge.right > innerWidth + 0.5) found.push(`${box.className} is wider than the window`);
      for (const inner of box.querySelectorAll("*")) {
        if (inner.closest("pre, .sideways") !== null && inner.closest("pre, .sideways") !== inner) continue;
        const { left, right, width } = inner.getBoundingClientRect();
        if (width === 0) continue;
        if (left < edge.left - 1 || right > edge.right + 1) found.push(`${box.className}: ${inner.outerHTML.slice(0, 80)}`);
        if (["fixed", "absolute"].includes(getComputedStyle(inner).position)) found.push(inner.outerHTML.slice(0, 80));
      }
    }
    return found;
  });
}

let program, chromium;

before(async () => {
  chromium = await browser();
  program = await sidenote(["serve", "--listen", "127.0.0.1:0"], { ALLOW_UNSIGNED: "true", STATE_PATH: ":memory:" });
});

after(async () => {
  await chromium?.close();
  program?.kill();
});

test("hostile text in every field runs nothing and changes nothing outside of its box", async () => {
  const { page, problems } = await visit(chromium, program);
  await page.locator("#live[data-state=live]").waitFor();
  await deliver(program.url, "harmless", 999);
  await page.locator("main article .sheet").waitFor();
  const before = await surroundings(page);
  for (const [at, text] of CORPUS.entries()) {
    const answer = await deliver(program.url, text, at);
    assert.equal(answer.status, 202, text);
    const id = at + 2;
    await page.locator(`#row-${id} .pill:not(.now)`).waitFor();
    await page.goto(`${program.url}/page/deliveries/${id}`);
    await page.locator("main article .sheet").waitFor();
    await page.mouse.move(600, 400);
    assert.deepEqual(await intruders(page), [], text);
    assert.deepEqual(await strays(page), [], text);
    assert.deepEqual(await surroundings(page), before, text);
    assert.equal(await page.evaluate(() => window.ran), undefined, text);
  }
  assert.deepEqual(problems, []);
});

test("live news are as harmless as a page that is loaded", async () => {
  const { page, problems } = await visit(chromium, program);
  await page.locator("#live[data-state=live]").waitFor();
  const before = await page.locator("#rows li").count();
  for (const [at, text] of CORPUS.entries()) {
    await deliver(program.url, text, 100 + at, text.replace(/[^\x20-\x7e]/g, "?").slice(0, 200));
    await deliver(program.url, text, 200 + at);
  }
  await page.locator("#rows li").nth(before + 2 * CORPUS.length - 1).waitFor();
  assert.deepEqual(await intruders(page), []);
  assert.equal(await page.evaluate(() => window.ran), undefined);
  assert.deepEqual(problems, []);
});

test("a hostile payload in the box for pasting is as harmless", async () => {
  const { page, problems } = await visit(chromium, program, {}, "/page/preview");
  for (const text of CORPUS) {
    for (const pasted of [payload(text, 7), text]) {
      await page.getByRole("textbox").fill(pasted);
      await page.getByRole("button", { name: "Show the preview" }).click();
      await page.locator(".sheet, [role=alert]").waitFor();
      assert.deepEqual(await intruders(page), [], text);
      assert.equal(await page.evaluate(() => window.ran), undefined, text);
    }
  }
  assert.deepEqual(problems, []);
});

test("the policy is strict, and would stop what the templates did not", async () => {
  const first = await fetch(program.page, { redirect: "manual" });
  const cookie = first.headers.get("set-cookie").split(";")[0];
  const answer = await fetch(program.url, { headers: { cookie } });
  assert.equal(answer.status, 200);
  const policy = answer.headers.get("content-security-policy");
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe|\*|https?:|data:/);
  assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
  const { page } = await visit(chromium, program);
  const ran = await page.evaluate(async () => {
    document.body.insertAdjacentHTML("beforeend", `<img src="/nothing" onerror="window.ran=1">`);
    const script = document.createElement("script");
    script.textContent = "window.ran=2";
    document.body.append(script);
    await new Promise((resolve) => setTimeout(resolve, 300));
    return window.ran;
  });
  assert.equal(ran, undefined);
});

// Takes every picture in docs/ from the demo: `make screenshots`. With names of files it takes only these.

import path from "node:path";
import { fileURLToPath } from "node:url";

import { browser, rowOf, sidenote } from "./bed.mjs";

const docs = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../docs");
const CHECKOUT = "ZeroDivisionError: division by zero";

const PICTURES = [
  { file: "page.png", width: 1360, height: 800, colorScheme: "light" },
  { file: "page-dark.png", width: 1360, height: 800, colorScheme: "dark" },
  { file: "phone.png", width: 390, height: 844, colorScheme: "light", language: "zh-TW" },
  // The note alone, as Sentry shows it, and the message alone, on a phone. Long ones are cut.
  { file: "note.png", width: 1100, height: 800, colorScheme: "light", part: "main .sheet", most: 1100 },
  { file: "message.png", width: 390, height: 844, colorScheme: "light", part: "main .chat", most: 1100 },
];

const wanted = process.argv.slice(2);
const chosen = PICTURES.filter(({ file }) => wanted.length === 0 || wanted.includes(file));

const chromium = await browser();
const program = await sidenote(["demo", "--stay", "--listen", "127.0.0.1:0"]);
const audience = await chromium.newPage();
await audience.goto(program.page);
await audience.locator("#rows li").nth(5).waitFor();
await rowOf(audience, CHECKOUT).locator(".pill.done").waitFor();

for (const { file, width, height, colorScheme, language, part, most } of chosen) {
  const context = await chromium.newContext({ viewport: { width, height }, colorScheme, locale: language ?? "en" });
  const page = await context.newPage();
  await page.goto(program.page);
  await rowOf(page, CHECKOUT).locator("a").click();
  await page.locator("#live[data-state=live]").waitFor();
  const options = { path: path.join(docs, file) };
  if (part) {
    // Telegram folds the details of a message to three lines.
    await page.locator(".bubble blockquote").evaluateAll((all) => all.forEach((it) => {
      it.style.cssText = "max-height: 4.1em; overflow: hidden";
    }));
    const box = await page.locator(part).boundingBox();
    Object.assign(options, { fullPage: true, clip: { ...box, height: Math.min(box.height, most) } });
  }
  await page.screenshot(options);
  console.log(`docs/${file}`);
  await context.close();
}
await chromium.close();
process.exitCode = await program.end();

// Takes every picture in docs/ from the demo: `make screenshots`.

import path from "node:path";
import { fileURLToPath } from "node:url";

import { browser, rowOf, sidenote } from "./bed.mjs";

const docs = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../docs");
const CHECKOUT = "ZeroDivisionError: division by zero";

const PICTURES = [
  { file: "page.png", width: 1360, height: 800, colorScheme: "light" },
  { file: "page-dark.png", width: 1360, height: 800, colorScheme: "dark" },
  { file: "phone.png", width: 390, height: 844, colorScheme: "light", language: "zh-TW" },
];

const chromium = await browser();
const program = await sidenote(["demo", "--stay", "--listen", "127.0.0.1:0"]);
const audience = await chromium.newPage();
await audience.goto(program.page);
await audience.locator("#rows li").nth(5).waitFor();

for (const { file, width, height, colorScheme, language } of PICTURES) {
  const context = await chromium.newContext({ viewport: { width, height }, colorScheme, locale: language ?? "en" });
  const page = await context.newPage();
  await page.goto(program.page);
  await rowOf(page, CHECKOUT).locator("a").click();
  await page.locator("#live[data-state=live]").waitFor();
  const options = { path: path.join(docs, file) };
  await page.screenshot(options);
  console.log(`docs/${file}`);
  await context.close();
}
await chromium.close();
process.exitCode = await program.end();

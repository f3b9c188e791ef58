// Updates the page live: each event contains the HTML of one delivery, rendered and escaped by the server.
"use strict";

const body = document.body;
const rows = document.getElementById("rows");
const detail = document.getElementById("detail");
const live = document.getElementById("live");
const said = document.getElementById("said");

const clock = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "medium" });

function localise(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.valueOf())) {
      time.title = time.textContent;
      time.textContent = clock.format(at);
    }
  }
}

function replaceRow(row) {
  const old = document.getElementById(row.id);
  const link = row.querySelector("a");
  if (old) {
    const focused = old.contains(document.activeElement);
    if (old.dataset.seen) row.dataset.seen = old.dataset.seen;
    if (old.querySelector("a[aria-current]")) link.setAttribute("aria-current", "true");
    old.replaceWith(row);
    if (focused) link.focus();
    return;
  }
  // The delay of the event; server and browser use the same clock.
  row.dataset.seen = String(Date.now() - Number(row.dataset.at));
  row.classList.add("fresh");
  const next = [...rows.children].find((other) => Number(other.dataset.id) < Number(row.dataset.id));
  rows.insertBefore(row, next ?? null);
  document.getElementById("none-yet").hidden = true;
  said.textContent = `${said.dataset.arrived}: ${row.querySelector(".title").textContent}`;
}

// The focused element is found again by its index among the focusable ones.
const focusable = "a[href], button, input, [tabindex]";

function replacePart(old, part) {
  const at = [...old.querySelectorAll(focusable)].indexOf(document.activeElement);
  const scrolled = [...old.querySelectorAll("pre, .sideways")].map((box) => [box.scrollTop, box.scrollLeft]);
  old.replaceWith(part);
  [...part.querySelectorAll("pre, .sideways")].forEach((box, n) => {
    if (scrolled[n]) [box.scrollTop, box.scrollLeft] = scrolled[n];
  });
  if (at >= 0) ([...part.querySelectorAll(focusable)][at] ?? detail).focus();
}

// The server's HTML of each part, for detecting changes. The page's own HTML differs, because it contains local times.
const sent = new Map();
const keyOf = (part) => part.dataset.part;

// The start page shows the newest delivery that led to work, until its visitor touches something.
const isStart = !body.hasAttribute("data-chosen");
let isFollowing = isStart;
for (const touch of ["pointerdown", "keydown", "wheel", "touchstart"]) {
  addEventListener(touch, () => { isFollowing = false; }, { passive: true });
}

function show(article) {
  localise(article);
  sent.clear();
  detail.replaceChildren(article);
  rows.querySelector("a[aria-current]")?.removeAttribute("aria-current");
  document.getElementById(`row-${article.dataset.id}`)?.querySelector("a").setAttribute("aria-current", "true");
}

function replaceArticle(article, isDone) {
  const shown = detail.querySelector("article");
  if (!shown) {
    if (isStart) show(article);
    return;
  }
  if (isFollowing && isDone && Number(article.dataset.id) > Number(shown.dataset.id)) {
    show(article);
    return;
  }
  if (shown.dataset.id !== article.dataset.id) return;
  const old = new Map([...shown.children].map((part) => [keyOf(part), part]));
  let before = null;
  for (const part of [...article.children]) {
    const key = keyOf(part);
    const html = part.outerHTML;
    const there = old.get(key);
    old.delete(key);
    if (there && sent.get(key) === html) {
      before = there;
      continue;
    }
    sent.set(key, html);
    localise(part);
    if (there) replacePart(there, part);
    else if (before) before.after(part);
    else shown.prepend(part);
    before = part;
  }
  for (const gone of old.values()) gone.remove();
}

function receive(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const row = template.content.querySelector("li");
  const article = template.content.querySelector("article");
  localise(row);
  replaceRow(row);
  replaceArticle(article, row.classList.contains("done"));
  document.getElementById("untold").replaceWith(template.content.querySelector("#untold"));
}

function listen() {
  const source = new EventSource(`/page/live?since=${body.dataset.run}-${body.dataset.version}`);
  const say = (state, text) => {
    live.hidden = false;
    live.dataset.state = state;
    if (live.textContent !== text) live.textContent = text;
  };
  source.addEventListener("open", () => say("live", live.dataset.live));
  source.addEventListener("error", () => say("lost", live.dataset.lost));
  source.addEventListener("delivery", (event) => receive(event.data));
  // The program was restarted, so the content is from another run.
  source.addEventListener("stale", () => location.assign("/"));
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => event.persisted && location.reload());
}

// A button press does not reload the page; its effect arrives as an event.
addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-quiet]")) return;
  event.preventDefault();
  const keyboard = form.closest(".keyboard");
  // The button is not disabled, because that would lose the keyboard focus.
  if (keyboard.hasAttribute("aria-busy")) return;
  keyboard.setAttribute("aria-busy", "true");
  const request = { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" };
  fetch(form.action, request).catch(() => form.submit()).finally(() => keyboard.removeAttribute("aria-busy"));
});

localise(document);
if (body.hasAttribute("data-listens")) listen();

// The list of calls: what came of a call is one tap, noted by the acts of the alert or the follow-up; one soft chime for who joins.

import { element, page, post, t, wordsOf } from "./page.js";
import { pad } from "./signin.js";
import * as sound from "./sound.js";
import { follow } from "./stream.js";

const AGAIN_MS = 60000, REST_MS = 1000; // a follow-up comes by the clock alone

const dialog = element("signin");
const beginSignIn = pad(dialog, { cancelled: () => dialog.close(), done: () => location.reload() });
const list = element("calls");
const keys = () => [...list.querySelectorAll("[data-key]")].map((one) => one.dataset.key);

let readAt = performance.now();
let busy = false;
let reads = 0; // only what was asked for last counts: an older answer may come later

function toast(text) {
  element("toast").textContent = text;
  element("toast").hidden = false;
}

/** Read the list anew, unless somebody is writing in it or what they tapped is under way. */
async function refresh() {
  if (busy || list.contains(document.activeElement) && document.activeElement.matches("input[type=text]")) return;
  readAt = performance.now();
  const mine = ++reads;
  const answer = await fetch(`/calls/list?lang=${page.language}`, { signal: AbortSignal.timeout?.(15000) }).catch(() => null);
  if (busy || mine !== reads || !answer?.ok) return;
  const before = new Set(keys()), chosen = whoms();
  list.innerHTML = await answer.text();
  ready();
  for (const [key, whom] of chosen) choose(list.querySelector(`[data-key="${CSS.escape(key)}"]`), whom);
  const now = keys();
  element("calls-count").textContent = now.length;
  if (!now.some((key) => !before.has(key))) return;
  sound.chime();
  element("spoken").textContent = t("calls.new");
}

/** The buttons wait until somebody listens. */
function ready() {
  for (const button of list.querySelectorAll(".results button")) button.disabled = false;
}

const whoms = () => [...list.querySelectorAll('[name="whom"]:checked')].map((one) => [one.closest("[data-key]").dataset.key, one.value]);

function choose(item, whom) {
  const tile = item?.querySelector(`[name="whom"][value="${whom}"]`);
  if (tile) tile.checked = true;
}

/** Gives the answer to the last act, or to the first that was refused. */
async function note(item, form, result) {
  const { alert, follow: followUp, state } = item.dataset;
  const path = `/api/v1/alerts/${encodeURIComponent(alert)}`;
  if (followUp) {
    const said = form.note.value.trim();
    if (result === "ok") return post(`/api/v1/follow-ups/${encodeURIComponent(followUp)}/done`, { note: said || t("calls.note_ok") });
    const text = [t(`calls.note_${result}`), said].filter(Boolean).join(" · ");
    return post(`${path}/comment`, { text: text.slice(0, 500) });
  }
  if (state === "raised") {
    const accepted = await post(`${path}/accept`, {});
    if (!accepted.ok) return accepted;
  }
  return post(`${path}/call`, { whom: form.whom.value, result });
}

async function called(form, button) {
  const item = form.closest("[data-key]");
  for (const each of form.querySelectorAll("button")) each.disabled = true;
  busy = true;
  const answer = await note(item, form, button.value);
  busy = false;
  for (const each of form.querySelectorAll("button")) each.disabled = false;
  if (answer.status === 401) {
    dialog.showModal();
    beginSignIn("");
    return;
  }
  toast(answer.ok ? t("calls.done", { who: item.dataset.who }) : wordsOf(answer));
  document.activeElement?.blur();
  await refresh();
}

const acts = {
  sound: async () => { if (await sound.prove()) showSound(); },
  signin: () => { dialog.showModal(); beginSignIn(""); },
  signout: async () => { await post("/api/v1/signout"); location.reload(); },
};

function showSound() {
  element("calls-sound").hidden = sound.heard() !== "no";
}

document.addEventListener("click", ({ target }) => {
  element("toast").hidden = true;
  const line = target.closest("a[data-whom]");
  if (line) choose(line.closest("[data-key]"), line.dataset.whom);
  const button = target.closest("button[data-act]");
  if (button) acts[button.dataset.act]?.(button);
});
document.addEventListener("submit", (event) => {
  if (event.target.dataset.do !== "called") return;
  event.preventDefault();
  called(event.target, event.submitter);
});

let waiting = null;
function soon() {
  waiting ??= setTimeout(() => {
    waiting = null;
    refresh();
  }, Math.max(0, REST_MS - (performance.now() - readAt)));
}

const { check } = follow({ hello: soon, beat: () => {}, alert: soon, place: soon, count: soon, reload: soon, lost: () => {}, found: soon });
sound.onHeard(showSound);
ready();
setInterval(() => {
  check();
  sound.check();
  if (performance.now() - readAt > AGAIN_MS) refresh();
}, 1000);

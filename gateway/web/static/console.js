// The duty desk: the stream says that something changed, the board says what to show, the sound says it aloud.

import { asking, showMerges } from "./ask.js";
import { showHub, showSound, showUnrecorded, unrecordedRings } from "./bars.js";
import { cardOf, count, show, tick } from "./board.js";
import { closingOf, showChosen } from "./closing.js";
import { playDemo, sawDemo, showDemo } from "./demo.js";
import { showHours } from "./hours.js";
import { keys } from "./keys.js";
import { clockSeconds, element, hubNow, page, post, span, t, wordsOf } from "./page.js";
import { look } from "./seen.js";
import { pad } from "./signin.js";
import { shelving } from "./shelf.js";
import * as sound from "./sound.js";
import { choose, openDesks, stand, takeOver } from "./station.js";
import { follow } from "./stream.js";
import { showToCall } from "./tocall.js";

const REST_MS = 100, REST_MAX_MS = 3000, SAFETY_MS = 60000;

let board = page.board;
let streamed = board.person; // who the stream is for
let lostAt = null;
let afterSignIn = null;

// The board -----------------------------------------------------------------------------------------------------

let fetching = null;
let resting = null;
let restUntil = 0;
let again = false;
let refreshedAt = performance.now();
let comings = 0; // how often somebody has signed in or out: what was read before is another person's board

/** Read the board anew: at once, or after a rest that grows with the time the hub takes to answer. */
function refresh() {
  if (fetching) {
    again = true; // what is being read may be older than what has changed
    return fetching;
  }
  const rest = restUntil - performance.now();
  if (rest > 0) {
    resting ??= new Promise((resume) => setTimeout(resume, rest)).then(() => {
      resting = null;
      return refresh();
    });
    return resting;
  }
  fetching = read().finally(() => {
    fetching = null;
    if (again) {
      again = false;
      refresh();
    }
  });
  return fetching;
}

async function read() {
  const began = performance.now();
  refreshedAt = began;
  const before = comings;
  try {
    const answer = await fetch(`/board?lang=${page.language}`, { signal: AbortSignal.timeout?.(15000) });
    if (answer.status === 401) location.assign("/signin");
    if (!answer.ok) throw new Error(`board ${answer.status}`);
    const next = await answer.json();
    if (before === comings) take(next);
    else again = true;
  } catch (error) {
    console.warn(error);
    refreshedAt = began - SAFETY_MS + 2000; // once more in 2 s
  }
  const ended = performance.now();
  restUntil = ended + Math.min(REST_MAX_MS, Math.max(REST_MS, 2 * (ended - began)));
}

function take(next) {
  if (next.person !== streamed) {
    streamed = next.person;
    stream.reopen();
  }
  board = next;
  const fresh = show(next);
  for (const piece of fresh) announce(piece);
  if (fresh.some((piece) => piece.state === "raised" && !piece.ringing)) sound.chime();
  if (fresh.some((piece) => piece.ringing)) navigator.vibrate?.([400, 200, 400]);
  showPerson(next.person);
  look(next);
  showMerges();
  showHours();
  showToCall();
  ringAsNeeded();
}

function announce(piece) {
  const { what, who, where } = cardOf(piece.id).dataset;
  const said = document.createElement("p");
  said.textContent = who ? t("new_alert", { title: what, who, where }) : t("new_alert_veiled", { title: what });
  element("spoken").replaceChildren(said);
}

function ringAsNeeded() {
  if (board.open.some((piece) => piece.ringing) || unrecordedRings()) sound.ring("life");
  else sound.ring(lostAt !== null ? "lost" : null);
}

// The bars ------------------------------------------------------------------------------------------------------

function hubSays(beat) {
  showHub(beat);
  if (showUnrecorded(beat.unrecorded)) navigator.vibrate?.([400, 200, 400]);
  ringAsNeeded();
  showDemo(beat.held);
}

function showPerson(name) {
  element("person-name").textContent = name ?? t("nobody");
  element("signin-button").textContent = name ? t("change_person") : t("sign_in");
  element("signout-button").hidden = !name;
}

let toastTimer = 0;
function toast(text) {
  element("toast").textContent = text;
  element("toast").hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { element("toast").hidden = true; }, 8000);
}

// What a person does --------------------------------------------------------------------------------------------

const dialog = element("signin");
const beginSignIn = pad(dialog, {
  cancelled: () => dialog.close(),
  done: async (name) => {
    const then = afterSignIn;
    dialog.close();
    comings++;
    board.person = name;
    showPerson(name);
    if (then) await then();
    else await refresh();
  },
});
dialog.addEventListener("close", () => { afterSignIn = null; });

function signIn(words = "", then = null) {
  afterSignIn = then;
  if (!dialog.open) dialog.showModal();
  beginSignIn(words);
}

/** Do something to an alert as the signed-in person, who signs in first where nobody is; gives whether it is done now. */
async function act(card, path, body, button, method = "POST") {
  const what = `${card.dataset.what} ${card.dataset.who}`;
  const later = () => act(cardOf(card.dataset.id) ?? card, path, body, button, method);
  const words = path === "accept" ? t("then_accept", { what }) : t("problem.person");
  if (!board.person) {
    signIn(words, later);
    return false;
  }
  const label = button.textContent; // only buttons of words come here: an icon would be lost
  button.disabled = true;
  button.textContent = t("sending");
  const answer = await post(`/api/v1/alerts/${encodeURIComponent(card.dataset.id)}/${path}`, body, { method });
  button.disabled = false;
  button.textContent = label;
  if (answer.status === 401) signIn(words, later); // the shift has run out
  else if (!answer.ok) toast(wordsOf(answer));
  await refresh();
  if (answer.ok && path === "accept") {
    await refresh(); // what the first one joined may have been asked for before
    const now = cardOf(card.dataset.id);
    if (now && !now.contains(document.activeElement)) { // whoever writes in it already is not interrupted
      now.scrollIntoView({ block: "start" });
      now.focus({ preventScroll: true });
    }
  }
  return answer.ok;
}

async function close(form) {
  const body = closingOf(form);
  if (body) await act(form.closest("article"), "close", body, form.querySelector(".settle"));
}

const call = (form, button) =>
  act(form.closest("article"), "call", { whom: form.whom.value, result: button.value }, button);

async function comment(form) {
  const text = form.text.value.trim();
  form.querySelector(".missing").hidden = Boolean(text);
  if (!text) {
    form.text.focus();
    return;
  }
  if (await act(form.closest("article"), "comment", { text }, form.querySelector("button"))) {
    document.querySelector(`#a-${CSS.escape(form.closest("article").dataset.id)} [name="text"]`)?.form.reset();
  }
}

const ask = asking(element("ask"), (about, path, body, button) => act(about, path, body, button));

/** Ask first, who is signed in; who is not does that before. */
function askFirst(button) {
  const about = button.closest("[data-id]");
  const { act: kind } = button.dataset, title = button.textContent.trim();
  if (board.person) ask.open(about, kind, title);
  else signIn(t("problem.person"), () => ask.open(about, kind, title));
}

const shelf = shelving(element("shelf"), {
  put: async (card, { body, button }) => {
    await act(card, "shelve", body, button);
  },
  silenced: (answer, card) => {
    if (answer.status === 401) signIn(t("problem.person"));
    else toast(answer.ok ? t("silence_set", { what: card.dataset.what, who: card.dataset.who }) : wordsOf(answer));
    refresh();
  },
});

const acts = {
  sound: () => sound.prove(),
  signin: () => signIn(),
  signout: async () => {
    await post("/api/v1/signout");
    comings++;
    await refresh();
  },
  accept: (button) => act(button.closest("article"), "accept", {}, button),
  accept_veiled: (button) => {
    const { id: key, what } = button.closest("article").dataset;
    signIn(t("then_accept", { what }), async () => {
      await refresh(); // who is signed in sees whom it is about
      const piece = board.open.find((one) => one.key === key);
      const found = piece?.state === "raised" && cardOf(piece.id)?.querySelector('[data-act="accept"]');
      if (found) await act(cardOf(piece.id), "accept", {}, found);
    });
  },
  shelve: (button) => {
    const card = button.closest("article");
    if (board.person) shelf.open(card);
    else signIn(t("problem.person"), () => shelf.open(cardOf(card.dataset.id) ?? card));
  },
  test_passed: (button) => act(button.closest("article"), "test-passed", {}, button),
  unshelve: (button) => act(button.closest("article"), "shelve", {}, button, "DELETE"),
  depart: (button) => act(button.closest("article"), "depart", {}, button),
  arrive: (button) => act(button.closest("article"), "arrive", {}, button),
  raise_up: askFirst,
  hand_over: askFirst,
  assign: askFirst,
  merge: askFirst,
  reopen: askFirst,
  go_close: (button) => {
    const form = button.closest("article").querySelector('form[data-act="close"]');
    form.scrollIntoView({ block: "start" });
    form.querySelector("input").focus({ preventScroll: true });
  },
  which_desk: openDesks,
  desk: choose,
  take_over: async () => {
    const answer = await takeOver();
    if (answer) toast(answer.ok ? t("taken_over", { name: board.person, desk: answer.desk }) : wordsOf(answer));
  },
  leave: (button) => button.closest("dialog").close(),
  demo: (button) => playDemo(button.dataset.scenario),
};

document.addEventListener("click", ({ target }) => {
  element("toast").hidden = true; // it has been read; it must not lie over what is tapped next
  const line = target.closest("a[data-whom]");
  if (line) line.closest("section").querySelector(`[name="whom"][value="${line.dataset.whom}"]`).checked = true;
  const button = target.closest("button[data-act]");
  if (button) acts[button.dataset.act](button);
});
document.addEventListener("submit", (event) => {
  const doings = { close, comment, call, shelf: (form) => shelf.submit(form), ask: (form) => ask.submit(form) };
  const doing = doings[event.target.dataset.act];
  if (!doing) return;
  event.preventDefault();
  doing(event.target, event.submitter);
});
document.addEventListener("change", ({ target }) => {
  const form = target.closest('form[data-act="close"]');
  if (form) showChosen(form);
});

// Life ----------------------------------------------------------------------------------------------------------

const stream = follow({
  hello: (beat) => { hubSays(beat); refresh(); },
  beat: hubSays,
  alert: (alert) => { sawDemo(alert); refresh(); },
  place: () => refresh(),
  count: () => refresh(),
  reload: () => refresh(),
  lost: () => {
    lostAt = performance.now();
    element("lost").hidden = false;
    document.body.classList.add("cut-off");
    ringAsNeeded();
  },
  found: () => {
    lostAt = null;
    element("lost").hidden = true;
    document.body.classList.remove("cut-off");
    toast(t("back"));
    ringAsNeeded();
    refresh();
  },
});

function everySecond() {
  stream.check();
  sound.check();
  element("clock").textContent = clockSeconds(hubNow());
  if (lostAt !== null) element("lost-for").textContent = t("lost_hint", { age: span(performance.now() - lostAt) });
  tick();
  stand(sound.heard() !== "no" && lostAt === null, board.person);
  if (!fetching && performance.now() - refreshedAt > SAFETY_MS) refresh();
}

sound.onHeard(showSound);
count(board);
look(board);
showMerges();
showHours();
showToCall();
keys();
showDemo();
ringAsNeeded();
everySecond();
try {
  new Worker(new URL("./ticker.js", import.meta.url)).addEventListener("message", everySecond);
} catch {
  setInterval(everySecond, 1000);
}
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });

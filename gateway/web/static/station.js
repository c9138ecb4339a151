// Which desk of the duty plan this device stands at. While it can be heard and hears the hub, it says so every five seconds:
// a desk that nobody can hear is no rung, and those above it are told.

import { element, page, post, t } from "./page.js";

const BEAT_MS = 5000, ASK_MS = 30000; // the hub takes a desk for deaf after 15 s without a beat
const KEPT = "carehub-desk", NONE = "-";

/** The hub rings a browser in which nobody is signed in for its own desk only. */
function tell(id) {
  const age = id && id !== NONE ? 365 * 86400 : 0;
  document.cookie = `${page.desk_cookie}=${encodeURIComponent(id ?? "")}; path=/; max-age=${age}; samesite=strict`;
}
tell(localStorage.getItem(KEPT));

let desks = [];
let beatAt = -Infinity, askedAt = -Infinity;

const consoles = () => desks.filter((desk) => desk.console);

/** The desk of this device: as somebody said, or the only one there is; null where it is none, undefined where nobody has said. */
function mine() {
  const kept = localStorage.getItem(KEPT);
  if (kept === NONE) return null;
  const known = consoles().find((desk) => desk.id === kept);
  return known ?? (consoles().length === 1 ? consoles()[0] : undefined);
}

/** Whoever is signed in confirms to have this desk from now on (交接班); gives what the hub answers, null where it is no desk. */
export async function takeOver() {
  const desk = mine();
  if (!desk) return null;
  const answer = await post(`/api/v1/desks/${encodeURIComponent(desk.id)}/handover`, {});
  if (answer.ok) await ask();
  return { ...answer, desk: desk.name };
}

/** Call every second; `hears` is whether its sound is proven and the hub is heard. */
export function stand(hears, person) {
  const now = performance.now();
  const here = mine();
  element("take-over").hidden = !here || !person || here.taken_over_by === person;
  if (now - askedAt >= ASK_MS) {
    askedAt = now;
    ask();
  }
  const desk = mine();
  if (!hears || !desk || now - beatAt < BEAT_MS) return;
  beatAt = now;
  post(`/api/v1/desks/${encodeURIComponent(desk.id)}/beat`, {}, { again: 0 }).then((answer) => {
    if (answer.status === 404) ask(); // the plan has changed
  });
}

async function ask() {
  const answer = await fetch("/api/v1/desks", { signal: AbortSignal.timeout?.(15000) }).catch(() => null);
  if (!answer?.ok) return; // a hub that cannot be reached is said elsewhere
  ({ desks } = await answer.json());
  show();
}

function show() {
  const desk = mine(), some = consoles().length > 0;
  element("which-desk").hidden = !some || desk !== undefined;
  element("station").hidden = !some || desk === undefined;
  element("station").textContent = desk ? t("this_desk", { name: desk.name }) : t("no_desk");
  const deaf = desks.filter((one) => one.staffed && one.deaf_since !== null);
  element("desk-deaf").hidden = deaf.length === 0;
  const names = deaf.map((one) => one.name).join(page.language === "zh" ? "、" : ", ");
  const said = t("desk_deaf", { names });
  if (element("desk-deaf-names").textContent !== said) element("desk-deaf-names").textContent = said;
}

/** Ask whoever is here; `choose` takes the answer. */
export function openDesks() {
  const tiles = [...consoles().map((desk) => [desk.id, desk.name]), [NONE, t("no_desk")]];
  element("desk-tiles").replaceChildren(...tiles.map(([id, name]) => {
    const tile = document.createElement("button");
    tile.type = "button";
    tile.dataset.act = "desk";
    tile.dataset.desk = id;
    tile.textContent = name;
    return tile;
  }));
  element("desks").showModal();
}

export function choose(tile) {
  localStorage.setItem(KEPT, tile.dataset.desk);
  tell(tile.dataset.desk);
  element("desks").close();
  beatAt = -Infinity;
  show();
}

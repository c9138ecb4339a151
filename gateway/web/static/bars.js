// The bars and banners above the cards: what this device and the hub cannot do at the moment.

import { clockTime, element, page, setClock, t } from "./page.js";
import { heard } from "./sound.js";

// What was told from memory: nobody can accept it while nothing can be written, so it rings for a minute and stays in sight.
const UNRECORDED_RINGS_MS = 60_000;
let unrecorded = new Set();
let unrecordedUntil = 0;

export function showSound() {
  const now = heard();
  element("deaf").hidden = now !== "no";
  element("heard").hidden = now === "no";
  element("heard").querySelector("span").textContent = t(now === "here" ? "sound_on" : "sound_elsewhere");
}

export function showHub(beat) {
  setClock(beat);
  element("sim").hidden = !beat.held;
  element("sim").textContent = beat.driven ? t("sim_driven") : t("sim", { speed: beat.speed });
  element("feed").hidden = beat.feed_lost_since === null;
  if (beat.feed_lost_since !== null) element("feed").textContent = t("feed_lost", { time: clockTime(beat.feed_lost_since) });
  element("fault").hidden = beat.ready;
  element("fault").textContent = beat.ready ? "" : t("not_ready", { reasons: beat.reasons.join("; ") });
}

/** Show what is told from memory; gives whether some of it is new. */
export function showUnrecorded(told) {
  const fresh = told.some((alert) => !unrecorded.has(alert.id));
  unrecorded = new Set(told.map((alert) => alert.id));
  element("unrecorded").hidden = told.length === 0;
  element("unrecorded").replaceChildren(...told.map((alert) => {
    const said = document.createElement("p");
    said.className = "banner fault";
    said.textContent = t("unrecorded", { text: alert.text[page.language] });
    return said;
  }));
  if (fresh) unrecordedUntil = performance.now() + UNRECORDED_RINGS_MS;
  else if (!told.length) unrecordedUntil = 0;
  return fresh;
}

export const unrecordedRings = () => performance.now() < unrecordedUntil;

// The wall: its numbers are read anew every ten seconds; when they cannot be, it says so and since when.

import { clockSeconds, element, hubNow, t } from "./page.js";

const EVERY_MS = 10000, WITHIN_MS = 8000, TURN_EVERY = 2;

let read = hubNow(), turn = 0, times = 0;

function stale(text) {
  element("stale").hidden = !text;
  element("stale").textContent = text;
  element("wall").classList.toggle("old", Boolean(text));
}

async function renew() {
  if (++times % TURN_EVERY === 0) turn += 1;
  try {
    const answer = await fetch(`/area/screen/now?turn=${turn}`, { cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(WITHIN_MS) });
    if (answer.ok) {
      element("wall").innerHTML = await answer.text();
      read = hubNow();
      stale("");
    } else if ([0, 401, 403].includes(answer.status)) stale(t("wall_signed_out"));
    else stale(t("wall_stale", { time: clockSeconds(read) }));
  } catch {
    stale(t("wall_stale", { time: clockSeconds(read) }));
  }
  setTimeout(renew, EVERY_MS);
}

const tick = () => (element("clock").textContent = clockSeconds(hubNow()));
tick();
setInterval(tick, 1000);
setTimeout(renew, EVERY_MS);

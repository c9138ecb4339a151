// The last hours of the homes whose alerts are in hand: fetched once the card stands, and again when a minute is over.

import { page, t } from "./page.js";

const FRESH_MS = 60000;

const known = new Map(); // alert: what was shown last, and when it was asked for

/** Call whenever the cards were renewed: what is known stands at once, what is old is asked for. */
export function showHours() {
  const slots = [...document.querySelectorAll("[data-hours]")];
  const wanted = new Set(slots.map((slot) => slot.dataset.hours));
  for (const id of [...known.keys()]) if (!wanted.has(id)) known.delete(id);
  for (const slot of slots) {
    const id = slot.dataset.hours, kept = known.get(id);
    if (kept?.html && !slot.hasChildNodes()) put(slot, kept);
    if (kept && performance.now() - kept.at < FRESH_MS) continue;
    known.set(id, { open: false, ...kept, at: performance.now() });
    fetchHours(id);
  }
}

async function fetchHours(id) {
  const answer = await fetch(`/alerts/${encodeURIComponent(id)}/picture?lang=${page.language}`, {
    signal: AbortSignal.timeout?.(15000),
  }).catch(() => null);
  const kept = known.get(id), slot = document.querySelector(`[data-hours="${CSS.escape(id)}"]`);
  if (!kept || !slot) return;
  if (answer?.ok) kept.html = await answer.text();
  else if (!kept.html) return away(slot);
  put(slot, kept);
}

function put(slot, kept) {
  slot.innerHTML = kept.html;
  const lines = slot.querySelector("details");
  if (!lines) return;
  lines.open = kept.open;
  lines.addEventListener("toggle", () => { kept.open = lines.open; });
}

function away(slot) {
  const said = document.createElement("p");
  said.className = "small";
  said.textContent = t("home.store_away");
  slot.replaceChildren(said);
}

// On the desk: how many there are to ring, in the link to the list; a soft chime when a follow-up falls due.

import { element, t } from "./page.js";
import * as sound from "./sound.js";

let due = null; // alerts chime by their cards

/** Call whenever the board was read. */
export async function showToCall() {
  const links = document.querySelectorAll('nav a[href="/calls"]');
  if (!links.length) return;
  const answer = await fetch("/calls/count", { signal: AbortSignal.timeout?.(15000) }).catch(() => null);
  if (!answer?.ok) return;
  const { alerts, follow_ups: followUps } = await answer.json();
  const n = alerts + followUps;
  for (const link of links) link.textContent = n ? t("calls.n", { n }) : t("room_calls");
  const folded = element("menu-calls"); // where the links are in a menu
  folded.hidden = !n;
  folded.lastElementChild.textContent = n;
  if (due !== null && followUps > due) sound.chime();
  due = followUps;
}

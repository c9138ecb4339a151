// The demo panel: press, then watch for the alert it leads to. What was seen survives a reload of the page.

import { page, post, t, wordsOf } from "./page.js";

const started = JSON.parse(sessionStorage.getItem("demo") ?? "{}"); // scenario → {at: hub ms, seen}
const SLACK_MS = 2000; // the hub's clock as answered, against the alert's own

/** Show what is known, and unlock what escalation held back. */
export function showDemo(held) {
  for (const row of document.querySelectorAll("li[data-scenario]")) {
    const known = started[row.dataset.scenario];
    const state = row.querySelector(".demo-state");
    const said = !known ? "" : known.seen ? `✓ ${t("demo_seen")}` : t("demo_waiting");
    if (!row.dataset.refused && state.textContent !== said) state.textContent = said;
    row.classList.toggle("seen", Boolean(known?.seen));
    if (held !== undefined && row.dataset.step === "escalated") {
      row.querySelector("button").disabled = held;
      row.querySelector(".held").hidden = !held;
    }
  }
}

/** Start a scenario. */
export async function playDemo(scenario) {
  const row = document.querySelector(`li[data-scenario="${CSS.escape(scenario)}"]`);
  delete row.dataset.refused;
  const answer = await post(`/api/v1/demo/${encodeURIComponent(scenario)}`);
  if (answer.ok) {
    keep(scenario, { at: answer.body.hub_now_ms, seen: false });
  } else {
    row.dataset.refused = "1";
    row.querySelector(".demo-state").textContent = wordsOf(answer);
  }
}

/** An alert has changed: is it one that was waited for? */
export function sawDemo(alert) {
  for (const { scenario, rule, place, step } of page.demo) {
    const known = started[scenario];
    if (!known || known.seen || alert.rule !== rule || (place && alert.place_id !== place)) continue;
    // Only an alert raised since the button was pressed counts: older ones may go up a rung meanwhile.
    const done = step !== "escalated" || alert.escalated_at !== null;
    if (done && alert.raised_at >= known.at - SLACK_MS) keep(scenario, { ...known, seen: true });
  }
}

function keep(scenario, known) {
  started[scenario] = known;
  sessionStorage.setItem("demo", JSON.stringify(started));
  showDemo();
}

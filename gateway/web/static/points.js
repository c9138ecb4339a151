// The test of every point: begun, ended, and ticked as the hub hears each device.

import { begin, change } from "./doing.js";
import { clockTime, element, hubNow, t } from "./page.js";

const EVERY_MS = 2000;
const points = element("points");
const at = (place) => `/api/v1/places/${encodeURIComponent(place)}/test`;

begin({
  "begin-test": (button) => {
    const { place } = button.closest("[data-place]").dataset;
    change(button, at(place), { kind: button.dataset.kind });
  },
  "end-test": (button) => change(button, at(points.dataset.place), {}, { method: "DELETE" }),
});

/** Tick what the hub has heard; a test that has ended, or another one, is shown anew. */
function show({ test, ticks }) {
  if ((test?.id ?? "") !== points.dataset.test) {
    location.reload();
    return;
  }
  for (const { device, at: heard } of ticks) {
    const line = points.querySelector(`[data-device="${CSS.escape(device)}"]`);
    if (!line || line.classList.contains("ticked")) continue;
    line.classList.add("ticked");
    line.querySelector(".said").textContent = t("test_ticked", { time: clockTime(heard, hubNow()) });
    navigator.vibrate?.(150);
  }
  const all = points.querySelectorAll(".point").length, done = points.querySelectorAll(".point.ticked").length;
  const said = t("test_progress", { done, all });
  if (element("progress").textContent !== said) element("progress").textContent = said;
  element("all-done").hidden = done < all;
}

async function look() {
  try {
    const answer = await fetch(at(points.dataset.place), { signal: AbortSignal.timeout?.(10000) });
    if (!answer.ok) throw new Error(`test ${answer.status}`);
    element("test-lost").hidden = true;
    show(await answer.json());
  } catch (error) {
    console.warn(error);
    element("test-lost").hidden = false;
  }
  setTimeout(look, EVERY_MS);
}

if (points?.dataset.test) look();

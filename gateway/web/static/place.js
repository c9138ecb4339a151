// The page of a home: put it into a mode, end one, end a silence. What was done is read anew from the hub.

import { begin, change } from "./doing.js";
import { acts, forms } from "./home.js";
import { clockTime, element, hubNow, t } from "./page.js";

const HOUR_MS = 3600000;

const modePath = () => `/api/v1/places/${encodeURIComponent(element("mode").dataset.place)}/mode`;

begin({
  "end-mode": (button) => change(button, modePath(), {}, { method: "DELETE" }),
  "end-silence": (button) => {
    const id = button.closest("[data-silence]").dataset.silence;
    change(button, `/api/v1/silences/${encodeURIComponent(id)}`, {}, { method: "DELETE" });
  },
  ...acts,
}, forms);

const form = document.querySelector('form[data-act="mode"]');
const until = () => {
  const hours = form.querySelector(`[name="hours-${form.kind.value}"]:checked`);
  return hours && Math.round(hubNow() + Number(hours.value) * HOUR_MS);
};

/** The lengths of the chosen mode, and a button that says what it will do. */
function showChosen() {
  const kind = form.kind.value;
  for (const lengths of form.querySelectorAll(".lengths")) {
    lengths.hidden = lengths.disabled = lengths.dataset.kind !== kind;
  }
  const end = kind && until();
  form.reason.closest("label").hidden = !end;
  const button = form.querySelector('[type="submit"]');
  button.disabled = !end;
  if (end) button.textContent = t("set_until", { mode: t(`mode_${kind}`), time: clockTime(end, hubNow()) });
}

form?.addEventListener("change", showChosen);
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  const body = { kind: form.kind.value, until: until(), reason: form.reason.value.trim() };
  change(form.querySelector('[type="submit"]'), modePath(), body);
});

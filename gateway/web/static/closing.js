// Closing an alert: what belongs to the chosen verdict is shown and sent, and what is missing is said beside it.

import { t } from "./page.js";

const required = { true: ["outcome"], false: ["reason"] };

const words = (input) => input.closest("label").querySelector("span").textContent;
const chosen = (form, name) => form.querySelector(`[name="${name}"]:checked:enabled`);

/** Whether this verdict leaves it open: nobody's life is settled by not knowing. */
const staysOpen = (form) => form.dataset.kind === "life_safety" && form.verdict.value === "unconfirmed";

/** Show what belongs to the chosen verdict, and a button that says what it will do. */
export function showChosen(form) {
  const verdict = chosen(form, "verdict");
  for (const part of form.querySelectorAll("[data-for]")) {
    const wanted = Boolean(verdict) && part.dataset.for.split(" ").includes(verdict.value);
    part.hidden = !wanted;
    if (part.tagName === "FIELDSET") part.disabled = !wanted;
  }
  if (verdict) {
    form.querySelector(".settle").textContent = t(staysOpen(form) ? "close_up" : "close_as", { verdict: words(verdict) });
  }
  if (form.dataset.asked) showMissing(form);
}

/** Say what is still to be chosen, each beside where it is chosen; gives the first of them. */
function showMissing(form) {
  const needed = ["verdict", ...(required[form.verdict.value] ?? [])];
  let first = null;
  for (const name of ["verdict", "reason", "outcome"]) {
    const input = form.querySelector(`[name="${name}"]`);
    if (!input) continue;
    const fieldset = input.closest("fieldset");
    const missing = needed.includes(name) && !fieldset.disabled && !chosen(form, name);
    fieldset.querySelector(".missing").hidden = !missing;
    if (missing) first ??= input;
  }
  return first;
}

/** What is to be sent; null where something is missing, and then it is said what. */
export function closingOf(form) {
  form.dataset.asked = "1";
  const missing = showMissing(form);
  if (missing) {
    missing.focus();
    missing.closest("fieldset").scrollIntoView({ block: "nearest" });
    return null;
  }
  const body = { verdict: form.verdict.value, note: form.note.value.trim() };
  for (const name of ["reason", "outcome"]) {
    const one = chosen(form, name);
    if (one) body[name] = one.value;
  }
  const mode = chosen(form, "mode");
  if (mode?.value) body.mode = { kind: mode.value };
  const visit = form.querySelector('[name="visit"]');
  if (visit?.checked && !visit.closest("label").hidden) body.visit = true;
  return body;
}

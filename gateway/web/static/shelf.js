// Shelving: how long, why, and whether it is this alert or all of its kind in that home.

import { element, hubNow, post, t } from "./page.js";

const MINUTE_MS = 60000, CRITICAL_MINUTES_MAX = 60;

/** Set up the dialog. `put(card, {body, button})` shelves one alert; `silenced(answer, card)` hears of a silence. */
export function shelving(dialog, { put, silenced }) {
  const form = dialog.querySelector("form");
  let card = null;

  function open(chosen) {
    card = chosen;
    form.reset();
    const critical = card.dataset.severity === "critical";
    element("shelf-what").textContent = `${card.dataset.what} ${card.dataset.who}`;
    element("shelf-critical").hidden = !critical;
    element("shelf-scope").hidden = critical; // nothing silences what is critical
    for (const choice of form.querySelectorAll('[name="minutes"]')) {
      const long = critical && Number(choice.value) > CRITICAL_MINUTES_MAX;
      choice.closest("label").hidden = long;
      choice.disabled = long;
      choice.checked = choice.value === (critical ? "30" : "60");
    }
    if (!dialog.open) dialog.showModal();
  }

  async function submit() {
    const reason = form.words.value.trim() || form.reason.value;
    form.words.setCustomValidity(reason ? "" : t("reason_missing"));
    if (!form.reportValidity()) return;
    const until = Math.round(hubNow() + Number(form.minutes.value) * MINUTE_MS);
    const button = form.querySelector('[type="submit"]');
    const about = card;
    if (form.scope.value === "kind") {
      button.disabled = true;
      const answer = await post("/api/v1/silences", { rule: about.dataset.rule, place: about.dataset.place, reason, until });
      button.disabled = false;
      dialog.close();
      silenced(answer, about);
    } else {
      dialog.close();
      await put(about, { body: { reason, until }, button });
    }
  }

  form.addEventListener("input", () => form.words.setCustomValidity(""));
  return { open, submit, close: () => dialog.close() };
}

// Asks for the one thing that has to be said first: why an alert is passed up or opened again, or to whom it is handed.

import { element, t } from "./page.js";

const PATHS = { raise_up: "raise", hand_over: "hand-over", reopen: "reopen" };

/** Set up the dialog. `done(about, path, body, button)` does it; `about` is the card or the line of a closed alert. */
export function asking(dialog, done) {
  const form = dialog.querySelector("form");
  const missing = form.querySelector(".missing");
  let about = null, kind = "";

  function open(card, act, title) {
    about = card;
    kind = act;
    form.reset();
    missing.hidden = true;
    element("ask-title").textContent = element("ask-do").textContent = title;
    element("ask-what").textContent = `${card.dataset.what} ${card.dataset.who}`;
    for (const part of form.querySelectorAll("[data-ask]")) {
      part.hidden = part.dataset.ask !== act;
      if (part.tagName === "FIELDSET") part.disabled = part.hidden;
    }
    for (const choice of form.querySelectorAll('[name="to"]')) {
      const holds = choice.value === card.dataset.holder;
      choice.closest("label").hidden = choice.disabled = holds;
    }
    dialog.showModal();
  }

  async function submit() {
    const said = form.words.value.trim();
    const chosen = (name) => form.querySelector(`[name="${name}"]:checked:enabled`)?.value ?? "";
    const to = chosen("to"), reason = said || chosen("reason");
    missing.textContent = t(kind === "hand_over" ? "whom_missing" : "why_missing");
    missing.hidden = Boolean(kind === "hand_over" ? to : reason);
    if (!missing.hidden) return;
    const body = kind === "hand_over" ? { to, note: said } : { reason };
    dialog.close();
    await done(about, PATHS[kind], body, element("ask-do"));
  }

  return { open, submit };
}

// Asks for the one thing that has to be said first: why an alert is passed up or opened again, to whom it goes, of what it is part.

import { element, t } from "./page.js";

const PATHS = { raise_up: "raise", hand_over: "hand-over", assign: "assign", merge: "merge", reopen: "reopen" };
const MISSING = { hand_over: "whom_missing", assign: "whom_missing", merge: "merge_missing" };

/** The cards of other open alerts of the same home. */
const besides = (card) =>
  [...document.querySelectorAll("article.card")].filter((one) => one !== card && one.dataset.place === card.dataset.place);

/** A card is merged only where there is another of its home. */
export function showMerges() {
  for (const button of document.querySelectorAll('[data-act="merge"]')) {
    button.hidden = besides(button.closest("article")).length === 0;
  }
}

function tileOf(card) {
  const label = document.createElement("label"), input = document.createElement("input"), said = document.createElement("span");
  Object.assign(input, { type: "radio", name: "into", value: card.dataset.id });
  said.textContent = `${card.querySelector(".number").textContent} ${card.dataset.what}`;
  label.append(input, said);
  return label;
}

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
      part.hidden = !part.dataset.ask.split(" ").includes(act);
      if (part.tagName === "FIELDSET") part.disabled = part.hidden;
    }
    if (act === "merge") element("ask-merge").replaceChildren(...besides(card).map(tileOf));
    for (const choice of form.querySelectorAll('[name="to"]')) {
      const holds = act === "hand_over" && choice.value === card.dataset.holder;
      choice.closest("label").hidden = choice.disabled = holds;
    }
    dialog.showModal();
  }

  async function submit() {
    const said = form.words.value.trim();
    const chosen = (name) => form.querySelector(`[name="${name}"]:checked:enabled`)?.value ?? "";
    const to = chosen("to"), into = chosen("into"), reason = said || chosen("reason");
    missing.textContent = t(MISSING[kind] ?? "why_missing");
    const body = { hand_over: { to, note: said }, assign: { to, note: said }, merge: { into } }[kind] ?? { reason };
    missing.hidden = Boolean(body.to || body.into || body.reason);
    if (!missing.hidden) return;
    dialog.close();
    await done(about, PATHS[kind], body, element("ask-do"));
  }

  return { open, submit };
}

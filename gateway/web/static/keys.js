// The desk by its keys: to a card, accept it, and what the keys are. Never while somebody writes or a dialog is open.

import { t } from "./page.js";

const SHOWN = [["1 – 9", "keys.number"], ["J / K", "keys.next"], ["Enter / A", "keys.accept"], ["?", "keys.help"]];

const cards = () => [...document.querySelectorAll("#open article")];
const current = () => document.activeElement?.closest?.("#open article");

function go(card) {
  if (!card) return;
  card.scrollIntoView({ block: "start" });
  card.focus({ preventScroll: true });
}

function step(by) {
  const all = cards(), at = all.indexOf(current());
  go(all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))]);
}

/** Accepts the card that has the focus; on a button within it Enter is the button's own. */
function accept(event) {
  const card = current();
  if (!card || (event.key === "Enter" && document.activeElement !== card)) return false;
  const button = card.querySelector('[data-act="accept"]');
  button?.click();
  return Boolean(button);
}

function help() {
  let dialog = document.getElementById("keys");
  if (!dialog) {
    dialog = document.createElement("dialog");
    dialog.id = "keys";
    dialog.setAttribute("aria-labelledby", "keys-title");
    const title = document.createElement("h2"), list = document.createElement("dl"), close = document.createElement("button");
    title.id = "keys-title";
    title.textContent = t("keys.title");
    list.className = "keys";
    for (const [key, word] of SHOWN) {
      const name = document.createElement("dt"), does = document.createElement("dd");
      name.textContent = key;
      does.textContent = t(word);
      list.append(name, does);
    }
    Object.assign(close, { type: "button", textContent: t("ok") });
    close.addEventListener("click", () => dialog.close());
    const within = document.createElement("div");
    within.className = "shelf";
    within.append(title, list, close);
    dialog.append(within);
    document.body.append(dialog);
  }
  dialog.showModal();
}

function press(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.repeat) return;
  if (document.querySelector("dialog[open]") || document.activeElement?.matches("input, textarea, select")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (/^[1-9]$/.test(key)) go(cards()[Number(key) - 1]);
  else if (key === "j") step(1);
  else if (key === "k") step(-1);
  else if (key === "?" || key === "？") help();
  else if (!((key === "a" || key === "Enter") && accept(event))) return;
  event.preventDefault();
}

/** Begin to listen. */
export function keys() {
  document.addEventListener("keydown", press);
}

// Keeps the cards as the server has them, replacing only what changed: half a note stays, and so does the focus.

import { showChosen } from "./closing.js";
import { element, page, span, hubNow, t } from "./page.js";

const stamps = new Map(page.board.open.map((piece) => [piece.id, piece.stamp]));
const pieceStamps = {}; // of the pieces at the side

/** Show this board. Returns the alerts that were not there before. */
export function show(board) {
  const list = element("open");
  const fresh = [];
  const wanted = new Set(board.open.map((piece) => piece.id));
  for (const id of [...stamps.keys()]) {
    if (!wanted.has(id)) {
      cardOf(id)?.remove();
      stamps.delete(id);
    }
  }
  let place = list.firstElementChild;
  for (const piece of board.open) {
    let card = cardOf(piece.id);
    if (!stamps.has(piece.id)) fresh.push(piece);
    if (stamps.get(piece.id) !== piece.stamp) {
      const renewed = parsed(piece.html);
      if (card) {
        if (card === place) place = renewed;
        renew(card, renewed);
      }
      card = renewed;
      stamps.set(piece.id, piece.stamp);
    }
    if (card === place) place = place.nextElementSibling;
    else list.insertBefore(card, place);
  }
  for (const side of ["closed", "homes"]) {
    if (board[side].stamp === pieceStamps[side]) continue;
    element(side).innerHTML = board[side].html;
    element(side).closest("section").hidden = !board[side].html; // nobody is signed in
    pieceStamps[side] = board[side].stamp;
  }
  count(board);
  tick();
  return fresh;
}

export const cardOf = (id) => document.getElementById(`a-${id}`);

/** The numbers around the cards: heading, title, icon, calm. */
export function count({ total, worst, more }) {
  element("count").textContent = total;
  element("count").dataset.worst = worst;
  element("calm").hidden = total > 0;
  element("more").hidden = more === 0;
  element("more").textContent = t("more_open", { n: more });
  document.title = total ? t("title_count", { n: total, title: t("app") }) : t("app");
  const icon = total ? `/icon.svg?n=${total}&severity=${worst}` : "/icon.svg";
  if (element("icon").getAttribute("href") !== icon) element("icon").setAttribute("href", icon);
}

/** Every age on the page as of now. */
export function tick() {
  const now = hubNow();
  for (const age of document.querySelectorAll("[data-since]")) {
    const said = t(age.dataset.say, { age: span(now - Number(age.dataset.since)) });
    if (age.textContent !== said) age.textContent = said;
  }
}

function parsed(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content.querySelector("article");
}

/** What somebody has begun in a card stays: what is written and chosen, what is unfolded, where the focus is. */
function renew(old, renewed) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  for (const form of renewed.querySelectorAll("form[data-act]")) {
    const before = old.querySelector(`form[data-act="${form.dataset.act}"]`);
    if (before) keepFields(before, form);
  }
  for (const details of renewed.querySelectorAll("details[data-keep]")) {
    details.open = Boolean(old.querySelector(`details[data-keep="${details.dataset.keep}"]`)?.open);
  }
  old.replaceWith(renewed);
  if (focused) (same(focused, renewed) ?? renewed).focus({ preventScroll: true });
}

function keepFields(before, form) {
  if (before.dataset.asked) form.dataset.asked = before.dataset.asked;
  for (const field of form.querySelectorAll("input, textarea")) {
    if (field.type === "checkbox") {
      field.checked = Boolean(before.querySelector(`[name="${field.name}"]`)?.checked);
    } else if (field.type !== "radio") {
      const was = before.querySelector(`[name="${field.name}"]`);
      if (was) field.value = was.value;
    } else if (before.querySelector(`[name="${field.name}"]:checked`)?.value === field.value) {
      field.checked = true;
    }
  }
  if (form.dataset.act === "close") showChosen(form);
}

function same(focused, renewed) {
  const { name, type, value } = focused;
  const form = focused.closest("form");
  const within = (form && renewed.querySelector(`form[data-act="${form.dataset.act}"]`)) ?? renewed;
  if (name) return within.querySelector(`[name="${name}"]${type === "radio" || type === "submit" ? `[value="${value}"]` : ""}`);
  if (focused.dataset.act) return renewed.querySelector(`[data-act="${focused.dataset.act}"]`);
  return focused.matches("summary") ? renewed.querySelector(`[data-keep="${focused.parentElement.dataset.keep}"] summary`) : null;
}

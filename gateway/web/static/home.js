// The page of a home: follow-ups, visits, consents and the family's links. What was done is read anew from the hub.

import { change } from "./doing.js";
import { element } from "./page.js";

const MINE = () => `/api/v1/places/${encodeURIComponent(element("mode").dataset.place)}`;

const within = (button, name) => button.closest(`[data-${name}]`).dataset[name];

/** The doings of this page: its buttons, by data-act. */
export const acts = {
  withdraw: (button) => change(button, `${MINE()}/consents/${encodeURIComponent(within(button, "consent"))}`, {}, { method: "DELETE" }),
  "end-link": (button) => change(button, `${MINE()}/family-links/${encodeURIComponent(within(button, "link"))}`, {}, { method: "DELETE" }),
  "make-link": (button) =>
    change(button, `${MINE()}/family-links`, { contact: Number(button.dataset.contact) }, { done: showLink }),
};

/** And its forms, by data-do. */
export const forms = {
  follow_up: (form) => {
    const note = form.note.value.trim();
    if (missing(form, !note, form.note)) return;
    change(form.querySelector("button"), `/api/v1/follow-ups/${encodeURIComponent(form.dataset.id)}/done`, { note });
  },
  visit: (form) => change(form.querySelector("button"), `${MINE()}/visits`, { note: form.note.value.trim() }),
  strike: (form) => {
    const reason = form.reason.value.trim();
    if (missing(form, !reason, form.reason)) return;
    change(form.querySelector("button"), `/api/v1/visits/${encodeURIComponent(within(form, "visit"))}/strike`, { reason });
  },
  consent: (form) => {
    const to = form.querySelector('[name="to"]:checked')?.value;
    if (missing(form, !to, form.querySelector('[name="to"]'))) return;
    const about = to === "guard" ? { scope: "guard" } : { scope: "family", contact: Number(to) };
    change(form.querySelector("button"), `${MINE()}/consents`, { ...about, note: form.note.value.trim() });
  },
};

for (const button of document.querySelectorAll("form[data-do] button")) button.disabled = false; // they waited for this

/** Its address is shown now and never again: the page stays as it is. */
function showLink({ path, url }) {
  element("link-address").textContent = url || new URL(path, location.origin).href;
  element("link-made").hidden = false;
  element("link-made").scrollIntoView({ block: "nearest" });
}

function missing(form, is, field) {
  form.querySelector(".missing").hidden = !is;
  if (is) field.focus();
  return is;
}

// The page of a home: put it into a mode, end one, end a silence. What was done is read anew from the hub.

import { home } from "./home.js";
import { clockTime, element, hubNow, post, t, wordsOf } from "./page.js";
import { pad } from "./signin.js";

const HOUR_MS = 3600000;

const dialog = element("signin");
const beginSignIn = pad(dialog, { cancelled: () => dialog.close(), done: () => location.reload() });

function signIn() {
  dialog.showModal();
  beginSignIn("");
}

function toast(text) {
  element("toast").textContent = text;
  element("toast").hidden = false;
}

/** Do it, and show the page as it is then; who is not signed in (any more) does that first. */
async function change(button, path, body, method) {
  button.disabled = true;
  const answer = await post(path, body, { method });
  button.disabled = false;
  if (answer.ok) location.reload();
  else if (answer.status === 401) signIn();
  else toast(wordsOf(answer));
}

const modePath = () => `/api/v1/places/${encodeURIComponent(element("mode").dataset.place)}/mode`;

const acts = {
  signin: signIn,
  signout: async () => {
    await post("/api/v1/signout");
    location.reload();
  },
  "end-mode": (button) => change(button, modePath(), {}, "DELETE"),
  "end-silence": (button) => {
    const id = button.closest("[data-silence]").dataset.silence;
    change(button, `/api/v1/silences/${encodeURIComponent(id)}`, {}, "DELETE");
  },
  ...home(change, { signIn, toast }),
};

document.addEventListener("click", ({ target }) => {
  element("toast").hidden = true;
  const button = target.closest("button[data-act]");
  if (button) acts[button.dataset.act](button);
});

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
  change(form.querySelector('[type="submit"]'), modePath(), body, "POST");
});

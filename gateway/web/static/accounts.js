// The pages of accounts: each thing that is done is read anew from the hub.

import { element, post, wordsOf } from "./page.js";

function toast(text) {
  element("toast").textContent = text;
  element("toast").hidden = false;
}

async function change(button, path, body, method, onward = () => location.reload()) {
  button.disabled = true;
  const answer = await post(path, body, { method });
  button.disabled = false;
  if (answer.ok) onward();
  else if (answer.status === 401 && answer.body?.reason !== "wrong") location.assign(`/signin?next=${encodeURIComponent(location.pathname)}`);
  else toast(wordsOf(answer));
}

const accountOf = (within) => within.closest("[data-grants]");
const grantsOf = (within) => JSON.parse(accountOf(within).dataset.grants);
const setGrants = (button, grants) => change(button, `${accountOf(button).dataset.path}/grants`, { grants }, "PUT");
const signIn = () => location.assign(`/signin?next=${encodeURIComponent(location.pathname)}`);

const acts = {
  signin: signIn,
  signout: (button) => change(button, "/api/v1/signout", {}, "POST", () => location.assign("/")),
  "end-session": (button) => change(button, button.dataset.path, {}, "DELETE"),
  "end-account": (button) => change(button, accountOf(button).dataset.path, {}, "DELETE"),
  "begin-again": (button) => change(button, `${accountOf(button).dataset.path}/begin-again`, {}, "POST"),
  "take-role": (button) => {
    const { role, at } = button.dataset;
    setGrants(button, grantsOf(button).filter((grant) => grant.role !== role || grant.at !== at));
  },
};

const given = (form, ...names) =>
  Object.fromEntries(names.map((name) => [name, form.elements[name]?.value.trim()]).filter(([, value]) => value));

const forms = {
  secrets: (form, button) => change(button, form.dataset.path, given(form, "now", "pin", "password"), "PUT"),
  "add-role": (form, button) => setGrants(button, [...grantsOf(form), { role: form.role.value, at: form.at.value }]),
  make: (form, button) => {
    const grants = [{ role: form.role.value, at: form.at.value }];
    change(button, form.dataset.path, { ...given(form, "name", "subject", "pin", "password"), grants }, "POST");
  },
};

document.addEventListener("click", ({ target }) => {
  const button = target.closest("button[data-act]");
  if (element("toast")) element("toast").hidden = true;
  if (button) acts[button.dataset.act](button);
});
document.addEventListener("submit", (event) => {
  const doing = forms[event.target.dataset.act];
  if (!doing) return;
  event.preventDefault();
  doing(event.target, event.submitter);
});

// What the pages beside the desk share: sign in, ask first, do it, say what was wrong.

import { element, post, t, wordsOf } from "./page.js";
import { pad } from "./signin.js";

const dialog = element("signin");
const beginSignIn = pad(dialog, { cancelled: () => dialog.close(), done: () => location.reload() });

export function signIn(words = "") {
  dialog.showModal();
  beginSignIn(words);
}

export function toast(text) {
  element("toast").textContent = text;
  element("toast").hidden = false;
}

/** Ask before what cannot be taken back; gives whether it is meant. */
export function sure(words) {
  const asked = element("sure");
  element("sure-what").textContent = words;
  asked.returnValue = "";
  asked.showModal();
  return new Promise((answer) => {
    asked.addEventListener("close", () => answer(asked.returnValue === "yes"), { once: true });
  });
}

/** Do it; then the page is shown as it is then, or `done` is told. Who is not signed in (any more) does that first. */
export async function change(button, path, body, { method = "POST", wrong = toast, done = () => location.reload() } = {}) {
  button.disabled = true;
  const answer = await post(path, body, { method });
  button.disabled = false;
  if (answer.ok) done(answer.body);
  else if (answer.status === 401) signIn(t("problem.person"));
  else wrong(wordsOf(answer));
}

/** Let buttons (by data-act) and forms (by data-do) do what they are for. */
export function begin(acts, forms = {}) {
  const all = {
    signin: () => signIn(),
    signout: async () => {
      await post("/api/v1/signout");
      location.reload();
    },
    ...acts,
  };
  document.addEventListener("click", ({ target }) => {
    element("toast").hidden = true;
    const button = target.closest("button[data-act]");
    if (button) all[button.dataset.act]?.(button);
  });
  document.addEventListener("submit", (event) => {
    const doing = forms[event.target.dataset.do];
    if (!doing) return;
    event.preventDefault();
    doing(event.target);
  });
}

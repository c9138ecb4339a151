// The name tiles and the PIN pad; used in the desk's dialog and on the page of its own.

import { element, post, t, wordsOf } from "./page.js";

const PIN_MIN = 4, PIN_MAX = 8;

/** Set up the pad inside `root`. `done(name)` after signing in, `cancelled()` when it was left. Returns `begin(then)`. */
export function pad(root, { done, cancelled }) {
  let name = "", pin = "", busy = false;
  const step = (wanted) => {
    for (const part of root.querySelectorAll("[data-step]")) part.hidden = part.dataset.step !== wanted;
  };
  const dots = () => {
    element("pin-dots").textContent = "●".repeat(pin.length) || "○○○○";
    element("pin-dots").setAttribute("aria-label", t("digits_entered", { n: pin.length }));
  };

  function choose(chosen) {
    name = chosen;
    pin = "";
    element("pin-of").textContent = t("pin_of", { name });
    element("pin-wrong").textContent = "";
    dots();
    step("pin");
    root.querySelector('[data-key="1"]').focus();
  }

  async function submit() {
    if (busy || pin.length < PIN_MIN) return;
    busy = true;
    element("pin-wrong").textContent = t("sending");
    const answer = await post("/api/v1/signin", { name, pin }, { again: 0 });
    busy = false;
    pin = "";
    dots();
    element("pin-wrong").textContent = answer.ok ? "" : wordsOf(answer);
    if (answer.ok) done(answer.body.name);
  }

  function press(key) {
    if (key === "cancel") cancelled();
    else if (key === "names") begin();
    else if (key === "ok") submit();
    else if (!busy) {
      pin = key === "delete" ? pin.slice(0, -1) : (pin + key).slice(0, PIN_MAX);
      element("pin-wrong").textContent = "";
      dots();
    }
  }

  root.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (button?.dataset.name !== undefined) choose(button.dataset.name);
    else if (button?.dataset.key) press(button.dataset.key);
  });
  root.addEventListener("keydown", (event) => {
    if (!name || root.querySelector('[data-step="pin"]').hidden) return;
    if (/^\d$/.test(event.key)) press(event.key);
    else if (event.key === "Backspace") press("delete");
    else if (event.key === "Enter") press("ok");
    else return;
    event.preventDefault();
  });

  function begin(then = element("signin-then").textContent) {
    name = pin = "";
    element("signin-then").textContent = then;
    element("signin-then").hidden = !then;
    step("name");
    root.querySelector("[data-name]")?.focus();
  }
  return begin;
}

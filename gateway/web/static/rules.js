// The pages of rules: try a change, save it, take one back. What holds is always read anew from the hub.

import { begin, change } from "./doing.js";
import { element, page, post, t, wordsOf } from "./page.js";

const POLL_MS = 1000;

const form = element("change");

const at = encodeURIComponent;
const changePath = () =>
  page.place ? `/api/v1/places/${at(page.place)}/rules/${at(page.rule)}` : `/api/v1/rules/${at(page.rule)}/change`;

/** What the form says: off, or every number that stands there. */
function wanted() {
  const off = form.querySelector('[name="off"]:checked')?.value === "1";
  const numbers = {};
  if (!off) {
    for (const field of form.querySelectorAll("[data-number]")) {
      const scale = field.dataset.scale;
      numbers[field.dataset.number] = scale ? Number((Number(field.value) * Number(scale)).toPrecision(12)) : field.value;
    }
  }
  return { off, numbers };
}

function line(list, key, n) {
  if (!n) return;
  const item = document.createElement("li");
  item.textContent = t(key, { n });
  list.append(item);
}

function told(box, key, hindsight) {
  const title = document.createElement("h3");
  title.textContent = t(key, { n: hindsight.raised });
  const list = document.createElement("ul");
  line(list, "rule_later_false", hindsight.false);
  line(list, "rule_later_true", hindsight.true);
  line(list, "rule_later_other", hindsight.test + hindsight.unconfirmed + hindsight.cleared);
  line(list, "rule_later_unknown", hindsight.unknown);
  line(list, "rule_held", hindsight.held);
  box.append(title, list);
}

function showAnswer(box, answer) {
  box.replaceChildren();
  const lost = answer.as_it_is.true - answer.changed.true;
  if (lost > 0) {
    const warning = document.createElement("p");
    warning.className = "warn";
    warning.textContent = t("rule_lost_true", { n: lost });
    box.append(warning);
  }
  told(box, "rule_would", answer.changed);
  told(box, "rule_does", answer.as_it_is);
}

function showProgress(box, now) {
  const said = document.createElement("p");
  said.textContent = t("rule_trying", { percent: Math.round(now.done * 100) });
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.value = now.done;
  bar.setAttribute("aria-label", said.textContent);
  box.replaceChildren(said, bar);
}

async function tryIt(button) {
  if (!form.querySelector("#numbers")?.disabled && ![...form.querySelectorAll("[data-number]")].every((f) => f.reportValidity())) return;
  const box = element("tried");
  button.disabled = true;
  box.hidden = false;
  showProgress(box, { done: 0 });
  const begun = await post(`/api/v1/rules/${at(page.rule)}/try`, { ...wanted(), place: page.place, days: page.days });
  let now = begun.body;
  if (begun.ok) {
    for (;;) {
      const answer = await fetch(`/api/v1/rules/tries/${at(begun.body.id)}`).catch(() => null);
      now = answer?.ok ? await answer.json() : { state: "failed", error: t("problem.network") };
      if (now.state !== "running") break;
      showProgress(box, now);
      await new Promise((resume) => setTimeout(resume, POLL_MS));
    }
  }
  button.disabled = false;
  if (now?.answer) showAnswer(box, now.answer);
  else if (!begun.ok) box.textContent = wordsOf(begun);
  else box.textContent = /no reading|none of the devices/.test(now.error) ? t("rule_try_none") : t("rule_try_failed", { error: now.error });
}

begin({
  try: tryIt,
  follow: (button) => {
    if (!form.reason.reportValidity()) return;
    change(button, changePath(), { follow_files: true, reason: form.reason.value, version: page.version });
  },
  keep: (button) => change(button, changePath(), { ...wanted(), reason: t("rule_keep_reason"), version: page.version }),
  take: (button) => change(button, changePath(), { follow_files: true, reason: t("rule_take_reason"), version: page.version }),
  undo: (button) => change(button, `/api/v1/rules/changes/${at(button.dataset.change)}/undo`, { reason: t("rule_undo_reason") }),
});

function showChosen() {
  const { off } = wanted();
  const numbers = element("numbers");
  if (numbers) numbers.disabled = numbers.hidden = off;
  const grave = element("grave");
  if (grave) grave.hidden = !off;
}

form?.addEventListener("change", () => {
  showChosen();
  element("tried").hidden = true;
});
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  change(form.querySelector('[type="submit"]'), changePath(), { ...wanted(), reason: form.reason.value, version: page.version });
});
if (form) showChosen();

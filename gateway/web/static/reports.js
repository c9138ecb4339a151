// The pages of reports: make one, sign it, have one made by itself, send a form in, enter a denominator.

import { begin, change, signIn, sure, toast } from "./doing.js";
import { element, page, t, wordsOf } from "./page.js";

const of = (form) => { // what was chosen: kind|facility|path
  const [kind, facility, ...at] = form.of.value.split("|");
  return { kind, facility, at: at.join("|") };
};

function missing(form, field) {
  form.querySelector(".missing").hidden = !field;
  field?.focus();
  return Boolean(field);
}

let pressed = null; // which of the two buttons of a form

begin({
  "make-report": async (button) => {
    const { kind, period, at, facility, language } = button.dataset;
    const was = button.textContent;
    button.textContent = t("report_making");
    await change(button, "/api/v1/filed-reports", { kind, period, at, facility, language }, {
      done: ({ id }) => location.assign(`/reports/filed/${encodeURIComponent(id)}`),
    });
    button.textContent = was;
  },
  "end-schedule": (button) => {
    const id = button.closest("[data-schedule]").dataset.schedule;
    change(button, `/api/v1/report-schedules/${encodeURIComponent(id)}`, {}, { method: "DELETE" });
  },
  "end-form": async (button) => {
    const id = button.closest("[data-form]").dataset.form;
    if (await sure(t("form_end_sure", { name: button.dataset.name }))) {
      change(button, `/api/v1/report-forms/${encodeURIComponent(id)}`, {}, { method: "DELETE" });
    }
  },
}, {
  sign: (form) => {
    const button = pressed ?? form.querySelector("button");
    const note = form.note.value.trim();
    if (missing(form, button.value === "send_back" && !note ? form.note : null)) return;
    change(button, `/api/v1/filed-reports/${encodeURIComponent(element("filed").dataset.report)}/sign`, { act: button.value, note });
  },
  schedule: (form) => {
    const formats = [...form.querySelectorAll('[name="formats"]:checked')].map((one) => one.value);
    const { kind, facility, at } = of(form);
    const body = { kind, facility, at, every: form.every.value, day: Number(form.day.value), hour: Number(form.hour.value) };
    const told = { formats, channel: form.channel.value, person: form.person.value.trim(), language: page.language };
    change(form.querySelector("button"), "/api/v1/report-schedules", { ...body, ...told });
  },
  denominator: (form) => {
    const value = form.value.value.trim(), source = form.source.value.trim();
    const wrong = !/^[1-9][0-9]*$/.test(value) ? form.value : !source ? form.source : !form.as_of.value ? form.as_of : null;
    if (missing(form, wrong)) return;
    const body = { indicator: form.indicator.value, at: of(form).at, value: Number(value), source, as_of: form.as_of.value };
    change(form.querySelector("button"), "/api/v1/denominators", body);
  },
  form: send,
});

for (const button of document.querySelectorAll("form[data-do] button")) {
  button.disabled = false; // they waited for this
  button.addEventListener("click", () => { pressed = button; });
}

/** A file goes as it is, its name and what it is for in the address. */
async function send(form) {
  const file = form.file.files[0], name = form.name.value.trim() || file?.name.replace(/\.xlsx$/i, "") || "";
  if (missing(form, file ? null : form.file)) return;
  const button = form.querySelector("button");
  button.disabled = true;
  const query = new URLSearchParams({ name: name.slice(0, 64), daily: form.daily.checked, ...of(form) });
  const headers = { "Content-Type": "application/octet-stream" };
  let answer = { ok: false, status: 0, body: null };
  try {
    const got = await fetch(`/api/v1/report-forms?${query}`, { method: "POST", headers, body: file });
    answer = { ok: got.ok, status: got.status, body: await got.json() };
  } catch { /* said below */ }
  button.disabled = false;
  if (answer.ok) location.assign(`/reports/forms/${encodeURIComponent(answer.body.id)}`);
  else if (answer.status === 401) signIn(t("problem.person"));
  else toast(wordsOf(answer));
}

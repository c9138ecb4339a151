// The pages of facilities: put the number right, set capacity and hours, enter who uses a room. Then the page is read anew.

import { begin, change, toast } from "./doing.js";
import { element, t } from "./page.js";

const path = () => `/api/v1/facilities/${encodeURIComponent(element("facility").dataset.place)}`;

/** From when to when on such days: null for closed, undefined for half of it. */
function opening(form, days) {
  const from_time = form[`${days}-from`].value, to_time = form[`${days}-to`].value;
  if (!from_time && !to_time) return null;
  if (!from_time || !to_time) return undefined;
  return { from_time, to_time: to_time === "23:59" ? "24:00" : to_time };
}

const number = (field) => (field.value.trim() ? Number(field.value) : null);

const forms = {
  count: (form, button) => {
    const people = number(form.people);
    if (Number.isInteger(people)) change(button, `${path()}/count`, { people });
    else toast(t("facility.bad_number"));
  },
  setting: (form, button) => {
    const workdays = opening(form, "workdays"), weekends = opening(form, "weekends_and_holidays");
    if (workdays === undefined || weekends === undefined) return toast(t("facility.half_hours"));
    const body = { capacity: number(form.capacity) };
    const touched = [...form.querySelectorAll('[type="time"]')].some((field) => field.value !== field.defaultValue);
    if (touched) body.hours = workdays || weekends ? { workdays, weekends_and_holidays: weekends } : null;
    return change(button, `${path()}/setting`, body);
  },
  operator: (form, button) => {
    const body = { name: form.elements.name.value, room: form.room.value };
    body.area_m2 = number(form.area_m2);
    body.hours_per_month = number(form.hours_per_month);
    change(button, `${path()}/operators`, body);
  },
  room: (form, button) => {
    const body = { room: form.room.value, area_m2: number(form.area_m2), purpose: form.purpose.value || null };
    change(button, `${path()}/rooms`, body);
  },
};

begin({
  public: (button) => change(button, `${path()}/setting`, { public: button.dataset.public === "on" }),
  "end-operator": (button) =>
    change(button, `${path()}/operators/${encodeURIComponent(button.dataset.operator)}`, {}, { method: "DELETE" }),
});

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-act]");
  if (!form) return;
  event.preventDefault();
  forms[form.dataset.act](form, form.querySelector('[type="submit"]'));
});

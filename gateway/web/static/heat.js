// The heat map: type seats and a place, or bring a file of outlines. Then the page is read anew.

import { begin, change, signIn, toast } from "./doing.js";
import { element, t, wordsOf } from "./page.js";

const number = (field) => (field && field.value.trim() ? Number(field.value) : null);

function community(form) {
  const seats = number(form.seats), longitude = number(form.longitude), latitude = number(form.latitude);
  if ([seats, longitude, latitude].some(Number.isNaN)) return toast(t("heat_bad_number"));
  const body = { path: form.dataset.path, seats };
  if (longitude !== null || latitude !== null) Object.assign(body, { longitude, latitude });
  return change(form.querySelector("button"), "/api/v1/heat/communities", body);
}

async function shapes(form) {
  const button = form.querySelector("button"), said = element("shapes-said");
  button.disabled = true;
  const body = await form.file.files[0].text();
  const response = await fetch("/api/v1/heat/geometry", {
    method: "POST", body, headers: { "Content-Type": "application/geo+json" },
  });
  const answer = await response.json();
  button.disabled = false;
  if (response.status === 401) return signIn(t("problem.person"));
  if (!response.ok) said.textContent = answer.errors?.join("\n") ?? wordsOf({ body: answer });
  else if (answer.unknown.length) said.textContent = t("heat_unknown", { paths: answer.unknown.join(", ") });
  else location.reload();
  return undefined;
}

begin({}, { community, shapes });

// Installing: register, move, take out, claim, reject, drop. What was done is read anew from the hub.

import { begin, change, sure, toast } from "./doing.js";
import { t } from "./page.js";

const place = () => document.querySelector("[data-place]").dataset.place;
const at = (...parts) => `/api/v1/install/${parts.map(encodeURIComponent).join("/")}`;
const job = (within) => within.closest("[data-job]").dataset.job;
const words = (select) => select.selectedOptions[0].textContent.trim();

/** Send a form; what is wrong is said in it, and stays there. */
async function send(form, path, body, then) {
  const button = form.querySelector('[type="submit"]');
  await change(button, path, body, {
    wrong: (said) => {
      const place = form.querySelector(".wrong");
      if (place) place.textContent = said;
      else toast(said);
    },
    done: then ?? (() => location.reload()),
  });
}

/** Whom to call, as the form says; null where one of them has half of what is needed, and then it is said. */
function contactsOf(form) {
  const phones = [...form.querySelectorAll('[name="contact_phone"]')];
  const contacts = [...form.querySelectorAll('[name="contact_name"]')]
    .map((name, n) => ({ name: name.value.trim(), phone: phones[n].value.trim() }))
    .filter((call) => call.name || call.phone);
  const half = contacts.some((call) => !call.name || !call.phone);
  form.querySelector(".wrong").textContent = half ? t("problem.entry_contact1_name") : "";
  return half ? null : contacts;
}

const forms = {
  home: (form) => {
    const [path, site] = form.spot.value.split("|");
    const contacts = contactsOf(form);
    if (!contacts) return;
    const body = { name: form.name.value, path, site, address: form.address.value, access_note: form.access_note.value, contacts };
    send(form, at("homes"), body, (home) => location.assign(`/install/${encodeURIComponent(home.id)}`));
  },
  mend: (form) => {
    const contacts = contactsOf(form);
    if (!contacts) return;
    const given = ["address", "name", "access_note"].map((name) => [name, form.elements[name].value.trim()]);
    const body = Object.fromEntries(given.filter(([, value]) => value));
    if (contacts.length) body.contacts = contacts;
    send(form, at("homes", place()), body);
  },
  device: (form) => {
    const body = { id: form.elements.id.value.trim(), kind: form.kind.value, room: form.room.value };
    send(form, at("places", place(), "devices"), body);
  },
  move: async (form) => {
    const id = form.closest("[data-device]").dataset.device;
    const to = `${words(form.place)} ${form.room.value}`;
    if (!(await sure(t("device_move_sure", { id, to })))) return;
    send(form, at("devices", id, "move"), { place: form.place.value, room: form.room.value });
  },
  claim: (form) => {
    const { site, sender: device } = form.closest("[data-sender]").dataset;
    const body = { site, device, kind: form.kind.value, room: form.room.value };
    send(form, at("places", form.place.value, "claim"), body, (claimed) => {
      const said = claimed.again ? t("claimed", { id: device, n: claimed.again.replayed }) : t("claimed_later", { id: device });
      form.closest("[data-sender]").remove();
      toast(said);
    });
  },
  reject: (form) => {
    const { site, sender: device } = form.closest("[data-sender]").dataset;
    send(form, at("unclaimed", "reject"), { site, device, reason: form.reason.value });
  },
  fitting: (form) => {
    const body = Object.fromEntries(["item", "room", "day", "installer", "note"].map((name) => [name, form.elements[name].value]));
    send(form, at("places", place(), "ledger"), body);
  },
  "sign-off": (form) => {
    const open = [...form.querySelectorAll('[name^="open:"]')].map((field) => [field.name.slice(5), field.value]);
    const body = { accepted_by: form.accepted_by.value, note: form.note.value, open_points: Object.fromEntries(open) };
    send(form, at("places", place(), "sign-off"), body);
  },
  substitute: (form) => send(form, at("jobs", job(form), "substitute"), { what: form.what.value }),
  fix: (form) => send(form, at("jobs", job(form), "fix"), { what: form.what.value }),
};

const acts = {
  "take-out": async (button) => {
    const id = button.closest("[data-device]").dataset.device;
    if (await sure(t("device_out_sure", { id }))) change(button, at("devices", id), {}, { method: "DELETE" });
  },
  "home-out": async (button) => {
    if (!(await sure(t("home_out_sure")))) return;
    change(button, at("homes", place()), {}, { method: "DELETE", done: () => location.assign("/install") });
  },
  "take-back": (button) => {
    const { site, sender: device } = button.closest("[data-sender]").dataset;
    change(button, at("unclaimed", "take-back"), { site, device });
  },
  drop: async (button) => {
    const { topic, reason, count } = button.closest("[data-topic]").dataset;
    if (await sure(t("unread_drop_sure", { n: count }))) change(button, at("unread", "drop"), { topic, reason });
  },
  strike: (button) => {
    const { item } = button.closest("[data-item]").dataset;
    change(button, at("places", place(), "ledger", item), {}, { method: "DELETE" });
  },
  "take-job": (button) => change(button, at("jobs", job(button), "take"), {}),
  print: () => window.print(),
  scan: (button) => button.parentElement.querySelector('input[type="file"]').click(),
};

// The label's code is read from a photograph that the phone's own camera takes: no permission, no picture leaves the phone.
const scanning = document.querySelector("[data-scan]");
if (scanning && "BarcodeDetector" in window) scanning.hidden = false;
scanning?.querySelector('input[type="file"]').addEventListener("change", async ({ target }) => {
  const [file] = target.files;
  target.value = "";
  if (!file) return;
  const found = await read(file);
  const field = scanning.closest("form").elements.id;
  if (found) field.value = found;
  else toast(t("device_scan_none"));
  field.focus();
});

/** The id on a label: the code's text, or the end of an address in it. */
async function read(file) {
  try {
    const [code] = await new BarcodeDetector().detect(await createImageBitmap(file));
    return /([A-Za-z0-9_-]{1,64})\/?$/.exec(code?.rawValue.trim() ?? "")?.[1] ?? "";
  } catch (error) {
    console.warn(error); // no picture, or none that this phone can read
    return "";
  }
}

begin(acts, forms);


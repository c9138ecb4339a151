// The area page: signing in and out; everything else is read.

import { element, post } from "./page.js";
import { pad } from "./signin.js";

const dialog = element("signin");
const beginSignIn = pad(dialog, { cancelled: () => dialog.close(), done: () => location.reload() });

document.addEventListener("click", async ({ target }) => {
  const act = target.closest("button[data-act]")?.dataset.act;
  if (act === "signin") {
    dialog.showModal();
    beginSignIn("");
  } else if (act === "signout") {
    await post("/api/v1/signout");
    location.reload();
  }
});

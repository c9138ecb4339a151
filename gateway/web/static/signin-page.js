import { element, ours, post, t, wordsOf } from "./page.js";
import { pad } from "./signin.js";

const form = document.querySelector('form[data-act="password"]');
const next = ours(form.dataset.next);

const tiles = element("signin");
if (tiles) {
  const { accept, what } = tiles.dataset;
  const home = () => location.assign(accept ? `/#a-${accept}` : next);
  const begin = pad(tiles, {
    cancelled: home,
    done: async () => {
      if (accept) await post(`/api/v1/alerts/${encodeURIComponent(accept)}/accept`);
      home();
    },
  });
  begin(what ? t("then_accept", { what }) : "");
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = { name: form.elements.name.value.trim(), password: form.password.value };
  const answer = await post("/api/v1/signin/password", body, { again: 0 });
  if (answer.ok) location.assign(next);
  else element("password-wrong").textContent = wordsOf(answer);
});

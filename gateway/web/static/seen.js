// Notes that whoever is signed in has seen an alert that waits: once for each card, person and page, and only what is in sight.

import { cardOf } from "./board.js";
import { post } from "./page.js";

const noted = new Set(); // person and alert
const inSight = new Set(); // alerts whose name is on the screen
let last = Promise.resolve();
let person = null;

const watch = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    const id = target.closest("article")?.dataset.id;
    if (isIntersecting) inSight.add(id);
    else inSight.delete(id);
  }
  note();
}, { threshold: 0.9 });

/** The cards as they stand now, and who is signed in. */
export function look(board) {
  person = board.person;
  watch.disconnect();
  inSight.clear();
  for (const piece of board.open) {
    const card = piece.state === "raised" && cardOf(piece.id);
    if (card) watch.observe(card.querySelector("h2")); // tells at once whether it is in sight
  }
}

function note() {
  if (!person || document.hidden) return;
  for (const id of inSight) {
    const key = `${person} ${id}`;
    if (noted.has(key)) continue;
    noted.add(key);
    last = last.then(async () => { // one after the other: in a storm there are many
      const answer = await post(`/api/v1/alerts/${encodeURIComponent(id)}/see`, {}, { again: 0 });
      if (answer.status === 0 || answer.status >= 500) noted.delete(key); // with the next look
    });
  }
}

import { element, ours, post, wordsOf } from "./page.js";

const onward = () => location.replace(ours(new URLSearchParams(location.search).get("next") ?? "/"));

// Coming from a link in another app the browser holds its cookie back: it may be known here already.
const known = await fetch("/api/v1/session").catch(() => null);
if (known?.ok) onward();

element("enter").addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await post("/api/v1/enter", { token: event.target.token.value.trim() }, { again: 0 });
  if (answer.ok) onward();
  else element("wrong").textContent = wordsOf(answer);
});

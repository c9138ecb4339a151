import { element, post, wordsOf } from "./page.js";

const asked = new URLSearchParams(location.search).get("next") ?? "/";
const next = new URL(asked, location.origin);
const onward = () => location.replace(next.origin === location.origin ? next.pathname : "/");

// Coming from a link in another app the browser holds its cookie back: it may be known here already.
const known = await fetch("/api/v1/session").catch(() => null);
if (known?.ok) onward();

element("enter").addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await post("/api/v1/enter", { token: event.target.token.value.trim() }, { again: 0 });
  if (answer.ok) onward();
  else element("wrong").textContent = wordsOf(answer);
});

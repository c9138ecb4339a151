// What the server tells this page: its words, its language, the hub's time.

export const page = JSON.parse(document.getElementById("page").textContent);

export const element = (id) => document.getElementById(id);

// Every script of the page is at work once this runs: until then a tap would be lost, so none is taken (system.css).
setTimeout(() => document.body.classList.remove("waits"));

/** The address of a page to be sent on to: one of ours, or the first. Whole, for a path alone may read as another host's. */
export function ours(asked) {
  try {
    const url = new URL(asked, location.origin);
    return url.origin === location.origin && url.protocol === location.protocol ? url.href : "/";
  } catch {
    return "/";
  }
}

/** A text in the page's language, its placeholders filled. */
export function t(key, values = {}) {
  return page.words[key].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** A span of time in two units at most, as the server says it. */
export function span(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const m = Math.floor(s / 60), h = Math.floor(s / 3600), d = Math.floor(s / 86400);
  if (d) return t("days", { d, h: h % 24 });
  if (h) return t("hours", { h, m: m % 60 });
  if (m) return t("minutes", { m, s: s % 60 });
  return t("seconds", { s });
}

let anchor = { hub: page.hub_now_ms, at: performance.now(), speed: page.speed };

/** Take over the hub's time: it is the hub's clock that is shown, not this computer's. */
export function setClock(beat) {
  anchor = { hub: beat.hub_now_ms, at: performance.now(), speed: beat.driven ? 0 : beat.speed };
}

export const hubNow = () => anchor.hub + (performance.now() - anchor.at) * anchor.speed;

const clockOf = (parts) =>
  new Intl.DateTimeFormat("en-GB", { timeZone: page.zone, hour: "2-digit", minute: "2-digit", ...parts });
const minutes = clockOf({}), seconds = clockOf({ second: "2-digit" });

const dates = new Intl.DateTimeFormat("en-GB", { timeZone: page.zone, month: "2-digit", day: "2-digit" });
const date = (ms) => {
  const parts = Object.fromEntries(dates.formatToParts(ms).map(({ type, value }) => [type, value]));
  return `${parts.month}-${parts.day}`;
};

/** Hour and minute in the hub's zone; given `now`, with the date in front where it is not today's, as the server says it. */
export function clockTime(ms, now = ms) {
  const day = date(ms);
  return day === date(now) ? minutes.format(ms) : `${day} ${minutes.format(ms)}`;
}
export const clockSeconds = (ms) => seconds.format(ms);

/** POST (or DELETE) JSON; answers {ok, status, body}. What does not come through is sent once more under its own key. */
export async function post(path, body, { again = 1, method = "POST" } = {}) {
  const key = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  for (let left = again; ; left--) {
    try {
      const answer = await fetch(path, {
        method,
        headers: { "Content-Type": "application/json", "Idempotency-Key": key },
        body: JSON.stringify(body ?? {}),
        signal: AbortSignal.timeout?.(15000),
      });
      const text = await answer.text();
      return { ok: answer.ok, status: answer.status, body: text ? JSON.parse(text) : null };
    } catch {
      if (left <= 0) return { ok: false, status: 0, body: null };
      await new Promise((resume) => setTimeout(resume, 700));
    }
  }
}

/** What to tell a person about a refusal. */
export function wordsOf(answer) {
  return answer.body?.words?.[page.language] ?? t("problem.network");
}

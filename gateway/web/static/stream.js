// The live stream. One connection per browser: the tab that holds the lock reads it and passes it on to the others.
// A tab that hears nothing from the leader opens a stream of its own, and so does a browser without locks.

import { page } from "./page.js";

const QUIET_MS = 12000; // the hub beats every 5 s
const BROKEN_MS = 3000; // how long a broken connection may take to come back before it is called lost
const NAMES = ["hello", "beat", "alert", "place", "count", "reload"];

/** Follow the hub. `handlers` has hello, beat, alert, place, count, reload (each given its data), lost and found. Returns
 *  `check`, to be called every second, and `reopen`, for when somebody has signed in or out. */
export function follow(handlers) {
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("carehub") : null;
  let serial = page.serial;
  let source = null;
  let leading = false;
  let heardAt = performance.now();
  let brokenAt = null;
  let lastBeat = null;
  let lost = false;

  function take(name, data, id) {
    if (name === "broken") {
      brokenAt ??= performance.now();
      return;
    }
    heardAt = performance.now();
    brokenAt = null;
    if (id > serial) serial = id;
    if (name === "beat" || name === "hello") lastBeat = data;
    if (lost) {
      lost = false;
      handlers.found();
    }
    handlers[name]?.(data);
  }

  function pass(name, data, id) {
    take(name, data, id);
    if (leading) channel?.postMessage({ name, data, id });
  }

  function open() {
    source?.close();
    source = new EventSource(`/api/v1/stream?after=${serial}`);
    const own = source;
    for (const name of NAMES) {
      own.addEventListener(name, (event) => {
        if (own === source) pass(name, JSON.parse(event.data), Number(event.lastEventId) || 0);
      });
    }
    own.addEventListener("error", () => {
      if (own === source) pass("broken");
    });
  }

  channel?.addEventListener("message", ({ data: said }) => {
    if (said.reopen) {
      if (leading) open();
    } else if (said.ask) {
      if (leading && lastBeat && !lost) channel.postMessage({ name: "hello", data: lastBeat, id: serial });
    } else if (!source) {
      take(said.name, said.data, said.id);
    }
  });

  if (channel && navigator.locks) {
    navigator.locks.request("carehub-stream", () => {
      leading = true;
      open();
      return new Promise(() => {}); // kept until the tab closes
    });
    channel.postMessage({ ask: true });
  } else {
    open();
  }

  /** Ask the hub anew as whom this browser is: what it sends depends on that. */
  function reopen() {
    if (source) open();
    else channel?.postMessage({ reopen: true });
  }

  /** Call every second: notices silence, and a stream the browser has given up. */
  function check() {
    const now = performance.now();
    const quiet = now - heardAt;
    if (!lost && (quiet > QUIET_MS || (brokenAt !== null && now - brokenAt > BROKEN_MS))) {
      lost = true;
      handlers.lost();
    }
    if (source === null ? quiet > QUIET_MS : source.readyState === EventSource.CLOSED || quiet > 3 * QUIET_MS) {
      heardAt = now;
      open();
    }
  }

  return { check, reopen };
}

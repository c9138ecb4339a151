// What is heard. Every tone is drawn into a buffer and looped by the audio engine, so that it does not hang on timers.

const RATE = 22050;

/** Each note: [start s, length s, Hz, loudness]; the buffer is `length` long and may be looped. */
const TONES = {
  life: { length: 2.2, notes: [[0, 0.28, 880, 0.8], [0.3, 0.28, 660, 0.8], [0.6, 0.28, 880, 0.8], [0.9, 0.28, 660, 0.8]] },
  chime: { length: 1.6, notes: [[0, 0.9, 659, 0.35], [0.22, 1.3, 988, 0.28]] },
  lost: { length: 8, notes: [[0, 0.35, 330, 0.6], [0.5, 0.35, 262, 0.6]] },
  test: { length: 1.2, notes: [[0, 0.25, 880, 0.7], [0.3, 0.25, 660, 0.7], [0.6, 0.4, 880, 0.7]] },
};

let context = null;
let proven = false;
let wanted = null;
let playing = null;
let elsewhere = false;
let mine = !navigator.locks; // without locks every tab rings for itself
let letGo = null;
let changed = () => {};

/** Whether this browser can be heard: here, or in another of its tabs. */
export const heard = () => (proven ? "here" : elsewhere ? "elsewhere" : "no");

/** Tell when `heard` changes. */
export function onHeard(listener) {
  changed = listener;
}

/** Called from a tap: play a test tone, and believe only an engine whose clock runs. */
export async function prove() {
  context ??= begin();
  await context.resume();
  play("test");
  const before = context.currentTime;
  await new Promise((resume) => setTimeout(resume, 300));
  settle(context.state === "running" && context.currentTime > before);
  return proven;
}

/** Ring `life` or `lost` until told otherwise; null is silence. */
export function ring(tone) {
  wanted = tone;
  apply();
}

/** One soft chime. */
export function chime() {
  if (proven && mine && !wanted) play("chime");
}

/** Call every second: has another tab taken over, has the engine stopped? */
export async function check() {
  if (context && proven && context.state !== "running") settle(false);
  if (navigator.locks && !proven) {
    const held = (await navigator.locks.query()).held.some((lock) => lock.name === "carehub-sound");
    if (held !== elsewhere) {
      elsewhere = held;
      changed();
    }
  }
}

function begin() {
  const made = new AudioContext();
  made.addEventListener("statechange", () => {
    if (made.state !== "running") settle(false);
  });
  return made;
}

function settle(now) {
  if (proven !== now) {
    proven = now;
    if (now && navigator.locks) {
      navigator.locks.request("carehub-sound", () => {
        if (!proven) return undefined; // it was lost while waiting for the other tab
        mine = true;
        apply();
        return new Promise((release) => { letGo = release; });
      });
    } else if (!now && letGo) {
      mine = false;
      letGo();
      letGo = null;
    }
    changed();
  }
  apply();
}

function apply() {
  const tone = proven && mine ? wanted : null;
  if (playing?.tone === tone || (!playing && !tone)) return;
  playing?.source.stop();
  playing = tone ? { tone, source: play(tone, true) } : null;
  document.body.dataset.sounding = tone ?? "";
}

function play(name, loop = false) {
  const source = context.createBufferSource();
  source.buffer = drawn(TONES[name]);
  source.loop = loop;
  source.connect(context.destination);
  source.start();
  return source;
}

function drawn(tone) {
  tone.buffer ??= draw(tone);
  return tone.buffer;
}

function draw({ length, notes }) {
  const buffer = context.createBuffer(1, Math.ceil(length * RATE), RATE);
  const samples = buffer.getChannelData(0);
  for (const [start, lasts, hertz, loudness] of notes) {
    const first = Math.floor(start * RATE), count = Math.floor(lasts * RATE);
    for (let i = 0; i < count; i++) {
      const fade = Math.min(1, i / (0.01 * RATE)) * Math.min(1, (count - i) / (0.25 * count)); // no clicks
      const wave = Math.sin((2 * Math.PI * hertz * i) / RATE) + 0.3 * Math.sin((6 * Math.PI * hertz * i) / RATE);
      samples[first + i] += (loudness * fade * wave) / 1.3;
    }
  }
  return buffer;
}

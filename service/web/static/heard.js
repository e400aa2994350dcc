// Tells the service which seconds of a call were really played: what a review of a line counts as heard by.
// Only time that passes while the sound plays and can be heard counts; a jump begins a new stretch.
const EVERY_MS = 5000;
const LONGEST_STEP_S = 1.5; // between two tellings of a player, at normal speed: more is a jump
const waiting = new Set();

export function track(audio, { callId, csrf, offset_s: offset = 0 }) {
  const played = [];
  let last = null;
  let told = Promise.resolve();

  function on() {
    const now = audio.currentTime;
    const passed = last === null ? 0 : now - last;
    const audible = !audio.muted && audio.volume > 0;
    if (audible && passed > 0 && passed <= LONGEST_STEP_S * Math.max(1, audio.playbackRate)) add(last + offset, now + offset);
    last = now;
  }

  function add(start, end) {
    const open = played.at(-1);
    if (open && Math.abs(open[1] - start) < 0.05) open[1] = end;
    else played.push([start, end]);
  }

  function tell() {
    if (!played.length) return told;
    const body = JSON.stringify({ played: played.splice(0, 100).map(([a, b]) => [Number(a.toFixed(2)), Number(b.toFixed(2))]) });
    const headers = { "content-type": "application/json", "x-csrf-token": csrf };
    told = fetch(`/calls/${callId}/heard`, { method: "POST", body, headers, keepalive: true }).catch(() => {});
    return told;
  }

  audio.addEventListener("timeupdate", () => { if (!audio.paused && !audio.seeking) on(); });
  audio.addEventListener("playing", () => { last = audio.currentTime; });
  audio.addEventListener("seeking", () => { last = null; });
  for (const kind of ["pause", "ended"]) audio.addEventListener(kind, () => { if (!audio.seeking) on(); last = null; tell(); });
  addEventListener("pagehide", tell);
  setInterval(tell, EVERY_MS);
  waiting.add(tell);
}

// Everything played so far is known to the service once this is settled.
export function allTold() {
  return Promise.all([...waiting].map((tell) => tell()));
}

// The player: one audio element, one clock. Every link with data-t goes through seek(); the hash keeps the second.
const data = JSON.parse(document.getElementById("player-data").textContent);
const byId = (id) => document.getElementById(id);
const audio = byId("audio");
const STEP_S = 5;
const QUIET_S = 0.3; // of a silence, what is still heard on each side when it is skipped
const rows = [...document.querySelectorAll("svg.row")];
const turns = [...document.querySelectorAll(".turn")].map((node) => ({
  node, start: Number(node.dataset.start), end: Number(node.dataset.end),
}));
const turnList = document.querySelector(".turns");
let clip = null;
let wanted = 0;
let stretch = null; // the seconds a link asked for; any other way of moving forgets them
let looping = false;
let skipping = false;
let currentTurn = null;

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const clock = (time) => {
  const whole = Math.max(0, Math.floor(time));
  const pad = (n) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
};

function blobUrl(entry) {
  if (!entry.url) {
    const text = atob(byId(entry.id).textContent.trim());
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
    entry.url = URL.createObjectURL(new Blob([bytes], { type: entry.mime }));
  }
  return entry.url;
}

const clipAt = (time) => data.clips.find((c) => time >= c.start_s - 0.05 && time < c.end_s + 0.05);
const clipWithin = (start, end) => data.clips.find((c) => c.start_s > start && c.start_s < end);
const now = () => (clip && audio.readyState > 0 && !pending ? clip.start_s + audio.currentTime : wanted);
let pending = false;

function load(entry, then) {
  if (clip === entry && audio.readyState > 0) return then();
  pending = true;
  const changed = clip !== entry;
  clip = entry;
  audio.addEventListener("loadedmetadata", () => { pending = false; audio.playbackRate = Number(byId("speed").value); then(); }, { once: true });
  if (changed) audio.src = blobUrl(entry);
}

function say(key) { const status = byId("status"); if (status) status.textContent = key ? data.texts[key] : ""; }

function seek(time, { play = false, end = null } = {}) {
  wanted = clamp(time, 0, data.duration_s);
  if (audio && !clipAt(wanted) && end !== null) wanted = clipWithin(wanted, end)?.start_s ?? wanted;
  stretch = end === null ? null : { start_s: wanted, end_s: end };
  history.replaceState(null, "", `#t=${wanted.toFixed(1)}`);
  show(wanted);
  if (!audio) return;
  const entry = clipAt(wanted);
  if (!entry) { audio.pause(); say("outside_clips"); return; }
  say("");
  load(entry, () => {
    audio.currentTime = clamp(wanted - entry.start_s, 0, entry.end_s - entry.start_s);
    if (play) audio.play().catch(() => {});
  });
}

function show(time) {
  for (const row of rows) {
    const [start, end] = [Number(row.dataset.start), Number(row.dataset.end)];
    const head = row.querySelector(".playhead");
    const inside = time >= start && (time < end || row === rows[rows.length - 1]);
    head.setAttribute("visibility", inside ? "visible" : "hidden");
    const x = `${clamp((100 * (time - start)) / (end - start), 0, 100)}%`;
    head.setAttribute("x1", x);
    head.setAttribute("x2", x);
  }
  if (audio) {
    byId("position").value = time;
    byId("position").setAttribute("aria-valuetext", clock(time));
    byId("now").textContent = clock(time);
  }
  follow(time);
}

function atEnd() {
  if (!stretch || pending || audio.paused || now() < stretch.end_s) return;
  if (looping) { seek(stretch.start_s, { play: true, end: stretch.end_s }); return; }
  stretch = null;
  audio.pause();
}

function skipSilence() {
  if (!skipping || pending || audio.paused) return;
  const time = now();
  const silence = data.silences.find((s) => time > s.start_s + QUIET_S && time < s.end_s - 2 * QUIET_S);
  if (!silence || clipAt(silence.end_s) !== clip) return;
  const kept = stretch;
  seek(silence.end_s - QUIET_S, { play: true });
  stretch = kept;
}

function press(id, on) { byId(id).setAttribute("aria-pressed", String(on)); }

function toggleLoop() {
  looping = !looping;
  press("loop", looping);
  if (looping && !stretch) stretch = data.moments.find((m) => now() >= m.start_s && now() < m.end_s) ?? null;
  say(looping && !stretch ? "loop_none" : "");
}

function toggleSkip() { skipping = !skipping; press("skip", skipping); }

function step(seconds) { seek(now() + seconds, { play: audio && !audio.paused }); }

function follow(time) {
  const turn = turns.findLast((t) => t.start <= time + 0.05 && time < t.end) ?? null;
  if (turn === currentTurn) return;
  if (currentTurn) { currentTurn.node.classList.remove("now"); currentTurn.node.removeAttribute("aria-current"); }
  currentTurn = turn;
  if (!turn) return;
  turn.node.classList.add("now");
  turn.node.setAttribute("aria-current", "true");
  const top = turn.node.offsetTop - turnList.clientHeight / 3;
  if (turnList.scrollHeight > turnList.clientHeight) turnList.scrollTop = Math.max(0, top);
}

function toggle() {
  if (!audio) return;
  if (!audio.paused) { audio.pause(); return; }
  const entry = clipAt(now()) ?? (data.clips.length ? data.clips.find((c) => c.start_s > now()) ?? data.clips[0] : null);
  if (entry) seek(clipAt(now()) && now() < entry.end_s - 0.1 ? now() : entry.start_s, { play: true });
}

function toMoment(way) {
  const here = now();
  const next = way > 0 ? data.moments.find((m) => m.start_s > here + 0.25) : data.moments.findLast((m) => m.start_s < here - 1);
  if (next) seek(next.start_s, { play: Boolean(audio), end: looping ? next.end_s : null });
}

function openLine(id) {
  const line = byId(id);
  if (!line) return;
  line.open = true;
  line.querySelector("summary").focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-t]");
  if (link) {
    event.preventDefault();
    seek(Number(link.dataset.t), { play: true, end: link.dataset.end ? Number(link.dataset.end) : null });
    const card = link.dataset.card && byId(link.dataset.card);
    if (card) {
      document.querySelector(".card.lit")?.classList.remove("lit");
      card.classList.add("lit");
    }
    return;
  }
  const cell = event.target.closest?.("[data-opens]");
  if (cell) { openLine(cell.dataset.opens); return; }
  const row = event.target.closest?.("svg.row");
  if (row) {
    const box = row.getBoundingClientRect();
    const [start, end] = [Number(row.dataset.start), Number(row.dataset.end)];
    seek(start + ((event.clientX - box.left) / box.width) * (end - start), { play: true });
  }
});

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (audio && !byId("shortcuts").checked) return;
  const here = event.target;
  const types = here.closest?.("select, textarea, input");
  const presses = here.closest?.("button, summary");
  if (types && !(types.id === "position" || types.id === "shortcuts")) return;
  if (types?.id === "shortcuts" && event.key === " ") return;
  const acts = {
    " ": presses ? null : toggle,
    ArrowLeft: () => step(-STEP_S),
    ArrowRight: () => step(STEP_S),
    l: audio ? toggleLoop : null,
    s: audio ? toggleSkip : null,
    j: () => toMoment(1),
    k: () => toMoment(-1),
  };
  const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

function fromHash({ play }) {
  const match = /^#t=(\d+(?:\.\d+)?)$/.exec(location.hash);
  if (match) seek(Number(match[1]), { play });
  else if (/^#gesture-\d+$/.test(location.hash)) openLine(location.hash.slice(1));
}

if (audio) {
  const player = byId("player");
  player.hidden = false;
  byId("toggle").addEventListener("click", toggle);
  byId("previous").addEventListener("click", () => toMoment(-1));
  byId("next").addEventListener("click", () => toMoment(1));
  byId("back").addEventListener("click", () => step(-STEP_S));
  byId("forward").addEventListener("click", () => step(STEP_S));
  byId("loop").addEventListener("click", toggleLoop);
  byId("skip").addEventListener("click", toggleSkip);
  byId("position").addEventListener("input", (e) => seek(Number(e.target.value), { play: !audio.paused }));
  byId("speed").addEventListener("change", (e) => { audio.playbackRate = Number(e.target.value); });
  const state = () => {
    player.classList.toggle("playing", !audio.paused);
    byId("toggle").setAttribute("aria-label", audio.paused ? data.texts.play : data.texts.pause);
  };
  audio.addEventListener("play", () => {
    state();
    const frame = () => { atEnd(); skipSilence(); if (!audio.paused) { show(now()); requestAnimationFrame(frame); } };
    requestAnimationFrame(frame);
  });
  audio.addEventListener("timeupdate", () => { atEnd(); if (!pending) show(now()); });
  audio.addEventListener("pause", () => { state(); wanted = now(); history.replaceState(null, "", `#t=${wanted.toFixed(1)}`); });
  audio.addEventListener("error", () => say("cannot_play"));
  if (data.clips.length && !location.hash.startsWith("#t=")) load(data.clips[0], () => {});
}
addEventListener("hashchange", () => fromHash({ play: false }));
fromHash({ play: false });

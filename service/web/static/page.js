// The player: one audio element, one clock. Every link with data-t goes through seek(); the hash keeps the second.
const data = JSON.parse(document.getElementById("player-data").textContent);
const byId = (id) => document.getElementById(id);
const audio = byId("audio");
const STEP_S = 5;
const rows = [...document.querySelectorAll("svg.row")];
const turns = [...document.querySelectorAll(".turn")].map((node) => ({
  node, start: Number(node.dataset.start), end: Number(node.dataset.end),
}));
const turnList = document.querySelector(".turns");
let clip = null;
let wanted = 0;
let stopAt = null; // where a moment's clip ends; any other way of moving forgets it
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
  stopAt = end;
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

function stopAtEnd() {
  if (stopAt === null || pending || audio.paused || now() < stopAt) return;
  stopAt = null;
  audio.pause();
}

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

function toMoment(step) {
  const here = now();
  const next = step > 0 ? data.moments.find((m) => m > here + 0.25) : data.moments.findLast((m) => m < here - 1);
  if (next !== undefined) seek(next, { play: audio ? !audio.paused || step !== 0 : false });
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
  const row = event.target.closest?.("svg.row");
  if (row) {
    const box = row.getBoundingClientRect();
    const [start, end] = [Number(row.dataset.start), Number(row.dataset.end)];
    seek(start + ((event.clientX - box.left) / box.width) * (end - start), { play: true });
  }
});

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const here = event.target;
  const types = here.closest?.("select, textarea, input");
  const presses = here.closest?.("button, summary");
  if (types && !(types.id === "position" && [" ", "j", "k"].includes(event.key))) return;
  const acts = {
    " ": presses ? null : toggle,
    ArrowLeft: () => seek(now() - STEP_S, { play: audio && !audio.paused }),
    ArrowRight: () => seek(now() + STEP_S, { play: audio && !audio.paused }),
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
}

if (audio) {
  const player = byId("player");
  player.hidden = false;
  byId("toggle").addEventListener("click", toggle);
  byId("previous").addEventListener("click", () => toMoment(-1));
  byId("next").addEventListener("click", () => toMoment(1));
  byId("position").addEventListener("input", (e) => seek(Number(e.target.value), { play: !audio.paused }));
  byId("speed").addEventListener("change", (e) => { audio.playbackRate = Number(e.target.value); });
  const state = () => {
    player.classList.toggle("playing", !audio.paused);
    byId("toggle").setAttribute("aria-label", audio.paused ? data.texts.play : data.texts.pause);
  };
  audio.addEventListener("play", () => {
    state();
    const frame = () => { stopAtEnd(); if (!audio.paused) { show(now()); requestAnimationFrame(frame); } };
    requestAnimationFrame(frame);
  });
  audio.addEventListener("timeupdate", () => { stopAtEnd(); if (!pending) show(now()); });
  audio.addEventListener("pause", () => { state(); wanted = now(); history.replaceState(null, "", `#t=${wanted.toFixed(1)}`); });
  audio.addEventListener("error", () => say("cannot_play"));
  if (data.clips.length && !location.hash.startsWith("#t=")) load(data.clips[0], () => {});
}
addEventListener("hashchange", () => fromHash({ play: false }));
fromHash({ play: false });

// Plays a session's moments as a list: each is some seconds of a call of its own. What was heard is told by heard.js.
// Without this script every moment keeps the browser's own player, from its first second to its last.
const csrf = document.querySelector("meta[name=csrf]")?.content ?? "";
const byId = (id) => document.getElementById(id);
const STEP_S = 5;
const NEAR_S = 0.05; // of an end: a browser may stop this much before it
const clips = [...document.querySelectorAll(".clip")].map(prepared);
const list = clips.filter((clip) => clip.place);
let now = null; // what plays, or played last
let through = false; // whether the list goes on to its end

function prepared(node) {
  const clip = {
    node, place: Number(node.dataset.place ?? 0), start: Number(node.dataset.start), end: Number(node.dataset.end),
    audio: node.querySelector("audio"), button: node.querySelector(".play"), bar: node.querySelector("progress"),
  };
  clip.audio.src = clip.audio.src.split("#")[0]; // its ends are kept here, so that going on to the next is ours
  clip.audio.controls = false;
  clip.audio.hidden = true;
  clip.button.hidden = clip.bar.hidden = false;
  clip.button.addEventListener("click", () => { through = false; clip.audio.paused ? play(clip) : clip.audio.pause(); });
  for (const kind of ["play", "pause"]) clip.audio.addEventListener(kind, () => show(clip));
  clip.audio.addEventListener("timeupdate", () => passed(clip));
  clip.audio.addEventListener("ended", () => over(clip));
  clip.audio.addEventListener("error", () => { byId("status").textContent = byId("status").dataset.failed; });
  return clip;
}

function show(clip) {
  clip.button.setAttribute("aria-pressed", String(!clip.audio.paused));
  clip.node.closest(".moment")?.classList.toggle("now", !clip.audio.paused);
  const all = byId("all");
  all.textContent = list.some((one) => !one.audio.paused) ? all.dataset.pause : all.dataset.play;
}

function passed(clip) {
  clip.bar.value = Math.max(0, clip.audio.currentTime - clip.start);
  if (!clip.audio.paused && clip.audio.currentTime >= clip.end - NEAR_S) over(clip);
}

function over(clip) {
  if (clip.over) return; // a browser tells the last second and the end
  clip.audio.pause();
  clip.over = true;
  const next = through ? list[list.indexOf(clip) + 1] : null;
  if (next) play(next);
  else through = false;
}

async function at(clip, time_s) {
  if (clip.audio.readyState === 0) {
    const known = new Promise((resolve, reject) => {
      clip.audio.addEventListener("loadedmetadata", resolve, { once: true });
      clip.audio.addEventListener("error", reject, { once: true });
    });
    clip.audio.preload = "auto";
    clip.audio.load();
    await known;
  }
  clip.audio.currentTime = Math.min(Math.max(time_s, clip.start), clip.end);
}

async function play(clip) {
  for (const other of clips) if (other !== clip) other.audio.pause();
  now = clip;
  if (clip.place) byId("status").textContent = clip.node.dataset.said;
  const { currentTime, readyState } = clip.audio;
  const inside = readyState > 0 && !clip.over && currentTime >= clip.start && currentTime < clip.end - NEAR_S;
  clip.over = false;
  try {
    if (!inside) await at(clip, clip.start);
    clip.audio.playbackRate = Number(byId("speed").value);
    if (now === clip) await clip.audio.play();
  } catch { /* the sound could not be had: its error event says so; or another was asked for meanwhile */ }
}

function toggle() {
  if (now && !now.audio.paused) now.audio.pause();
  else if (now && !now.over) play(now);
  else { through = true; play(list[0]); }
}

function all() {
  if (list.some((one) => !one.audio.paused)) { now.audio.pause(); return; }
  const goesOn = through && now?.place && !now.over;
  through = true;
  play(goesOn ? now : list[0]);
}

function toNeighbour(step) {
  const next = list[now?.place ? list.indexOf(now) + step : 0];
  if (!next) return;
  next.over = true; // from its start
  play(next);
  next.node.closest(".moment").scrollIntoView({ block: "nearest" });
}

function skip(step_s) {
  if (now) at(now, now.audio.currentTime + step_s).catch(() => {});
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !byId("shortcuts")?.checked) return;
  if (event.target.closest("select, textarea, input")) return;
  const acts = {
    " ": event.target.closest("button, a, summary") ? null : toggle,
    ArrowLeft: () => skip(-STEP_S),
    ArrowRight: () => skip(STEP_S),
    j: () => toNeighbour(1),
    k: () => toNeighbour(-1),
  };
  const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

import("/static/heard.js").then(({ track }) => {
  for (const { audio, node } of clips) track(audio, { callId: node.dataset.call, csrf, offset_s: 0 });
}).catch(() => {});
if (list.length) {
  byId("player").hidden = false;
  byId("all").addEventListener("click", all);
  byId("previous").addEventListener("click", () => toNeighbour(-1));
  byId("next").addEventListener("click", () => toNeighbour(1));
  byId("speed").addEventListener("change", (e) => { for (const clip of clips) clip.audio.playbackRate = Number(e.target.value); });
}
byId("print").hidden = false;
byId("print").addEventListener("click", () => print());

// A served call beside its player: what was heard is told, forms open in place, words are found, keys lead on.
// Everything here has a way without script but the search in the transcript and the keys.
import { allTold, track } from "/static/heard.js";

const byId = (id) => document.getElementById(id);
const audio = byId("audio");
const callId = document.body.dataset.call;
const csrf = document.querySelector("meta[name=csrf]")?.content ?? "";
const LEAD_S = 1; // before the second that a link asks for
const KEPT = `timbre at ${callId}`;

const clock = (time) => `${Math.floor(time / 60)}:${(time % 60).toFixed(1).padStart(4, "0")}`;
const seekTo = (time) => { location.hash = `#t=${Math.max(0, time).toFixed(1)}`; };

// -- the second in the address, and the one where a form was sent from
function begin() {
  const asked = Number(new URLSearchParams(location.search).get("t"));
  if (!location.hash && Number.isFinite(asked) && asked > 0) seekTo(asked - LEAD_S);
  const kept = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  if (kept && /^#(at-|turn-|say|mends|standing|blind)/.test(location.hash) && byId("position")) {
    const here = location.hash;
    byId("position").value = kept;
    byId("position").dispatchEvent(new Event("input"));
    history.replaceState(null, "", here);
  }
  reveal();
}

function reveal() {
  const target = location.hash.length > 1 && !location.hash.startsWith("#t=") && byId(location.hash.slice(1));
  if (!target) return;
  for (let node = target.parentElement; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
  if (target.tagName === "DETAILS") target.open = true;
  target.scrollIntoView({ block: "center" });
  if (target.tabIndex >= -1) target.focus({ preventScroll: true });
}

// -- what is sent waits until the service knows what was heard
let settled = false;
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || settled) return;
  event.preventDefault();
  if (audio && byId("position")) sessionStorage.setItem(KEPT, byId("position").value);
  const send = () => { settled = true; form.requestSubmit(event.submitter); };
  allTold().finally(() => setTimeout(send)); // a form that is being sent is not sent again
});
addEventListener("pageshow", () => { settled = false; });

// -- a line's form in place, without leaving the sound
async function openHere(link, id) {
  const place = link.closest(".people-say, .turn");
  const answer = await fetch(link.href, { headers: { accept: "text/html" } });
  const found = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(id);
  if (!answer.ok || !found) { location.assign(link.href); return; }
  byId(id)?.remove();
  place.append(found);
  prepare(found);
  (found.querySelector("input:not([type=hidden]), textarea, select") ?? found).focus();
}

function prepare(root) {
  for (const input of root.querySelectorAll(".times input")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = byId("now-word")?.dataset.said ?? "·";
    button.addEventListener("click", () => { input.value = clock(Number(byId("position")?.value ?? 0)); });
    input.parentElement.after(button);
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-on], a[data-mend]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  openHere(link, link.matches("[data-on]") ? "say" : "mend").catch(() => location.assign(link.href));
});

// -- words in the transcript
const find = byId("find");
const said = [...document.querySelectorAll(".turns .said bdi")].map((node) => ({ node, text: node.textContent }));
let marks = [];
let at = -1;

const folded = (text) => [...text].map((c) => c.normalize("NFD")[0].toLowerCase()[0] ?? c).join("");

function look(words) {
  for (const { node, text } of said) if (node.firstElementChild) node.textContent = text;
  marks = [];
  at = -1;
  const wanted = folded(words.trim());
  if (wanted) for (const one of said) markIn(one.node, one.text, wanted);
  tell();
}

function markIn(node, text, wanted) {
  const parts = [...text];
  const among = folded(text);
  const length = [...wanted].length;
  const pieces = [];
  let done = 0;
  for (let from = among.indexOf(wanted); from >= 0; from = among.indexOf(wanted, from + wanted.length)) {
    const start = [...among.slice(0, from)].length;
    const mark = document.createElement("mark");
    mark.textContent = parts.slice(start, start + length).join("");
    pieces.push(parts.slice(done, start).join(""), mark);
    marks.push(mark);
    done = start + length;
  }
  if (pieces.length) node.replaceChildren(...pieces, parts.slice(done).join(""));
}

function tell() {
  const count = byId("find-count");
  const words = byId("find-words").value.trim();
  count.textContent = !words ? "" : marks.length ? `${at + 1} / ${marks.length}` : count.dataset.none;
}

function toMatch(step) {
  if (!marks.length) return;
  marks[at]?.classList.remove("here");
  at = (at + step + marks.length) % marks.length;
  marks[at].classList.add("here");
  const turn = marks[at].closest(".turn");
  if (!audio || audio.paused) seekTo(Number(turn.dataset.start));
  const list = turn.closest(".turns");
  list.scrollTop = turn.offsetTop - list.clientHeight / 3;
  marks[at].scrollIntoView({ block: "nearest" });
  tell();
}

if (find && said.length) {
  find.hidden = false;
  byId("find-words").addEventListener("input", (event) => look(event.target.value));
  find.addEventListener("submit", (event) => { event.preventDefault(); toMatch(1); });
  byId("find-back").addEventListener("click", () => toMatch(at < 0 ? 0 : -1));
}

// -- keys and links
const go = (id) => { const link = byId(id); if (link) location.assign(link.href); };
const ACTS = {
  n: () => go("call-after"),
  p: () => go("call-before"),
  "/": () => byId("find-words")?.focus(),
  "?": () => byId("keys").showModal(),
};
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || byId("keys").open) return;
  if (byId("shortcuts") && !byId("shortcuts").checked) return;
  if (event.target.closest?.("select, textarea, input:not([type=range], [type=checkbox])")) return;
  const act = ACTS[event.key.length === 1 ? event.key.toLowerCase() : ""];
  if (!act) return;
  event.preventDefault();
  act();
});
byId("help")?.addEventListener("click", () => byId("keys").showModal());

const here = byId("here");
here?.addEventListener("click", (event) => {
  const address = new URL(here.href);
  address.searchParams.delete("on");
  address.searchParams.set("t", Number(byId("position").value).toFixed(0));
  here.href = address.href;
  if (!navigator.clipboard) return; // the link itself can be copied
  event.preventDefault();
  navigator.clipboard.writeText(address.href).then(() => { byId("status").textContent = here.dataset.copied; }, () => location.assign(address.href));
});

if (audio) track(audio, { callId, csrf, offset_s: 0 });
prepare(document);
addEventListener("hashchange", reveal);
begin();

// Sends recordings with progress and an answer per file, and renews the list when a call that is waited for is done.
const csrf = document.querySelector("meta[name=csrf]").content;
const form = document.getElementById("upload");
const MOST_WATCHED = 2; // a browser opens six connections to one place: streams must leave some for the rest
const EVERY_MS = 10000; // for those that have no stream of their own
const watched = new Map();
let renewing = null;

function tell(text, bad) {
  const item = document.createElement("li");
  item.textContent = text;
  if (bad) item.className = "problem";
  document.getElementById("outcome").append(item);
}

function answered(request) {
  let answer = {};
  try { answer = JSON.parse(request.responseText); } catch { /* said below */ }
  if (!answer.calls) { tell(answer.title ?? form.dataset.lost, true); return; }
  for (const call of answer.calls) {
    tell(`${call.name}: ${call.problem ?? (call.new ? form.dataset.sent : form.dataset.known)}`, Boolean(call.problem));
  }
  form.elements.recordings.value = "";
  renew();
}

function send(event) {
  event.preventDefault();
  const bar = document.getElementById("sending");
  const button = form.querySelector("button");
  const request = new XMLHttpRequest();
  document.getElementById("outcome").replaceChildren();
  bar.value = 0;
  bar.hidden = false;
  button.disabled = true;
  request.upload.addEventListener("progress", (e) => { if (e.lengthComputable) bar.value = e.loaded / e.total; });
  request.addEventListener("loadend", () => { bar.hidden = true; button.disabled = false; answered(request); });
  request.open("POST", "/api/v1/calls");
  request.setRequestHeader("x-csrf-token", csrf);
  request.send(new FormData(form));
}

// The list alone is replaced: what somebody is writing in the form stays.
async function fetched() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("calls");
  if (!fresh) { location.reload(); return; } // logged out meanwhile
  const old = document.getElementById("calls");
  const held = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  old.replaceChildren(...fresh.childNodes);
  if (held) [...old.querySelectorAll("a")].find((link) => link.getAttribute("href") === held)?.focus();
  watchAll();
}

function renew() {
  renewing ??= fetched().catch(() => {}).finally(() => { renewing = null; });
  return renewing;
}

function over(id, said) {
  watched.get(id)?.close();
  watched.delete(id);
  document.getElementById("news").textContent = said;
  renew();
}

function watchAll() {
  const cells = [...document.querySelectorAll("[data-watch]")];
  const ids = new Set(cells.map((cell) => cell.dataset.watch));
  for (const [id, source] of watched) if (!ids.has(id)) { source.close(); watched.delete(id); }
  for (const cell of cells) if (watched.size < MOST_WATCHED && !watched.has(cell.dataset.watch)) watch(cell.dataset);
}

function watch({ watch: id, done, failed }) {
  const source = new EventSource(`/api/v1/calls/${encodeURIComponent(id)}/events`);
  watched.set(id, source);
  source.addEventListener("done", () => over(id, done));
  source.addEventListener("failed", () => over(id, failed));
}

if (form) form.addEventListener("submit", send);
watchAll();
setInterval(() => { if (document.querySelector("[data-watch]")) renew(); }, EVERY_MS);
addEventListener("pagehide", () => { for (const source of watched.values()) source.close(); });

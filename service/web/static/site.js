// Sends recordings with progress and an answer per file, and reloads the list when a call that is waited for is done.
const csrf = document.querySelector("meta[name=csrf]").content;
const form = document.getElementById("upload");

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
    if (call.id && call.new) watch(call.id);
  }
}

function send(event) {
  event.preventDefault();
  const bar = document.getElementById("sending");
  const request = new XMLHttpRequest();
  document.getElementById("outcome").replaceChildren();
  bar.hidden = false;
  request.upload.addEventListener("progress", (e) => { if (e.lengthComputable) bar.value = e.loaded / e.total; });
  request.addEventListener("loadend", () => { bar.hidden = true; answered(request); });
  request.open("POST", "/api/v1/calls");
  request.setRequestHeader("x-csrf-token", csrf);
  request.send(new FormData(form));
}

function watch(id) {
  const source = new EventSource(`/api/v1/calls/${encodeURIComponent(id)}/events`);
  const over = () => { source.close(); location.reload(); };
  source.addEventListener("done", over);
  source.addEventListener("failed", over);
}

if (form) form.addEventListener("submit", send);
document.querySelectorAll("[data-watch]").forEach((cell) => watch(cell.dataset.watch));

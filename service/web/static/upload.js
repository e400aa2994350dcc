// Sends calls one after the other, each with its own progress and its own answer. Without it the form is sent whole.
const form = document.getElementById("upload");
const csrf = document.querySelector("meta[name=csrf]").content;
const list = document.getElementById("files");
const ENDINGS = [".vtt", ".srt", ".json", ".ctm", ".tsv"];
const LEGS = { agent: "customer", out: "in", tx: "rx" };

function stem(name) { return name.replace(/\.[^.]*$/, ""); }
function ending(name) { return name.slice(stem(name).length).toLowerCase(); }

// A recording with the transcript of its name, or the two legs of one call.
function groups(files) {
  const words = new Map(files.filter((f) => ENDINGS.includes(ending(f.name))).map((f) => [stem(f.name), f]));
  const sounds = files.filter((f) => !ENDINGS.includes(ending(f.name)));
  const byName = new Map(sounds.map((f) => [f.name.toLowerCase(), f]));
  const taken = new Set();
  const found = [];
  for (const file of sounds) {
    const leg = /^(.*[_.-])(agent|out|tx)$/i.exec(stem(file.name));
    const other = leg && byName.get(`${leg[1]}${LEGS[leg[2].toLowerCase()]}${ending(file.name)}`.toLowerCase());
    if (other) { taken.add(file).add(other); found.push({ name: file.name, legs: [file, other] }); }
  }
  for (const file of sounds) if (!taken.has(file)) found.push({ name: file.name, files: [file, words.get(stem(file.name))].filter(Boolean) });
  const used = new Set(sounds.map((f) => stem(f.name)));
  for (const [name, file] of words) if (!used.has(name)) found.push({ name: file.name, files: [file] });
  return found;
}

function row(name) {
  const item = document.createElement("li");
  const label = document.createElement("bdi");
  const bar = document.createElement("progress");
  const said = document.createElement("span");
  label.textContent = name;
  bar.max = 1; bar.value = 0; bar.setAttribute("aria-label", name);
  said.className = "said";
  item.append(label, bar, said);
  list.append(item);
  return { item, bar, said };
}

function answered(request, group, shown) {
  let answer = {};
  try { answer = JSON.parse(request.responseText); } catch { /* said below */ }
  const call = answer.calls?.[0];
  const problem = call ? call.problem : answer.title ?? form.dataset.lost;
  shown.said.textContent = problem ?? (call.new ? form.dataset.sent : form.dataset.known);
  shown.bar.remove();
  if (problem) shown.item.className = "problem";
  return !problem;
}

function send(group, shown) {
  const data = new FormData();
  for (const name of ["campaign", "agent", "language", "direction"]) data.append(name, form.elements[name].value);
  if (form.elements.table.files[0]) data.append("table", form.elements.table.files[0]);
  if (group.legs) { data.append("agent_leg", group.legs[0]); data.append("customer_leg", group.legs[1]); }
  else for (const file of group.files) data.append("recordings", file);
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", (e) => { if (e.lengthComputable) shown.bar.value = e.loaded / e.total; });
    request.addEventListener("loadend", () => done(answered(request, group, shown)));
    request.open("POST", "/api/v1/calls");
    request.setRequestHeader("x-csrf-token", csrf);
    request.send(data);
  });
}

async function sendAll(event) {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  list.replaceChildren();
  let good = 0;
  const all = groups([...form.elements.recordings.files]).map((group) => [group, row(group.name)]);
  for (const [group, shown] of all) good += Number(await send(group, shown));
  document.getElementById("sum").textContent = form.dataset.sum.replace("{good}", good).replace("{all}", all.length);
  button.disabled = false;
}

form?.addEventListener("submit", sendAll);

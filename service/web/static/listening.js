// Keys 1 to 5 rate the clip, R plays it again. The buttons do the same.
addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.target.matches("input, select, textarea")) return;
  const button = document.querySelector(`button[name=rating][value="${CSS.escape(event.key)}"]`);
  if (button) { button.click(); return; }
  const audio = document.querySelector("#clip audio");
  if (audio && event.key.toLowerCase() === "r") { audio.currentTime = 0; audio.play(); }
});

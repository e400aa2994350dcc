// Chooses every row of a page at once; without it each is chosen by itself.
const all = document.querySelector("[data-all]");
const each = [...document.querySelectorAll("input[name=chosen]")];
function shown() {
  const n = each.filter((box) => box.checked).length;
  all.checked = n > 0 && n === each.length;
  all.indeterminate = n > 0 && n < each.length;
}
if (all) {
  all.hidden = false;
  all.addEventListener("change", () => { for (const box of each) box.checked = all.checked; });
  for (const box of each) box.addEventListener("change", shown);
}

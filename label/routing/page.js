const cards = [...document.querySelectorAll(".card")];
const said = document.getElementById("said");
let place = 0;
function show() {
  cards.forEach((card, at) => { card.hidden = at !== place; });
  const done = cards.filter((card) => card.dataset.accepted).length;
  said.textContent = place < cards.length
    ? `${place + 1} of ${cards.length}: is the mask right? y = yes, n = no, u = back` : `all ${done} answered: save them`;
}
function answer(value) {
  if (place < cards.length) { cards[place].dataset.accepted = value; place += 1; show(); }
}
function back() { if (place > 0) { place -= 1; delete cards[place].dataset.accepted; show(); } }
function lines() {
  return cards.filter((card) => card.dataset.accepted).map((card) => {
    const check = JSON.parse(card.dataset.check);
    check.accepted = card.dataset.accepted === "true";
    return JSON.stringify(check) + "\n";
  }).join("");
}
function save() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([lines()], { type: "application/jsonl" }));
  link.download = "checks.jsonl";
  link.click();
}
const keys = { y: () => answer("true"), n: () => answer("false"), u: back, s: save };
document.addEventListener("keydown", (event) => {
  if (keys[event.key] && !event.ctrlKey && !event.metaKey && !event.altKey) { keys[event.key](); }
});
for (const [id, act] of [["yes", keys.y], ["no", keys.n], ["back", back], ["save", save]]) {
  document.getElementById(id).addEventListener("click", act);
}
show();

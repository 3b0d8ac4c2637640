const cards = [...document.querySelectorAll(".card")];
const marks = [...document.querySelectorAll(".mark")];
const said = document.getElementById("said");
const cursor = document.getElementById("cursor");
let place = 0;
function show(at) {
  place = Math.max(0, Math.min(cards.length - 1, at));
  cards.forEach((card, number) => { card.hidden = number !== place; });
  cursor.style.left = `${marks[place].dataset.x / 10}%`;
  said.textContent = `${place + 1} of ${cards.length}`;
}
function onward(wanted) {
  const following = cards.findIndex((card, at) => at > place && card.matches(wanted));
  show(following >= 0 ? following : Math.max(cards.findIndex((card) => card.matches(wanted)), 0));
}
const keys = {
  j: () => show(place + 1), k: () => show(place - 1), ArrowRight: () => show(place + 1), ArrowLeft: () => show(place - 1),
  l: () => onward(".look"), p: () => onward(".person"),
};
document.addEventListener("keydown", (event) => {
  if (keys[event.key] && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); keys[event.key](); }
});
for (const [id, act] of [["on", keys.j], ["back", keys.k], ["look", keys.l], ["person", keys.p]]) {
  document.getElementById(id).addEventListener("click", act);
}
marks.forEach((mark, at) => mark.addEventListener("click", () => show(at)));
show(0);

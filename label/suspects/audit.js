"use strict";
const cards = [...document.querySelectorAll(".card")];
const told = document.getElementById("told");
const text = document.getElementById("lines");
let at = 0;

function show(next) {
  at = Math.max(0, Math.min(cards.length - 1, next));
  cards.forEach((card, k) => card.classList.toggle("here", k === at));
  if (cards[at]) {
    cards[at].focus({ preventScroll: true });
    cards[at].scrollIntoView({ block: "nearest" });
  }
}

function write() {
  const lines = cards.filter((card) => card.dataset.verdict).map((card) => {
    const verdict = JSON.parse(card.dataset.line);
    verdict.verdict = card.dataset.verdict;
    return JSON.stringify(verdict);
  });
  text.value = lines.join("\n") + (lines.length ? "\n" : "");
  told.textContent = `${lines.length} of ${cards.length} told`;
}

function say(card, verdict) {
  card.dataset.verdict = verdict;
  card.querySelector(".said").textContent = verdict;
  write();
}

document.addEventListener("keydown", (event) => {
  if (event.target === text || event.ctrlKey || event.metaKey || event.altKey || !cards.length) return;
  const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  if (event.key in steps) show(at + steps[event.key]);
  else if (event.key === "y") { say(cards[at], "wrong"); show(at + 1); }
  else if (event.key === "n") { say(cards[at], "right"); show(at + 1); }
  else if (event.key === "u") say(cards[at], "");
  else return;
  event.preventDefault();
});
cards.forEach((card, k) => {
  card.addEventListener("focusin", () => { if (at !== k) show(k); });
  card.querySelector(".yes").addEventListener("click", () => { show(k); say(card, "wrong"); });
  card.querySelector(".no").addEventListener("click", () => { show(k); say(card, "right"); });
});
document.getElementById("save").addEventListener("click", () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text.value], { type: "application/jsonl" }));
  link.download = "verdicts.jsonl";
  link.click();
  URL.revokeObjectURL(link.href);
});
write();
show(0);

// Everything is there without this; it only hides what was not asked for, and opens what a link leads to.
const form = document.querySelector(".search");
const [words, only] = form ? form.querySelectorAll("input") : [];
const found = document.querySelectorAll("[data-words]");
function search() {
  const wanted = words.value.toLowerCase().split(/\s+/);
  let rows = 0;
  for (const each of found) {
    const fits = wanted.every((word) => each.dataset.words.includes(word));
    each.hidden = !fits || (only.checked && each.dataset.notable === undefined);
    rows += each.tagName === "TR" && !each.hidden;
  }
  for (const query of document.querySelectorAll(".query"))
    query.hidden = !query.querySelector(".persona:not([hidden])");
  form.querySelector("output").textContent = `${rows} shown`;
}
function open() {
  const part = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (part) { part.open = true; part.querySelector("summary")?.focus(); part.scrollIntoView(); }
}
if (form) {
  form.hidden = false;
  form.addEventListener("input", search);
  form.addEventListener("submit", (event) => event.preventDefault());
}
addEventListener("hashchange", open);
open();

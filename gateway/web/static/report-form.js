// A form as a grid: move by the arrow keys, tap a cell or press Enter, choose the figure that goes into it.

import { begin, signIn, toast } from "./doing.js";
import { element, post, t, wordsOf } from "./page.js";

const choose = element("choose"), search = element("choose-search"), list = element("choose-list");

begin({ cell: (button) => open(button) });

function open(button) {
  const { cell, figure } = button.dataset;
  element("choose-title").textContent = t("form_choose", { cell });
  search.value = "";
  find();
  for (const one of list.children) one.toggleAttribute("aria-current", one.dataset.key === figure && Boolean(figure));
  choose.returnValue = "cancel";
  choose.showModal();
  search.focus();
  choose.addEventListener("close", () => { chosen(button); }, { once: true });
}

/** Only what has every word that was typed. */
function find() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let some = false;
  for (const one of list.children) {
    const text = one.textContent.toLowerCase();
    one.hidden = !words.every((word) => text.includes(word));
    some ||= !one.hidden;
  }
  element("choose-none").hidden = some;
}
search?.addEventListener("input", find);
search?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault(); // the first that is left, not the first button of the form
  [...list.children].find((one) => !one.hidden)?.click();
});

async function chosen(button) {
  button.focus();
  const key = choose.returnValue;
  if (key === "cancel" || key === button.dataset.figure) return;
  const cell = `${button.closest("[data-sheet]").dataset.sheet}!${button.dataset.cell}`;
  const path = `/api/v1/report-forms/${encodeURIComponent(element("form").dataset.form)}/mapping`;
  const answer = await post(path, { cell, figure: key }, { method: "PUT" });
  if (answer.ok) show(button, key);
  else if (answer.status === 401) signIn(t("problem.person"));
  else toast(wordsOf(answer));
}

/** What the cell is filled with now; the page stays where it is: an office's form has many cells. */
function show(button, key) {
  button.dataset.figure = key;
  button.classList.toggle("mapped", Boolean(key));
  const said = document.createElement(key ? "b" : "span");
  const choice = [...list.children].find((one) => one.dataset.key === key);
  said.textContent = key ? choice.querySelector("b").textContent : button.dataset.text;
  button.replaceChildren(button.querySelector(".spoken"), " ", said);
}

const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
for (const table of document.querySelectorAll("[data-sheet]")) {
  const cells = [...table.querySelectorAll("[data-cell]")];
  if (cells.length && !cells.some((one) => one.tabIndex === 0)) cells[0].tabIndex = 0;
  table.addEventListener("keydown", (event) => {
    const step = steps[event.key], at = cells.indexOf(event.target);
    if (!step || at < 0) return;
    event.preventDefault();
    const next = step[0] ? beside(cells, event.target, step[0]) : cells[at + step[1]];
    if (!next) return;
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
}

/** The nearest cell of the row above or below that begins at most as far right. */
function beside(cells, from, down) {
  const place = (one) => {
    const [, letters, row] = one.dataset.cell.match(/^([A-Z]+)(\d+)$/);
    return { row: Number(row), column: [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) };
  };
  const here = place(from);
  const rows = cells.map((one) => ({ one, ...place(one) })).filter(({ row }) => (down > 0 ? row > here.row : row < here.row));
  const row = down > 0 ? Math.min(...rows.map((each) => each.row)) : Math.max(...rows.map((each) => each.row));
  const near = rows.filter((each) => each.row === row);
  return (near.filter((each) => each.column <= here.column).at(-1) ?? near[0])?.one;
}

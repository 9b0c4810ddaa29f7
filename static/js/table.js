// Tables: cards on phones know their lead cell; in a 汇总 the arrow keys walk the cells and a cell
// opens its source in the side panel.
(() => {
  "use strict";

  // -- Rows as cards: the first column that is neither tick nor actions leads the card ------------
  const dress = (root) => {
    for (const table of root.querySelectorAll("table[data-lead]")) {
      for (const row of table.tBodies[0] ? table.tBodies[0].rows : []) {
        const cells = Array.from(row.cells);
        const lead = cells.find((cell) => !cell.matches(".tick, .acts"));
        if (lead) lead.classList.add("card-lead");
        for (const cell of cells) {
          const words = cell.textContent.trim();
          if ((words === "" || words === "—") && !cell.querySelector("input, img")) cell.classList.add("blank");
        }
      }
    }
  };

  // -- The side panel -----------------------------------------------------------------------------
  let opener = null;
  const panel = () => document.getElementById("side-panel");

  const open = (from) => {
    const side = panel();
    if (opener) opener.classList.remove("opened");
    opener = from;
    if (opener) opener.classList.add("opened");
    side.hidden = false;
    window.requestAnimationFrame(() => side.classList.add("open"));
    side.focus();
  };

  const close = () => {
    const side = panel();
    if (!side || side.hidden) return;
    side.classList.remove("open");
    side.hidden = true;
    if (opener) {
      opener.classList.remove("opened");
      opener.focus();
    }
    opener = null;
  };

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id !== "side-panel-body") return;
    const from = event.detail.requestConfig ? event.detail.requestConfig.elt : null;
    open(from);
    const title = event.target.querySelector("[data-panel-title]");
    if (title) document.getElementById("side-panel-title").textContent = title.dataset.panelTitle || title.textContent;
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-close-panel]")) close();
  });

  // -- Walking the cells --------------------------------------------------------------------------
  const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      close();
      return;
    }
    const step = STEPS[event.key];
    const from = event.target.closest("[data-sheet] .open-cell");
    if (!step || !from || event.altKey || event.ctrlKey) return;
    const cell = from.closest("td");
    let row = cell.parentElement;
    let column = cell.cellIndex;
    for (;;) {
      if (step[0]) row = step[0] > 0 ? row.nextElementSibling : row.previousElementSibling;
      column += step[1];
      const next = row && row.cells[column];
      if (!next) return;
      const target = next.querySelector(".open-cell");
      if (target) {
        event.preventDefault();
        target.focus();
        target.scrollIntoView({ block: "nearest", inline: "nearest" });
        return;
      }
    }
  });

  const boot = () => dress(document);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", boot);
  else boot();
  document.addEventListener("htmx:afterSwap", (event) => dress(event.target));
})();

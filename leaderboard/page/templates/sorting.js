"use strict";

// Long tables show their first rows only, in whatever order, until somebody asks for all: laying out thousands of fields
// would make every sort a wait.
function trim(table) {
  const most = table.dataset.all === "" ? Infinity : 100;
  let shown = 0;
  for (const row of table.tBodies[0].rows) {
    shown += row.hidden ? 0 : 1;
    row.classList.toggle("beyond", shown > most);
  }
  const more = table.closest(".scroll").querySelector(".more");
  if (more) {
    more.hidden = shown <= most;
    more.textContent = `Show all ${shown} rows`;
  }
}

(() => {
  const announcer = document.getElementById("announcer");

  function compare(kind, direction) {
    return (a, b) => {
      if (a.order === undefined || b.order === undefined) {
        return (a.order === undefined) - (b.order === undefined) || a.place - b.place;
      }
      const difference = kind === "number"
        ? Number(a.order) - Number(b.order)
        : a.order.localeCompare(b.order, "en", { numeric: true });
      return direction * difference || a.place - b.place;
    };
  }

  function sortBy(table, header) {
    const index = header.cellIndex;
    const ascending = header.getAttribute("aria-sort") !== "ascending";
    const body = table.tBodies[0];
    const rows = Array.from(body.rows, (row) => ({
      row,
      order: row.cells[index].dataset.order,
      place: Number(row.dataset.place),
    }));
    rows.sort(compare(header.dataset.kind, ascending ? 1 : -1));
    body.append(...rows.map((item) => item.row));
    trim(table);
    for (const other of table.tHead.rows[0].cells) {
      other.removeAttribute("aria-sort");
    }
    header.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    announcer.textContent = `Sorted by ${header.textContent.trim()}, ${ascending ? "ascending" : "descending"}`;
  }

  for (const table of document.querySelectorAll("table.sortable")) {
    Array.from(table.tBodies[0].rows).forEach((row, place) => { row.dataset.place = place; });
    trim(table);
    table.closest(".scroll").querySelector(".more")?.addEventListener("click", () => {
      table.dataset.all = "";
      trim(table);
    });
    for (const header of table.tHead.rows[0].cells) {
      header.querySelector("button").addEventListener("click", () => sortBy(table, header));
    }
  }
})();

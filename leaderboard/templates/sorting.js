"use strict";

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
    for (const other of table.tHead.rows[0].cells) {
      other.removeAttribute("aria-sort");
    }
    header.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    announcer.textContent = `Sorted by ${header.textContent.trim()}, ${ascending ? "ascending" : "descending"}`;
  }

  for (const table of document.querySelectorAll("table.sortable")) {
    Array.from(table.tBodies[0].rows).forEach((row, place) => { row.dataset.place = place; });
    for (const header of table.tHead.rows[0].cells) {
      header.querySelector("button").addEventListener("click", () => sortBy(table, header));
    }
  }
})();

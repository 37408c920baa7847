(() => {
  const save = document.getElementById("save");
  save.hidden = false;
  save.addEventListener("click", () => {
    const text = document.getElementById("numbers").textContent;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = "leaderboard.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });

  // Paper cannot be unfolded: what the columns of the worst cases mean is printed beneath them.
  const folded = () => [...document.querySelectorAll(".worst-case:not([hidden]) .meanings:not([open]), .reported-rows:not([open])")];
  let unfolded = [];
  addEventListener("beforeprint", () => {
    unfolded = folded();
    for (const part of unfolded) part.open = true;
  });
  addEventListener("afterprint", () => {
    for (const part of unfolded) part.open = false;
  });

  // Where a table goes on to the right, its box says so: no scroll bar stands there on many machines.
  const boxes = document.querySelectorAll(".scroll");
  const mark = (box) => box.classList.toggle("goes-on", box.scrollLeft + box.clientWidth < box.scrollWidth - 2);
  const watcher = new ResizeObserver((changes) => changes.forEach((change) => mark(change.target.closest(".scroll"))));
  for (const box of boxes) {
    box.addEventListener("scroll", () => mark(box), { passive: true });
    watcher.observe(box);
    watcher.observe(box.firstElementChild);
  }
})();

(() => {
  // What is shown: one form for all tables, one for each picture. All of it stands in the page's address.
  const controls = document.getElementById("controls");
  const count = document.getElementById("count");
  const announcer = document.getElementById("announcer");
  const pictures = Array.from(document.querySelectorAll(".overview"), (figure) => ({
    figure,
    form: figure.querySelector(".choices"),
    plots: figure.querySelector(".plots"),
    empty: figure.querySelector(".empty"),
    drawings: new Map(Array.from(figure.querySelectorAll("template"), (one) => [one.dataset.key, one])),
  }));
  const cells = document.querySelectorAll("tr[data-state], details[data-state]");
  const strongestRanked = 2;

  for (const picture of pictures) {
    const first = document.createElement("template");
    first.content.append(...Array.from(picture.plots.children, (svg) => svg.cloneNode(true)));
    picture.drawings.set(picture.plots.dataset.key, first);
    picture.form.hidden = false;
    picture.form.addEventListener("change", () => { draw(picture); remember(); });
    picture.form.addEventListener("submit", (event) => event.preventDefault());
  }
  controls.hidden = false;
  document.getElementById("hint").hidden = false;
  controls.addEventListener("input", () => { show(); remember(); announcer.textContent = count.textContent; });
  controls.addEventListener("submit", (event) => event.preventDefault());
  controls.addEventListener("reset", (event) => { event.preventDefault(); showEverything(); });
  window.addEventListener("popstate", () => { recall(); show(); }); // an address that was left says what was shown there
  window.addEventListener("hashchange", openTarget);
  window.addEventListener("load", openTarget); // the browser has gone there by itself meanwhile, by heights it guessed

  recall();
  show();
  openTarget();

  function fits(data) {
    const { tier, state, find } = controls.elements;
    const wanted = find.value.trim().toLowerCase();
    return Number(data.tier) <= Number(tier.value)
      && (state.value === "all" || (state.value === "ok") === (data.state === "ok"))
      && (data.defense.toLowerCase().includes(wanted) || data.attack.toLowerCase().includes(wanted));
  }

  function show() {
    const tier = Number(controls.elements.tier.value);
    let shown = 0;
    let all = 0;
    for (const cell of cells) {
      cell.hidden = !fits(cell.dataset);
      if (cell.localName === "tr") {
        all += 1;
        shown += cell.hidden ? 0 : 1;
      }
    }
    document.querySelectorAll("table.sortable").forEach(trim);
    const defenses = new Set();
    for (const part of document.querySelectorAll("section.defense")) {
      part.hidden = !part.querySelector("details[data-state]:not([hidden])");
      if (!part.hidden) {
        defenses.add(part.dataset.defense);
      }
    }
    for (const row of document.querySelectorAll(".matrix tr[data-defense]")) {
      row.hidden = !defenses.has(row.dataset.defense);
    }
    for (const row of document.querySelectorAll(".costs tbody tr")) {
      row.hidden = !defenses.has(row.querySelector(".column-defense").dataset.order);
    }
    for (const figure of document.querySelectorAll(".by-attack")) {
      const weaker = (part) => Number(part.dataset.tier) <= tier;
      for (const layer of figure.querySelectorAll("g[data-tier]")) {
        layer.classList.toggle("gone", !weaker(layer));
      }
      const names = Array.from(figure.querySelectorAll("li[data-tier]"));
      for (const name of names) {
        name.hidden = !weaker(name);
      }
      figure.hidden = !names.some(weaker);
    }
    for (const square of document.querySelectorAll(".matrix [data-tier]")) {
      square.hidden = Number(square.dataset.tier) > tier;
    }
    for (const worst of document.querySelectorAll(".worst-case")) {
      worst.hidden = Number(worst.dataset.upTo) !== Math.min(tier, strongestRanked);
    }
    pictures.forEach(draw);
    const cellsIn = (number) => (number === 1 ? "1 cell" : `${number} cells`);
    const some = shown > 0 ? `${shown} of ${cellsIn(all)} shown` : "No cell fits; pictures and worst cases stay whole";
    count.textContent = shown === all ? cellsIn(all) : some;
  }

  function draw({ figure, form, plots, empty, drawings }) {
    const tier = Number(controls.elements.tier.value);
    const { by, dice, show: view } = form.elements;
    const what = view.value === "worst" ? `worst-${Math.min(tier, strongestRanked)}` : "all";
    const key = `${by.value}|${dice.value}|${what}`;
    if (plots.dataset.key !== key) {
      const drawing = drawings.get(key);
      plots.replaceChildren(...(drawing ? [drawing.content.cloneNode(true)] : []));
      plots.dataset.key = key;
    }
    let marks = plots.querySelectorAll(".point").length;
    if (what === "all") {
      const alone = view.value.startsWith("by ") ? view.value.slice(3) : null;
      marks = 0;
      for (const layer of plots.querySelectorAll("g[data-attack]")) {
        const hidden = Number(layer.dataset.tier) > tier || (alone !== null && layer.dataset.attack !== alone);
        layer.classList.toggle("gone", hidden);
        marks += !hidden && layer.classList.contains("point") ? 1 : 0;
      }
    }
    plots.hidden = marks === 0;
    empty.hidden = marks > 0;
    figure.dataset.shows = what;
  }

  function everyChoice() {
    return [
      ["", controls],
      ...pictures.map(({ figure, form }) => [`${figure.id.split("-")[0]}.`, form]),
    ].flatMap(([start, form]) => Array.from(form.elements)
      .filter((element) => element.name)
      .map((element) => [start + element.name, element]));
  }

  function initial(element) {
    return element.localName === "select"
      ? Array.from(element.options).find((option) => option.defaultSelected).value
      : element.defaultValue;
  }

  function remember() {
    const chosen = new URLSearchParams();
    for (const [name, element] of everyChoice()) {
      if (element.value !== initial(element)) {
        chosen.set(name, element.value);
      }
    }
    const query = chosen.toString();
    history.replaceState(null, "", (query ? `?${query}` : location.pathname) + location.hash);
  }

  function recall() {
    const chosen = new URLSearchParams(location.search);
    for (const [name, element] of everyChoice()) {
      const value = chosen.get(name);
      const offered = element.localName !== "select" || Array.from(element.options, (one) => one.value).includes(value);
      element.value = value !== null && offered ? value : initial(element);
    }
  }

  function showEverything() {
    for (const [, element] of everyChoice()) {
      element.value = initial(element);
    }
    show();
    remember();
    announcer.textContent = "Everything is shown";
  }

  function openTarget() {
    const target = document.getElementById(location.hash.slice(1));
    if (target === null) {
      return;
    }
    if (target.hidden || target.closest("[hidden]")) {
      showEverything(); // a link must lead somewhere
    }
    if (target instanceof HTMLDetailsElement) {
      target.open = true;
    }
    land(target, 60);
  }

  // Parts above a target that were never drawn take their true height only when they come near the window, which moves
  // the target, which may bring others near: until it stays where it was put for two frames.
  function land(target, tries) {
    target.scrollIntoView();
    const put = target.getBoundingClientRect().top;
    requestAnimationFrame(() => requestAnimationFrame(() => {
      if (tries > 0 && Math.abs(target.getBoundingClientRect().top - put) > 1) {
        land(target, tries - 1);
      }
    }));
  }
})();

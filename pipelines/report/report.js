"use strict";
// Tables sort by a click on a heading; without scripts they stay as they are, in the order that matters most.
for (const table of document.querySelectorAll("table:not(.plain)")) {
  const body = table.tBodies[0];
  table.querySelectorAll("thead th").forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const figures = heading.classList.contains("n");
      const now = heading.getAttribute("aria-sort");
      const down = now ? now === "ascending" : figures;
      for (const other of table.querySelectorAll("thead th")) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      const total = [...body.rows].filter((row) => row.classList.contains("total"));
      const key = (row) => {
        const cell = row.cells[column];
        return cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v);
      };
      const compare = (a, b) => {
        const [x, y] = [key(a), key(b)];
        if (x === "" || y === "") return (x === "") - (y === "");
        const order = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y), "en");
        return down ? -order : order;
      };
      const rows = [...body.rows].filter((row) => !row.classList.contains("total"));
      body.append(...rows.sort(compare), ...total);
    });
  });
}
// The first few rows come first.
for (const table of document.querySelectorAll("table:not(.plain)")) {
  const box = table.parentElement;
  if (table.tBodies[0].rows.length <= 12) continue;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "unfold";
  button.textContent = `Show all ${table.tBodies[0].rows.length}`;
  button.addEventListener("click", () => { box.classList.remove("folded"); });
  box.classList.add("folded");
  box.after(button);
}
// A box of words filters the table below it: a row stays that has them all.
for (const find of document.querySelectorAll(".find")) {
  const box = find.nextElementSibling;
  const rows = [...box.querySelectorAll("tbody tr")].map((row) => [row, row.textContent.toLowerCase()]);
  find.hidden = false;
  find.querySelector("input").addEventListener("input", (event) => {
    const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = rows.filter(([row, text]) => {
      const fits = words.every((word) => text.includes(word));
      row.classList.toggle("apart", !fits);
      return fits;
    });
    if (words.length) box.classList.remove("folded");
    find.querySelector("output").textContent = words.length ? `${found.length} of ${rows.length}` : "";
  });
}
// A link to a rule opens it.
const open = () => document.getElementById(decodeURIComponent(location.hash.slice(1)))?.closest("details")?.setAttribute("open", "");
addEventListener("hashchange", open);
open();
// Only what scrolls needs to be reached by keyboard.
const reach = () => {
  for (const box of document.querySelectorAll(".scroll")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
};
reach();
addEventListener("resize", reach);
// The contents show where one is.
const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
const watch = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      for (const link of links.values()) link.removeAttribute("aria-current");
      const link = links.get(entry.target.id);
      link.setAttribute("aria-current", "true");
      const strip = link.closest("nav");
      strip.scrollTo({ left: link.offsetLeft - strip.clientWidth / 3 });
    }
  },
  { rootMargin: "-10% 0px -80% 0px" },
);
for (const id of links.keys()) watch.observe(document.getElementById(id));

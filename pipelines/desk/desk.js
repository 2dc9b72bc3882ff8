// Without it every page is whole. With it: tables sort by their headings, "/" goes to the find box, print shows all.
const figure = (text) => Number(text.replace(/[^0-9.:−-]/g, "").replace("−", "-").replace(/^(-?)(\d+):(\d\d)$/, (_, sign, hours, minutes) => `${sign}${Number(hours) + minutes / 60}`));
for (const table of document.querySelectorAll("main table")) {
  const body = table.tBodies[0];
  if (!table.tHead || body.rows.length < 3 || table.querySelector("form")) continue;
  const days = new Map([...body.rows].map((row, place) => [row, place]));
  table.querySelectorAll("thead th").forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const figures = heading.classList.contains("n");
      const dated = body.rows[0].cells[column]?.classList.contains("day");
      const now = heading.getAttribute("aria-sort");
      const down = now ? now === "ascending" : figures;
      for (const other of table.querySelectorAll("thead th")) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      const text = (row) => row.cells[column]?.textContent.trim() ?? "";
      const key = (row) => (figures ? figure(text(row)) || 0 : dated ? Date.parse(text(row)) || days.get(row) : text(row));
      const compare = (a, b) => {
        const [x, y] = [key(a), key(b)];
        const order = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y), document.documentElement.lang);
        return down ? -order : order;
      };
      const total = [...body.rows].filter((row) => row.classList.contains("total"));
      body.append(...[...body.rows].filter((row) => !row.classList.contains("total")).sort(compare), ...total);
    });
  });
}
// Only what scrolls needs to be reached by keyboard.
const reach = () => {
  for (const box of document.querySelectorAll(".scroll")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
};
reach();
addEventListener("resize", reach);
addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.closest("input, textarea, select") || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  document.getElementById("q")?.focus();
});
const folded = () => [...document.querySelectorAll("details:not([open])")];
let opened = [];
addEventListener("beforeprint", () => { opened = folded(); for (const each of opened) each.open = true; });
addEventListener("afterprint", () => { for (const each of opened) each.open = false; });
document.querySelector("main [aria-invalid], main [role=alert] a")?.focus();

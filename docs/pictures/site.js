// A table that is wider than the window scrolls sideways: with the keyboard too.
const reachable = (table) => {
  table.tabIndex = 0;
  table.setAttribute("role", "region");
  table.setAttribute("aria-label", "Table");
};
const look = () => document.querySelectorAll(".md-typeset__scrollwrap:not([tabindex])").forEach(reachable);
new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
look();

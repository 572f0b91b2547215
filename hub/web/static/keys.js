// Single keys for people who work without a mouse. Whatever they do, a link or a button on the page does too, and the
// preferences turn them off.
{
  const typing = (target) => target.closest("input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]");

  const rows = () => [...document.querySelectorAll("main tbody tr")].filter((row) => landing(row));
  const landing = (row) => row.querySelector("a[href], input[type=checkbox], button");
  const current = () => document.activeElement.closest("main tbody tr");

  const move = (step) => {
    const all = rows();
    const at = all.indexOf(current());
    const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step];
    if (next) landing(next).focus();
    // The landing is the first link of the row, so that Enter opens it without a key of our own.
    const link = next?.querySelector("a[href]");
    if (link) link.focus();
  };

  const actions = {
    "/": () => document.getElementById("search-everything")?.focus(),
    "?": () => document.getElementById("keys").showModal(),
    j: () => move(1),
    k: () => move(-1),
    x: () => current()?.querySelector("input[type=checkbox]")?.click(),
    i: () => document.querySelector('[data-key="i"]')?.click(),
  };

  document.addEventListener("keydown", (event) => {
    if (document.documentElement.dataset.keys !== "on" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}

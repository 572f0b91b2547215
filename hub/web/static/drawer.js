// A dialog opens when htmx has filled it; the browser keeps the focus inside and gives it back. Without this file the
// links lead to pages of their own.
document.addEventListener("htmx:afterSwap", (event) => {
  for (const dialog of document.querySelectorAll("dialog[data-opens-with]")) {
    if (event.target.matches(dialog.dataset.opensWith) && !dialog.open) dialog.showModal();
  }
});

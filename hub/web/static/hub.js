// Comforts only: every page works without this file.
document.addEventListener("change", (event) => {
  const all = event.target.closest("[data-check-all]");
  if (!all) return;
  for (const box of document.querySelectorAll(`input[name="${all.dataset.checkAll}"]`)) box.checked = all.checked;
});
for (const part of document.querySelectorAll("[data-needs-script]")) part.hidden = false;

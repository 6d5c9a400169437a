// What a page gains with scripts. Everything on it can be read and used without them.

const root = document.documentElement;
const prefersDark = matchMedia("(prefers-color-scheme: dark)");

/** Let the reader choose light or dark; agreeing with the system again forgets the choice. */
function themeSwitch(button) {
  const isDark = () => (root.dataset.theme === "dark" || (root.dataset.theme !== "light" && prefersDark.matches));
  const show = () => button.setAttribute("aria-pressed", String(isDark()));
  button.addEventListener("click", () => {
    const dark = !isDark();
    const choice = dark === prefersDark.matches ? "system" : dark ? "dark" : "light";
    root.dataset.theme = choice;
    try {
      if (choice === "system") localStorage.removeItem("theme");
      else localStorage.setItem("theme", choice);
    } catch {
      // A browser that stores nothing still switches this page.
    }
    show();
  });
  prefersDark.addEventListener("change", show);
  button.hidden = false;
  show();
}

/** Give boxes that scroll a place in the tab order, and only those: not every browser does so by itself. */
function focusableScrollers() {
  const selector = ".prose pre, .prose table, .output_subarea, .katex-display";
  const measured = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });
  for (const box of document.querySelectorAll(selector)) {
    if (getComputedStyle(box).overflowX === "auto") measured.observe(box);
  }
}

const button = document.querySelector(".theme-switch");
if (button) themeSwitch(button);
focusableScrollers();

// What a page gains with scripts. Everything on it can be read and used without them.

const root = document.documentElement;
const prefersDark = matchMedia("(prefers-color-scheme: dark)");

/** Let the reader choose light or dark; agreeing with the system again forgets the choice. */
function themeSwitch(button) {
  const isDark = () => root.dataset.theme === "dark" || (root.dataset.theme !== "light" && prefersDark.matches);
  const pictures = [...document.querySelectorAll("picture > source[media*='prefers-color-scheme']")];
  const wanted = new Map(pictures.map((source) => [source, /scheme:\s*dark/.test(source.media)]));
  const show = () => {
    button.setAttribute("aria-pressed", String(isDark()));
    // A picture of two kinds follows the reader's choice, not only the system.
    for (const [source, dark] of wanted) source.media = dark === isDark() ? "all" : "not all";
  };
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
    // Comments are a page of another host, and want to be told.
    document.querySelector("iframe.giscus-frame")?.contentWindow.postMessage(
      { giscus: { setConfig: { theme: isDark() ? "dark" : "light" } } },
      "https://giscus.app",
    );
  });
  prefersDark.addEventListener("change", show);
  show();
}

/** Let the style sheet know on which sides of a box there is more to see. */
function markEdges(box) {
  const hidden = box.scrollWidth - box.clientWidth;
  const left = getComputedStyle(box).direction === "rtl" ? hidden + box.scrollLeft : box.scrollLeft;
  // Positions are fractions of a pixel where a page is zoomed.
  box.dataset.more = [left > 1 && "left", hidden - left > 1 && "right"].filter(Boolean).join(" ");
}

/** Give boxes that scroll a place in the tab order and a name, and only those: not every browser does so by itself. */
function focusableScrollers() {
  const kinds = [
    [".table-scroll, .prose table", "Wide table"],
    [".prose .highlight pre, .prose pre:has(> code)", "Wide code"],
    [".output_subarea, .prose pre", "Wide output"],
    [".katex-display, p:has(> math[display=block])", "Wide formula"],
  ];
  const names = new Map();
  const measured = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const scrolls = target.scrollWidth > target.clientWidth;
      const name = names.get(target);
      const attributes = { tabindex: "0", ...(name && { role: "region", "aria-label": name }) };
      for (const [attribute, value] of Object.entries(attributes)) {
        if (scrolls) target.setAttribute(attribute, value);
        else target.removeAttribute(attribute);
      }
      markEdges(target);
    }
  });
  for (const [selector, kind] of kinds) {
    let number = 0;
    for (const box of document.querySelectorAll(selector)) {
      if (names.has(box) || box.closest(".side-copy") || getComputedStyle(box).overflowX !== "auto") continue;
      // Landmarks are told apart by their names; a figure has one, and a role, of its own.
      names.set(box, box.hasAttribute("role") ? "" : `${kind} ${(number += 1)}`);
      measured.observe(box);
      box.addEventListener("scroll", () => markEdges(box), { passive: true });
    }
  }
}

/** Offer to copy every piece of code. */
function copyButtons() {
  if (!navigator.clipboard) return;
  const said = document.body.appendChild(document.createElement("div"));
  said.className = "heard";
  said.setAttribute("role", "status");
  for (const box of document.querySelectorAll(".prose .highlight:not(:is(.highlight, .side-copy) .highlight)")) {
    const code = box.querySelector("pre");
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "copy", textContent: "Copy" });
    button.setAttribute("aria-label", "Copy the code");
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(code.innerText.trimEnd());
        button.textContent = said.textContent = "Copied";
      } catch {
        button.textContent = said.textContent = "Not allowed";
      }
      setTimeout(() => { button.textContent = "Copy"; said.textContent = ""; }, 2000);
    });
    box.append(button);
  }
}

/** Mark in the table of contents where the reader is: at the last heading that has passed the upper part of the window. */
function currentSection(toc) {
  const links = new Map();
  for (const link of toc.querySelectorAll("a")) {
    const heading = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (heading) links.set(heading, link);
  }
  const headings = [...links.keys()];
  let current;
  const mark = () => {
    const passed = headings.filter((heading) => heading.getBoundingClientRect().top < innerHeight / 4);
    // The last section may be too short ever to get that far up.
    const atEnd = root.scrollHeight - innerHeight - scrollY < 2 && scrollY > 0;
    const link = links.get(atEnd ? headings.at(-1) : passed.at(-1));
    if (link === current) return;
    current?.removeAttribute("aria-current");
    link?.setAttribute("aria-current", "true");
    current = link;
    const list = toc.querySelector("details");
    if (link && list.scrollHeight > list.clientHeight) list.scrollTop = link.offsetTop - list.clientHeight / 2;
  };
  let waiting = false;
  addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; mark(); });
  }, { passive: true });
  mark();
}

/** Copy notes from the end of the post to the side of what they are about; the style sheet shows them where there is room. */
function sideNotes() {
  for (const note of document.querySelectorAll("[role='doc-endnotes'] li[id]")) {
    const mark = document.querySelector(`sup a[href='#${CSS.escape(note.id)}']`);
    if (!mark || mark.closest("[role='doc-endnotes'], .table-scroll, .flash")) continue;
    // A paragraph that is read from a file holds no blocks; one that a script fills does.
    const copy = document.createElement("div");
    copy.className = "footnote side-copy";
    // Who hears the page has the note itself, and its links.
    copy.setAttribute("aria-hidden", "true");
    const number = document.createElement("span");
    Object.assign(number, { className: "footnote-number", textContent: mark.textContent });
    const text = document.createElement("div");
    text.className = "footnote-text";
    text.append(...note.cloneNode(true).childNodes);
    for (const link of text.querySelectorAll("[role='doc-backlink']")) {
      const line = link.parentElement;
      link.remove();
      if (line !== text && !line.textContent.trim()) line.remove();
    }
    text.querySelectorAll("[id]").forEach((element) => element.removeAttribute("id"));
    text.querySelectorAll("a").forEach((link) => { link.tabIndex = -1; });
    copy.append(number, text);
    mark.closest("sup").after(copy);
  }
}

/** Bring notes beside the text to the height of their marks, one below the other: many authors put all of them last. */
function levelNotes(body) {
  const notes = new Map();
  for (const note of body.querySelectorAll(".footnote")) {
    const mark = note.matches(".side-copy") ? note.previousElementSibling.querySelector("a") : body.querySelector(`sup a[href='#${CSS.escape(note.id)}']`);
    if (mark) notes.set(note, mark);
  }
  const level = () => {
    const places = [];
    for (const [note, mark] of notes) {
      note.style.removeProperty("--level");
      const line = mark.getBoundingClientRect();
      if (line.height === 0 || getComputedStyle(note).float !== "right") continue;
      const { top, height } = note.getBoundingClientRect();
      places.push({ note, top, height, wanted: line.top });
    }
    let free = -Infinity;
    for (const { note, top, height, wanted } of places.sort((one, other) => one.wanted - other.wanted)) {
      const place = Math.max(wanted, free);
      note.style.setProperty("--level", `${place - top}px`);
      free = place + height + 16;
    }
  };
  // Whatever is drawn late above a mark makes the text longer.
  if (notes.size) new ResizeObserver(level).observe(body);
}

/** Fetch the comments when the reader asks for them, and tell GitHub nothing before. */
function comments(button) {
  const sources = { giscus: "https://giscus.app/client.js", utterances: "https://utteranc.es/client.js" };
  button.addEventListener("click", () => {
    const script = document.createElement("script");
    const { provider, ...options } = button.dataset;
    const dark = getComputedStyle(root).colorScheme === "dark" || (root.dataset.theme !== "light" && prefersDark.matches);
    if (provider === "giscus") {
      const defaults = { mapping: "pathname", reactionsEnabled: "1", inputPosition: "top", theme: dark ? "dark" : "light" };
      Object.assign(script.dataset, { ...defaults, ...options });
    } else {
      const defaults = { "issue-term": "title", theme: dark ? "github-dark" : "github-light" };
      const given = Object.entries(options).map(([name, value]) => [name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`), value]);
      for (const [name, value] of Object.entries({ ...defaults, ...Object.fromEntries(given) })) script.setAttribute(name, value);
    }
    Object.assign(script, { src: sources[provider], async: true, crossOrigin: "anonymous" });
    button.closest("p").replaceWith(script);
  });
}

const found = (selector, use) => document.querySelectorAll(selector).forEach(use);
found(".theme-switch", themeSwitch);
found(".post > .toc", currentSection);
found(".load-comments", comments);
sideNotes();
found(".post-body", levelNotes);
copyButtons();
focusableScrollers();

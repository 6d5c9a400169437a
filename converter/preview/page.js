// The part of the preview that lives in every page: it reloads the page when the page has changed, and shows what went
// wrong, what is being done, and which posts only the preview shows. `nbpress serve` adds it; no post ever holds it.
(() => {
  "use strict";
  const { state } = document.currentScript.dataset;
  const EVERY = "*";
  const words = { notices: [], unlisted: [], working: "" };
  const host = document.createElement("nbpress-preview");
  const root = host.attachShadow({ mode: "open" });
  const unfolded = new Map();
  const dismissed = new Set(JSON.parse(sessionStorage.getItem("nbpress-dismissed") ?? "[]"));

  const style = new CSSStyleSheet();
  style.replaceSync(`
    :host { all: initial; position: fixed; inset: auto 1rem 1rem auto; z-index: 2147483647; max-width: min(34rem, calc(100vw - 2rem));
      display: flex; flex-direction: column; align-items: flex-end; gap: 0.5rem;
      max-height: calc(100vh - 2rem); overflow-y: auto;
      font: 0.875rem/1.45 system-ui, sans-serif; color-scheme: light dark; }
    @media print { :host { display: none; } }
    div, details { border-radius: 0.5rem; padding: 0.5rem 0.75rem; color: #1b1b1b; background: #fff;
      box-shadow: 0 0 0 1px #0003, 0 4px 16px #0003; max-width: 100%; box-sizing: border-box; }
    .error { border-inline-start: 0.3rem solid #c22; }
    .warning { border-inline-start: 0.3rem solid #b97800; }
    .label { background: #fff3c4; font-weight: 600; }
    p { margin: 0; overflow-wrap: anywhere; }
    pre { margin: 0.5rem 0 0; max-height: 40vh; overflow: auto; white-space: pre-wrap; font: 0.8rem/1.4 ui-monospace, monospace; }
    button { all: unset; float: inline-end; cursor: pointer; padding: 0 0.25rem; margin-inline-start: 0.5rem; }
    button:focus-visible, summary:focus-visible, a:focus-visible { outline: 2px solid #06c; outline-offset: 2px; }
    summary { cursor: pointer; }
    .notices { border-inline-start: 0.3rem solid #b97800; }
    .notices:has(.error) { border-color: #c22; }
    .notices > section { display: flex; flex-direction: column; gap: 0.5rem; margin-top: 0.5rem;
      max-height: min(45vh, 24rem); overflow-y: auto; }
    .notices > section > div { flex: none; padding: 0 0 0 0.5rem; background: none; box-shadow: none; border-radius: 0; }
    ul { margin: 0.25rem 0 0; padding-inline-start: 1.25rem; }
    a { color: #0550ae; }
    @media (prefers-color-scheme: dark) {
      div, details { color: #eee; background: #26262b; box-shadow: 0 0 0 1px #fff4; }
      .label { background: #5b4b00; }
      a { color: #8ab8ff; }
    }
  `);
  root.adoptedStyleSheets = [style];

  const made = (tag, text, className = "") => Object.assign(document.createElement(tag), { textContent: text, className });
  const here = () => decodeURI(location.pathname);

  const noticeOf = ({ severity, text, detail }) => {
    const box = made("div", "", severity);
    const close = made("button", "×");
    close.type = "button";
    close.setAttribute("aria-label", "Close this notice");
    close.addEventListener("click", () => {
      dismissed.add(text);
      show();
    });
    box.append(close, made("p", text));
    if (detail) {
      const more = made("pre", detail);
      more.tabIndex = 0;
      box.append(more);
    }
    return box;
  };

  const counted = (notices, severity) => {
    const count = notices.filter((notice) => notice.severity === severity).length;
    return count > 0 ? [`${count} ${severity}${count === 1 ? "" : "s"}`] : [];
  };

  // One line with counts; what is wrong with the page itself stands below it at once, the rest when somebody asks.
  const foldOf = (notices, where, isOpen) => {
    const key = `${where}: ${notices.map(({ text }) => text).join("\n")}`;
    const fold = document.createElement("details");
    const summary = made("summary", [...counted(notices, "error"), ...counted(notices, "warning")].join(", ") + where);
    summary.addEventListener("click", () => {
      unfolded.set(key, !fold.open);
    });
    const list = document.createElement("section");
    const last = ({ severity }) => Number(severity !== "error");
    list.append(...notices.toSorted((one, other) => last(one) - last(other)).map(noticeOf));
    fold.append(summary, list);
    fold.className = "notices";
    fold.open = unfolded.get(key) ?? isOpen;
    return fold;
  };

  const REASONS = {
    draft: "Draft: only this preview shows it",
    unpublished: "Not published: only this preview shows it",
    future: "Dated in the future: published from that day on",
    hidden: "Hidden: published, but on no list",
  };

  const listOf = (unlisted) => {
    const list = document.createElement("details");
    list.append(made("summary", `${unlisted.length} unlisted`));
    const items = document.createElement("ul");
    for (const { url, title, reason } of unlisted) {
      const item = document.createElement("li");
      item.append(Object.assign(made("a", title), { href: encodeURI(url) }), ` (${reason})`);
      items.append(item);
    }
    list.append(items);
    return list;
  };

  const show = () => {
    const own = words.unlisted.find(({ url }) => url === here());
    const open = words.notices.filter(({ text }) => !dismissed.has(text));
    for (const text of dismissed) {
      // A fault that comes back after it was mended is news.
      if (!words.notices.some((notice) => notice.text === text)) dismissed.delete(text);
    }
    sessionStorage.setItem("nbpress-dismissed", JSON.stringify([...dismissed]));
    const status = document.createElement("section");
    status.setAttribute("role", "status");
    status.style.display = "contents";
    const elsewhere = open.filter(({ page }) => page !== here() && page !== EVERY);
    const near = open.filter((notice) => !elsewhere.includes(notice));
    if (near.length > 0) status.append(foldOf(near, "", true));
    if (elsewhere.length > 0) status.append(foldOf(elsewhere, near.length > 0 ? " elsewhere" : "", false));
    if (words.working) status.append(made("div", words.working, "working"));
    if (own) status.append(made("div", REASONS[own.reason], "label"));
    root.replaceChildren(status);
    if (words.unlisted.length > 0 && !own) root.append(listOf(words.unlisted));
  };

  const connect = () => {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const asked = new URLSearchParams({ page: location.pathname, state });
    const line = new WebSocket(`${scheme}://${location.host}/-nbpress-/line?${asked}`);
    line.addEventListener("message", ({ data }) => {
      const said = JSON.parse(data);
      if (said.reload) return location.reload();
      Object.assign(words, said);
      return show();
    });
    // The preview may have been started again: ask until somebody answers.
    line.addEventListener("close", () => setTimeout(connect, 1000));
  };

  document.documentElement.append(host);
  connect();
})();

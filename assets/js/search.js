// The search page: asks the index that Pagefind has made of the site. It is fetched in pieces, when a word is looked for.

const form = document.querySelector(".search");
const input = form.querySelector("input");
const status = document.querySelector(".search-status");
const list = document.querySelector(".search-results");
const SHOWN = 20;

let index;
/** Return Pagefind, or nothing where the site was built without an index. */
async function load() {
  try {
    index ??= await import(form.dataset.index);
    await index.init();
    return index;
  } catch {
    return undefined;
  }
}

/** Make an element; `html` is Pagefind's, whose excerpts are escaped but for their `<mark>`s. */
function element(name, { text, html, href } = {}, children = []) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (html !== undefined) made.innerHTML = html;
  if (href !== undefined) made.href = href;
  made.append(...children);
  return made;
}

/** Return the list item of one page that was found, with its sections if the words stand in some of them. */
function result({ url, meta, excerpt, sub_results: sections }) {
  const heading = element("h2", {}, [element("a", { text: meta.title, href: url })]);
  const inner = sections.filter((section) => section.url !== url).slice(0, 3);
  const links = inner.map((section) => element("li", {}, [element("a", { text: section.title, href: section.url })]));
  return element("li", {}, [heading, element("p", { html: excerpt }), ...(links.length ? [element("ul", {}, links)] : [])]);
}

let latest = 0;
/** Show what the index has about *words*; an answer that comes after a newer question is dropped. */
async function search(words) {
  const turn = (latest += 1);
  const pagefind = words && (await load());
  if (turn !== latest) return;
  if (!words || !pagefind) {
    list.replaceChildren();
    status.textContent = words ? "This site has no search index yet. Its author makes one with `nbpress site`." : "";
    return;
  }
  const { results } = await pagefind.search(words);
  const pages = await Promise.all(results.slice(0, SHOWN).map((found) => found.data()));
  if (turn !== latest) return;
  list.replaceChildren(...pages.map(result));
  // Found, and not "has": where no page has the very words, Pagefind takes what comes next to them.
  const count = results.length === 1 ? "One page" : `${results.length || "No"} pages`;
  status.textContent = `${count} found for “${words}”${results.length > SHOWN ? `; the best ${SHOWN} are below` : ""}.`;
}

/** Search, and let the address remember the words, so that a search can be linked to. */
function follow() {
  const words = input.value.trim();
  const address = new URL(location);
  if (words) address.searchParams.set("q", words);
  else address.searchParams.delete("q");
  history.replaceState(null, "", address);
  search(words);
}

let pause;
input.addEventListener("input", () => {
  clearTimeout(pause);
  pause = setTimeout(follow, 200);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(pause);
  follow();
});
input.addEventListener("focus", load, { once: true });
input.value = new URLSearchParams(location.search).get("q") ?? "";
if (input.value) search(input.value.trim());

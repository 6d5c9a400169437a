// Typesets the formulas of a post. A formula that KaTeX cannot read stays visible as its source.

const delimiters = [
  { left: "$$", right: "$$", display: true },
  { left: "\\[", right: "\\]", display: true },
  { left: "\\(", right: "\\)", display: false },
  { left: "$", right: "$", display: false },
];
const options = {
  throwOnError: false,
  errorColor: "currentColor",
  // As in a notebook, `\newcommand` holds for the rest of the page.
  macros: {},
  globalGroup: true,
};

/** Typeset an element that holds one formula with its delimiters; a formula without any is an environment. */
function typeset(element) {
  const source = element.textContent.trim();
  const marks = delimiters.find(({ left, right }) => source.startsWith(left) && source.endsWith(right));
  const formula = marks ? source.slice(marks.left.length, -marks.right.length) : source;
  katex.render(formula, element, { ...options, displayMode: marks?.display ?? true });
}

/** Return the delimiters of the environments that *text* has. */
function environments(text) {
  const names = new Set([...text.matchAll(/\\begin\{([^{}]+)\}/g)].map((found) => found[1]));
  return [...names].map((name) => ({ left: `\\begin{${name}}`, right: `\\end{${name}}`, display: true }));
}

// In document order, so that a macro is known below the place where it is defined. In text the converter has marked
// every formula, and a dollar outside them is money. Outputs come from anywhere, and hand-written posts from Jekyll's own
// Markdown: there the formulas are looked for.
const places = ".math, .output_html, .post-body:not(:has(#notebook-container))";
for (const element of document.querySelectorAll(places)) {
  if (element.matches(".math:not(.output_latex .math)")) typeset(element);
  else {
    // What code has displayed as LaTeX may be an environment and nothing else; in HTML, `\begin` is a word.
    const marks = element.matches(".math") ? [...delimiters, ...environments(element.textContent)] : delimiters;
    // pandas marks the tables whose dollars are money.
    renderMathInElement(element, { ...options, delimiters: marks, ignoredClasses: ["tex2jax_ignore", "mathjax_ignore"] });
  }
}

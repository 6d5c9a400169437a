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

// In document order, so that a macro is known below the place where it is defined. In text the converter has marked
// every formula, and a dollar outside them is money. Outputs come from anywhere, and hand-written posts from Jekyll's own
// Markdown: there the formulas are looked for.
const places = ".math, .output_html, .post-body:not(:has(#notebook-container))";
for (const element of document.querySelectorAll(places)) {
  if (element.matches(".math:not(.output_latex .math)")) typeset(element);
  // pandas marks the tables whose dollars are money.
  else renderMathInElement(element, { ...options, delimiters, ignoredClasses: ["tex2jax_ignore", "mathjax_ignore"] });
}

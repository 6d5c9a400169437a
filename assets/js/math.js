// Typesets the formulas of a post. A formula KaTeX cannot read stays visible as its source.
const environments = ["equation", "equation*", "align", "align*", "alignat", "alignat*", "gather", "gather*", "CD"];

renderMathInElement(document.querySelector("main"), {
  delimiters: [
    { left: "$$", right: "$$", display: true },
    { left: "\\[", right: "\\]", display: true },
    { left: "\\(", right: "\\)", display: false },
    { left: "$", right: "$", display: false },
    ...environments.map((name) => ({ left: `\\begin{${name}}`, right: `\\end{${name}}`, display: true })),
  ],
  // Code is never math, and pandas marks the tables whose dollars are money.
  ignoredTags: ["script", "noscript", "style", "textarea", "pre", "code", "option"],
  ignoredClasses: ["tex2jax_ignore", "mathjax_ignore"],
  throwOnError: false,
  errorColor: "currentColor",
});

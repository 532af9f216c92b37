// What the search page quotes of a page it found: the prose, without code and drawings, each formula once.
const UNREAD =
  ".headerlink, script, style, svg, annotation, .katex-html, .cell_input, summary, .kt-numbers, .kt-links, button, nav";
const APART = "p, li, dt, dd, th, td, tr, h1, h2, h3, h4, figcaption, span.kt-place, span.kt-verdict";

Search.htmlToText = (html, anchor) => {
  const page = new DOMParser().parseFromString(html, "text/html");
  const main = page.querySelector('[role="main"]') ?? page.body;
  const part = (anchor && main.querySelector(anchor)) || main;
  for (const element of part.querySelectorAll(UNREAD)) element.remove();
  for (const element of part.querySelectorAll(APART)) element.append(" ");
  return part.textContent.replace(/\s+/g, " ").trim();
};

// A form.kt-filter shows, of the elements that its data-of names, those in which every word asked for begins some word
// of data-words, and whose data-tag is the one chosen or empty. Where no element has all the words, those that have the
// most. Groups (.kt-group) without anything to show go too. Without this script everything shows.
for (const form of document.querySelectorAll("form.kt-filter")) filterBy(form);

function filterBy(form) {
  const common = new Set(
    "a an and are as at be can do does for from how i if in is it me my of on or so that the this to we what why will with you your".split(" "),
  );
  const plain = (text) =>
    ` ${text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^\p{L}\p{N}.%±]+/gu, " ")} `;
  const { words, tag } = form.elements;
  const items = [...document.querySelectorAll(form.dataset.of)].map((element) => {
    const said = element.matches("[data-words]") ? element : element.querySelector("[data-words]");
    return { element, words: plain(said.dataset.words), tag: said.dataset.tag };
  });
  const different = (some) => new Set(some.map((item) => item.words)).size;

  const show = () => {
    const asked = plain(words.value).split(" ").filter((word) => word && !common.has(word));
    const stems = asked.map((word) => ` ${word.length > 3 ? word.replace(/s$/, "") : word}`);
    const fits = (item) => !tag?.value || !item.tag || item.tag === tag.value;
    const hits = (item) => (fits(item) ? stems.filter((stem) => item.words.includes(stem)).length : -1);
    const needed = Math.max(stems.length ? 1 : 0, ...items.map(hits));
    for (const item of items) item.element.hidden = hits(item) < needed;
    for (const group of document.querySelectorAll(".kt-group"))
      group.hidden = !group.querySelector("[data-words]:not([hidden])");
    const shown = different(items.filter(({ element }) => !element.hidden));
    form.querySelector("output").value = shown < different(items) ? `${shown} of ${different(items)} shown` : "";
  };

  form.hidden = false;
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  // an address shows its element, whatever was asked for before
  addEventListener("hashchange", () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target?.closest("[hidden]")) return;
    form.reset();
    show();
    target.scrollIntoView();
  });
  if (words.value || tag?.value) show(); // what the browser kept from the last visit
}

// One axis of the editor: what varies, its values, what is wrong with them.
// changed(): its key or text is another one. remove(): it is not wanted any more.
function sweepRow(row, number, changed, remove) {
  const id = `fpw-axis-${Math.random().toString(36).slice(2)}`;
  let offers = [];
  const key = make("select", { class: "fpw-axis-key", title: "What is to vary", onchange: () => {
    row.key = key.value;
    drawOffer();
    changed();
    (long.hidden ? line : long).focus();
  } });
  const typed = (event) => {
    row.text = event.target.value;
    changed();
  };
  const line = make("input", { type: "text", class: "fpw-axis-values", spellcheck: false, oninput: typed });
  const long = make("textarea", { class: "fpw-axis-values", rows: 3, spellcheck: false, oninput: typed });
  const off = make("button", { type: "button", class: "fpw-axis-off", onclick: remove }, "✕");
  const hint = make("span", { class: "fpw-quiet fpw-wrap" });
  const told = make("span", { class: "fpw-quiet fpw-wrap fpw-axis-told" });
  const error = make("div", { class: "fpw-error fpw-wrap", id: `${id}-error`, role: "status" });
  const element = make("div", { class: "fpw-axis", role: "group", "data-row": row.id },
    key, make("div", { class: "fpw-axis-text" }, line, long), off,
    make("div", { class: "fpw-axis-about" }, error, told, hint));
  for (const box of [line, long]) box.setAttribute("aria-describedby", `${id}-error`);

  function drawOffer() {
    const offer = offers.find(([name]) => name === row.key);
    const [, label = "axis", , about = "", example = "", isLong = false] = offer ?? [];
    line.hidden = isLong;
    long.hidden = !isLong;
    for (const box of [line, long]) {
      if (box.value !== row.text) box.value = row.text;
      box.placeholder = example ? `e.g. ${example}` : "";
      box.setAttribute("aria-label", offer ? `Values of ${label}` : `Values of axis ${number + 1}`);
    }
    hint.textContent = about;
    off.title = `Leave ${offer ? label : "this axis"} out`;
    off.setAttribute("aria-label", off.title);
  }
  return {
    row, element,
    get focusable() { return key; },
    get isWrong() { return Boolean(error.textContent); },
    offer(all) {
      offers = all;
      const groups = new Map();
      for (const [name, label, group] of all) {
        if (!groups.has(group)) groups.set(group, make("optgroup", { label: group }));
        groups.get(group).append(make("option", { value: name }, label));
      }
      key.replaceChildren(make("option", { value: "" }, "choose what varies…"), ...groups.values());
      key.value = row.key;
      key.setAttribute("aria-label", `Axis ${number + 1}`);
      drawOffer();
    },
    renumber(n) {
      number = n;
      key.setAttribute("aria-label", `Axis ${n + 1}`);
      drawOffer();
    },
    tell(wrong, values) {
      // Nothing was written yet: what to do stands at Run, not in red here.
      const isBlank = !row.key || !row.text.trim();
      error.textContent = wrong && !isBlank ? `✖ ${wrong}` : "";
      told.textContent = wrong ? "" : values;
      for (const box of [line, long]) box.setAttribute("aria-invalid", String(Boolean(error.textContent)));
    },
  };
}

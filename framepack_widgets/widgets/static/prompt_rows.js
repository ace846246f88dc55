// One row of the timed parts: a part with its times, or a text outside of the brackets.
// on: what to call when the row was edited, is to be removed, or is to get a time.
function promptRow(segment, number, id, on) {
  const isPart = segment.kind === "part";
  const badge = make("span", { class: `fpw-prompt-number fpw-prompt-tint${number % 5}`, textContent: String(number) });
  const about = make("div", { class: "fpw-prompt-about", id: `${id}-about-${number}` });
  const words = make("textarea", {
    class: "fpw-prompt-words",
    rows: 1,
    value: isPart ? segment.text : unix(segment.raw),
    spellcheck: true,
    placeholder: "what happens from then on",
    "aria-label": isPart ? `Text of part ${number}` : `Text ${number}, outside of the brackets`,
    "aria-describedby": about.id,
    oninput: () => {
      if (isPart) segment.text = words.value;
      else segment.raw = spliced(segment.raw, unix(segment.raw), words.value);
      grow(words);
      on.changed(segment);
    },
  });
  const time = (name, label, help, placeholder = "") =>
    make("input", {
      type: "text",
      inputMode: "decimal",
      autocomplete: "off",
      size: 5,
      value: segment[name],
      placeholder,
      title: help,
      "aria-label": `${label} of part ${number}, seconds`,
      oninput: (event) => {
        segment[name] = event.target.value.trim();
        on.changed(segment);
      },
    });
  const say = (text) => make("span", { textContent: text });
  const times = make("span", { class: "fpw-prompt-times" });
  const button = make("button", { type: "button" });
  let first = words;
  if (isPart) {
    first = time("start", "Start", "Second at which this text begins to rule");
    const end = time("end", "End", "Second at which it ends; empty: when the next part begins", "next");
    times.append(say("from"), first, say("s to"), end, say("s"));
    button.textContent = "remove";
    button.title = "Take this part out of the prompt";
    button.setAttribute("aria-label", `Remove part ${number}`);
    button.onclick = () => on.remove(segment);
  } else {
    times.append("without a time");
    button.textContent = "give it a time";
    button.onclick = () => on.giveTime(segment);
  }

  // What the kernel says about it, and whether it stands in the prompt.
  function annotate() {
    const line = (kind, text) => make("span", { class: `fpw-${kind}`, textContent: text });
    const said = [];
    if (segment.draft) {
      const still = segment.raw === "" ? "Not in the prompt yet." : `Not in the prompt; there it is still ${segment.raw}`;
      said.push(line("error", [still, segment.why].filter(Boolean).join(" ")));
    } else {
      const facts = [segment.times, segment.rules].filter(Boolean).join(" · ");
      if (facts) said.push(line("quiet", facts));
      said.push(...segment.problems.map((text) => line("warning", text)));
    }
    about.replaceChildren(...said);
    words.setAttribute("aria-invalid", String(segment.draft === true));
    if (isPart) return;
    button.disabled = UNWRITABLE.test(segment.raw.trim());
    button.title = button.disabled ? "A text with a line break or a “]” cannot be a timed part" : "Make it a part that begins at 0 s";
  }

  const element = make("div", { class: "fpw-prompt-part", role: "listitem" }, badge, times, words, button, about);
  return { segment, element, words, first, annotate };
}

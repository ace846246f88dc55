// Rows with something to choose from: one, several, or LoRAs with their weights.
function choiceRow(spec, id, send) {
  const select = make("select", { id, class: "fpw-select", onchange: () => send({ index: Number(select.value) }) });
  const options = (spec.choices ?? []).map((label, index) => make("option", { value: String(index), textContent: label }));
  const strange = make("option", { value: "strange", disabled: true });
  select.append(...options);
  const update = ({ value }) => {
    const offered = typeof value === "number";
    if (!offered) {
      strange.textContent = `${value} (not on this Studio)`;
      select.prepend(strange);
    } else strange.remove();
    select.value = offered ? String(value) : "strange";
  };
  return { element: make("div", { class: "fpw-control" }, select), update, focus: () => select.focus() };
}

function severalRow(spec, id, send) {
  const boxes = (spec.choices ?? []).map((label, index) => {
    const box = make("input", { type: "checkbox", onchange: () => send({ item: index, on: box.checked }) });
    return { box, element: make("label", { class: "fpw-check" }, box, label) };
  });
  const strange = make("div", { class: "fpw-quiet fpw-wrap" });
  const update = ({ value }) => {
    boxes.forEach(({ box }, index) => { box.checked = value.includes(index); });
    strange.textContent = value.filter((item) => typeof item !== "number").map((item) => `${item} (not on this Studio)`).join(", ");
  };
  const element = make("div", { class: "fpw-several" }, ...boxes.map(({ element: one }) => one), strange);
  return { element, update, focus: () => boxes[0]?.box.focus(), groups: true };
}

// What is kept about a LoRA that is on: its note, its trigger words as buttons, and the editor.
function loraAbout(name, send) {
  let about = {};
  let drawn = "";
  let near = null; // the text of the prompt's part that was being written when the mouse went down
  const note = make("span", { class: "fpw-quiet fpw-lora-note" });
  const words = make("span", { class: "fpw-row", role: "group", "aria-label": `Trigger words of ${name}` });
  const hint = make("span", { class: "fpw-quiet fpw-lora-hint", role: "status" });
  const edit = make("button", {
    type: "button", textContent: "notes…", "aria-expanded": "false", "aria-label": `notes… of ${name}`,
    title: `Note, trigger words and weight of ${name}`, onclick: () => (editor.element.hidden ? open() : editor.close()),
  });
  const editor = loraEditor(name, (typed) => send({ lora: name, keep: typed }), () => {
    edit.setAttribute("aria-expanded", "false");
    edit.focus();
  });
  function open() {
    edit.setAttribute("aria-expanded", "true");
    editor.open(about);
  }
  function wordButton(word) {
    const button = make("button", {
      type: "button", class: "fpw-lora-word", "data-word": word,
      onpointerdown: () => {
        const writing = document.activeElement;
        const inForm = button.closest(".fpw-form")?.contains(writing);
        near = inForm && writing.closest(".fpw-prompt") && "value" in writing ? writing.value : null;
      },
      onclick: () => {
        if (button.getAttribute("aria-disabled") === "true") return;
        button.focus(); // not every browser does; the prompt that is left tells its last letters
        send({ lora: name, word, near: near ?? "" });
        near = null;
      },
    });
    return button;
  }
  function draw(now) {
    about = now ?? {};
    const text = JSON.stringify([about.note, about.triggers, about.hint]);
    if (text === drawn) return;
    drawn = text;
    note.textContent = (about.note ?? "").replace(/\s+/g, " ");
    note.title = about.note ?? "";
    note.hidden = !about.note;
    const before = new Map([...words.children].map((button) => [button.dataset.word, button]));
    const buttons = (about.triggers ?? []).map(([word, there]) => {
      const button = before.get(word) ?? wordButton(word); // the same one: it may have the focus
      button.textContent = there ? `✓ ${word}` : `+ ${word}`;
      button.title = there ? `"${word}" is in the prompt` : `Put "${word}" at the end of the prompt`;
      button.setAttribute("aria-disabled", String(there));
      return button;
    });
    if (buttons.length !== words.children.length || buttons.some((button, index) => words.children[index] !== button)) words.replaceChildren(...buttons);
    words.hidden = !buttons.length;
    hint.textContent = about.hint ?? "";
    hint.hidden = !about.hint;
  }
  draw({});
  return { elements: [make("div", { class: "fpw-lora-about" }, note, words, edit, hint), editor.element], draw, answered: editor.answered };
}

// The chosen ones on top, with their weights; below them the others, with a filter where they are many.
function lorasRow(spec, id, send) {
  const chosenBox = make("div", { class: "fpw-chosen" });
  const others = make("div", { class: "fpw-offered" });
  const filter = make("input", {
    type: "search", class: "fpw-filter", placeholder: `filter ${spec.choices.length} LoRAs`,
    "aria-label": "Filter the LoRAs by name", oninput: () => drawOthers(),
  });
  const none = make("div", { class: "fpw-quiet" });
  filter.hidden = spec.choices.length < 6;
  let chosen = new Map(); // name -> { element, update, weight }
  let drawn = null;

  function makeChosen(name) {
    const box = make("input", { type: "checkbox", checked: true, onchange: () => turn(name, false) });
    const range = spec.weights[name];
    const known = spec.choices.includes(name);
    const label = make("label", { class: "fpw-check" }, box, known ? name : `${name} (not on this Studio)`);
    const weight = numberRow(
      { label: `Weight of ${name}`, ...(range ?? {}) }, "", (edit, when) => send({ lora: name, ...edit }, when),
    );
    weight.element.querySelector(".fpw-number").setAttribute("aria-label", `Weight of ${name}`);
    const told = loraAbout(name, send);
    return { element: make("div", { class: "fpw-lora" }, label, weight.element, ...told.elements), update: weight.update, told };
  }

  function turn(name, on) {
    const inOthers = [...others.querySelectorAll("input")];
    const place = inOthers.findIndex((input) => input === document.activeElement);
    send({ lora: name, on });
    // The row moves to the other list; the focus goes on to what is next to where it was.
    pendingFocus = on ? place : -1;
  }
  let pendingFocus = null;
  let abouts = {};
  let notesDrawn = "";

  function drawOthers() {
    const wanted = filter.value.trim().toLowerCase();
    const left = spec.choices.filter((name) => !chosen.has(name) && name.toLowerCase().includes(wanted));
    others.replaceChildren(...left.map((name) => {
      const box = make("input", { type: "checkbox", onchange: () => turn(name, true) });
      return make("label", { class: "fpw-check", title: abouts[name]?.note ?? "" }, box, name);
    }));
    none.textContent = left.length ? "" : wanted ? `No other LoRA is called "${filter.value.trim()}".`
      : spec.choices.length ? "" : "This Studio has no LoRAs.";
  }

  function update({ value, about, saved }) {
    const pairs = Array.isArray(value) ? value : [];
    abouts = about ?? {};
    const names = JSON.stringify(pairs.map(([name]) => name));
    if (names !== drawn) {
      drawn = names;
      notesDrawn = "";
      const before = chosen;
      chosen = new Map(pairs.map(([name]) => [name, before.get(name) ?? makeChosen(name)]));
      const rows = [...chosen.values()].map(({ element: one }) => one);
      if (rows.some((row, index) => chosenBox.children[index] !== row) || rows.length !== chosenBox.children.length) {
        chosenBox.replaceChildren(...rows);
      }
      for (const { element: one } of chosen.values()) one.querySelector("input[type=checkbox]").checked = true;
      drawOthers();
      if (pendingFocus !== null) {
        const inputs = [...others.querySelectorAll("input")];
        (inputs[Math.min(Math.max(pendingFocus, 0), inputs.length - 1)] ?? chosenBox.querySelector("input"))?.focus();
        pendingFocus = null;
      }
    }
    const texts = JSON.stringify(abouts);
    if (texts !== notesDrawn) {
      notesDrawn = texts;
      for (const box of others.querySelectorAll("label")) box.title = abouts[box.textContent]?.note ?? "";
    }
    for (const [name, weight] of pairs) {
      const row = chosen.get(name);
      row.update({ value: weight });
      row.told.draw(abouts[name]);
      if (saved?.lora === name) row.told.answered(saved);
    }
  }
  const element = make("div", { class: "fpw-loras" }, chosenBox, filter, others, none);
  drawOthers();
  return {
    element, update, groups: true,
    focus: () => (chosenBox.querySelector("input") ?? others.querySelector("input"))?.focus(),
  };
}

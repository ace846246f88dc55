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
    return { element: make("div", { class: "fpw-lora" }, label, weight.element), update: weight.update };
  }

  function turn(name, on) {
    const inOthers = [...others.querySelectorAll("input")];
    const place = inOthers.findIndex((input) => input === document.activeElement);
    send({ lora: name, on });
    // The row moves to the other list; the focus goes on to what is next to where it was.
    pendingFocus = on ? place : -1;
  }
  let pendingFocus = null;

  function drawOthers() {
    const wanted = filter.value.trim().toLowerCase();
    const left = spec.choices.filter((name) => !chosen.has(name) && name.toLowerCase().includes(wanted));
    others.replaceChildren(...left.map((name) => {
      const box = make("input", { type: "checkbox", onchange: () => turn(name, true) });
      return make("label", { class: "fpw-check" }, box, name);
    }));
    none.textContent = left.length ? "" : wanted ? `No other LoRA is called "${filter.value.trim()}".`
      : spec.choices.length ? "" : "This Studio has no LoRAs.";
  }

  function update({ value }) {
    const pairs = Array.isArray(value) ? value : [];
    const names = JSON.stringify(pairs.map(([name]) => name));
    if (names !== drawn) {
      drawn = names;
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
    for (const [name, weight] of pairs) chosen.get(name).update({ value: weight });
  }
  const element = make("div", { class: "fpw-loras" }, chosenBox, filter, others, none);
  drawOthers();
  return {
    element, update, groups: true,
    focus: () => (chosenBox.querySelector("input") ?? others.querySelector("input"))?.focus(),
  };
}

// Rows of one value: numbers, switches, texts, and what is only told.

// A slider for looking and a box for exactness: what is typed counts as it stands, also between
// the slider's steps and out of its range.
function numberRow(spec, id, send) {
  const box = make("input", {
    id, class: "fpw-number", type: "text", inputMode: "decimal", autocomplete: "off", spellcheck: false,
    oninput: () => { place(); send({ text: box.value }, { soon: 600 }); },
    onchange: () => send({ text: box.value }),
    onkeydown: (event) => { if (event.key === "Enter") send({ text: box.value }); },
  });
  const slider = spec.min === undefined ? null : make("input", {
    type: "range", class: "fpw-slider", min: spec.min, max: spec.max, step: spec.step,
    "aria-label": `${spec.label}, slider`,
    oninput: () => { box.value = trimmed(slider.value, spec.step); send({ text: box.value }, { soon: "drag" }); },
    onchange: () => send({ text: box.value }),
  });
  const place = () => { if (slider && box.value.trim() !== "" && Number.isFinite(Number(box.value))) slider.value = Number(box.value); };
  const element = make("div", { class: "fpw-control" }, slider, box);
  const update = ({ value }) => {
    if (box.value !== value && !(document.activeElement === box && Number(box.value) === Number(value) && box.value.trim() !== "")) box.value = value;
    place();
  };
  return { element, update, focus: () => box.focus() };
}

// A range input counts in floats: 0.30000000000000004 is the 0.3 of its step.
function trimmed(text, step) {
  const digits = Math.max(((String(step).split(".")[1]) ?? "").length, (String(text).split(".")[1] ?? "").length > 12 ? 6 : 0);
  return String(Number(Number(text).toFixed(Math.max(digits, 6))));
}

function flagRow(spec, id, send) {
  const box = make("input", { id, type: "checkbox", onchange: () => send({ on: box.checked }) });
  const word = make("span", { "aria-hidden": "true" });
  const update = ({ value }) => {
    box.checked = value === true;
    box.indeterminate = value === null;
    word.textContent = value === null ? "neither on nor off" : value ? "on" : "off";
  };
  return { element: make("div", { class: "fpw-control" }, box, word), update, focus: () => box.focus() };
}

function textRow(spec, id, send) {
  const box = make("textarea", {
    id, rows: 2, class: "fpw-text",
    oninput: () => send({ text: box.value }, { soon: QUIET_MS }),
    onchange: () => send({ text: box.value }),
  });
  const update = ({ value }) => { if (box.value !== value) box.value = value; };
  return { element: make("div", { class: "fpw-control" }, box), update, focus: () => box.focus() };
}

// A kind that this package does not know, or a value that this Studio has no field for.
function toldRow(spec, id) {
  const words = make("div", { class: "fpw-wrap fpw-quiet", id, tabIndex: -1 });
  const update = ({ value, changed }) => {
    if (spec.kind === "foreign") words.textContent = `set to ${value}`;
    else if (changed) words.textContent = `set to ${value}; it cannot be edited here`;
    else words.textContent = "cannot be edited here; sent with the Studio's own value";
  };
  return { element: make("div", { class: "fpw-control" }, words), update, focus: () => words.focus() };
}

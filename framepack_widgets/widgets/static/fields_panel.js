// Headings and rows of a form. The kernel holds the values; a row that is being edited is left alone
// until the kernel has seen the edit.
const QUIET_MS = 250; // after the last key in a box

function titleOf(piece, group) {
  const parts = [piece.title];
  if (group.summary && !group.open) parts.push(`(${group.summary})`);
  return parts.join(" ");
}

function makeNotes(id) {
  const element = make("div", { class: "fpw-notes", id });
  let drawn = "";
  const update = (notes) => {
    const text = JSON.stringify(notes);
    if (text === drawn) return;
    drawn = text;
    const signs = { error: "✖ ", warning: "⚠ " };
    element.replaceChildren(
      ...notes.map(([severity, words]) =>
        make("div", { class: `fpw-note fpw-${severity} fpw-wrap` }, (signs[severity] ?? "") + words),
      ),
    );
  };
  return { element, update };
}

const ROWS = {
  number: numberRow,
  seed: seedRow,
  choice: choiceRow,
  choices: severalRow,
  loras: lorasRow,
  flag: flagRow,
  text: textRow,
};

// A row: { element, update(state), focus() }. send(edit, { soon }) tells the kernel.
function makeRow(spec, id, send) {
  const notes = makeNotes(`${id}-notes`);
  const reset = make("button", {
    class: "fpw-reset", type: "button", textContent: "↺",
    title: `Back to the Studio's own value of ${spec.label}`,
    "aria-label": `Back to the Studio's own value of ${spec.label}`,
    onclick: () => { send({ reset: true }); inner.focus(); },
  });
  const label = make("label", { class: "fpw-label", textContent: spec.label, htmlFor: id });
  const inner = (ROWS[spec.kind] ?? toldRow)(spec, id, send);
  if (inner.groups) { // several controls under one name: a label can point to one only
    label.removeAttribute("for");
    label.id = `${id}-label`;
    inner.element.setAttribute("role", "group");
    inner.element.setAttribute("aria-labelledby", label.id);
  }
  const head = make("div", { class: "fpw-field-head" }, label, reset);
  const wide = spec.kind === "text" || spec.kind === "loras" || spec.kind === "choices";
  const element = make(
    "div",
    { class: `fpw-field${wide ? " fpw-wide" : ""}`, "data-name": spec.name, title: spec.help ?? "" },
    head, inner.element, notes.element,
  );
  for (const input of element.querySelectorAll("input, select, textarea")) {
    input.setAttribute("aria-describedby", notes.element.id);
  }
  const update = (state) => {
    const bad = state.notes.some(([severity]) => severity === "error");
    element.classList.toggle("fpw-bad", bad);
    for (const input of element.querySelectorAll("input, select, textarea")) {
      input.toggleAttribute("aria-invalid", bad);
      if (bad) input.setAttribute("aria-invalid", "true");
    }
    reset.style.visibility = state.changed ? "visible" : "hidden";
    notes.update(state.notes);
    inner.update(state);
  };
  return { element, update, focus: inner.focus, told: notes.update };
}

export default {
  render({ model, el }) {
    const view = Math.random().toString(36).slice(2);
    const id = `fpw-${view}`;
    let number = 0;
    let rows = new Map(); // name -> { row, pending: number of its last edit, timer, waiting }
    let sections = [];
    const trouble = make("div", { class: "fpw-error fpw-wrap", role: "alert" });
    const body = make("div", { class: "fpw-panel" });
    el.setAttribute("data-lm-suppress-shortcuts", "true"); // arrows move our sliders, not Jupyter's cells
    el.append(body, trouble);

    function flush(name) {
      const entry = rows.get(name);
      if (!entry) return; // the fields are others by now
      clearTimeout(entry.timer);
      if (entry.waiting === null) return;
      number += 1;
      entry.pending = number;
      entry.last = Date.now();
      const edit = entry.waiting;
      entry.waiting = null;
      model.send({ kind: "edit", name, view, number, ...edit });
    }

    function sender(name) {
      return (edit, { soon = 0 } = {}) => {
        const entry = rows.get(name);
        if (!entry) return; // a box that is taken away may still say that it was left
        entry.waiting = edit;
        clearTimeout(entry.timer);
        if (!soon) flush(name);
        // A slider that is dragged tells where it is ten times a second; a box, when keys rest.
        else if (soon === "drag" && Date.now() - entry.last > 100) flush(name);
        else entry.timer = setTimeout(flush, soon === "drag" ? 100 : soon, name);
      };
    }

    function build() {
      for (const entry of rows.values()) clearTimeout(entry.timer);
      rows = new Map();
      sections = model.get("pieces").map((piece, place) => buildPiece(piece, place));
      body.replaceChildren(...sections.map((section) => section.element));
      update();
    }

    function buildPiece(piece, place) {
      const bodyId = `${id}-body-${place}`;
      const inner = make("div", { class: "fpw-fields", id: bodyId });
      const heading = make("button", {
        class: "fpw-heading", type: "button", "aria-expanded": "true", "aria-controls": bodyId,
        onclick: () => model.send({
          kind: "toggle", group: piece.group, open: heading.getAttribute("aria-expanded") !== "true",
        }),
      });
      const foldable = piece.title !== null && piece.group !== "frames";
      const top = piece.title === null ? null
        : foldable ? heading : make("div", { class: "fpw-heading fpw-fixed", textContent: piece.title });
      const element = make("div", { class: "fpw-group", "data-group": piece.group }, top, inner);
      return { piece, element, inner, heading: foldable ? heading : null, built: false };
    }

    function buildRows(section) { // when the group is first opened
      section.built = true;
      for (const spec of section.piece.rows) {
        const entry = { pending: 0, timer: 0, waiting: null, last: 0 };
        rows.set(spec.name, entry);
        entry.row = makeRow(spec, `${id}-${rows.size}`, sender(spec.name));
        section.inner.append(entry.row.element);
      }
    }

    function update() {
      const state = model.get("state");
      const seen = model.get("seen")[view] ?? 0;
      for (const section of sections) {
        const group = (state.groups ?? {})[section.piece.group] ?? { open: true, shown: true, errors: 0 };
        section.element.hidden = !group.shown;
        section.inner.hidden = !group.open;
        if (section.heading) drawHeading(section, group);
        if (group.open && group.shown && !section.built) buildRows(section);
      }
      for (const [name, entry] of rows) {
        const row = (state.rows ?? {})[name];
        entry.row.element.hidden = !row;
        if (!row) continue;
        if (entry.pending > seen || entry.waiting !== null) entry.row.told(row.notes);
        else entry.row.update(row);
      }
    }

    function drawHeading(section, group) {
      const { heading, piece } = section;
      heading.setAttribute("aria-expanded", String(group.open));
      const mark = make("span", { "aria-hidden": "true", textContent: group.open ? "▾ " : "▸ " });
      const wrong = group.errors && !group.open
        ? make("span", { class: "fpw-error", textContent: ` ✖ ${group.errors} problem${group.errors > 1 ? "s" : ""}` })
        : null;
      heading.replaceChildren(mark, titleOf(piece, group), ...(wrong ? [wrong] : []));
    }

    const onTrouble = () => { trouble.textContent = model.get("trouble"); };
    const onMessage = (message) => {
      if (message.kind !== "focus") return;
      const go = (tries) => { // the group may open a moment later
        const entry = rows.get(message.name);
        if (entry && entry.row.element.offsetParent) {
          entry.row.element.scrollIntoView({ block: "center" });
          entry.row.focus();
        } else if (tries > 0) setTimeout(go, 50, tries - 1);
      };
      go(20);
    };
    model.on("change:pieces", build);
    model.on("change:state", update);
    model.on("change:seen", update);
    model.on("change:trouble", onTrouble);
    model.on("msg:custom", onMessage);
    build();
    onTrouble();
    return () => {
      for (const name of rows.keys()) flush(name);
      model.off("change:pieces", build);
      model.off("change:state", update);
      model.off("change:seen", update);
      model.off("change:trouble", onTrouble);
      model.off("msg:custom", onMessage);
    };
  },
};

// The prompt editor. The page owns what is being typed; the kernel says what it means (`state`).
// Every edit carries a count, so that a late answer never overwrites what was typed after it.
const WAIT_MS = 150; // after the last key, before the kernel is asked
const BUSY_MS = 1200; // without an answer for so long, the page says so
function render({ model, el }) {
  const view = crypto.randomUUID?.() ?? String(Math.random());
  const id = `fpw-prompt-${view}`;
  let text = model.get("value");
  let segments = null; // null: the kernel has not said yet how the text is cut
  let drafts = []; // rows that are not in the text, while `segments` is null
  let rows = []; // what is on the page for each shown segment
  let removed = null;
  let typed = 0;
  let sent = 0;
  let answered = 0;
  let seen = 0; // of the prompts that code has set: a later one may be typed over unseen
  let stale = false; // rows have to be drawn anew when nobody types in them
  let timer = null;
  let busyTimer = null;
  let overdue = false;

  // ------------------------------------------------------------------ what is always there
  const title = make("span", { class: "fpw-prompt-label", id: `${id}-label` });
  const note = make("div", { class: "fpw-quiet fpw-wrap", id: `${id}-note` });
  const modes = ["text", "parts"].map((mode) =>
    make("button", {
      type: "button",
      textContent: mode === "text" ? "text" : "timed parts",
      title: mode === "text" ? "Write the prompt as one text" : "Write it in parts, each from its own time on",
      "data-mode": mode,
      onclick: () => switchTo(mode),
    }),
  );
  const switches = make("span", { class: "fpw-prompt-modes", role: "group", "aria-label": "How the prompt is written" }, ...modes);
  const area = make("textarea", {
    class: "fpw-prompt-text", rows: 2, spellcheck: true, "aria-labelledby": `${id}-label`, "aria-describedby": `${id}-note`,
    placeholder: "What happens in the clip. Timed: [0s: it looks up] [2s: it yawns]",
    oninput: () => {
      drafts = pendingDrafts();
      text = spliced(text, unix(text), area.value);
      segments = null;
      grow(area);
      edited();
    },
  });
  const list = make("div", { class: "fpw-prompt-rows", role: "list", "aria-label": "Parts of the prompt" });
  const adder = make("button", {
    type: "button", class: "fpw-prompt-add", textContent: "add a part", title: "Add a text that begins at a time of its own", onclick: add,
  });
  const undo = make("button", { type: "button", class: "fpw-prompt-back", textContent: "put it back", onclick: putBack });
  const gone = make("span", { class: "fpw-prompt-gone" });
  const below = make("div", { class: "fpw-row" }, adder, gone, undo);
  const bar = make("div", { class: "fpw-prompt-bar" });
  const remarks = make("div", { class: "fpw-prompt-remarks", role: "status" });
  const busy = make("div", { class: "fpw-quiet fpw-warning", role: "status" });
  const trouble = make("div", { class: "fpw-error fpw-wrap", role: "alert" });
  const writer = promptWriter(model, () => send());
  const root = make(
    "div", { class: "fpw fpw-prompt", "data-lm-suppress-shortcuts": "true" },
    make("div", { class: "fpw-row fpw-prompt-head" }, title, switches), note, area, list, below, writer.element, bar, remarks, busy, trouble,
  );
  el.append(root);

  // ------------------------------------------------------------------ to the kernel
  function edited() {
    typed += 1;
    clearTimeout(timer);
    timer = setTimeout(send, WAIT_MS);
    if (removed && removed.after !== text) removed = null;
    drawBelow();
    drawBusy();
  }

  function send() {
    clearTimeout(timer);
    timer = null;
    if (sent === typed) return;
    sent = typed;
    model.send({ kind: "edit", view, n: typed, text, drafts: pendingDrafts(), seen });
    busyTimer ??= setTimeout(() => {
      overdue = true;
      drawBusy();
    }, BUSY_MS);
  }

  function pendingDrafts() {
    if (!segments) return drafts;
    const bad = segments.filter((segment) => segment.draft);
    return bad.map(({ raw, start, end, text: words }) => ({ raw, start, end, text: words }));
  }

  // ------------------------------------------------------------------ from the kernel
  function hear() {
    const state = model.get("state");
    if (!state?.segments) return;
    if (state.view === view) answered = Math.max(answered, state.n);
    if (answered >= sent) {
      clearTimeout(busyTimer);
      busyTimer = null;
      overdue = false;
    }
    drawBusy();
    if (typed > answered) return; // newer than this answer: the next one is on its way
    adopt(state);
  }

  function adopt(state) {
    seen = state.set_count ?? 0;
    const cut = state.segments.map((segment) => ({ ...segment, draft: false, why: "" }));
    const whole = joined(cut);
    for (const draft of state.drafts) {
      const row = { start: draft.start, end: draft.end, text: draft.text, draft: true, why: draft.why };
      if (draft.at >= 0) Object.assign(cut[draft.at], row);
      else cut.push({ kind: "part", raw: "", gap: ": ", times: "", rules: "", problems: [], ...row });
    }
    const kinds = (some) => some.map((s) => `${s.kind}${s.kind === "loose" && !s.raw.trim() ? " " : ""}`).join();
    const same = segments && whole === text && kinds(cut) === kinds(segments);
    text = whole;
    if (same) {
      cut.forEach((segment, index) => {
        const { times, rules, problems, why } = segment;
        Object.assign(segments[index], { times, rules, problems, why });
      });
      annotate();
    } else if (list.contains(document.activeElement) && segments && joined(segments) === whole) {
      stale = true; // the text is cut differently now; not under somebody's fingers
    } else {
      segments = cut;
      drawRows();
    }
    if (unix(text) !== area.value) {
      area.value = unix(text);
      grow(area);
    }
    drawAround(state);
  }

  // ------------------------------------------------------------------ editing parts
  function changed(segment) {
    if (segment.kind === "part") {
      segment.draft = !canBeWritten(segment);
      if (!segment.draft) {
        if (segment.raw === "") separate(segment);
        segment.raw = written(segment);
      }
    }
    text = joined(segments);
    edited();
    annotate();
  }

  function separate(segment) {
    const index = segments.indexOf(segment);
    const before = joined(segments.slice(0, index));
    if (before !== "" && !/\s$/.test(before)) segments.splice(index, 0, { kind: "loose", raw: " ", problems: [] });
  }

  function add() {
    if (!segments) return;
    const start = segments.some((s) => s.raw === "" && s.kind === "part") ? "" : (model.get("state").next_start ?? "0");
    segments.push({ kind: "part", raw: "", start, end: "", gap: ": ", text: "", times: "", rules: "", problems: [], draft: true, why: "" });
    drawRows();
    rows.at(-1).words.focus();
    edited();
  }

  function remove(segment) {
    const before = { text, segments: segments.map((each) => ({ ...each })), words: segment.text };
    const index = segments.indexOf(segment);
    const shown = rows.findIndex((row) => row.segment === segment);
    segments.splice(index, 1);
    const blank = segments[index - 1]?.raw === " " ? index - 1 : index === 0 && segments[0]?.raw === " " ? 0 : -1;
    if (blank >= 0 && segment.raw !== "") segments.splice(blank, 1);
    text = joined(segments);
    edited();
    removed = { ...before, after: text };
    drawRows();
    drawBelow();
    (rows[Math.min(shown, rows.length - 1)]?.words ?? adder).focus();
  }

  function putBack() {
    ({ text, segments } = removed);
    removed = null;
    drawRows();
    edited();
    adder.focus();
  }

  function giveTime(segment) {
    const words = segment.raw.trim();
    const [head, tail] = [segment.raw.slice(0, segment.raw.indexOf(words)), segment.raw.slice(segment.raw.indexOf(words) + words.length)];
    const part = { kind: "part", raw: "", start: "0", end: "", gap: ": ", text: words, times: "", rules: "", problems: [], draft: false, why: "" };
    part.raw = written(part);
    const around = (raw) => (raw === "" ? [] : [{ kind: "loose", raw, problems: [] }]);
    segments.splice(segments.indexOf(segment), 1, ...around(head), part, ...around(tail));
    text = joined(segments);
    drawRows();
    edited();
    rows.find((row) => row.segment === part).first.focus();
  }

  function switchTo(mode) {
    model.set("mode", mode);
    model.save_changes();
    draw();
  }

  // ------------------------------------------------------------------ drawing
  function drawRows() {
    stale = false;
    rows = (segments ?? []).filter((s) => s.kind === "part" || s.raw.trim() !== "").map((s, index) => promptRow(s, index + 1, id, { changed, remove, giveTime }));
    list.replaceChildren(...rows.map((row) => row.element));
    if (!segments) list.append(make("div", { class: "fpw-quiet", textContent: "The parts appear when the kernel has answered. Switch to text to go on writing." }));
    annotate();
    rows.forEach((row) => grow(row.words));
  }

  function annotate() {
    rows.forEach((row) => row.annotate());
  }

  function drawAround(state) {
    drawBar(bar, state.bar);
    const parts = model.get("mode") === "parts";
    const lines = parts ? [...state.problems] : [...state.problems, ...state.segments.flatMap((s) => s.problems)];
    const waiting = parts ? [] : state.drafts.map((draft) => `Not in the prompt: “${draft.text}”. ${draft.why} It is kept under “timed parts”.`);
    remarks.replaceChildren(
      ...waiting.map((line) => make("div", { class: "fpw-error fpw-wrap", textContent: line })),
      ...[...new Set(lines)].map((line) => make("div", { class: "fpw-warning fpw-wrap", textContent: line })),
      ...state.notes.map((line) => make("div", { class: "fpw-quiet", textContent: line })),
    );
  }

  function drawBelow() {
    const parts = model.get("mode") === "parts";
    adder.hidden = !parts;
    adder.disabled = !segments;
    undo.hidden = gone.hidden = !removed;
    below.hidden = !parts && !removed;
    if (removed) gone.textContent = `Removed “${removed.words.length > 40 ? `${removed.words.slice(0, 40)}…` : removed.words}”.`;
  }

  function drawBusy() {
    root.dataset.settled = String(answered === typed); // the kernel has all that was typed
    busy.textContent = overdue ? "The kernel is busy or gone: what you write stays here and is sent as soon as it answers." : "";
    busy.hidden = !overdue;
  }

  function draw() {
    const mode = model.get("mode");
    title.textContent = model.get("label");
    note.textContent = model.get("note");
    note.hidden = !note.textContent;
    trouble.textContent = model.get("trouble");
    trouble.hidden = !trouble.textContent;
    modes.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.mode === mode)));
    area.hidden = mode !== "text";
    list.hidden = mode !== "parts";
    if (mode === "text") {
      if (area.value !== unix(text)) area.value = unix(text);
      grow(area);
    } else drawRows();
    drawBelow();
    writer.draw();
    const state = model.get("state");
    if (state?.segments) drawAround(state);
  }

  // ------------------------------------------------------------------ life
  const leaving = (event) => {
    if (stale && !list.contains(event.relatedTarget)) {
      stale = false;
      segments = null;
      hear();
    }
  };
  const sizes = new ResizeObserver(() => [area, ...rows.map((row) => row.words)].forEach(grow));
  const flush = () => send();
  list.addEventListener("focusout", leaving);
  root.addEventListener("focusout", flush);
  sizes.observe(root);
  model.on("change:state", hear);
  model.on("change:mode change:label change:note change:trouble", draw);
  model.on("change:writer", writer.draw);
  drawBusy();
  const first = model.get("state");
  if (first?.segments) adopt(first);
  draw();
  return () => {
    send();
    clearTimeout(busyTimer);
    sizes.disconnect();
    model.off("change:state", hear);
    model.off("change:mode change:label change:note change:trouble", draw);
    model.off("change:writer", writer.draw);
    root.remove();
  };
}

export default { render };

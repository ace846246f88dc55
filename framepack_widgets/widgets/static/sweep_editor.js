// The axes of a sweep, the plan of it while one types, Run and why not.
const SEND_MS = 120;

export default {
  render({ model, el }) {
    el.classList.add("fpw", "fpw-editor");
    el.setAttribute("data-lm-suppress-shortcuts", "true"); // Jupyter's own keys stay out
    const view = Math.random().toString(36).slice(2);
    const id = `fpw-sweep-run-${view}`;
    let rows = []; // of sweepRow
    let edits = 0;
    let open = ""; // the edit that was sent and whose plan has not come yet
    let timer = 0;
    let held = false; // a double click is one click
    let heldTimer = 0;

    const list = make("div", { class: "fpw-axes-list" });
    const add = make("button", { type: "button", title: "Vary one more thing", onclick: () => {
      const made = addRow({ id: `${view}-${Date.now().toString(36)}-${rows.length}`, key: "", text: "" });
      made.focusable.focus();
      changed();
    } }, "add an axis");
    const ways = sweepWays(changed);
    const name = make("input", { type: "text", placeholder: "made of the axes", title: "The same name again goes on with that run", oninput: changed });
    const nameLabel = make("label", { class: "fpw-choice" }, make("span", {}, "name of the run"), name);
    const plan = make("div", { class: "fpw-sweep-plan", role: "status" });
    const run = make("button", { type: "button", class: "fpw-main fpw-run", "aria-describedby": id, onclick: () => {
      if (model.get("result").blocked || held || model.get("running") || timer || open) return;
      held = true;
      clearTimeout(heldTimer);
      heldTimer = setTimeout(() => { held = false; update(); }, 1200);
      model.send({ kind: "run" });
      update();
    } });
    const why = make("span", { class: "fpw-error fpw-wrap", id });
    const sent = make("span", { class: "fpw-good fpw-wrap", role: "status" });
    const trouble = make("div", { class: "fpw-error fpw-wrap", role: "alert" });
    const code = make("textarea", { class: "fpw-code", readOnly: true, rows: 10, spellcheck: false, "aria-label": "This sweep as Python" });
    const copied = make("span", { role: "status", class: "fpw-quiet" });
    const shown = make("div", { class: "fpw-python" }, code, make("div", { class: "fpw-row" },
      make("button", { type: "button", onclick: () => { shown.hidden = true; python.focus(); } }, "hide"), copied));
    const python = make("button", { type: "button", title: "Copy the cell that makes and runs this sweep", onclick: copy }, "Copy as Python");
    shown.hidden = true;
    el.append(list, make("div", { class: "fpw-row" }, add, ways.combine, ...ways.drawn, nameLabel), ...ways.about,
      make("div", { class: "fpw-row" }, ...ways.draft), ways.wrong, plan,
      make("div", { class: "fpw-row" }, run, why, sent, python), trouble, shown);

    function addRow(row) {
      const made = sweepRow({ ...row }, rows.length, changed, () => removeRow(made));
      made.offer(model.get("offers"));
      rows.push(made);
      list.append(made.element);
      return made;
    }
    function removeRow(made) {
      const at = rows.indexOf(made);
      rows = rows.filter((each) => each !== made);
      made.element.remove();
      rows.forEach((each, number) => each.renumber(number));
      (rows[Math.min(at, rows.length - 1)]?.focusable ?? add).focus();
      changed();
    }
    function changed() {
      clearTimeout(timer);
      held = false; // the next click is another one
      timer = setTimeout(() => {
        timer = 0;
        open = `${view} ${++edits}`;
        model.send({ kind: "edit", view, edit: open, rows: rows.map(({ row }) => row), ...ways.values(), name: name.value });
      }, SEND_MS);
      update();
    }
    function fill() {
      const state = model.get("state");
      if (!state.rows || state.by === view) return;
      clearTimeout(timer);
      timer = 0;
      open = "";
      rows = [];
      list.replaceChildren();
      for (const row of state.rows) addRow(row);
      ways.fill(state);
      name.value = state.name;
      update();
    }
    async function copy() {
      shown.hidden = false;
      code.value = model.get("python");
      try {
        await navigator.clipboard.writeText(code.value);
        copied.textContent = "Copied to the clipboard.";
      } catch { // refused, or no https: the user's own Ctrl-C does it
        code.focus();
        code.select();
        copied.textContent = "The browser does not let us copy: the text is selected, press Ctrl+C (⌘C).";
      }
    }
    function update() {
      const result = model.get("result");
      if (result.edit === open && !result.is_old) open = "";
      const isOld = Boolean(timer || open) || result.is_old;
      for (const { row, tell } of rows) tell(result.errors?.[row.id] ?? "", result.told?.[row.id] ?? "");
      ways.tell(rows.length, result.fields ?? {});
      const lines = result.error && rows.length ? [["error", result.error]] : (result.plan ?? []);
      plan.replaceChildren(...lines.map(([kind, text]) => make("div", { class: `fpw-wrap fpw-plan-${kind}` }, `${{ error: "✖ ", warning: "⚠ " }[kind] ?? ""}${text}`)));
      plan.classList.toggle("fpw-is-old", Boolean(isOld));
      plan.hidden = !lines.length;
      const blocked = timer || open ? "working out the plan…" : (result.blocked ?? "");
      const count = result.count ?? 0;
      run.textContent = model.get("running") ? "Starting…" : isOld || blocked || !count ? "Run" : `Run ${count} render${count === 1 ? "" : "s"}`;
      // Not `disabled`: a disabled button cannot be reached by Tab, nor asked what is wrong.
      run.setAttribute("aria-disabled", String(Boolean(blocked) || held || model.get("running")));
      run.title = blocked ? `Not yet. ${blocked}` : "Render all points of this sweep";
      // What is red above has said it already.
      const isTold = ways.isWrong || rows.some(({ isWrong }) => isWrong);
      why.textContent = blocked ? (isOld ? blocked : `✖ ${isTold ? "Not yet: see what is red above." : blocked}`) : "";
      why.classList.toggle("fpw-error", !isOld);
      sent.textContent = model.get("sent");
      trouble.textContent = model.get("trouble") ? `✖ ${model.get("trouble")}` : "";
      python.hidden = !model.get("python");
      if (!shown.hidden && code.value !== model.get("python")) {
        code.value = model.get("python");
        copied.textContent = "";
      }
    }
    const offer = () => { for (const row of rows) row.offer(model.get("offers")); };
    const traits = ["result", "running", "sent", "python", "trouble"].map((trait) => `change:${trait}`);
    for (const trait of traits) model.on(trait, update);
    model.on("change:state", fill);
    model.on("change:offers", offer);
    fill();
    update();
    return () => {
      clearTimeout(timer);
      clearTimeout(heldTimer);
      for (const trait of traits) model.off(trait, update);
      model.off("change:state", fill);
      model.off("change:offers", offer);
    };
  },
};

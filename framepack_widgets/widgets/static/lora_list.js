// All LoRAs with what is kept about them; searched here, edited in place.
export default {
  render({ model, el }) {
    el.classList.add("fpw", "fpw-lora-page");
    el.setAttribute("data-lm-suppress-shortcuts", "true");
    const endPresence = tellPresence(model, el);
    const rows = new Map(); // name -> { element, update, answered, text }
    let told = { items: [], empty: "", can_use: false, can_show: false };
    const search = make("input", {
      type: "search", class: "fpw-search", placeholder: "search: every word", "aria-label": "Search names, notes and trigger words of LoRAs",
      title: "Every word has to be in the name, the note or a trigger word", oninput: () => drawSearch(),
    });
    const count = make("span", { class: "fpw-quiet", role: "status" });
    const list = make("ul", { class: "fpw-lora-items", "aria-label": "LoRAs" });
    const empty = make("p", { class: "fpw-wrap" }, "asking what there is…");
    const trouble = make("div", { class: "fpw-error fpw-wrap", role: "alert" });
    el.append(make("div", { class: "fpw-row" }, search, count), trouble, empty, list);

    function makeRow(name) {
      let item = {};
      const tell = (kind) => () => model.send({ kind, lora: name });
      const button = (text, title, onclick) => make("button", { type: "button", textContent: text, title, "aria-label": `${text}: ${name}`, onclick });
      const lacking = make("span", { class: "fpw-warning" }, " (not on this Studio)");
      const uses = make("div", { class: "fpw-quiet" });
      const note = make("div", { class: "fpw-wrap fpw-lora-text" });
      const words = make("div", { class: "fpw-row" });
      const weight = make("div", {});
      const editor = loraEditor(name, (typed) => model.send({ kind: "keep", lora: name, typed }), () => edit.focus());
      const edit = button("edit notes", `Note, trigger words and weight of ${name}`, () => (editor.element.hidden ? editor.open(item) : editor.close()));
      const use = button("use in the form", "Turn it on in the form, with the weight that you like", tell("use"));
      const show = button("show its clips", "The clips of the Library that were made with it", tell("clips"));
      const element = make("li", { class: "fpw-lora-item", "data-lora": name },
        make("div", {}, make("span", { class: "fpw-lora-name" }, name), lacking), note, words, weight, uses, editor.element,
        make("div", { class: "fpw-row" }, edit, use, show));
      const update = (now) => {
        item = now;
        row.text = [now.name, now.note, ...now.triggers].join("\n").toLowerCase();
        lacking.hidden = now.here;
        note.textContent = now.note;
        note.hidden = !now.note;
        note.tabIndex = now.note.length > 300 ? 0 : -1; // it scrolls then, which keys have to reach
        words.replaceChildren(...(now.triggers.length ? ["trigger words:"] : []), ...now.triggers.map((word) => make("span", { class: "fpw-lora-chip" }, word)));
        words.hidden = !now.triggers.length;
        weight.textContent = `weight I like: ${now.weight}`;
        weight.hidden = !now.weight;
        uses.textContent = now.uses;
        use.hidden = !told.can_use || !now.here;
        show.hidden = !told.can_show || !now.clips;
      };
      const row = { element, update, answered: editor.answered, text: "" };
      return row;
    }
    function draw() {
      const names = new Set(told.items.map(({ name }) => name));
      for (const [name, { element }] of rows) {
        if (names.has(name)) continue;
        element.remove();
        rows.delete(name);
      }
      told.items.forEach((item, number) => {
        if (!rows.has(item.name)) rows.set(item.name, makeRow(item.name));
        const row = rows.get(item.name);
        row.update(item);
        if (list.children[number] !== row.element) list.insertBefore(row.element, list.children[number] ?? null);
      });
      drawSearch();
    }
    function drawSearch() {
      const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const { element, text } of rows.values()) {
        element.hidden = !wanted.every((word) => text.includes(word));
        if (!element.hidden) shown += 1;
      }
      const all = rows.size;
      count.textContent = !all ? "" : shown < all ? `${shown} of ${all} LoRAs` : `${all} LoRA${all === 1 ? "" : "s"}`;
      search.hidden = !all;
      empty.hidden = shown > 0 && !told.empty;
      empty.textContent = told.empty || (all && !shown ? "No LoRA fits this search. Use fewer words." : "");
    }
    const drawTrouble = () => { trouble.textContent = model.get("trouble") ? `✖ ${model.get("trouble")}` : ""; };
    function onMessage(message) {
      if (message.kind === "kept") rows.get(message.lora)?.answered(message);
      if (message.kind !== "loras") return;
      told = message;
      draw();
    }
    search.hidden = true;
    model.on("msg:custom", onMessage);
    model.on("change:trouble", drawTrouble);
    drawTrouble();
    model.send({ kind: "look" });
    return () => {
      model.off("msg:custom", onMessage);
      model.off("change:trouble", drawTrouble);
      endPresence();
    };
  },
};

const COMPARED = [2, 16]; // clips, at least and at most
const STATES = ["done", "cancelled", "failed", "lost", "unsure", "waiting", "sending", "sent", "running", "fetching"];

function choice(label, options, onchange) {
  const select = make("select", { onchange }, ...options.map(([value, text]) => make("option", { value }, text)));
  return [select, make("label", { class: "fpw-choice" }, make("span", {}, label), select)];
}

export default {
  render({ model, el }) {
    el.classList.add("fpw", "fpw-grid");
    const endPresence = tellPresence(model, el);
    const posters = posterShelf(model);
    let told = { tiles: [], query: {}, total: 0, pages: 1, models: [] };
    let tiles = new Map(); // job id -> element
    let current = 0; // number of the tile that Tab reaches
    let anchor = 0; // where a range begins
    const selected = () => new Set(model.get("selected"));
    const select = (jobs) => {
      model.set("selected", [...jobs]);
      model.save_changes();
    };

    // search and filters
    let soon;
    const look = (changes) => {
      Object.assign(told.query, { page: 0 }, changes);
      model.send({ kind: "look", query: told.query });
    };
    const search = make("input", {
      type: "search", class: "fpw-search", placeholder: "search: every word", "aria-label": "Search prompts, notes, LoRAs, file names and ids",
      title: "Every word has to be in the prompt, the note, the name of a LoRA, the file name or the id",
      oninput: () => {
        clearTimeout(soon);
        soon = setTimeout(() => look({ text: search.value }), 200);
      },
    });
    const [show, showLabel] = choice("show", [["clips", "clips"], ["all", "all jobs"], ...STATES.map((s) => [s, s])], () => look({ show: show.value }));
    const [modelChoice, modelLabel] = choice("model", [["", "any"]], () => look({ model: modelChoice.value }));
    const [stars, starsLabel] = choice("stars", [["0", "any"], ...[1, 2, 3, 4, 5].map((n) => [String(n), `${"★".repeat(n)}${n < 5 ? " or more" : ""}`])], () => look({ stars: Number(stars.value) }));
    const [sort, sortLabel] = choice("sort", [["newest", "newest first"], ["stars", "most stars first"]], () => look({ sort: sort.value }));
    const count = make("span", { class: "fpw-quiet", role: "status" });
    const filters = make("div", { class: "fpw-row" }, search, showLabel, modelLabel, starsLabel, sortLabel, count);

    // what can be done with the selection
    const about = make("span", { class: "fpw-quiet" });
    const trash = make("button", { type: "button", title: "Shows what would go, and asks", onclick: () => askTrash() }, "move to trash…");
    const none = make("button", { type: "button", onclick: () => select([]) }, "select none");
    const rate = make("span", { role: "group", "aria-label": "Stars for the selected clips" }, ...[0, 1, 2, 3, 4, 5].map((n) => make("button", {
      type: "button", class: "fpw-star", title: n ? `Give the selected clips ${n} of 5 stars (key ${n})` : "Take the stars of the selected clips away (key 0)",
      "aria-label": n ? `${n} of 5 stars` : "no stars", onclick: () => rateSelected(n),
    }, n ? `${n}★` : "✕")));
    const why = make("span", { class: "fpw-quiet", id: `fpw-why-${Math.random().toString(36).slice(2)}` });
    const compare = make("button", {
      type: "button", "aria-describedby": why.id, onclick: () => askCompare(),
      title: `Play 2 to 16 selected clips in step, below (key ${KEYS.compare[0]})`,
    }, "compare");
    const actions = make("div", { class: "fpw-row fpw-selection" }, about, rate, compare, why, trash, none);
    const question = make("div", { class: "fpw-box fpw-wrap", role: "alertdialog", "aria-label": "Move to the trash?" });
    const questionText = make("div", { class: "fpw-wrap" });
    const yes = make("button", { type: "button", class: "fpw-main", onclick: () => model.send({ kind: "trash_answer", yes: true }) }, "move to trash");
    const no = make("button", { type: "button", onclick: () => model.send({ kind: "trash_answer", yes: false }) }, "keep them");
    question.append(questionText, make("div", { class: "fpw-row" }, yes, no));
    const undoText = make("span", { class: "fpw-wrap" });
    const undo = make("div", { class: "fpw-row fpw-box", role: "status" }, undoText,
      make("button", { type: "button", onclick: () => model.send({ kind: "undo" }) }, "undo"));
    const trouble = make("div", { class: "fpw-error fpw-wrap", role: "alert" });

    // tiles
    const grid = make("div", { class: "fpw-tiles", role: "listbox", "aria-multiselectable": "true", "aria-label": "Clips" });
    const empty = make("p", {});
    const earlier = make("button", { type: "button", onclick: () => look({ page: told.query.page - 1 }) }, "newer page");
    const later = make("button", { type: "button", onclick: () => look({ page: told.query.page + 1 }) }, "next page");
    const where = make("span", { class: "fpw-quiet" });
    const pages = make("div", { class: "fpw-row" }, earlier, where, later);
    el.append(filters, actions, question, undo, trouble, grid, empty, pages);

    const idAt = (number) => told.tiles[number]?.id;
    const showClip = (number) => idAt(number) && model.send({ kind: "show", job: idAt(number) });
    function focusTile(number) {
      if (!told.tiles.length) return;
      current = Math.max(0, Math.min(told.tiles.length - 1, number));
      drawFocus();
      tiles.get(idAt(current)).focus();
    }
    function selectRange(to) {
      const [from, until] = [Math.min(anchor, to), Math.max(anchor, to)];
      select(new Set([...selected(), ...told.tiles.slice(from, until + 1).map(({ id }) => id)]));
    }
    function toggle(number) {
      const now = selected();
      const id = idAt(number);
      if (!now.delete(id)) now.add(id);
      anchor = number;
      select(now);
    }
    function extend(by) {
      if (!selected().size) anchor = current;
      const to = Math.max(0, Math.min(told.tiles.length - 1, current + by));
      selectRange(to);
      focusTile(to);
    }
    function columns() {
      const [first] = grid.children;
      return first ? Math.max(1, Math.round(grid.clientWidth / first.offsetWidth)) : 1;
    }
    const chosen = () => (selected().size ? [...selected()] : idAt(current) ? [idAt(current)] : []);
    const rateSelected = (n) => chosen().length && model.send({ kind: "rate", jobs: chosen(), stars: n });
    // Also with too few or too many: the kernel says what is wrong.
    const askCompare = () => model.get("can_compare") && chosen().length && model.send({ kind: "compare", jobs: chosen() });
    const askTrash = () => chosen().length && model.send({ kind: "trash", jobs: chosen() });
    listenForKeys(grid, {
      right: () => focusTile(current + 1),
      left: () => focusTile(current - 1),
      down: () => focusTile(current + columns()),
      up: () => focusTile(current - columns()),
      first: () => focusTile(0),
      last: () => focusTile(told.tiles.length - 1),
      extend_right: () => extend(1),
      extend_left: () => extend(-1),
      open: () => showClip(current),
      toggle: () => toggle(current),
      all: () => select(new Set([...selected(), ...told.tiles.map(({ id }) => id)])),
      none: () => select([]),
      compare: askCompare,
      trash: askTrash,
      ...Object.fromEntries([0, 1, 2, 3, 4, 5].map((n) => [`stars_${n}`, () => rateSelected(n)])),
    });

    function newTile(id) {
      const parts = {
        image: make("img", { alt: "" }),
        mark: make("span", { class: "fpw-mark", "aria-hidden": "true", title: "Select, or not" }),
        prompt: make("span", { class: "fpw-tile-prompt" }),
        about: make("span", { class: "fpw-tile-about" }),
        stars: make("span", { class: "fpw-tile-stars", "aria-hidden": "true", title: "Stars: click" }),
      };
      const element = make("div", { class: "fpw-tile", role: "option", tabIndex: -1, "data-job": id },
        make("span", { class: "fpw-picture" }, parts.image, parts.mark), parts.stars, parts.prompt, parts.about);
      element.parts = parts;
      const number = () => told.tiles.findIndex((tile) => tile.id === id);
      element.addEventListener("focus", () => { current = Math.max(0, number()); });
      parts.mark.addEventListener("click", (event) => {
        event.stopPropagation();
        toggle(number());
      });
      parts.stars.addEventListener("click", (event) => {
        const n = [...parts.stars.children].indexOf(event.target) + 1;
        if (!n) return;
        event.stopPropagation();
        const given = told.tiles[number()]?.stars;
        model.send({ kind: "rate", jobs: [id], stars: n === given ? 0 : n });
      });
      element.addEventListener("click", (event) => {
        const at = number();
        if (event.shiftKey) selectRange(at);
        else if (event.ctrlKey || event.metaKey) toggle(at);
        else {
          anchor = at;
          select([id]);
          showClip(at);
        }
        focusTile(at);
      });
      return element;
    }
    function fill(element, tile) {
      const { image, prompt, about: line, stars: row } = element.parts;
      prompt.textContent = tile.prompt || "(no prompt)";
      line.textContent = [tile.when, tile.seed && `seed ${tile.seed}`, tile.state !== "done" && tile.state, tile.partial && "partial"].filter(Boolean).join(" · ");
      element.title = [tile.prompt, tile.note].filter(Boolean).join("\n");
      element.setAttribute("aria-label", `${tile.prompt || "no prompt"}, ${tile.stars} of 5 stars, ${line.textContent}`);
      row.replaceChildren(...[1, 2, 3, 4, 5].map((n) => make("span", {}, n <= tile.stars ? "★" : "☆")));
      if (!tile.has_clip) image.alt = tile.state;
    }
    function drawTiles() {
      const kept = new Map(); // elements stay, so that focus stays where it is
      const focused = tiles.get(idAt(current)) === document.activeElement;
      told.tiles.forEach((tile, number) => {
        let element = tiles.get(tile.id);
        if (!element) {
          element = newTile(tile.id);
          if (tile.has_clip) posters.show(tile.id, element.parts.image);
        }
        fill(element, tile);
        kept.set(tile.id, element);
        if (grid.children[number] !== element) grid.insertBefore(element, grid.children[number] ?? null);
      });
      for (const [id, element] of tiles) if (!kept.has(id)) element.remove();
      tiles = kept;
      posters.keepOnly(new Set(kept.keys()));
      current = Math.max(0, Math.min(current, told.tiles.length - 1));
      drawSelection();
      if (focused && !grid.contains(document.activeElement)) focusTile(current);
    }
    function drawFocus() {
      told.tiles.forEach(({ id }, number) => { tiles.get(id).tabIndex = number === current ? 0 : -1; });
    }
    function drawSelection() {
      const now = selected();
      for (const [id, element] of tiles) {
        element.setAttribute("aria-selected", String(now.has(id)));
        element.parts.mark.textContent = now.has(id) ? "☑" : "☐";
      }
      about.textContent = now.size ? `${now.size} selected` : "";
      actions.hidden = !now.size;
      const [fewest, most] = COMPARED;
      compare.hidden = why.hidden = !model.get("can_compare");
      compare.setAttribute("aria-disabled", String(now.size < fewest || now.size > most)); // stays focusable
      why.textContent = now.size < fewest ? "compare: select one more" : now.size > most ? `${most} clips can be compared at most` : "";
      drawFocus();
    }
    function drawRest() {
      const { query, total } = told;
      if (document.activeElement !== search) search.value = query.text ?? "";
      const models = told.models.includes(query.model) || !query.model ? told.models : [...told.models, query.model];
      if (models.join("\n") !== [...modelChoice.options].slice(1).map(({ value }) => value).join("\n")) {
        modelChoice.replaceChildren(make("option", { value: "" }, "any"), ...models.map((name) => make("option", { value: name }, name)));
      }
      show.value = query.show;
      modelChoice.value = query.model;
      stars.value = String(query.stars);
      sort.value = query.sort;
      count.textContent = `${total} ${query.show === "clips" ? "clip" : "job"}${total === 1 ? "" : "s"}`;
      empty.hidden = total > 0;
      empty.textContent = told.filtered
        ? "Nothing in the Library fits this search. Use fewer words, or set the filters to “any”."
        : "There are no clips yet. Choose a start frame, write a prompt and press Render: every finished clip appears here, with the settings that made it.";
      pages.hidden = told.pages < 2;
      where.textContent = `page ${query.page + 1} of ${told.pages}`;
      earlier.disabled = query.page < 1;
      later.disabled = query.page >= told.pages - 1;
    }
    function drawMessages() {
      const asked = model.get("asked");
      const wasHidden = question.hidden;
      question.hidden = !asked;
      questionText.textContent = asked;
      if (asked && wasHidden && el.contains(document.activeElement)) yes.focus();
      if (!asked && !wasHidden && !grid.contains(document.activeElement) && question.contains(document.activeElement)) focusTile(current);
      undo.hidden = !model.get("undoable");
      undoText.textContent = model.get("undoable");
      trouble.textContent = model.get("trouble");
    }
    function onMessage(message) {
      if (message.kind === "focus" && document.activeElement === document.body) focusTile(current);
      if (message.kind !== "clips") return;
      told = message;
      drawTiles();
      drawRest();
    }
    question.hidden = true;
    actions.hidden = pages.hidden = empty.hidden = true;
    model.on("msg:custom", onMessage);
    model.on("change:selected", drawSelection);
    const traits = ["asked", "undoable", "trouble"].map((name) => `change:${name}`);
    for (const name of traits) model.on(name, drawMessages);
    drawMessages();
    model.send({ kind: "look" });
    return () => {
      clearTimeout(soon);
      model.off("msg:custom", onMessage);
      model.off("change:selected", drawSelection);
      for (const name of traits) model.off(name, drawMessages);
      endPresence();
      posters.end();
    };
  },
};

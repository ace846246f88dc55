const SHOWN = 24; // tiles; "show more" adds as many
const STATES = { ours: "in the Library", trash: "in the trash" };
const counted = (n, one) => `${n} ${one}${n === 1 ? "" : "s"}`;

export default {
  render({ model, el }) {
    el.classList.add("fpw", "fpw-shelf");
    const endPresence = tellPresence(model, el);
    const posters = posterShelf(model);
    let told = { items: [], note: "", total: 0, strangers: 0, at: "" };
    let busy = false;
    let shown = SHOWN;
    const selected = new Set();
    const tiles = new Map(); // timestamp -> {element, state}

    const refresh = make("button", { type: "button", title: "Ask the server for its renders now", onclick: () => model.send({ kind: "refresh" }) }, "refresh");
    const state = make("span", { class: "fpw-quiet", role: "status" }, "asking for the renders…");
    const about = make("p", { class: "fpw-quiet" }, "Made on the Studio's own page, or by other programs. Adopting one copies clip and settings into your Library; nothing is rendered, and nothing changes on the server.");
    const adopt = make("button", { type: "button", class: "fpw-main", onclick: () => start([...selected]) });
    const all = make("button", { type: "button", title: "Everything that is not in the Library yet", onclick: () => start(null) });
    const none = make("button", { type: "button", onclick: () => { selected.clear(); drawTiles(); } }, "select none");
    const actions = make("div", { class: "fpw-row" }, adopt, all, none);
    const meter = make("progress", { max: 1, value: 0, "aria-label": "Adopted so far" });
    const doing = make("span", { class: "fpw-wrap" });
    const stop = make("button", { type: "button", title: "What was adopted stays; the rest can be adopted later", onclick: () => model.send({ kind: "stop" }) }, "stop");
    const progress = make("div", { class: "fpw-row fpw-box" }, meter, doing, stop);
    const outcome = make("div", { role: "status" });
    const problems = make("ul", { class: "fpw-problems", tabIndex: 0, "aria-label": "What was not adopted" });
    const result = make("div", { class: "fpw-box" }, outcome, problems);
    const trouble = make("div", { class: "fpw-error fpw-wrap", role: "alert" });
    const grid = make("ul", { class: "fpw-renders", "aria-label": "Renders on the server" });
    const note = make("p", { class: "fpw-wrap" });
    const more = make("button", { type: "button", onclick: () => { shown += SHOWN; drawTiles(); } }, "show more");
    el.append(make("div", { class: "fpw-row" }, make("h3", { class: "fpw-head" }, "Renders on the server"), refresh, state),
      about, actions, progress, result, trouble, note, grid, more);

    function start(timestamps) {
      busy = true; // until the kernel says otherwise: no second click
      drawActions();
      model.send({ kind: "adopt", timestamps });
    }
    function newTile({ id, when, state: whose, job, picture }) {
      const image = make("img", { alt: picture ? "" : "no picture" });
      const frame = make("span", { class: "fpw-picture" }, image);
      const mark = whose === "new"
        ? make("input", { type: "checkbox", checked: selected.has(id), onchange: (event) => {
          if (event.target.checked) selected.add(id);
          else selected.delete(id);
          drawActions();
        } })
        : make("span", { class: "fpw-good" }, STATES[whose]);
      const line = make("span", { class: "fpw-line" }, ...(whose === "new" ? [mark, make("span", {}, when)] : [make("span", {}, when)]));
      const tile = make(whose === "new" ? "label" : "div", { class: "fpw-render", title: job ? `${id}\njob ${job}` : id, "data-render": id },
        frame, line, whose === "new" ? null : mark);
      const element = make("li", {}, tile);
      if (picture) posters.show(id, image);
      return { element, state: whose, mark };
    }
    function drawTiles() {
      const items = told.items.slice(0, shown);
      const kept = new Set(items.map(({ id }) => id));
      for (const [id, { element }] of tiles) {
        if (kept.has(id)) continue;
        element.remove();
        tiles.delete(id);
      }
      items.forEach((item, number) => {
        if (item.state !== "new") selected.delete(item.id);
        let tile = tiles.get(item.id);
        if (!tile || tile.state !== item.state) {
          const fresh = newTile(item);
          const focused = tile?.element.contains(document.activeElement);
          tile?.element.replaceWith(fresh.element);
          tiles.set(item.id, fresh);
          if (focused) refresh.focus();
          tile = fresh;
        }
        if (item.state === "new") tile.mark.checked = selected.has(item.id);
        if (grid.children[number] !== tile.element) grid.insertBefore(tile.element, grid.children[number] ?? null);
      });
      posters.keepOnly(kept);
      grid.hidden = !items.length;
      more.hidden = told.items.length <= shown;
      more.textContent = `show more (${told.items.length - shown} older)`;
      drawActions();
    }
    function drawActions() {
      const n = selected.size;
      adopt.textContent = n ? `adopt ${counted(n, "clip")}` : "adopt selected";
      adopt.disabled = busy || !n;
      all.textContent = `adopt all ${told.strangers} new`;
      all.disabled = busy || !told.strangers;
      none.hidden = !n;
      actions.hidden = !told.strangers;
    }
    function drawAdoption({ busy: now, done, total, now: timestamp, text, problems: reasons }) {
      busy = now;
      progress.hidden = !now;
      if (total) {
        meter.max = total;
        meter.value = done;
      } else {
        meter.removeAttribute("value");
      }
      doing.textContent = !total ? "asking the server…" : timestamp ? `adopting ${done + 1} of ${total}` : "";
      result.hidden = now || !text;
      outcome.textContent = text;
      problems.replaceChildren(...reasons.map((reason) => make("li", {}, reason)));
      problems.hidden = !reasons.length;
      drawActions();
    }
    function drawTrouble() {
      trouble.textContent = model.get("trouble");
      if (model.get("trouble") && !told.at) state.textContent = "";
    }
    function onMessage(message) {
      if (message.kind === "adoption") drawAdoption(message);
      if (message.kind !== "gallery") return;
      told = message;
      state.textContent = `${told.total}, ${told.strangers} not in the Library; asked at ${told.at}`;
      note.textContent = told.note;
      note.hidden = !told.note;
      drawTiles();
    }
    grid.hidden = note.hidden = more.hidden = actions.hidden = progress.hidden = result.hidden = true;
    model.on("msg:custom", onMessage);
    model.on("change:trouble", drawTrouble);
    drawTrouble();
    model.send({ kind: "look" });
    return () => {
      model.off("msg:custom", onMessage);
      model.off("change:trouble", drawTrouble);
      posters.end();
      endPresence();
    };
  },
};

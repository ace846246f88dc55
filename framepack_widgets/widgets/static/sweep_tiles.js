export default {
  render({ model, el }) {
    el.classList.add("fpw", "fpw-sweep");
    const endPresence = tellPresence(model, el);
    const view = Math.random().toString(36).slice(2);
    const posters = posterShelf(model);
    const play = sweepPlay(model);
    let run = ""; // id of the run that is shown
    const send = (kind, values) => model.send({ kind, run, ...values });
    const head = sweepHead(send);
    const tiles = new Map(); // key -> tile
    const known = new Map(); // key -> what was told of it last
    const inSight = new Set();
    let page = { columns: [""], rows: [""], cells: [], rest: [], roles: {}, left_out: 0 };
    let current = ""; // key of the tile that Tab reaches
    let anchor = "";
    let drawn = "";
    const selected = () => new Set(model.get("selected"));
    const select = (keys) => {
      model.set("selected", [...keys]);
      model.save_changes();
    };
    const act = (action, keys = [...selected()]) => send("act", { action, keys });

    // above the tiles
    const all = make("button", { type: "button", "aria-pressed": "false", title: "All clips in sight, in step", onclick: () => {
      play.playAll(!play.all, shownTiles());
      all.setAttribute("aria-pressed", String(play.all));
      all.textContent = play.all ? "stop playing" : "play all in step";
    } }, "play all in step");
    const hint = make("span", { class: "fpw-quiet" }, "A clip plays under the pointer. Click: details. Enter: player.");
    const file = (text, title, action) => make("button", { type: "button", title, onclick: () => act(action, []) }, text);
    const tools = make("div", { class: "fpw-row" }, all,
      file("grid video…", "One video of all clips, in rows and columns as they stand here", "grid"),
      file("report…", "A page of all points that opens without a server", "report"), hint);
    const grid = make("div", { class: "fpw-sweep-grid", role: "listbox", "aria-multiselectable": "true", "aria-label": "Points of the sweep" });
    const rest = make("div", { class: "fpw-sweep-rest" });
    const note = make("p", { class: "fpw-quiet fpw-wrap" });

    const below = sweepActions(model, { act, rate: (n) => rateSelected(n), none() {
      select([]);
      focusTile(current);
    } });
    el.append(head.element, tools, grid, rest, note, ...below.elements);

    // what is where
    const order = () => [...page.cells.flat(2), ...page.rest];
    const shownTiles = () => [...inSight].map((key) => tiles.get(key)).filter(Boolean);
    function focusTile(key) {
      if (!tiles.has(key)) return;
      current = key;
      drawFocus();
      tiles.get(key).element.focus();
    }
    function step(by) {
      const keys = order();
      focusTile(keys[Math.max(0, Math.min(keys.length - 1, keys.indexOf(current) + by))]);
    }
    function beside(down) { // the tile below or above on the page, however it is laid out
      const from = tiles.get(current)?.element.getBoundingClientRect();
      if (!from) return;
      let best = null;
      for (const { key, element } of tiles.values()) {
        const to = element.getBoundingClientRect();
        const away = down ? to.top - from.bottom : from.top - to.bottom;
        if (away < -1) continue;
        const far = away + Math.abs(to.left - from.left) * 2;
        if (!best || far < best.far) best = { key, far };
      }
      if (best) focusTile(best.key);
    }
    function selectTo(key) {
      const keys = order();
      const [a, b] = [keys.indexOf(anchor), keys.indexOf(key)];
      select(new Set([...selected(), ...(a < 0 ? [key] : keys.slice(Math.min(a, b), Math.max(a, b) + 1))]));
    }
    function toggle(key) {
      const now = selected();
      if (!now.delete(key)) now.add(key);
      anchor = key;
      select(now);
    }
    const chosen = () => (selected().size ? [...selected()] : tiles.has(current) ? [current] : []);
    const rateSelected = (n) => chosen().length && send("rate", { keys: chosen(), stars: n });
    listenForKeys(grid, {
      right: () => step(1),
      left: () => step(-1),
      down: () => beside(true),
      up: () => beside(false),
      first: () => focusTile(order()[0]),
      last: () => focusTile(order().at(-1)),
      open: () => act("open", [current]),
      toggle: () => toggle(current),
      all: () => select(order()),
      none: () => select([]),
      ...Object.fromEntries([0, 1, 2, 3, 4, 5].map((n) => [`stars_${n}`, () => rateSelected(n)])),
    });
    const does = {
      click(key, event) {
        if (event.shiftKey) selectTo(key);
        else if (event.ctrlKey || event.metaKey) toggle(key);
        else {
          anchor = key;
          select([key]);
        }
        focusTile(key);
      },
      toggle,
      rate: (key, stars) => send("rate", { keys: [key], stars }),
      retry: (key) => act("retry", [key]),
      focus(key) {
        current = key;
        drawFocus();
      },
      over: (key) => tiles.has(key) && play.over(tiles.get(key)),
      out: (key) => play.out(key),
    };

    // which tiles are in sight
    let soon;
    function tellSight() {
      soon = undefined;
      play.sight(shownTiles());
      model.send({ kind: "visible", view, keys: [...inSight] });
    }
    const sight = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) inSight.add(target.dataset.key);
        else inSight.delete(target.dataset.key);
      }
      soon ??= setTimeout(tellSight, 80);
    }, { rootMargin: "80px" });

    // drawing
    function tileOf(key) {
      if (!tiles.has(key)) {
        const tile = sweepTile(key, does);
        tile.select(selected().has(key));
        tiles.set(key, tile);
        sight.observe(tile.element);
        if (known.has(key)) fillTile(known.get(key));
      }
      return tiles.get(key);
    }
    function drawPage() {
      const now = JSON.stringify([page.columns, page.rows, page.cells, page.rest]);
      if (now !== drawn) {
        drawn = now;
        placeTiles();
      }
      note.textContent = page.left_out ? `${page.left_out} more points: put an axis on pages to see them.` : "";
      drawShape();
      drawFocus();
    }
    function placeTiles() {
      const focused = grid.contains(document.activeElement) ? current : null;
      const keys = new Set(order());
      for (const [key, tile] of tiles) {
        if (keys.has(key)) continue;
        sight.unobserve(tile.element);
        inSight.delete(key);
        tile.end();
        tiles.delete(key);
      }
      const heads = make("div", { class: "fpw-sweep-row fpw-sweep-columns" }, make("span"), ...page.columns.map((label) => make("span", { class: "fpw-sweep-head" }, label)));
      const rows = page.cells.map((cells, number) => make("div", { class: "fpw-sweep-row" },
        make("span", { class: "fpw-sweep-head" }, page.rows[number]),
        ...cells.map((cell) => make("div", { class: "fpw-sweep-cell" }, ...cell.map((key) => tileOf(key).box)))));
      grid.replaceChildren(heads, ...rows);
      rest.replaceChildren(...(page.rest.length ? [make("p", {}, "Not part of the sweep any more:"), ...page.rest.map((key) => tileOf(key).box)] : []));
      if (!tiles.has(current)) [current = ""] = order();
      if (focused && tiles.has(focused)) focusTile(focused);
      soon ??= setTimeout(tellSight, 80);
    }
    // Columns beside each other where each is wide enough to see something; else one after the other.
    function drawShape() {
      const count = page.columns.length;
      const isGrid = count > 1 && el.clientWidth >= 90 + count * 84;
      grid.classList.toggle("fpw-sweep-flow", !isGrid);
      grid.style.setProperty("--columns", String(count));
      const byRole = (role) => Object.keys(page.roles).filter((axis) => page.roles[axis] === role);
      const axes = [...(isGrid ? [] : byRole("x")), ...byRole("folded")];
      for (const tile of tiles.values()) tile.name(axes);
      for (const key of page.rest) tiles.get(key)?.name(Object.keys(page.roles));
    }
    function drawFocus() {
      for (const tile of tiles.values()) tile.element.tabIndex = tile.key === current ? 0 : -1;
    }
    function fillTile(tile) {
      const shown = tiles.get(tile.key);
      if (!shown) return;
      shown.fill(tile);
      if (tile.has_clip) posters.show(tile.job, shown.image);
    }
    // Another run: nothing of the one before may stand beside its values.
    function begin(id) {
      run = id;
      for (const tile of tiles.values()) {
        sight.unobserve(tile.element);
        tile.end();
      }
      for (const map of [tiles, known, inSight]) map.clear();
      grid.replaceChildren();
      rest.replaceChildren();
      drawn = current = anchor = "";
      play.sight([]);
    }
    function askDetails() {
      if (selected().size) send("details", { keys: [...selected()] });
    }
    function drawTiles(news) {
      const before = new Map([...selected()].map((key) => [key, known.get(key)?.state]));
      for (const tile of news) {
        known.set(tile.key, tile);
        fillTile(tile);
      }
      if (news.some(({ key, state }) => before.has(key) && before.get(key) !== state)) askDetails();
      posters.keepOnly(new Set([...tiles.values()].map(({ tile }) => tile.job).filter(Boolean)));
      if (play.all) play.sight(shownTiles());
      drawActions();
    }
    function drawSelection() {
      const now = selected();
      for (const tile of tiles.values()) tile.select(now.has(tile.key));
      drawActions();
      askDetails();
    }
    const drawActions = () => below.draw([...selected()].map((key) => tiles.get(key)?.tile).filter(Boolean), isDraft);
    let isDraft = false;
    function onMessage(message, buffers) {
      if (message.kind === "head" && message.run !== run) begin(message.run);
      if ("run" in message && message.run !== run) return;
      if (message.kind === "head") {
        isDraft = Boolean(message.is_draft);
        tools.hidden = !message.name;
        head.head(message);
        drawActions();
      } else if (message.kind === "layout") {
        page = { columns: [""], rows: [""], rest: [], roles: {}, left_out: 0, ...message };
        head.layout(page);
        drawPage();
      } else if (message.kind === "tiles") drawTiles(message.tiles);
      else if (message.kind === "details") {
        if (JSON.stringify(message.keys) === JSON.stringify([...selected()])) below.details(message);
      } else if (message.kind === "preview") {
        tiles.get(message.key)?.preview(URL.createObjectURL(new Blob([buffers[0]], { type: message.mime })));
        model.send({ kind: "preview_seen" });
      }
    }
    const shape = new ResizeObserver(drawShape);
    shape.observe(el);
    tools.hidden = true;
    const traits = ["trouble", "below", "can_settings"].map((trait) => `change:${trait}`);
    model.on("msg:custom", onMessage);
    model.on("change:selected", drawSelection);
    for (const trait of traits) model.on(trait, drawActions);
    drawSelection();
    model.send({ kind: "look" });
    return () => {
      clearTimeout(soon);
      model.off("msg:custom", onMessage);
      model.off("change:selected", drawSelection);
      for (const trait of traits) model.off(trait, drawActions);
      shape.disconnect();
      sight.disconnect();
      play.end();
      posters.end();
      for (const tile of tiles.values()) tile.end();
      sendLast(model, { kind: "visible", view, keys: null });
      endPresence();
    };
  },
};

// Compare: 2 to 16 clips in step. Its parts: compare_sync.js (the clock), compare_follower.js (one
// video), compare_tile.js (one clip), compare_pair.js and compare_difference.js (views of two),
// compare_bar.js (the controls). Its other half: widgets/compare/compare.py.
const REPORT_MS = 150;

export default {
  render({ model, el }) {
    const view = new CompareView(model, el);
    return () => view.close();
  },
};

class CompareView {
  constructor(model, el) {
    this.model = model;
    this.el = el;
    this.life = new AbortController();
    this.tiles = [];
    this.current = 0; // the clip that keys are for
    this.seen = this.near = false;
    this.sync = new InStep({
      frame: (frame) => this.bar.showFrame(frame, this.sync.frames, this.sync.fps),
      settled: () => { this.box.dataset.settled = this.sync.frame; },
      playing: (playing) => this.put({ playing }),
      over: () => { this.put({ playing: false }); this.#report(); },
      late: () => { this.told.textContent = `This machine cannot show ${this.#visible().length} clips in step at this speed. Play them slower, or compare fewer.`; },
    });
    this.pair = new PairView({ mean: (...told) => this.bar.showMean(...told), wipe: (wipe) => this.put({ wipe }) });
    this.#build();
    this.#listen();
    this.below = hideBelowWhileLive(model, el, () => this.tiles.some((tile) => tile.follower));
    this.endPresence = tellPresence(model, this.box);
    this.#take();
  }

  close() {
    this.life.abort(new Error("the view is closed"));
    clearTimeout(this.reporting);
    this.watcher.disconnect();
    this.sync.end();
    this.pair.end();
    for (const tile of this.tiles) tile.close();
    this.endPresence();
    this.below.end();
  }

  #build() {
    this.bar = new CompareBar(this.model, {
      ...this.actions(), scrub: (frame) => this.scrub(frame), put: (values) => this.put(values),
      choose: (place, number) => this.choose(place, number), turn: () => this.turn(),
      measure: () => this.model.send({ kind: "measure" }), stopMeasuring: () => this.model.send({ kind: "stop" }),
    });
    this.grid = make("div", { class: "fpw-compare-tiles", role: "group", "aria-label": "clips" });
    this.slow = make("div", { class: "fpw-quiet fpw-wrap" });
    this.told = make("div", { class: "fpw-quiet", role: "status" });
    this.trouble = make("div", { class: "fpw-error fpw-wrap", role: "alert" });
    this.box = make("div", { class: "fpw fpw-compare", tabIndex: 0, role: "group", "aria-label": "clips in step" },
      this.bar.element, this.told, this.trouble, this.pair.element, this.grid, this.slow);
    this.el.append(this.box);
    const { next, previous, ...rest } = this.actions();
    listenForKeys(this.grid, { next, previous }); // elsewhere the arrows belong to the sliders
    listenForKeys(this.box, rest);
  }

  #listen() {
    const { model } = this;
    const on = (name, act) => {
      model.on(name, act);
      this.life.signal.addEventListener("abort", () => model.off(name, act));
    };
    on("change:_clips", () => this.#take());
    on("change:_marks change:_numbers change:_can_settings change:_can_more", () => { for (const tile of this.tiles) tile.draw(); });
    on("change:_order", () => this.#arrange());
    on("change:view change:pair", () => this.#drawAll());
    on("change:gain change:wipe change:flicker change:sort change:_sorts change:loop change:speed change:trouble change:_busy change:_lacking", () => this.#draw());
    on("change:_reveal", () => this.#reveal());
    on("change:playing", () => this.#follow());
    on("change:frame", () => {
      clearTimeout(this.reporting);
      if (model.get("frame") !== this.sync.frame) this.sync.go(model.get("frame"));
    });
    on("msg:custom", (message) => {
      if (message.kind === "seek") this.sync.go(message.frame);
      if (message.kind === "acted") this.#say(`${message.action === "more" ? "More like" : "The settings of"} clip ${this.tiles[message.clip]?.source.label}: handed over.`);
    });
    this.watcher = new IntersectionObserver((entries) => {
      const entry = entries.at(-1);
      this.seen = entry.isIntersecting;
      if (this.seen && !this.near) {
        this.near = true;
        this.#load();
      }
      this.#follow();
      this.#reveal(); // now it is in the page
    });
    this.watcher.observe(this.grid);
  }

  // Where one has asked for it elsewhere in the same widget, the keys are for it, too.
  #reveal() {
    if (!this.model.get("_reveal") || !this.box.isConnected) return;
    this.put({ _reveal: false });
    this.box.scrollIntoView({ block: "start" }); // with a margin: see compare.css
    if (this.box.parentElement.closest(".fpw")?.contains(document.activeElement)) this.box.focus({ preventScroll: true });
  }

  get chosen() {
    return this.tiles[this.current];
  }

  actions() {
    const view = (name) => () => this.put({ view: name });
    return {
      play: () => this.toggle(),
      back: () => this.scrub(this.sync.frame - 1),
      forward: () => this.scrub(this.sync.frame + 1),
      start: () => this.scrub(0),
      end: () => this.scrub(this.sync.frames - 1),
      slower: () => this.put(this.bar.speed(-1)),
      faster: () => this.put(this.bar.speed(1)),
      loop: () => this.put({ loop: !this.model.get("loop") }),
      next: () => this.#walk(1),
      previous: () => this.#walk(-1),
      as_a: () => this.choose(0, this.current),
      as_b: () => this.choose(1, this.current),
      swap: () => this.put({ pair: [...this.model.get("pair")].reverse() }),
      tiles: view("tiles"),
      side: view("side by side"),
      wipe: view("wipe"),
      flicker: view("flicker"),
      difference: view("difference"),
      more: () => this.put(this.bar.strength(1)),
      less: () => this.put(this.bar.strength(-1)),
      note: () => this.chosen.note.focus(),
      settings: () => this.chosen.act("settings"),
      alike: () => this.chosen.act("more"),
      ...Object.fromEntries([0, 1, 2, 3, 4, 5].map((n) => [`stars_${n}`, () => this.chosen.rate(n)])),
    };
  }

  // ------------------------------------------------------------------ clips

  // The clips that the kernel tells of, in new tiles.
  #take() {
    this.sync.take([]);
    for (const tile of this.tiles) tile.close();
    const told = this.model.get("_clips");
    const good = told.filter(({ key }) => key);
    const fps = Math.max(1, ...good.map((clip) => clip.fps));
    this.sync.timeline(fps, Math.max(1, Math.round(fps * Math.max(0, ...good.map((clip) => clip.frames / clip.fps)))));
    this.tiles = told.map((_, number) => this.#tile(number));
    this.current = 0;
    this.slow.textContent = this.told.textContent = "";
    this.#arrange();
    this.#drawAll();
    this.sync.go(this.model.get("frame"));
    if (this.near) this.#load();
  }

  #tile(number) {
    return new CompareTile(this.model, number, {
      pick: () => this.#pick(number),
      ready: () => this.#loaded(),
      say: (text) => this.#say(text),
      slow: (reason) => { this.slow.textContent = `Playing starts slower here: ${reason}, so the kernel sends the clips.`; },
    });
  }

  async #load() {
    const queue = loadQueue();
    const tiles = this.tiles;
    await Promise.all(tiles.map((tile) => tile.load(queue)));
    if (tiles === this.tiles && !this.life.signal.aborted) this.#loaded();
  }

  #loaded() {
    this.below.update();
    this.sync.take(this.#visible().map((tile) => tile.follower).filter(Boolean));
    this.#draw();
    this.#follow();
  }

  #visible() {
    if (this.model.get("view") === "tiles") return this.tiles;
    return [...new Set(this.model.get("pair"))].map((number) => this.tiles[number]).filter(Boolean);
  }

  #arrange() {
    const wanted = this.model.get("_order").map((number) => this.tiles[number]?.element).filter(Boolean);
    if (wanted.every((element, n) => this.grid.children[n] === element)) return;
    const focused = this.grid.contains(document.activeElement) ? document.activeElement : null;
    this.sync.stop(); // a video that is moved in the page stops
    this.grid.append(...wanted);
    focused?.focus();
    this.#follow();
  }

  // ------------------------------------------------------------------ transport

  put(values) {
    for (const [name, value] of Object.entries(values)) this.model.set(name, value);
    this.model.save_changes();
    if ("playing" in values) this.#follow();
  }

  toggle() {
    this.put({ playing: !this.sync.playing });
  }

  scrub(frame) {
    if (this.model.get("playing")) this.put({ playing: false });
    this.sync.seek(frame);
    this.#report();
  }

  // Plays if they are to play, can be seen and are all there.
  #follow() {
    const { sync, model } = this;
    sync.loop = model.get("loop");
    const isLoading = this.#visible().some((tile) => !tile.follower && !tile.isBroken);
    const play = model.get("playing") && this.seen && !isLoading && sync.followers.length > 0;
    if (play && !sync.playing) {
      if (!this.started && matchMedia("(prefers-reduced-motion: reduce)").matches) {
        this.started = true; // from now on they play when they are told to
        return this.put({ playing: false });
      }
      this.started = true;
      sync.play();
    } else if (!play && sync.playing) {
      sync.stop();
      if (!model.get("playing")) this.#report();
    }
    this.bar.showPlaying(sync.playing);
    this.#drawPair();
  }

  #report() {
    clearTimeout(this.reporting);
    this.reporting = setTimeout(() => {
      if (this.sync.playing) return;
      this.model.set("frame", this.sync.frame);
      this.model.save_changes();
    }, REPORT_MS);
  }

  // ------------------------------------------------------------------ what one does with clips

  choose(place, number) {
    const pair = [...this.model.get("pair")];
    pair[place] = number;
    this.put({ pair });
  }

  turn() {
    const sort = this.model.get("sort");
    this.put({ sort: sort.startsWith("-") ? sort.slice(1) : `-${sort}` });
  }

  #walk(by) {
    const shown = this.model.get("_order").filter((number) => this.#visible().includes(this.tiles[number]));
    const next = shown[shown.indexOf(this.current) + by];
    if (next !== undefined) this.tiles[next].element.focus();
  }

  #pick(number) {
    this.current = number;
    this.#mark();
  }

  // ------------------------------------------------------------------ drawing

  #say(text) {
    this.told.textContent = text;
  }
  #drawAll() {
    const visible = this.#visible();
    for (const tile of this.tiles) tile.element.hidden = !visible.includes(tile);
    if (!visible.includes(this.tiles[this.current])) this.current = visible[0]?.number ?? 0;
    this.box.dataset.view = this.model.get("view");
    this.grid.style.setProperty("--fpw-columns", columnsFor(this.model.get("view"), visible.length));
    this.#mark();
    this.#loaded();
  }

  #draw() {
    const { model } = this;
    this.sync.loop = model.get("loop");
    if (this.sync.speed !== model.get("speed")) this.sync.setSpeed(model.get("speed"));
    this.bar.draw(this.tiles.map((tile) => tile.name));
    this.trouble.textContent = model.get("trouble");
    this.#drawPair();
  }

  #drawPair() {
    const pair = this.model.get("pair").map((number) => this.tiles[number]);
    this.pair.show(this.model.get("view"), pair.every(Boolean) && pair.every((tile) => tile.source.key) ? pair : null, {
      gain: this.model.get("gain"), wipe: this.model.get("wipe"), perSecond: this.model.get("flicker"),
    });
  }

  #mark() {
    const pair = this.model.get("pair");
    for (const tile of this.tiles) {
      tile.setMark(["A", "B"].filter((_, place) => pair[place] === tile.number).join(" and "));
      tile.element.tabIndex = tile.number === this.current ? 0 : -1;
      tile.element.classList.toggle("fpw-compare-current", tile.number === this.current);
    }
  }
}

// The controls of Compare: the transport, the view and what belongs to it, the order.
const COMPARE_SPEEDS = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4];
const FLICKERS = [0.5, 1, 2, 3, 4]; // swaps a second
const GAINS = [1, 2, 4, 8, 16, 32];
const VIEW_KEYS = { tiles: "tiles", "side by side": "side", wipe: "wipe", flicker: "flicker", difference: "difference" };
const OF_TWO = ["side by side", "wipe", "flicker", "difference"];
const VIEW_TITLES = {
  tiles: "all clips beside each other", "side by side": "A and B beside each other",
  wipe: "A on the left of a line, B on its right", flicker: "A and B in turn",
  difference: "what differs between A and B, pixel by pixel",
};

class CompareBar {
  // acts: {[name of a key's action]: function, scrub(frame), put(values), measure(), stopMeasuring()}
  constructor(model, acts) {
    this.model = model;
    this.acts = acts;
    this.transport = make("div", { class: "fpw-compare-controls", role: "group", "aria-label": "transport" }, ...this.#transport());
    this.views = make("div", { class: "fpw-compare-controls", role: "group", "aria-label": "view" }, ...this.#views());
    this.element = make("div", { class: "fpw-compare-bar" }, this.transport, this.views);
  }

  #button(text, action, title) {
    const keys = KEYS[action] ? ` (key: ${KEYS[action].map((key) => (key === " " ? "space" : key)).join(" or ")})` : "";
    return make("button", {
      type: "button", textContent: text, title: title + keys, "aria-label": title, onclick: () => this.acts[action](),
    });
  }

  #transport() {
    this.slider = make("input", {
      type: "range", min: 0, max: 0, step: 1, value: 0, class: "fpw-compare-slider", title: "frame", "aria-label": "frame",
      oninput: () => this.acts.scrub(Number(this.slider.value)),
    });
    this.playButton = this.#button("play", "play", "play or pause");
    this.place = make("span", { class: "fpw-compare-place", title: "frames count from 0, as in clip.frame(0)" });
    this.loopBox = make("input", { type: "checkbox", onchange: () => this.acts.put({ loop: this.loopBox.checked }) });
    this.speedBox = this.#select("speed, times the clips' own", (value) => this.acts.put({ speed: Number(value) }));
    return [
      this.slider, this.playButton,
      this.#button("first", "start", "to the first frame"), this.#button("−1", "back", "one frame back"),
      this.#button("+1", "forward", "one frame forward"), this.#button("last", "end", "to the last frame"),
      this.place,
      make("label", { title: `start again at the end (key: ${KEYS.loop[0]})` }, this.loopBox, " loop"),
      this.speedBox,
    ];
  }

  #select(title, act) {
    const select = make("select", { title, "aria-label": title, onchange: () => act(select.value) });
    return select;
  }

  #views() {
    this.viewButtons = Object.fromEntries(Object.entries(VIEW_KEYS).map(([view, action]) =>
      [view, this.#button(view, action, VIEW_TITLES[view])]));
    this.boxes = [0, 1].map((n) => this.#select(`clip ${"AB"[n]}`, (value) => this.acts.choose(n, Number(value))));
    this.two = make("span", { class: "fpw-compare-two" },
      make("label", {}, "A ", this.boxes[0]), make("label", {}, "B ", this.boxes[1]), this.#button("swap", "swap", "swap A and B"));
    this.gainBox = this.#select("gain: how many times stronger the difference is drawn", (value) => this.acts.put({ gain: Number(value) }));
    this.gain = make("label", {}, "gain ", this.gainBox);
    this.mean = make("output", { class: "fpw-compare-mean", title: "mean of |A − B| over all pixels and colours, in levels of 0 to 255; without the gain" });
    this.wipe = make("input", {
      type: "range", min: 0, max: 100, step: 1, class: "fpw-compare-wipe", title: "where A ends and B begins, %", "aria-label": "where A ends and B begins",
      oninput: () => this.acts.put({ wipe: Number(this.wipe.value) / 100 }),
    });
    this.flickerBox = this.#select("swaps a second", (value) => this.acts.put({ flicker: Number(value) }));
    this.flicker = make("label", {}, "swaps a second ", this.flickerBox);
    this.sortBox = this.#select("sort the clips", (value) => this.acts.put({ sort: value }));
    this.down = make("input", { type: "checkbox", onchange: () => this.acts.turn() });
    this.lacking = make("span", { class: "fpw-compare-lacking" });
    this.measureButton = make("button", { type: "button", onclick: () => (this.isMeasuring ? this.acts.stopMeasuring() : this.acts.measure()) });
    this.measuring = make("span", { class: "fpw-compare-two", hidden: true }, this.lacking, this.measureButton);
    return [
      ...Object.values(this.viewButtons), this.two, this.gain, this.mean, this.wipe, this.flicker,
      make("label", {}, "sort ", this.sortBox),
      make("label", { title: "the largest, or best, first" }, this.down, " largest first"), this.measuring,
    ];
  }

  // The next speed in that direction, as {speed: ...}.
  speed(by) {
    return this.#next("speed", COMPARE_SPEEDS, by);
  }

  // More or less of what the view has: gain, swaps a second, the line's place.
  strength(by) {
    const view = this.model.get("view");
    if (view === "difference") return this.#next("gain", GAINS, by);
    if (view === "flicker") return this.#next("flicker", FLICKERS, by);
    if (view === "wipe") return { wipe: Math.min(1, Math.max(0, Math.round(20 * this.model.get("wipe") + by) / 20)) };
    return {};
  }

  #next(name, steps, by) {
    const now = this.model.get(name);
    const next = (by > 0 ? steps : [...steps].reverse()).find((step) => (step - now) * by > 0.001);
    return next === undefined ? {} : { [name]: next };
  }

  showFrame(frame, frames, fps) {
    this.slider.max = frames - 1;
    this.slider.value = frame;
    this.place.textContent = `frame ${frame} of ${frames} · ${(frame / fps).toFixed(2)} s`;
  }

  showPlaying(playing) {
    this.playButton.textContent = playing ? "pause" : "play";
  }

  // frames: of A and B, where they are not the same.
  showMean(mean, frames = null) {
    const of = frames === null ? "" : ` (frames ${frames.join(" and ")})`;
    this.mean.textContent = mean === null ? "" : `mean difference ${mean.toFixed(2)} of 255${of}`;
  }

  // Everything but the frame, as the model has it. names: of the clips, by number.
  draw(names) {
    const { model } = this;
    const view = model.get("view");
    for (const [name, button] of Object.entries(this.viewButtons)) button.setAttribute("aria-pressed", String(name === view));
    this.two.hidden = !OF_TWO.includes(view);
    this.gain.hidden = this.mean.hidden = view !== "difference";
    this.wipe.hidden = view !== "wipe";
    this.flicker.hidden = view !== "flicker";
    this.wipe.value = Math.round(100 * model.get("wipe"));
    this.loopBox.checked = model.get("loop");
    const clips = names.map((name, number) => [number, name]);
    this.boxes.forEach((box, n) => fill(box, clips, model.get("pair")[n]));
    fill(this.speedBox, numbered(COMPARE_SPEEDS, model.get("speed"), (value) => `${value} ×`), model.get("speed"));
    fill(this.gainBox, numbered(GAINS, model.get("gain"), (value) => `${value} ×`), model.get("gain"));
    fill(this.flickerBox, numbered(FLICKERS, model.get("flicker"), String), model.get("flicker"));
    const sort = model.get("sort");
    const by = sort.replace(/^-/, "");
    fill(this.sortBox, [...new Set([...model.get("_sorts"), by])].map((name) => [name, name || "as given"]), by);
    this.down.checked = sort.startsWith("-");
    this.down.disabled = by === "";
    this.#drawMeasuring(model.get("_busy"), model.get("_lacking"));
  }

  // One button for both, so that the focus stays where it is.
  #drawMeasuring(busy, lacking) {
    this.isMeasuring = busy !== "";
    if (!busy && !lacking && this.measuring.contains(document.activeElement)) this.sortBox.focus();
    this.measuring.hidden = !busy && !lacking;
    this.lacking.textContent = busy || `${lacking} ${lacking === 1 ? "clip is" : "clips are"} not measured yet`;
    this.measureButton.textContent = busy ? "stop measuring" : "measure";
    this.measureButton.title = busy ? "Stop; what was measured stays" : "Measure them in the background; usually quicker than playing them";
  }
}

function numbered(usual, now, text) {
  return [...new Set([...usual, now])].sort((a, b) => a - b).map((value) => [value, text(value)]);
}

// The options of a select; left alone where they are there already, as it may be open.
function fill(select, options, chosen) {
  const now = JSON.stringify(options);
  if (select.dataset.options !== now) {
    select.dataset.options = now;
    select.replaceChildren(...options.map(([value, text]) => make("option", { value, textContent: text })));
  }
  select.value = String(chosen);
}

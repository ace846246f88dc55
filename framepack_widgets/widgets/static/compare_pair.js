// The views of two clips on one canvas: wipe, flicker and difference.
//
// While the clips stand, the tiles' stills are drawn, so that nothing here shows another frame than
// the tiles do; while they play, the videos, whenever one of them has painted a new frame.
const LAST_RESORT_MS = 300; // without a moment at which both show the same frame

class PairView {
  // told: {mean(number or null, frames that differ or null), wipe(share)}
  constructor(told) {
    this.told = told;
    this.difference = new DifferenceOf();
    this.view = "";
    this.pair = null; // [tile, tile]
    this.gain = 1;
    this.wipe = 0.5;
    this.perSecond = 2;
    this.isB = false;
    this.drawn = ""; // what is on the canvas
    this.canvas = make("canvas", { class: "fpw-compare-canvas", role: "img" });
    this.line = make("div", { class: "fpw-compare-line", "aria-hidden": "true" });
    this.names = ["A", "B"].map((name) => make("span", { class: "fpw-compare-mark", textContent: name }));
    this.element = make("div", { class: "fpw-compare-pair", hidden: true }, this.canvas, this.line, ...this.names);
    this.element.addEventListener("pointerdown", (event) => this.#drag(event));
    this.element.addEventListener("pointermove", (event) => { if (event.buttons & 1) this.#drag(event); });
    this.tick = () => this.#tick();
  }

  end() {
    this.over = true;
    cancelAnimationFrame(this.animation);
    clearInterval(this.swapping);
  }

  show(view, pair, { gain, wipe, perSecond, moving }) {
    const isNew = pair?.some((tile, place) => tile !== this.pair?.[place]);
    Object.assign(this, { view, pair, gain, wipe, moving });
    const on = pair !== null && !pair.some((tile) => tile.isBroken) && ["wipe", "flicker", "difference"].includes(view);
    this.element.hidden = !on;
    this.element.classList.toggle("fpw-compare-wiping", view === "wipe");
    this.line.hidden = view !== "wipe";
    this.line.style.left = `${100 * wipe}%`;
    if (perSecond !== this.perSecond || (on && view === "flicker") !== Boolean(this.swapping)) {
      clearInterval(this.swapping);
      this.perSecond = perSecond;
      this.swapping = on && view === "flicker" ? setInterval(() => this.swapNow(), 1000 / perSecond) : 0;
    }
    this.#names(on);
    if (view !== "difference" || !on || isNew) this.told.mean(null);
    cancelAnimationFrame(this.animation);
    if (!on) return;
    const { source } = pair[0];
    if (isNew || this.canvas.width !== source.width || this.canvas.height !== source.height) { // this clears it
      this.canvas.width = source.width;
      this.canvas.height = source.height;
    }
    this.element.style.aspectRatio = `${source.width} / ${source.height}`;
    this.element.style.setProperty("--fpw-clip-ratio", source.width / source.height);
    this.drawn = "";
    this.#tick();
  }

  // Flicker: the other one, now.
  swapNow() {
    this.isB = !this.isB;
    this.#names(true);
    this.drawn = "";
    this.#draw();
  }

  #names(on) {
    const [a, b] = this.names;
    a.hidden = !on || this.view === "difference" || (this.view === "flicker" && this.isB);
    b.hidden = !on || this.view === "difference" || (this.view === "flicker" && !this.isB);
    const names = (this.pair ?? []).map((tile) => tile.name).join(" and ");
    this.canvas.setAttribute("aria-label", `${this.view} of ${names}`);
  }

  #drag(event) {
    if (this.view !== "wipe") return;
    const box = this.element.getBoundingClientRect();
    this.told.wipe(Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)));
  }

  #tick() {
    if (this.over || this.element.hidden) return;
    this.animation = requestAnimationFrame(this.tick);
    this.#draw();
  }

  #draw() {
    const followers = this.pair.map((tile) => tile.follower);
    if (followers.includes(null)) return;
    const standing = followers.every(({ still }) => !still.hidden);
    const shown = followers.map(({ shown: frame }) => frame);
    if (followers.some(({ drawings }) => drawings === 0)) return; // nothing to be seen yet
    const pictures = standing ? followers.map(({ drawings }) => `still ${drawings}`) : shown;
    const now = `${pictures} ${this.view} ${this.gain} ${this.wipe} ${this.isB}`;
    if (now === this.drawn) return;
    if (!standing && shown[0] !== shown[1] && this.#mayWait(followers)) return;
    this.drawn = now;
    const [a, b] = followers.map((each) => (standing ? each.still : each.video));
    if (this.view === "difference") {
      const mean = this.difference.draw(this.canvas, a, b, this.gain);
      this.told.mean(mean, shown[0] === shown[1] ? null : shown);
    } else this.#lay(a, b);
    this.canvas.dataset.frames = shown.join(" ");
    this.drawnAt = performance.now(); // once it is there: drawing itself takes a while
  }

  // Two frames that do not belong together are not subtracted, if that can be helped.
  #mayWait(followers) {
    const same = followers[0].fps === followers[1].fps && followers[0].frames === followers[1].frames;
    return same && performance.now() - (this.drawnAt ?? 0) < LAST_RESORT_MS;
  }

  #lay(a, b) {
    const { canvas } = this;
    const board = canvas.getContext("2d");
    const edge = this.view === "wipe" ? Math.round(canvas.width * this.wipe) : this.isB ? 0 : canvas.width;
    if (edge > 0) board.drawImage(a, 0, 0, canvas.width, canvas.height);
    if (edge === canvas.width) return;
    board.save();
    board.beginPath();
    board.rect(edge, 0, canvas.width - edge, canvas.height);
    board.clip();
    board.drawImage(b, 0, 0, canvas.width, canvas.height);
    board.restore();
  }
}

"use strict";
const REPORT = JSON.parse(document.getElementById("data").textContent);
const { axes, points } = REPORT;
const NARROW = 130; // px; a tile of a table is not made smaller
const ALL = "all";

// -------------------------------------------------------------------------------- elements
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element && name !== "list") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== ""));
  return element;
}
const choice = (label, options, value, changed) => {
  const select = make("select", { "aria-label": label, onchange: () => changed(select.value) });
  for (const [key, text] of options) select.append(make("option", { value: key }, text));
  select.value = value;
  return make("label", {}, label, select);
};
const short = (value) => String(Number(value.toPrecision(3)));
const starsOf = (point) => "★".repeat(point.stars) + "☆".repeat(5 - point.stars);
const labelsOf = (point, names = axes.map((_, n) => n)) => names
  .filter((n) => point.at[n] >= 0)
  .map((n) => `${axes[n].name}: ${axes[n].values[point.at[n]]}`)
  .concat(point.label || []); // of an earlier form of the sweep
const facts = (pairs) => make("table", { className: "facts" }, make("tbody", {}, ...pairs.map(
  ([name, text]) => make("tr", {}, make("th", { scope: "row" }, name), make("td", {}, text)),
)));

// -------------------------------------------------------------------------------- copying
const said = make("span", { className: "quiet", role: "status" });
async function copy(text, button) {
  let done = false;
  try {
    await navigator.clipboard.writeText(text);
    done = true;
  } catch {
    const area = make("textarea", { value: text, readOnly: true });
    button.after(area);
    area.select();
    done = document.execCommand("copy");
    if (done) area.remove(); // else it stays, selected: Ctrl-C copies it
  }
  said.textContent = done ? "copied" : "press Ctrl-C to copy the marked text";
  const before = button.dataset.text ??= button.textContent;
  if (done) button.textContent = "copied";
  setTimeout(() => { button.textContent = before; said.textContent = ""; }, 1500);
}
const copies = (point) => [["copy Python", "python"], ["copy JSON", "json"]].map(([text, key]) => make(
  "button",
  { type: "button", title: `${text} of these settings`, onclick: (event) => copy(point[key], event.currentTarget) },
  text,
));

// -------------------------------------------------------------------------------- clips
function addressOf(clip) {
  if (clip.src !== undefined) return { url: clip.src, drop() {} };
  const text = atob(document.getElementById(`clip-${clip.embedded}`).textContent);
  const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  const url = URL.createObjectURL(new Blob([bytes], { type: "video/mp4" }));
  return { url, drop: () => URL.revokeObjectURL(url) };
}

class Tile {
  constructor(point, number) {
    this.point = point;
    this.clip = point.clip;
    this.visible = false;
    this.address = null;
    this.wanted = null;
    const name = labelsOf(point).join(", ") || `point ${number + 1}`;
    this.screen = make("button", { type: "button", className: "screen", title: `Details of ${name}`, onclick: () => detail(this, name) });
    this.own = make("p", { className: "own" });
    if (this.clip) this.fill();
    else {
      this.screen.classList.add("empty");
      const usual = points.find((other) => other.clip)?.clip;
      if (usual) this.screen.style.aspectRatio = `${usual.width} / ${usual.height}`;
      this.screen.append(make("b", {}, point.state), make("span", { title: point.error }, point.error));
    }
    const numbers = Object.entries(point.metrics).map(([key, value]) => `${key} ${short(value)}`).join(", ");
    const state = this.clip && point.state !== "done" ? point.state : this.clip?.partial ? "partial" : "";
    this.element = make("article", { className: "tile", "aria-label": name }, this.screen, make(
      "div", { className: "about" },
      this.own,
      point.stars ? make("p", { className: "stars", title: `${point.stars} of 5 stars` }, starsOf(point)) : null,
      point.note ? make("p", { className: "note", title: point.note }, point.note) : null,
      state ? make("p", { className: "quiet" }, state) : null,
      numbers ? make("p", { className: "quiet" }, numbers) : null,
      make("div", { className: "buttons" }, ...copies(point)),
    ));
    this.element.tile = this;
  }
  fill() {
    const { width, height } = this.clip;
    this.screen.style.aspectRatio = `${width} / ${height}`;
    this.video = make("video", { muted: true, playsInline: true, preload: "auto", hidden: true, tabIndex: -1 });
    this.video.addEventListener("seeked", () => {
      this.video.hidden = false;
      if (this.wanted !== null && Math.abs(this.video.currentTime - this.wanted) > 0.001) this.seek(this.wanted);
    });
    this.video.addEventListener("loadedmetadata", () => this.to(clock.time));
    this.video.addEventListener("error", () => {
      if (this.address) this.screen.title = "This browser cannot play the clip, or its file is gone.";
      this.video.hidden = true;
    });
    this.screen.append(make("img", { src: `data:image/jpeg;base64,${this.point.poster}`, alt: "" }), this.video);
  }
  get seconds() { return this.clip.frames / this.clip.fps; }
  get ready() { return this.video.readyState >= 3 && !this.video.seeking || this.video.error !== null; }
  load() {
    if (this.address) return;
    this.address = addressOf(this.clip);
    this.video.src = this.address.url;
  }
  unload() {
    if (!this.address) return;
    this.address.drop();
    this.address = null;
    this.wanted = null;
    this.video.pause();
    this.video.hidden = true;
    this.video.removeAttribute("src");
    this.video.load();
  }
  frameAt(time) { return Math.max(0, Math.min(this.clip.frames - 1, Math.floor(time * this.clip.fps + 1e-6))); }
  // The middle of the picture: nobody rounds that to its neighbour.
  to(time) { this.seek((this.frameAt(time) + 0.5) / this.clip.fps); }
  seek(time) {
    this.wanted = time;
    if (!this.video.seeking && this.video.readyState >= 1) this.video.currentTime = time;
  }
  follow(time, speed) {
    const video = this.video;
    if (!this.address || video.readyState < 2) return;
    if (time >= this.seconds - 0.5 / this.clip.fps) {
      if (!video.paused) { video.pause(); this.to(this.seconds); }
      return;
    }
    this.wanted = null;
    const late = time - video.currentTime;
    if (Math.abs(late) > 0.2 && !video.seeking) video.currentTime = time + 0.02;
    video.playbackRate = speed * (1 + Math.max(-0.25, Math.min(0.25, 2 * late)));
    if (video.paused) video.play().catch(() => {});
  }
}

// -------------------------------------------------------------------------------- one clock for all
const clock = {
  time: 0, speed: 1, loop: true, playing: false, touched: false, last: 0,
  get shown() { return tiles.filter((tile) => tile.visible && tile.clip && tile.element.isConnected); },
  get total() { return Math.max(0.04, ...tiles.filter((tile) => tile.clip && tile.element.isConnected).map((tile) => tile.seconds)); },
  get rate() { return Math.max(1, ...tiles.filter((tile) => tile.clip).map((tile) => tile.clip.fps)); },
  touch() {
    this.touched = true;
    for (const tile of this.shown) tile.load();
  },
  async play() {
    if (this.playing || !tiles.some((tile) => tile.clip)) return;
    this.playing = true;
    if (this.time >= this.total - 1 / this.rate) this.time = 0;
    this.touch();
    draw();
    for (const tile of this.shown) tile.to(this.time);
    const end = performance.now() + 3000;
    while (this.playing && performance.now() < end && !this.shown.every((tile) => tile.ready))
      await new Promise((done) => setTimeout(done, 20));
    this.last = performance.now();
    requestAnimationFrame((now) => this.tick(now));
  },
  tick(now) {
    if (!this.playing) return;
    this.time += Math.max(0, Math.min(0.1, (now - this.last) / 1000)) * this.speed;
    this.last = now;
    if (this.time >= this.total) {
      if (!this.loop) return this.go(this.total);
      this.time %= this.total;
    }
    for (const tile of this.shown) tile.follow(this.time, this.speed);
    draw();
    requestAnimationFrame((next) => this.tick(next));
  },
  pause() { this.go(this.time); },
  go(time) { // and stand still there
    this.playing = false;
    const frame = Math.floor(Math.max(0, Math.min(time, this.total - 1 / this.rate)) * this.rate + 1e-6);
    this.time = frame / this.rate;
    this.touch();
    for (const tile of this.shown) {
      tile.video.pause();
      tile.to(this.time);
    }
    draw();
  },
  step(frames) { this.go((Math.floor(this.time * this.rate + 1e-6) + frames) / this.rate); },
};
const button = (text, title, onclick, className = "") => make("button", { type: "button", title, className, onclick }, text);
const play = button("play", "Play or pause all clips (space)", () => (clock.playing ? clock.pause() : clock.play()), "play");
const slider = make("input", {
  type: "range", min: 0, step: 1, value: 0, title: "Picture, counted from 0", "aria-label": "Picture, counted from 0",
  oninput: () => clock.go(slider.valueAsNumber / clock.rate),
});
const count = make("span", { className: "count" });
const loop = make("input", { type: "checkbox", checked: true, onchange: () => { clock.loop = loop.checked; } });
const transport = make(
  "div", { className: "transport", role: "group", "aria-label": "All clips in step" },
  play,
  button("start", "To the first picture (Home)", () => clock.go(0)),
  button("−1", "One picture back (left arrow)", () => clock.step(-1)),
  button("+1", "One picture on (right arrow)", () => clock.step(1)),
  slider, count,
  make("label", {}, loop, "loop"),
  choice("speed", [0.25, 0.5, 1, 2].map((n) => [n, `${n} ×`]), 1, (value) => { clock.speed = Number(value); }),
);
function draw() {
  const last = Math.max(0, Math.round(clock.total * clock.rate) - 1);
  const frame = Math.min(last, Math.floor(clock.time * clock.rate + 1e-6));
  slider.max = last;
  slider.value = frame;
  count.textContent = `${frame} of ${last}, ${clock.time.toFixed(2)} s`;
  play.textContent = clock.playing ? "pause" : "play";
}
document.addEventListener("keydown", (event) => {
  const keys = { " ": () => play.click(), ArrowLeft: () => clock.step(-1), ArrowRight: () => clock.step(1), Home: () => clock.go(0), End: () => clock.go(Infinity) };
  const busy = event.target.closest("input, select, textarea, dialog, summary") || (event.key === " " && event.target.closest("button"));
  if (busy || event.ctrlKey || event.altKey || event.metaKey || !(event.key in keys) || transport.hidden) return;
  event.preventDefault();
  keys[event.key]();
});

// -------------------------------------------------------------------------------- one clip
const dialog = make("dialog", { "aria-label": "Details" });
function detail(tile, name) {
  const { point, clip } = tile;
  if (clock.playing) clock.pause();
  const address = clip ? addressOf(clip) : null;
  const numbers = Object.entries(point.metrics).map(([key, value]) => [key, String(value)]);
  dialog.replaceChildren(
    make("h2", {}, name),
    address ? make("video", { controls: true, loop: true, muted: true, playsInline: true, src: address.url }) : make("p", { className: "error" }, `${point.state} ${point.error}`),
    make("p", { className: "stars" }, starsOf(point)),
    point.note ? make("p", {}, point.note) : "",
    make("div", { className: "buttons" }, ...copies(point), button("close", "Close (Escape)", () => dialog.close())),
    facts([...(clip ? [["file", clip.name]] : []), ["state", point.state], ...numbers, ...Object.entries(point.own), ...Object.entries(REPORT.common)]),
  );
  dialog.onclose = () => { dialog.replaceChildren(); address?.drop(); };
  dialog.showModal();
}

// -------------------------------------------------------------------------------- arranging
const tiles = points.map((point, number) => new Tile(point, number));
const seen = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    const { tile } = target;
    tile.visible = isIntersecting;
    if (!tile.clip) continue;
    if (!isIntersecting) tile.unload();
    else if (clock.touched) tile.load();
  }
}, { rootMargin: "100px" });
for (const tile of tiles) seen.observe(tile.element);

const place = make("div", { id: "grid" });
const NONE = "-";
const chosen = { x: axes.length ? 0 : NONE, y: axes.length > 1 ? 1 : NONE, pages: {} };
for (const n of axes.keys()) chosen.pages[n] = points.length > 60 && n > 1 ? 0 : ALL;
const others = () => [...axes.keys()].filter((n) => n !== chosen.x && n !== chosen.y);
const isOnPage = (tile) => others().every((n) => chosen.pages[n] === ALL || tile.point.at[n] === chosen.pages[n]);
const selectors = make("div", { className: "bar" });
const pick = (value) => (value === NONE ? NONE : Number(value));
function choose() {
  const named = [[NONE, "–"], ...axes.map((axis, n) => [n, axis.name])];
  const set = (side, other) => (value) => {
    const before = chosen[side];
    chosen[side] = pick(value);
    if (chosen[other] === chosen[side] && chosen[side] !== NONE) chosen[other] = before;
    arrange();
  };
  const pages = others().map((n) => choice(
    axes[n].name,
    [[ALL, "all"], ...axes[n].values.map((text, value) => [value, text])],
    chosen.pages[n],
    (value) => { chosen.pages[n] = value === ALL ? ALL : Number(value); arrange(); },
  ));
  selectors.replaceChildren(...(axes.length ? [choice("columns", named, chosen.x, set("x", "y")), choice("rows", named, chosen.y, set("y", "x")), ...pages] : []));
}
function flow(members, names) {
  for (const tile of members) tile.own.title = tile.own.textContent = labelsOf(tile.point, names).join(", ");
  return make("div", { className: members.length > 1 ? "flow many" : "flow" }, ...members.map((tile) => tile.element));
}
const on = (tile, axis, value) => axis === NONE || tile.point.at[axis] === value;
function arrange() {
  const focused = document.activeElement;
  const names = [...selectors.querySelectorAll("select")].indexOf(focused);
  if (clock.playing) clock.pause();
  choose();
  const { x, y } = chosen;
  const here = tiles.filter(isOnPage);
  const columns = x === NONE ? [null] : [...axes[x].values.keys()];
  const rows = y === NONE ? [null] : [...axes[y].values.keys()];
  const inside = here.filter((tile) => (x === NONE || tile.point.at[x] >= 0) && (y === NONE || tile.point.at[y] >= 0));
  const rest = here.filter((tile) => !inside.includes(tile));
  const width = place.clientWidth - 130;
  isStacked = x === NONE || width / columns.length < NARROW;
  place.replaceChildren(...(isStacked ? stacked(inside, rows) : [matrix(inside, columns, rows)]));
  if (rest.length) place.append(make("h2", {}, "Not on these axes"), flow(rest));
  if (!here.length) place.append(make("p", {}, "No point has these values. Choose others above."));
  if (names >= 0) selectors.querySelectorAll("select")[names]?.focus();
  transport.hidden = !tiles.some((tile) => tile.clip);
  onPaper.textContent = others().filter((n) => chosen.pages[n] !== ALL).map((n) => titled(n, chosen.pages[n])).join(", ");
  draw();
}
const onPaper = make("p", { className: "on-paper" }); // what the menus say, which are not printed
let isStacked = false;
const titled = (axis, value) => `${axes[axis].name}: ${axes[axis].values[value]}`;
function stacked(members, rows) {
  const shownNames = [...axes.keys()].filter((n) => n !== chosen.y);
  return rows.flatMap((row) => {
    const line = members.filter((tile) => on(tile, chosen.y, row));
    if (chosen.x !== NONE) line.sort((a, b) => a.point.at[chosen.x] - b.point.at[chosen.x]);
    return [row === null ? "" : make("h2", {}, titled(chosen.y, row)), flow(line, shownNames)];
  }).filter((part) => part !== "");
}
function matrix(members, columns, rows) {
  const { x, y } = chosen;
  const corner = y === NONE ? [] : [make("td", { className: "corner" })];
  const head = columns.map((column) => make("th", { scope: "col" }, titled(x, column)));
  const body = rows.map((row) => make(
    "tr", {},
    row === null ? null : make("th", { scope: "row" }, titled(y, row)),
    ...columns.map((column) => {
      const cell = members.filter((tile) => on(tile, x, column) && on(tile, y, row));
      return make("td", {}, cell.length ? flow(cell, others()) : make("p", { className: "quiet" }, "no point"));
    }),
  ));
  const table = make("table", { className: "matrix" }, make("thead", {}, make("tr", {}, ...corner, ...head)), make("tbody", {}, ...body));
  table.style.maxWidth = `calc(${y === NONE ? 0 : 110}px + ${columns.length * (table.querySelector(".many") ? 2 : 1)} * (var(--tile) + 6px))`;
  return table;
}

// -------------------------------------------------------------------------------- the page
const root = document.documentElement;
const counts = {};
for (const point of points) counts[point.state] = (counts[point.state] ?? 0) + 1;
const summary = [`${points.length} ${points.length === 1 ? "point" : "points"}`, ...Object.entries(counts).map(([state, number]) => `${number} ${state}`), `written ${REPORT.made}`].join(" · ");
const size = make("input", { type: "range", min: 140, max: 640, step: 20, value: 300, oninput: () => root.style.setProperty("--tile", `${size.value}px`) });
const common = make("details", {}, make("summary", {}, "The same in all"), facts(Object.entries(REPORT.common)));
common.hidden = !Object.keys(REPORT.common).length;
addEventListener("beforeprint", () => { common.open = true; });
document.getElementById("report").append(
  make("p", { className: "quiet" }, summary, " ", said),
  make("div", { className: "bar no-print" }, selectors, make("label", {}, "tile size", size), make("span", { className: "end" }, choice("colours", [["", "as the system"], ["light", "light"], ["dark", "dark"]], "", (value) => {
    if (value) root.dataset.theme = value;
    else delete root.dataset.theme;
  }))),
  common, onPaper, place, transport, dialog,
);
arrange();
let width = place.clientWidth;
new ResizeObserver(() => {
  if (place.clientWidth === width) return;
  width = place.clientWidth;
  const columns = chosen.x === NONE ? 1 : axes[chosen.x].values.length;
  const wanted = chosen.x === NONE || (width - 130) / columns < NARROW;
  if (wanted !== isStacked) arrange();
}).observe(place);

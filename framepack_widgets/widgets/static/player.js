// The Player: what it plays comes from video_bytes.js, its facts and wishes from widgets/clips/player.py.
// A kernel that stops the clip may say in its next message which frame it wants.
const REPORT_MS = 150;
const SPEED_STEPS = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4];

export default {
  render({ model, el }) {
    const view = new PlayerView(model, el);
    return () => view.close();
  },
};

class PlayerView {
  constructor(model, el) {
    this.model = model;
    this.el = el;
    this.life = new AbortController(); // of this view
    this.loading = null; // AbortController of what is being loaded
    this.video = null; // {url, release, blob}
    this.frame = 0; // what the page shows
    this.seeking = null; // a frame to go to once the last seek is done
    this.near = false; // close enough to be loaded
    this.seen = false; // in sight: it may play
    this.#build();
    this.#listen();
    this.below = hideBelowWhileLive(model, el, () => this.screen.readyState > 0);
    this.#drawAll();
  }

  close() {
    this.life.abort(new Error("the view is closed"));
    this.watcher.disconnect();
    clearTimeout(this.report);
    this.#unload();
    this.below.end();
  }

  get source() {
    const source = this.model.get("_source");
    return source && source.key ? source : null;
  }

  // ------------------------------------------------------------------ building

  #build() {
    this.screen = make("video", {
      class: "fpw-player-video", muted: true, playsInline: true, preload: "metadata",
      title: "click: play or pause", onclick: () => this.toggle(),
    });
    this.screen.muted = true;
    this.cover = make("div", { class: "fpw-player-cover", role: "status" });
    this.stage = make("div", { class: "fpw-player-stage" }, this.screen, this.cover);
    this.bar = make("div", { class: "fpw-player-controls" }, ...this.#controls());
    this.why = make("div", { class: "fpw-quiet fpw-player-why" });
    this.told = make("div", { class: "fpw-quiet", role: "status" });
    this.trouble = make("div", { class: "fpw-error fpw-wrap", role: "alert" });
    this.facts = make("div", { class: "fpw-player-facts fpw-quiet" });
    this.box = make("div", { class: "fpw fpw-player", tabIndex: 0, role: "group", "aria-label": "clip" },
      this.stage, this.bar, this.why, this.told, this.trouble, this.facts);
    this.el.append(this.box);
  }

  #controls() {
    const button = (text, action, title) => {
      const keys = KEYS[action] ? ` (key: ${KEYS[action].map(nameOfKey).join(" or ")})` : "";
      return make("button", {
        type: "button", textContent: text, title: title + keys, "aria-label": title,
        onclick: () => this.actions()[action](),
      });
    };
    this.slider = make("input", {
      type: "range", min: 0, max: 0, step: 1, value: 0, class: "fpw-player-slider",
      title: "frame", "aria-label": "frame", oninput: () => this.scrub(Number(this.slider.value)),
    });
    this.place = make("span", { class: "fpw-player-place", title: "frames count from 0, as in clip.frame(0)" });
    this.playButton = button("play", "play", "play or pause");
    this.useButton = button("use as start frame", "use", "use the frame that is shown as start frame");
    this.saveButton = button("save", "save", "save the clip with the browser");
    this.loopBox = make("input", {
      type: "checkbox", onchange: () => this.put({ loop: this.loopBox.checked }),
    });
    this.speedBox = make("select", {
      title: "speed, times the clip's own", "aria-label": "speed",
      onchange: () => this.put({ speed: Number(this.speedBox.value) }),
    });
    this.retry = make("button", { type: "button", textContent: "try again", onclick: () => this.load() });
    const loopTitle = `start again at the end (key: ${KEYS.loop.join(" or ")})`;
    return [
      this.slider,
      this.playButton,
      button("first", "start", "to the first frame"),
      button("−1", "back", "one frame back"),
      button("+1", "forward", "one frame forward"),
      button("last", "end", "to the last frame"),
      this.place,
      make("label", { title: loopTitle }, this.loopBox, " loop"),
      this.speedBox,
      this.saveButton,
      this.useButton,
    ];
  }

  #listen() {
    const { model, screen } = this;
    const signal = this.life.signal;
    const on = (name, act) => {
      model.on(name, act);
      signal.addEventListener("abort", () => model.off(name, act));
    };
    on("change:_source", () => { this.#drawAll(); this.#unload(); this.load(); });
    on("change:_facts change:loop change:speed change:_can_use change:trouble", () => this.#drawAll());
    on("change:playing", () => this.#follow());
    on("change:frame", () => {
      clearTimeout(this.report);
      if (model.get("frame") !== this.frame) this.seek(model.get("frame"));
    });
    on("msg:custom", (message) => {
      if (message.kind === "used") this.tell(`Frame ${message.frame} was taken as start frame.`);
      if (message.kind === "seek") { this.seek(message.frame); this.#sync(); }
    });
    for (const [name, act] of Object.entries({
      loadeddata: () => this.#ready(),
      seeked: () => this.#seeked(),
      ended: () => { this.put({ playing: false }); this.#show(this.last); this.#sync(); },
      pause: () => this.#draw(),
      play: () => this.#draw(),
      timeupdate: () => { if (!screen.requestVideoFrameCallback) this.#showTime(screen.currentTime); },
      error: () => this.#broken(),
    })) screen.addEventListener(name, act, { signal });
    this.watcher = new IntersectionObserver((entries) => this.#sight(entries.at(-1)), {
      threshold: [0, 0.1],
    });
    this.watcher.observe(this.stage);
    listenForKeys(this.box, this.actions());
  }

  actions() {
    return {
      play: () => this.toggle(),
      back: () => this.step(-1),
      forward: () => this.step(1),
      start: () => this.scrub(0),
      end: () => this.scrub(this.last),
      slower: () => this.#speedUp(-1),
      faster: () => this.#speedUp(1),
      loop: () => this.put({ loop: !this.model.get("loop") }),
      save: () => this.save(),
      use: () => this.use(),
    };
  }

  // ------------------------------------------------------------------ loading

  async load(useAddress = true) {
    this.#unload();
    const source = this.source;
    if (!source || !this.near) return;
    const loading = (this.loading = new AbortController());
    const signal = AbortSignal.any([loading.signal, this.life.signal]);
    this.#cover("loading …");
    const told = {
      reason: (text) => this.#slow(text),
      progress: (bytes) => this.#cover(`loading: ${Math.floor(100 * bytes / source.size)} % of ${megabytes(source.size)}`),
      silent: (yes) => { if (yes) this.#cover(SILENT, true); },
    };
    try {
      const video = await openVideo(this.model, source, told, signal, useAddress);
      if (signal.aborted) return video.release();
      this.video = video;
      this.screen.src = video.url;
      this.screen.load();
    } catch (error) {
      if (signal.aborted) return;
      this.why.textContent = "";
      this.#cover(String(error.message ?? error), true);
    }
  }

  #unload() {
    this.loading?.abort(new Error("another clip is loaded"));
    this.loading = null;
    this.seeking = null;
    this.why.textContent = "";
    if (this.video) {
      this.screen.removeAttribute("src");
      this.screen.load();
      this.video.release();
      this.video = null;
      this.below.update();
    }
  }

  #slow(reason) {
    if (isDisconnected(this.el)) {
      throw new Error(`There is no kernel that could send the clip, and ${reason}. Run the cell again to play it.`);
    }
    this.why.textContent = `Playing starts slower here: ${reason}, so the kernel sends the clip (${megabytes(this.source.size)}).`;
  }

  #ready() {
    const { screen, source } = this;
    if (!source || !this.video) return;
    if (screen.videoWidth !== source.width || screen.videoHeight !== source.height) {
      this.#unload();
      this.#cover("The notebook server gave another video than this clip; it is not shown. Show the clip again.", true);
      return;
    }
    this.#cover("");
    this.below.update();
    this.#watchFrames();
    const frame = this.model.get("frame");
    if (frame > 0) this.seek(frame);
    else this.#show(0);
    this.#follow();
  }

  #broken() {
    if (!this.video) return;
    if (!this.video.blob) return void this.load(false); // the kernel's own bytes, then
    const code = this.screen.error?.code ?? "?";
    this.#unload();
    this.#cover(`This browser cannot play the clip (media error ${code}). Save it and open it in a video player.`, true);
  }

  #cover(text, over = false) {
    this.cover.replaceChildren(text, ...(over && this.source ? [this.retry] : []));
    this.cover.classList.toggle("fpw-error", over);
    this.cover.hidden = text === "";
  }

  // ------------------------------------------------------------------ playing

  get last() {
    return Math.max(0, (this.source?.frames ?? 1) - 1);
  }

  put(values) {
    for (const [name, value] of Object.entries(values)) this.model.set(name, value);
    this.model.save_changes();
    this.#drawAll();
  }

  toggle() {
    if (!this.video) return;
    const playing = !this.model.get("playing") || this.screen.paused;
    if (playing && this.screen.ended) this.seek(0);
    this.put({ playing });
    this.#follow();
  }

  // Plays if it is to play and can be seen.
  #follow() {
    const play = this.model.get("playing") && this.seen && this.video !== null;
    this.screen.loop = this.model.get("loop");
    if (play && this.screen.paused) {
      if (!this.started && matchMedia("(prefers-reduced-motion: reduce)").matches) {
        this.started = true; // from now on it plays when it is told to
        return this.put({ playing: false });
      }
      this.started = true;
      this.screen.play().catch((error) => {
        if (error.name === "NotAllowedError") this.put({ playing: false });
      });
    } else if (!play && !this.screen.paused) {
      this.screen.pause();
      if (!this.model.get("playing")) {
        this.seek(this.frame); // exactly what the number says
        clearTimeout(this.report);
        this.report = setTimeout(() => this.#sync(), REPORT_MS);
      }
    }
    this.#draw();
  }

  #sight(entry) {
    this.seen = entry.isIntersecting && entry.intersectionRatio >= 0.1;
    if (entry.isIntersecting && !this.near) {
      this.near = true;
      this.load();
    }
    this.#follow();
  }

  step(by) {
    this.scrub(this.frame + by);
  }

  scrub(frame) {
    if (!this.source) return;
    if (this.model.get("playing")) {
      this.put({ playing: false });
      this.screen.pause();
    }
    this.seek(frame);
    this.#sync();
  }

  // To the middle of the frame's time: its edges belong to both neighbours.
  seek(frame) {
    frame = Math.min(Math.max(Math.round(frame), 0), this.last);
    this.#show(frame);
    if (!this.video) return;
    if (this.screen.seeking) this.seeking = frame; // one at a time, and always the last one
    else this.screen.currentTime = (frame + 0.5) / this.source.fps;
  }

  #seeked() {
    const frame = this.seeking;
    this.seeking = null;
    if (frame !== null) this.screen.currentTime = (frame + 0.5) / this.source.fps;
    else if (!this.screen.requestVideoFrameCallback) this.#showTime(this.screen.currentTime);
  }

  // Called by the browser for each frame that it shows, never while nothing moves. Not before there
  // is one: a browser that is asked for frames decodes some before it says that it has any.
  #watchFrames() {
    if (this.watching || !this.screen.requestVideoFrameCallback) return;
    this.watching = true;
    const next = (_, facts) => {
      if (this.life.signal.aborted) return;
      if (this.video && !this.screen.paused && !this.screen.seeking) {
        this.#show(Math.round(facts.mediaTime * this.source.fps));
      }
      this.box.dataset.presented = this.source ? Math.round(facts.mediaTime * this.source.fps) : "";
      this.screen.requestVideoFrameCallback(next);
    };
    this.screen.requestVideoFrameCallback(next);
  }

  #showTime(seconds) {
    if (this.video && !this.screen.paused) this.#show(Math.floor(seconds * this.source.fps));
  }

  #show(frame) {
    this.frame = Math.min(Math.max(frame, 0), this.last);
    const { source } = this;
    this.slider.value = this.frame;
    this.place.textContent = source
      ? `frame ${this.frame} of ${source.frames} · ${(this.frame / source.fps).toFixed(2)} s` : "";
  }

  #sync() {
    clearTimeout(this.report);
    this.model.set("frame", this.frame);
    this.model.save_changes();
  }

  #speedUp(by) {
    const now = this.model.get("speed");
    const steps = by > 0 ? SPEED_STEPS : [...SPEED_STEPS].reverse();
    const next = steps.find((speed) => (speed - now) * by > 0.001);
    if (next !== undefined) this.put({ speed: next });
  }

  // ------------------------------------------------------------------ what one takes away

  async save() {
    const { source, video } = this;
    if (!source || !video) return;
    this.tell("saving …");
    try {
      const blob = await wholeVideo(video.url, source, this.life.signal);
      const url = URL.createObjectURL(blob);
      make("a", { href: url, download: source.name }).click();
      setTimeout(() => URL.revokeObjectURL(url), 60000);
      this.tell(`${source.name} was handed to the browser's downloads.`);
    } catch (error) {
      if (!this.life.signal.aborted) this.tell(String(error.message ?? error), true);
    }
  }

  use() {
    const { source } = this;
    if (!source || !this.model.get("_can_use")) return;
    this.put({ playing: false });
    this.#follow();
    this.#sync();
    this.tell(`taking frame ${this.frame} …`);
    this.model.send({ kind: "use", key: source.key, frame: this.frame });
  }

  tell(text, isError = false) {
    this.told.textContent = text;
    this.told.classList.toggle("fpw-error", isError);
  }

  // ------------------------------------------------------------------ drawing

  #drawAll() {
    const { model, source } = this;
    const empty = !source;
    this.stage.style.aspectRatio = source ? `${source.width} / ${source.height}` : "";
    this.box.style.setProperty("--fpw-clip-width", `${source?.width ?? 0}px`);
    this.box.style.setProperty("--fpw-clip-ratio", source ? source.width / source.height : 1);
    if (empty) this.#cover(model.get("trouble") ? "" : "no clip");
    this.stage.hidden = empty && model.get("trouble") !== "";
    this.bar.hidden = empty;
    this.slider.max = this.last;
    this.loopBox.checked = model.get("loop");
    this.useButton.hidden = !model.get("_can_use");
    this.trouble.textContent = model.get("trouble");
    if (model.get("trouble")) this.tell("");
    const speed = model.get("speed");
    const speeds = [...new Set([...SPEED_STEPS, speed])].sort((a, b) => a - b);
    this.speedBox.replaceChildren(...speeds.map((value) =>
      make("option", { value, textContent: `${value} ×`, selected: value === speed })));
    this.screen.defaultPlaybackRate = speed; // loading another clip goes back to this one
    this.screen.playbackRate = speed;
    this.screen.loop = model.get("loop");
    this.facts.replaceChildren(...model.get("_facts").map(([name, text]) =>
      make("div", {}, make("b", { textContent: name }), make("span", { textContent: text }))));
    this.#show(this.frame);
    this.#draw();
  }

  #draw() {
    this.playButton.textContent = this.screen.paused ? "play" : "pause";
  }
}

const SILENT = "The kernel has not answered for a while. It may be busy with a cell: then the clip comes when that ends. If it was restarted or is gone, run the cell again. ";

function megabytes(bytes) {
  return bytes >= 100000 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e3).toFixed(1)} kB`;
}

function nameOfKey(key) {
  return key === " " ? "space" : key;
}

// One of the compared clips: its picture, what tells it apart, its stars and note, and the ways on.
const AT_ONCE = 4; // clips that are loaded at the same time
const WHOLE_BYTES = 80e6; // smaller ones are kept in the page: a server gives a browser six connections

class CompareTile {
  // acts: {pick(), ready(), say(text), slow(reason)}
  constructor(model, number, acts) {
    this.model = model;
    this.number = number;
    this.acts = acts;
    this.source = model.get("_clips")[number];
    this.life = new AbortController();
    this.opened = null; // {url, release}
    this.follower = null;
    this.#build();
    this.draw();
  }

  close() {
    this.life.abort(new Error("the view is closed"));
    this.follower?.end();
    this.video.removeAttribute("src");
    this.video.load();
    this.opened?.release();
    this.element.remove();
  }

  get name() {
    const told = this.source.facts.map(([name, text]) => `${name} ${text}`).join(", ");
    return told && told !== this.source.label ? `${this.source.label} · ${told}` : this.source.label;
  }

  #build() {
    const { source } = this;
    this.video = make("video", { class: "fpw-compare-video", muted: true, playsInline: true, preload: "auto", tabIndex: -1 });
    this.video.muted = true;
    this.video.loop = false;
    this.still = make("canvas", { class: "fpw-compare-still", hidden: true });
    this.cover = make("div", { class: "fpw-compare-cover", role: "status" });
    this.mark = make("span", { class: "fpw-compare-mark", hidden: true });
    const ratio = source.key ? source.width / source.height : 1;
    this.stage = make("div", { class: "fpw-compare-stage", style: { aspectRatio: String(ratio) }, onclick: () => this.acts.pick() },
      this.video, this.still, this.cover, this.mark);
    this.stars = [0, 1, 2, 3, 4, 5].map((n) => make("button", {
      type: "button", class: "fpw-star", role: "radio", title: n ? `${n} of 5 stars (key ${n})` : "not rated (key 0)",
      "aria-label": n ? `${n} of 5 stars` : "not rated", onclick: () => this.rate(n),
    }));
    this.rating = make("div", { class: "fpw-stars", role: "radiogroup", "aria-label": `Stars of clip ${source.label}` }, ...this.stars);
    this.rating.addEventListener("keydown", (event) => this.#moveStar(event));
    this.note = make("input", {
      class: "fpw-note", type: "text", maxLength: 10000, placeholder: "note", title: "Your own words about this clip",
      "aria-label": `Note about clip ${source.label}`, onchange: () => this.#annotate(),
      onkeydown: (event) => { if (event.key === "Enter") this.#annotate(); },
    });
    const button = (text, title, action) => make("button", { type: "button", title, onclick: () => this.act(action) }, text);
    this.useButton = button("use these settings", `Put this clip's settings into the form (key ${KEYS.settings[0]})`, "settings");
    this.moreButton = button("render more like this", `The same settings with another seed (key ${KEYS.alike[0]})`, "more");
    this.facts = make("div", { class: "fpw-compare-facts" }, ...source.facts.map(([name, text, whole]) =>
      make("div", { title: whole }, make("span", { textContent: name }), make("b", { textContent: text }))));
    this.about = make("div", { class: "fpw-quiet" });
    this.title = make("div", { class: "fpw-compare-title", title: source.file, textContent: source.label });
    this.element = make("div", {
      class: "fpw-compare-tile", role: "group", tabIndex: -1, "aria-label": `clip ${this.name}`,
      onfocusin: () => this.acts.pick(),
    }, this.stage, this.title, this.facts, this.about,
    make("div", { class: "fpw-row fpw-compare-own" }, this.rating, this.note), make("div", { class: "fpw-row fpw-compare-own" }, this.useButton, this.moreButton));
    this.#cover(source.trouble || "loading …", source.trouble !== "");
  }

  #moveStar(event) {
    const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const next = Math.max(0, Math.min(5, this.given + by));
    this.rate(next);
    this.stars[next].focus();
  }

  #annotate() {
    if (this.note.value === this.told) return;
    this.told = this.note.value;
    this.#send("annotate", { note: this.told });
  }

  #send(kind, values) {
    this.model.send({ kind, clip: this.number, key: this.source.key, ...values });
  }

  rate(stars) {
    if (this.source.rated) this.#send("rate", { stars });
    else this.acts.say("Only clips of a Library can be given stars.");
  }

  // "settings" or "more", where the kernel offers it.
  act(action) {
    if (this.model.get(`_can_${action}`) && this.source.known) this.#send("act", { action });
  }

  #cover(text, wrong = false) {
    const again = wrong && this.source.key
      ? make("button", { type: "button", textContent: "try again", onclick: () => this.load() }) : null;
    this.cover.replaceChildren(text, ...(again ? [again] : []));
    this.cover.classList.toggle("fpw-error", wrong);
    this.cover.hidden = text === "";
  }

  // Stars, note and what can be done, as the kernel has told it last.
  draw() {
    const { model, source } = this;
    const mark = model.get("_marks")[this.number] ?? { stars: 0, note: "" };
    this.about.textContent = [
      source.key && model.get("_numbers")[this.number], source.key && !source.known && `${source.file}: its settings are not known`, source.partial && "partial",
    ].filter(Boolean).join(" · ");
    this.given = mark.stars;
    this.stars.forEach((star, n) => {
      star.textContent = n === 0 ? "✕" : n <= mark.stars ? "★" : "☆";
      star.setAttribute("aria-checked", String(n === mark.stars));
      star.tabIndex = n === mark.stars ? 0 : -1;
    });
    if (document.activeElement !== this.note) this.note.value = this.told = mark.note;
    this.rating.parentElement.hidden = !source.rated;
    this.useButton.hidden = !source.known || !model.get("_can_settings");
    this.moreButton.hidden = !source.known || !model.get("_can_more");
    this.moreButton.parentElement.hidden = this.useButton.hidden && this.moreButton.hidden;
  }

  setMark(text) {
    this.mark.textContent = text;
    this.mark.hidden = text === "";
  }

  // ------------------------------------------------------------------ loading

  async load(queue = this.queue, useAddress = true) {
    this.queue = queue;
    this.isBroken = this.source.trouble !== "";
    const { source } = this;
    if (!source.key || this.opened) return;
    const signal = this.life.signal;
    this.#cover("loading …");
    try {
      const opened = await queue(() => this.#open(signal, useAddress), signal);
      if (signal.aborted) return opened.release();
      this.opened = opened;
      const ready = happens(this.video, "loadeddata", 20000);
      this.video.src = opened.url;
      await ready;
      if (signal.aborted) return;
      if (this.video.error || this.video.readyState < 2) return await this.#broken(useAddress);
      if (this.video.videoWidth !== source.width || this.video.videoHeight !== source.height) {
        throw new Error("The notebook server gave another video than this clip; it is not shown.");
      }
      this.follower = new Follower(this.video, this.still, source);
      this.video.addEventListener("error", () => this.#damaged(), { once: true, signal });
      this.#cover("");
      this.acts.ready();
    } catch (error) {
      if (signal.aborted) return;
      this.#forget();
      this.isBroken = true;
      this.#cover(String(error.message ?? error), true);
      this.acts.ready();
    }
  }

  async #open(signal, useAddress) {
    const { source, model } = this;
    const told = {
      reason: (why) => {
        if (isDisconnected(this.stage)) throw new Error("There is no kernel that could send the clip. Run the cell again to play it.");
        this.acts.slow(why);
      },
      progress: (bytes) => this.#cover(`loading: ${Math.floor((100 * bytes) / source.size)} %`),
      silent: (yes) => { if (yes) this.#cover("The kernel has not answered for a while. It may be busy with a cell.", true); },
    };
    const opened = await openVideo(model, source, told, signal, useAddress);
    if (opened.blob || source.size > WHOLE_BYTES) return opened;
    return holdBlob(source.key) ?? holdBlob(source.key, await wholeVideo(opened.url, source, signal));
  }

  // It could be opened, but not be played to its end: the others go on without it.
  #damaged() {
    if (this.follower === null) return;
    this.follower.end();
    this.follower = null;
    this.#forget();
    this.still.hidden = this.isBroken = true;
    this.#cover("The clip is damaged: this browser cannot play all of it.", true);
    this.acts.ready();
  }

  async #broken(useAddress) {
    const whole = this.opened.blob;
    this.#forget();
    if (!whole && useAddress) return this.load(this.queue, false); // the kernel's own bytes, then
    throw new Error("This browser cannot play the clip. Save it and open it in a video player.");
  }

  #forget() {
    this.opened?.release();
    this.opened = null;
    this.video.removeAttribute("src");
    this.video.load();
  }
}

// Runs a few loads at a time.
function loadQueue() {
  let free = AT_ONCE;
  const waiting = [];
  return async (load, signal) => {
    if (free > 0) free -= 1;
    else await new Promise((go) => waiting.push(go));
    try {
      signal.throwIfAborted();
      return await load();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}

// How many tiles stand beside each other where there is room.
function columnsFor(view, count) {
  if (view !== "tiles") return view === "side by side" ? 2 : 4; // below a large picture: small
  return count <= 4 ? count : count <= 9 ? Math.min(Math.ceil(count / 2), 4) : Math.min(Math.ceil(Math.sqrt(count)), 6);
}

// One video that follows the common clock of compare_sync.js.
//
// While it stands, `still` (a canvas over it) shows its picture, so that all tiles can change in one
// go; while it plays, the video itself is seen.
const SEEK_MS = 4000; // a seek that takes longer is given up
const PAINT_MS = 300; // after a seek; a hidden page paints nothing
const DEAD_S = 0.003; // closer to the clock than this is in step
const FAR_S = 0.35; // further away it jumps
const CATCH_UP_S = { calm: 0.35, hurry: 0.1 }; // in which a distance is made up
const STRONGEST = { calm: 0.3, hurry: 0.9 }; // share of the speed that a correction may be
const RATES = [0.0625, 16]; // those that browsers take
const PAINTED = 12; // of so many frames, and
const ENOUGH_PAINTED = 4; // of at least so many, is known how early a video is painted

class Follower {
  constructor(video, still, source) {
    this.video = video;
    this.still = still;
    this.fps = source.fps;
    this.frames = source.frames;
    this.shown = -1; // the frame that the browser painted last
    this.early = []; // of the last frames: how far they were ahead of the video's own time, s
    this.paintings = 0;
    this.drawings = 0; // of the still
    this.jumps = 0;
    this.waiting = []; // [frame, resolve] of who waits for a frame to be painted
    this.hasMoved = true; // since its last seek: what is painted may be ahead of what was told
    this.ended = false;
    this.#watch();
  }

  end() {
    this.ended = true;
    for (const [, resolve] of this.waiting.splice(0)) resolve();
  }

  get length() {
    return this.frames / this.fps; // s
  }

  // Its own frame at a time of the common clock, s; the last one is held.
  frameAt(seconds) {
    return Math.min(this.frames - 1, Math.max(0, Math.floor(seconds * this.fps + 1e-6)));
  }

  // Whether the clock is past it: then it stands on its last frame.
  isOver(seconds) {
    return seconds >= this.length - 0.5 / this.fps;
  }

  // Shows the frame of that time; resolves once it can be painted.
  async goTo(seconds) {
    const { video } = this;
    const frame = this.frameAt(seconds);
    const target = (frame + 0.5) / this.fps; // its middle: its edges belong to both neighbours
    if (!this.hasMoved && this.shown === frame && !video.seeking && Math.abs(video.currentTime - target) < 0.5 / this.fps) return;
    this.hasMoved = false;
    this.shown = -1; // what was told before says nothing about this seek
    const painted = this.#painted(frame);
    const done = happens(video, "seeked", SEEK_MS);
    video.currentTime = target;
    await done;
    let limit;
    await Promise.race([painted, new Promise((resolve) => { limit = setTimeout(resolve, PAINT_MS); })]);
    clearTimeout(limit);
  }

  async play() {
    if (!this.video.paused) return;
    this.hasMoved = true;
    try {
      await this.video.play();
    } catch (error) {
      if (error.name === "NotAllowedError") throw error; // else: stopped again meanwhile
    }
  }

  // How far its playing is ahead of the clock, s; null: it is over, or does not play.
  ahead(seconds) {
    const { video } = this;
    if (this.isOver(seconds) || video.seeking || video.ended || video.paused) return null;
    return video.currentTime - seconds;
  }

  // How far what is painted is ahead of that, s; null: too few frames of late. Some videos are
  // painted one of the screen's pictures later than others that play just as far.
  get earliness() {
    const { length } = this.early;
    return length < ENOUGH_PAINTED ? null : this.early.reduce((sum, one) => sum + one, 0) / length;
  }

  // Brings it nearer to the clock, at `speed`, from where it is `ahead`, s; way: "calm", or "hurry"
  // while nobody sees it.
  correct(ahead, seconds, speed, way) {
    const { video } = this;
    if (ahead === null) {
      if (video.paused && !this.isOver(seconds) && !video.ended) this.play().catch(() => {});
      return;
    }
    if (Math.abs(ahead) > FAR_S * Math.max(1, speed)) {
      this.jumps += 1;
      this.early = [];
      video.currentTime = Math.min(this.length, seconds + 0.08 * speed); // the clock goes on meanwhile
      return;
    }
    const wish = Math.abs(ahead) < DEAD_S * Math.max(1, speed) ? 0 : -ahead / CATCH_UP_S[way];
    const most = STRONGEST[way] * speed;
    const rate = Math.min(RATES[1], Math.max(RATES[0], speed + Math.max(-most, Math.min(most, wish))));
    if (Math.abs(video.playbackRate - rate) > 0.004 * speed) video.playbackRate = rate;
  }

  draw() {
    const { video, still } = this;
    if (video.readyState < 2) return;
    if (still.width !== video.videoWidth || still.height !== video.videoHeight) {
      still.width = video.videoWidth;
      still.height = video.videoHeight;
    }
    still.getContext("2d").drawImage(video, 0, 0);
    this.drawings += 1;
  }

  // The browser tells of each frame that it paints.
  #watch() {
    const { video } = this;
    if (!video.requestVideoFrameCallback) return;
    const next = (_, facts) => {
      if (this.ended) return;
      this.shown = Math.round(facts.mediaTime * this.fps);
      this.paintings += 1;
      const wait = (facts.expectedDisplayTime - performance.now()) / 1000;
      if (!video.paused) this.early = [...this.early.slice(1 - PAINTED), facts.mediaTime - video.currentTime - wait * video.playbackRate];
      this.waiting = this.waiting.filter(([frame, resolve]) => frame !== this.shown || resolve());
      video.requestVideoFrameCallback(next);
    };
    video.requestVideoFrameCallback(next);
  }

  #painted(frame) {
    if (!this.video.requestVideoFrameCallback) return new Promise((done) => requestAnimationFrame(() => done()));
    for (const [, resolve] of this.waiting.splice(0)) resolve(); // they wait for an older seek
    return new Promise((done) => this.waiting.push([frame, done]));
  }
}

// Resolves at the event, or after so many ms without it.
function happens(element, name, ms) {
  return new Promise((done) => {
    const end = () => {
      clearTimeout(timer);
      element.removeEventListener(name, end);
      element.removeEventListener("error", end);
      done();
    };
    const timer = setTimeout(end, ms);
    element.addEventListener(name, end);
    element.addEventListener("error", end);
  });
}

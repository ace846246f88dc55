// Many videos under one clock. Frames are counted at the rate of the clip with most frames a second.
//
// While they play, the clock goes with the page's own time and each video is brought to it by its
// rate; while they stand, all of them seek, and their pictures change together once all are there.
const CORRECT_MS = 50;
const RUN_IN_MS = 300; // at most, before the moving pictures are shown
const TOO_MANY_JUMPS = 6;
const COUNT_MS = 2000; // over which painted frames are counted
const TOO_FEW = 0.3; // of the frames that there are, of the clip that is painted most often
const SCREEN = 60; // pictures a second that any screen shows

class InStep {
  // told: {frame(number), playing(yes), over(), late()}
  constructor(told) {
    this.told = told;
    this.followers = [];
    this.fps = 1;
    this.frames = 1;
    this.frame = 0; // what is shown, or was shown last
    this.speed = 1;
    this.loop = true;
    this.playing = false; // moving, or about to
    this.moving = false;
    this.wanted = null; // a frame to go to
    this.round = null; // the promise of the seeks under way
    this.turn = 0; // grows with each wish, so that an older one gives up
    this.ended = false;
    this.tick = (now) => this.#tick(now);
  }

  end() {
    this.ended = true;
    this.turn += 1;
    cancelAnimationFrame(this.animation);
    this.take([]);
  }

  // Follow these videos from now on; the others stop.
  take(followers) {
    this.stop();
    this.followers = followers;
    if (followers.length) this.seek(this.frame);
  }

  // How many frames there are, and how many a second.
  timeline(fps, frames) {
    this.fps = fps;
    this.frames = frames;
  }

  // ------------------------------------------------------------------ standing

  // Resolves when all show that frame, or a newer wish has come.
  seek(frame) {
    const wanted = Math.min(Math.max(Math.round(frame), 0), this.frames - 1);
    this.#show(wanted);
    this.wanted = wanted;
    this.round ??= this.#rounds().finally(() => { this.round = null; });
    return this.round;
  }

  async #rounds() {
    while (this.wanted !== null && !this.ended) {
      this.#hold();
      const frame = this.wanted;
      this.wanted = null;
      await Promise.all(this.followers.map((each) => each.goTo((frame + 0.5) / this.fps)));
      if (this.ended || this.moving) return;
      for (const each of this.followers) each.draw(); // in one go: they change together
      this.settled = frame;
      this.told.settled();
    }
  }

  // The pictures as they are now stand in front of the videos.
  #hold() {
    for (const each of this.followers) {
      if (each.still.hidden) each.draw();
      each.still.hidden = false;
    }
  }

  // ------------------------------------------------------------------ moving

  async play() {
    if (this.playing || !this.followers.length) return;
    this.playing = true;
    await this.#start(this.frame >= this.frames - 1 ? 0 : this.frame);
  }

  // Stops, and shows exactly the frame that is told.
  stop() {
    if (!this.playing) return;
    const frame = this.moving ? this.#frameNow() : this.frame;
    this.turn += 1;
    this.playing = this.moving = false;
    cancelAnimationFrame(this.animation);
    for (const { video } of this.followers) video.pause();
    this.seek(frame);
  }

  // To that frame, whether they play or stand.
  go(frame) {
    if (this.playing) this.#start(Math.min(Math.max(Math.round(frame), 0), this.frames - 1));
    else this.seek(frame);
  }

  setSpeed(speed) {
    if (this.moving) this.#clock(this.now());
    this.speed = speed;
    for (const { video } of this.followers) video.playbackRate = speed;
  }

  async #start(frame) {
    const turn = ++this.turn;
    const isOld = () => turn !== this.turn || this.ended;
    this.moving = false;
    cancelAnimationFrame(this.animation);
    this.#hold();
    for (const { video } of this.followers) video.pause();
    await this.seek(frame);
    if (isOld()) return;
    const begin = (frame + 0.5) / this.fps;
    const going = this.followers.filter((each) => !each.isOver(begin));
    for (const { video } of going) video.playbackRate = this.speed;
    try {
      await Promise.all(going.map((each) => each.play()));
    } catch {
      if (isOld()) return;
      this.stop();
      return void this.told.playing(false); // the browser wants a click first
    }
    if (isOld()) return;
    this.#clock(middle(going.map(({ video }) => video.currentTime)) ?? begin);
    this.moving = this.held = true;
    this.since = performance.now();
    this.corrected = 0;
    this.recent = this.since;
    for (const each of this.followers) Object.assign(each, { jumps: 0, early: [] });
    this.#countAnew(this.since);
    this.animation = requestAnimationFrame(this.tick);
  }

  #clock(seconds) {
    this.base = seconds;
    this.at = performance.now();
  }

  // Where the clock is, s.
  now() {
    return this.base + ((performance.now() - this.at) / 1000) * this.speed;
  }

  #frameNow() {
    return Math.min(this.frames - 1, Math.max(0, Math.floor(this.now() * this.fps)));
  }

  #tick() {
    if (!this.moving) return;
    this.animation = requestAnimationFrame(this.tick);
    const seconds = this.now();
    if (seconds >= this.frames / this.fps) return this.#atEnd();
    const now = performance.now();
    if (now - this.recent > 1000) { // the page was asleep: nobody saw what happened
      this.recent = now;
      return void this.#start(this.#frameNow());
    }
    this.recent = now;
    if (this.held || now - this.corrected >= CORRECT_MS) {
      this.corrected = now;
      this.#correct(now);
    }
    this.#show(this.#frameNow());
  }

  #correct(now) {
    const way = this.held ? "hurry" : "calm";
    const seconds = this.now();
    const ahead = this.followers.map((each) => each.ahead(seconds));
    const early = this.followers.map((each) => each.earliness);
    const usual = middle(early.filter((one) => one !== null));
    this.followers.forEach((each, n) => {
      const seen = ahead[n] === null || early[n] === null ? ahead[n] : ahead[n] + early[n] - usual;
      each.correct(seen, seconds, this.speed, way);
    });
    const far = ahead.map((one) => Math.abs(one ?? 0));
    if (this.held && (Math.max(...far) < (0.3 * this.speed) / this.fps || now - this.since > RUN_IN_MS)) {
      for (const { still } of this.followers) still.hidden = true;
      this.held = false;
    }
    if (this.followers.some(({ jumps }) => jumps > TOO_MANY_JUMPS)) this.told.late();
    this.#count(now);
  }

  // Where hardly a frame is painted, the machine is too slow for so many. Those out of sight may
  // not be painted at all.
  #count(now) {
    if (now - this.counted < COUNT_MS || !HTMLVideoElement.prototype.requestVideoFrameCallback) return;
    const seconds = (now - this.counted) / 1000;
    const shares = this.followers.map((each, n) => (each.paintings - this.before[n]) / seconds / Math.min(SCREEN, each.fps * this.speed));
    if (Math.max(...shares) < TOO_FEW) this.told.late();
    this.#countAnew(now);
  }

  #countAnew(now) {
    this.counted = now;
    this.before = this.followers.map(({ paintings }) => paintings);
  }

  #atEnd() {
    if (this.loop) return void this.#start(0);
    this.frame = this.frames - 1;
    this.turn += 1;
    this.playing = this.moving = false;
    for (const { video } of this.followers) video.pause();
    this.seek(this.frame);
    this.told.over();
  }

  #show(frame) {
    if (frame === this.frame && this.toldFrame === frame) return;
    this.frame = this.toldFrame = frame;
    this.told.frame(frame);
  }
}

// The number in the middle of these, or the one behind the middle.
function middle(numbers) {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1];
}

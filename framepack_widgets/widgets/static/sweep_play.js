// The videos of tiles: one under the pointer, or all that are in sight, in step with one clock.
const MOST_VIDEOS = 30; // browsers hold a limited number of players
const TICK_MS = 200;
const REST_MS = 150; // a pointer that only passes asks for nothing
const END_S = 0.06;
const SEEK_MS = 1500; // nobody waits longer for one that does not come

// Asks the kernel for the clip of a job; resolves to {url, release, blob}.
function tileVideo(model, job, signal, useAddress = true) {
  return new Promise((resolve, reject) => {
    const request = Math.random().toString(36).slice(2);
    const end = () => {
      model.off("msg:custom", listen);
      signal.removeEventListener("abort", stop);
    };
    const stop = () => { end(); reject(signal.reason); };
    const listen = (message) => {
      if (message.kind !== "video" || message.request !== request) return;
      end();
      if (message.why) return reject(new Error(message.why));
      const quiet = { reason() {}, progress() {}, silent() {} };
      return resolve(openVideo(model, message.source, quiet, signal, useAddress));
    };
    model.on("msg:custom", listen);
    signal.addEventListener("abort", stop);
    model.send({ kind: "video", job, id: request });
  });
}

function sweepPlay(model) {
  const playing = new Map(); // key -> {tile, job, video, abort, source}
  let all = false;
  let starting = false;
  let ticker = 0;
  let resting = 0;

  function open(tile) {
    const { job, has_clip: there } = tile.tile;
    const known = playing.get(tile.key);
    if (known && known.job === job && known.tile === tile) return;
    if (known) close(tile.key);
    if (!there || !job || playing.size >= MOST_VIDEOS) return;
    const video = make("video", { muted: true, playsInline: true, preload: "auto", tabIndex: -1, loop: !all });
    video.setAttribute("aria-hidden", "true");
    const one = { tile, job, video, abort: new AbortController(), source: null };
    playing.set(tile.key, one);
    const start = async (useAddress) => {
      one.source?.release();
      one.source = null;
      const source = await tileVideo(model, job, one.abort.signal, useAddress);
      if (one.abort.signal.aborted) return source.release();
      one.source = source;
      video.src = source.url;
      if (!video.isConnected) tile.picture.append(video);
      if (!all) video.play().catch(() => {});
      return undefined;
    };
    video.addEventListener("error", () => {
      if (one.source && !one.source.blob) start(false).catch(() => close(tile.key));
    });
    start(true).catch(() => close(tile.key));
  }
  function close(key) {
    const one = playing.get(key);
    if (!one) return;
    playing.delete(key);
    one.abort.abort(new Error("not shown any more"));
    one.video.pause();
    one.video.removeAttribute("src");
    one.video.load();
    one.video.remove();
    one.source?.release();
  }
  // All begin together, each holds its last frame until the longest is over, then anew. Seeking is
  // slow where many play, so in between only the speed is corrected.
  const isOver = (video) => video.ended || video.currentTime >= video.duration - END_S;
  function tick() {
    const ready = [...playing.values()].map(({ video }) => video).filter((video) => video.readyState >= 2);
    if (starting || !ready.length) return;
    const going = ready.filter((video) => !isOver(video) && !video.paused);
    if (!going.length) {
      begin(ready);
      return;
    }
    const times = going.map((video) => video.currentTime).sort((a, b) => a - b);
    const middle = times[times.length >> 1];
    for (const video of ready) {
      if (isOver(video)) continue;
      if (video.paused) { // it has come later
        video.currentTime = Math.min(middle, video.duration - END_S);
        video.play().catch(() => {});
      } else video.playbackRate = Math.max(0.7, Math.min(1.3, 1 + (middle - video.currentTime) * 1.5));
    }
  }
  async function begin(videos) {
    starting = true;
    await Promise.all(videos.map((video) => new Promise((resolve) => {
      video.pause();
      video.playbackRate = 1;
      video.addEventListener("seeked", resolve, { once: true });
      setTimeout(resolve, SEEK_MS);
      video.currentTime = 0;
    })));
    starting = false;
    if (all) for (const video of videos) if (video.isConnected) video.play().catch(() => {});
  }
  return {
    get all() { return all; },
    get held() { return playing.size; },
    // tiles: those in sight; others lose their video.
    sight(tiles) {
      const keys = new Set(tiles.map(({ key }) => key));
      for (const key of [...playing.keys()]) if (!keys.has(key)) close(key);
      if (all) for (const tile of tiles) open(tile);
    },
    over(tile) {
      clearTimeout(resting);
      if (!all) resting = setTimeout(() => tile.element.isConnected && open(tile), REST_MS);
    },
    out(key) {
      clearTimeout(resting);
      if (!all) close(key);
    },
    playAll(yes, tiles) {
      for (const key of [...playing.keys()]) close(key);
      clearInterval(ticker);
      clearTimeout(resting);
      all = yes;
      if (!all) return;
      starting = false;
      ticker = setInterval(tick, TICK_MS);
      for (const tile of tiles) open(tile);
    },
    end() {
      clearInterval(ticker);
      clearTimeout(resting);
      for (const key of [...playing.keys()]) close(key);
    },
  };
}

// The videos of tiles: one under the pointer, or all that are in sight, in step with one clock.
const MOST_VIDEOS = 30; // browsers hold a limited number of players
const TICK_MS = 200;
const REST_MS = 150; // a pointer that only passes asks for nothing
const OFF_S = 0.12; // further from the clock than this is brought back

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
  let began = 0;
  let ticker = 0;
  let resting = 0;

  function open(tile) {
    const { job, has_clip: there } = tile.tile;
    const known = playing.get(tile.key);
    if (known?.job === job && known.tile === tile) return;
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
  function tick() {
    const ready = [...playing.values()].filter(({ video }) => video.readyState >= 2);
    const period = Math.max(0, ...ready.map(({ video }) => video.duration || 0));
    if (!period) { began = performance.now(); return; }
    const at = ((performance.now() - began) / 1000) % period;
    for (const { video } of ready) {
      const isOver = at >= video.duration - 0.05; // shorter ones hold their last frame
      const target = isOver ? Math.max(0, video.duration - 0.05) : at;
      if (!video.seeking && Math.abs(video.currentTime - target) > OFF_S) video.currentTime = target;
      if (isOver) video.pause();
      else if (video.paused) video.play().catch(() => {});
    }
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
      if (!all) resting = setTimeout(open, REST_MS, tile);
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
      began = performance.now();
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

// Where a page gets a clip's bytes from; the twin of widgets/clips/video_source.py.
//
// A source is {key, name, size, chunk, head: [bytes, CRC-32], tail: [bytes, CRC-32], route, why}.
// The notebook server's own address comes first, once it is sure that the right file lies there;
// else the kernel sends the bytes in parts. Nothing is played that was not checked.

const SILENCE_MS = 8000; // a kernel busy with a cell may take any time; after this we say so
const IN_FLIGHT = 3;
const BLOB_GRACE_MS = 2000; // a cell that is drawn again finds its blob still here
const videoBlobs = (globalThis[Symbol.for("framepack-widgets.blobs")] ??= new Map());

// Resolves to {url, release(), blob: whether the bytes are in the page}; rejects with an Error whose
// message is for people. told: {reason(text), progress(bytes), silent(yes)}.
async function openVideo(model, source, told, signal, useAddress = true) {
  const held = holdBlob(source.key);
  if (held) return held;
  let reason = source.why;
  if (source.route !== null && useAddress) {
    const address = addressOf(source);
    reason = address === null
      ? "this page cannot ask a notebook server for files"
      : await whyNot(address, source, signal);
    if (reason === null) return { url: address, release() {}, blob: false };
  } else if (!useAddress) {
    reason = "the notebook server's copy could not be played";
  }
  signal.throwIfAborted();
  told.reason(reason);
  const blob = await receiveVideo(model, source, told, signal);
  signal.throwIfAborted();
  return holdBlob(source.key, blob);
}

// A file of the notebook server; null where the page does not come from one.
function addressOf(source) {
  const base = jupyterBase();
  // The key keeps apart what the browser's cache holds of an older file of this name.
  return base === null ? null : `${base}files/${source.route}?fpw=${source.key}`;
}

// null if the clip's own file lies at the address; else why it is not played from there.
async function whyNot(address, source, signal) {
  try {
    const [head, tail] = await Promise.all([
      part(address, 0, source.head[0], source.size, signal),
      part(address, source.size - source.tail[0], source.tail[0], source.size, signal),
    ]);
    if (crc32(head) === source.head[1] && crc32(tail) === source.tail[1]) return null;
    return "another file lies at the clip's address on the notebook server";
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof NotServed ? error.message : "the notebook server does not answer";
  }
}

class NotServed extends Error {}

async function part(address, start, length, size, signal) {
  const response = await fetch(address, {
    headers: { Range: `bytes=${start}-${start + length - 1}` },
    cache: "no-store",
    signal: AbortSignal.any([signal, AbortSignal.timeout(5000)]),
  });
  if (response.status === 200 && start === 0 && length === size
      && Number(response.headers.get("Content-Length")) === size) {
    return new Uint8Array(await response.arrayBuffer()); // all of it is no range
  }
  const range = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(response.headers.get("Content-Range") ?? "");
  if (response.status !== 206 || range === null) {
    response.body?.cancel();
    const missing = response.status === 416; // shorter than the part that was asked for
    throw new NotServed(missing || response.ok
      ? "another file lies at the clip's address on the notebook server"
      : `the notebook server does not hand the file out (HTTP ${response.status})`);
  }
  if (Number(range[1]) !== start || Number(range[3]) !== size) {
    response.body?.cancel();
    throw new NotServed("another file lies at the clip's address on the notebook server");
  }
  return new Uint8Array(await response.arrayBuffer());
}

// The whole file in parts, over the widget's connection to the kernel.
function receiveVideo(model, source, told, signal) {
  return new Promise((resolve, reject) => {
    const id = `${Math.random().toString(36).slice(2)}${Date.now().toString(36)}`;
    const parts = new Array(Math.ceil(source.size / source.chunk));
    let next = 0;
    let come = 0;
    let bytes = 0;
    let timer = 0;
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(() => told.silent(true), SILENCE_MS);
    };
    const ask = () => {
      if (next < parts.length) model.send({ kind: "chunk", id, key: source.key, number: next++ });
    };
    const end = (settle, value) => {
      clearTimeout(timer);
      model.off("msg:custom", listen);
      signal.removeEventListener("abort", stop);
      settle(value);
    };
    const stop = () => end(reject, signal.reason);
    const listen = (message, buffers) => {
      if (message.id !== id) return;
      if (message.kind === "no_chunk") return end(reject, new Error(message.why));
      if (message.kind !== "chunk" || parts[message.number]) return;
      const data = buffers[0];
      parts[message.number] = data;
      come += 1;
      bytes += data.byteLength;
      told.silent(false);
      told.progress(bytes);
      if (come === parts.length) {
        const blob = new Blob(parts, { type: "video/mp4" });
        if (blob.size === source.size) return end(resolve, blob);
        return end(reject, new Error(`Only ${blob.size} of ${source.size} bytes have arrived.`));
      }
      wait();
      ask();
    };
    signal.addEventListener("abort", stop);
    model.on("msg:custom", listen);
    wait();
    for (let n = 0; n < IN_FLIGHT; n++) ask();
  });
}

// One URL a clip for all views of the page; it goes when nobody has used it for a while.
function holdBlob(key, blob = null) {
  let entry = videoBlobs.get(key);
  if (!entry) {
    if (blob === null) return null;
    entry = { url: URL.createObjectURL(blob), users: 0, timer: 0 };
    videoBlobs.set(key, entry);
  }
  entry.users += 1;
  clearTimeout(entry.timer);
  let released = false;
  const release = () => {
    if (released) return;
    released = true;
    entry.users -= 1;
    if (entry.users > 0) return;
    entry.timer = setTimeout(() => {
      URL.revokeObjectURL(entry.url);
      videoBlobs.delete(key);
    }, BLOB_GRACE_MS);
  };
  return { url: entry.url, release, blob: true };
}

// The whole checked file as a Blob, to be saved under its name.
async function wholeVideo(url, source, signal) {
  const blob = await (await fetch(url, { cache: "no-store", signal })).blob();
  const head = new Uint8Array(await blob.slice(0, source.head[0]).arrayBuffer());
  const tail = new Uint8Array(await blob.slice(source.size - source.tail[0]).arrayBuffer());
  const same = blob.size === source.size
    && crc32(head) === source.head[1] && crc32(tail) === source.tail[1];
  if (!same) {
    throw new Error(`The file ${source.name} has changed since the clip was shown. Show it again.`);
  }
  return blob;
}

// As zlib does it. (SubtleCrypto is missing on pages that come over plain http from elsewhere.)
function crc32(bytes) {
  if (!crc32.table) {
    crc32.table = Uint32Array.from({ length: 256 }, (_, n) => {
      for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
      return n;
    });
  }
  let sum = 0xffffffff;
  for (const byte of bytes) sum = crc32.table[(sum ^ byte) & 0xff] ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}

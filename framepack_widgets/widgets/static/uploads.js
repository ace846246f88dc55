// Sends a file to the kernel in parts, at most two of them unanswered (see widgets/frames/uploads.py).
const PART = 1 << 20; // bytes; the same number as CHUNK in widgets/frames/upload.py
const QUIET_MS = 5000; // after so long without an answer we ask what has arrived
const LOST_MS = 300000; // after so long the kernel is taken for gone

function uploads(model) {
  let now = null; // the upload that runs: see start()
  let words = { text: "", isError: false };
  const views = new Set();
  const draw = () => { for (const one of views) one(); };

  function say(text, isError = false) {
    words = { text, isError };
    draw();
  }

  function end(text = "", isError = false) {
    clearInterval(now?.timer);
    now = null;
    say(text, isError);
  }

  // The connection or the file failed on this side; the kernel may forget what it has.
  function fail(text) {
    const id = now?.id;
    end(text, true);
    try {
      if (id) model.send({ kind: "upload_cancel", id });
    } catch { /* no connection: nobody to tell */ }
  }

  const BROKEN = "The connection to the kernel broke during the upload. Choose the file again.";

  function send(content, buffers) {
    try {
      model.send(content, undefined, buffers);
    } catch {
      fail(BROKEN);
    }
  }

  async function sendNext() {
    const upload = now;
    if (!upload || upload.sent >= upload.parts || upload.sent - upload.acked.size >= 2) return;
    const number = upload.sent++;
    let data;
    try {
      data = await upload.file.slice(number * PART, (number + 1) * PART).arrayBuffer();
    } catch {
      if (now === upload) fail(`${upload.file.name} cannot be read. It may be a folder, or it changed meanwhile.`);
      return;
    }
    if (now !== upload) return;
    upload.delivered++;
    send({ kind: "upload_chunk", id: upload.id, number }, [data]);
    sendNext();
  }

  function check() {
    const quiet = Date.now() - now.heardAt;
    if (quiet > LOST_MS) {
      fail("The kernel has not answered for five minutes. Check that it runs, then choose the file again.");
    } else if (quiet > QUIET_MS) {
      now.asked ??= now.delivered;
      send({ kind: "upload_status", id: now.id });
      if (now) {
        now.quiet = true;
        draw();
      }
    }
  }

  const answers = {
    upload_go() { sendNext(); sendNext(); },
    upload_ack(message) {
      now.acked.add(message.number);
      draw();
      sendNext();
    },
    upload_done() { end("Uploaded."); },
    upload_failed(message) { end(message.why); },
    upload_status(message) {
      // Messages arrive in order: what was sent before the question has arrived, or is lost.
      if (message.arrived < now.asked) fail(BROKEN);
      else now.asked = null;
    },
  };

  model.on("msg:custom", (message) => {
    if (!now || message.id !== now.id || !answers[message.kind]) return;
    now.heardAt = Date.now();
    now.quiet = false;
    answers[message.kind](message);
  });
  model.on("comm_live_update", () => { if (now) end(BROKEN, true); });

  return {
    // Begins; an upload that runs already is replaced.
    start(file) {
      clearInterval(now?.timer);
      now = {
        id: crypto.getRandomValues(new Uint32Array(4)).join("-"),
        file, parts: Math.ceil(file.size / PART), sent: 0, delivered: 0, acked: new Set(),
        heardAt: Date.now(), quiet: false, timer: setInterval(check, 1000), asked: null,
      };
      words = { text: "", isError: false };
      send({ kind: "upload_start", id: now.id, name: file.name, size: file.size });
      draw();
    },
    cancel() {
      if (!now) return;
      const id = now.id;
      end("The upload was cancelled.");
      send({ kind: "upload_cancel", id });
    },
    say,
    // What there is to see: {name, done, size} in bytes, or null, and the last words.
    state() {
      if (!now) return { running: null, ...words };
      const done = Math.min(now.file.size, now.acked.size * PART);
      const text = now.quiet
        ? "The kernel does not answer: it is busy with a cell, or the connection is gone. Waiting."
        : "";
      return { running: { name: now.file.name, done, size: now.file.size }, text, isError: false };
    },
    watch(one) {
      views.add(one);
      one();
      return () => views.delete(one);
    },
    end() { if (now) fail(BROKEN); },
  };
}

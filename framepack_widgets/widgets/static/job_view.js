// A job's words, bars, preview and buttons. Python's side is widgets/jobs/job_panel.py.
const BUSY = {
  cancel: "Cancelling…", stop: "Ending it…", pause: "Pausing…", resume: "Resuming…",
  retry: "Submitting…", settings: "Taking them over…", found: "Looking…",
};
const OVERDUE_S = 5;
const NO_KERNEL = "No kernel belongs to this view any more, so this is what was known last. The job is in the Library: run the cell again, or fp.JobView(studio.job(id)).";
const BUTTONS = ["pause", "resume", "stop", "cancel", "retry", "settings", "found"];

// 65 -> "1:05", 3700 -> "1:01:40"; the twin of job_text.duration.
function duration(seconds) {
  const whole = Math.round(seconds);
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text; // said aloud only when it is new
  element.hidden = !text;
}

function makeBar() {
  const id = `fpw-${Math.random().toString(36).slice(2)}`;
  const label = make("span", { id });
  const value = make("span", { class: "fpw-job-value" });
  const fill = make("div", { class: "fpw-job-fill" });
  const track = make("div", {
    class: "fpw-job-track", role: "progressbar", "aria-labelledby": id,
    "aria-valuemin": "0", "aria-valuemax": "100",
  }, fill);
  const root = make("div", { class: "fpw-job-bar" }, make("div", { class: "fpw-job-labels" }, label, value), track);
  return {
    root,
    draw(bar) {
      root.hidden = !bar;
      if (!bar) return;
      setText(label, bar.label);
      setText(value, bar.text);
      fill.style.width = `${bar.fraction * 100}%`;
      track.setAttribute("aria-valuenow", String(Math.floor(bar.fraction * 100)));
      track.setAttribute("aria-valuetext", `${bar.label}: ${bar.text}`);
    },
  };
}

function makeTable(rows) {
  return make("table", { class: "fpw-job-table" }, make("tbody", {}, ...rows.map(([name, value]) =>
    make("tr", {}, make("th", { scope: "row" }, name), make("td", { class: "fpw-wrap" }, value || "(empty)")))));
}

function makeFound(found) {
  const files = (found.files ?? []).map(([path, size, why]) =>
    make("li", { class: "fpw-wrap" }, `${path} (${(size / 1e6).toFixed(1)} MB)${why ? `: ${why}` : ""}`));
  const parts = [];
  if (found.clip) parts.push(make("p", { class: "fpw-wrap" }, `Its clip: ${found.clip}`));
  parts.push(files.length
    ? make("div", {}, make("p", {}, "Files that came back and were kept aside:"), make("ul", {}, ...files))
    : make("p", {}, "No file was kept aside for this job."));
  parts.push(make("p", {}, "What is known of its run:"), makeTable(found.rows ?? []));
  return parts;
}

// Everything that is shown, made once; drawing only changes texts, so that focus and the open
// disclosures stay.
function makeParts(press) {
  const parts = {
    headline: make("strong", { class: "fpw-job-headline", role: "status", "aria-live": "polite", tabIndex: -1 }),
    times: make("span", { class: "fpw-job-times" }),
    detail: make("p", { class: "fpw-job-detail fpw-wrap" }),
    stuck: make("p", { class: "fpw-job-banner fpw-warning fpw-wrap", role: "status" }),
    error: make("p", { class: "fpw-job-banner fpw-error fpw-wrap", role: "alert" }),
    message: make("p", { class: "fpw-job-message fpw-wrap" }),
    notes: make("ul", { class: "fpw-job-notes fpw-warning" }),
    image: make("img", { class: "fpw-job-preview", alt: "latent preview: a rough picture of what is being rendered", hidden: true }),
    bars: [makeBar(), makeBar()],
    soFar: make("span", { class: "fpw-wrap" }),
    clip: make("button", { type: "button", class: "fpw-job-clip", onclick: () => press("clip") }),
    asked: make("details", { class: "fpw-job-asked" }, make("summary", {}, "What was asked")),
    found: make("div", { class: "fpw-job-findings", role: "region", "aria-label": "what was found" }),
    buttons: {},
  };
  for (const name of BUTTONS) {
    parts.buttons[name] = make("button", { type: "button", class: `fpw-job-${name}`, onclick: () => press(name) });
  }
  const row = (name) => make("div", { class: `fpw-row ${name}` });
  parts.top = row("fpw-job-top");
  parts.top.append(parts.headline, parts.times, make("span", { class: "fpw-job-buttons fpw-row" }, ...BUTTONS.map((name) => parts.buttons[name])));
  parts.grow = row("fpw-job-grow");
  parts.grow.append(parts.clip, parts.soFar);
  parts.work = make("div", { class: "fpw-job-work" }, parts.image,
    make("div", { class: "fpw-job-bars" }, ...parts.bars.map((bar) => bar.root), parts.detail, parts.grow));
  parts.root = make("section", { class: "fpw-job", "aria-label": "render job" },
    parts.top, parts.stuck, parts.error, parts.message, parts.notes, parts.work, parts.asked, parts.found);
  return parts;
}

function drawButtons(parts, state, pressed) {
  const offered = new Map((state.actions ?? []).map((action) => [action.name, action]));
  const focused = parts.root.contains(document.activeElement) ? document.activeElement : null;
  for (const name of BUTTONS) {
    const button = parts.buttons[name], action = offered.get(name);
    const busy = pressed.has(name) || (state.busy ?? []).includes(name);
    button.hidden = !action;
    if (!action) continue;
    setText(button, busy ? BUSY[name] : action.label);
    button.title = action.tip;
    button.setAttribute("aria-disabled", String(busy)); // stays focusable: the focus is not lost
  }
  if (focused && focused.hidden) parts.headline.focus({ preventScroll: true });
}

function drawState(parts, state, asked) {
  const exists = Boolean(state.headline);
  parts.root.dataset.state = state.state ?? "none";
  parts.root.dataset.tone = state.tone ?? "quiet";
  parts.root.dataset.job = state.job ?? "";
  setText(parts.headline, exists ? state.headline : "no job yet");
  setText(parts.detail, state.detail ?? "");
  setText(parts.stuck, state.trouble ?? "");
  setText(parts.message, state.message ?? "");
  const notes = state.notes ?? [];
  if (parts.notes.dataset.shown !== JSON.stringify(notes)) {
    parts.notes.dataset.shown = JSON.stringify(notes);
    parts.notes.replaceChildren(...notes.map((note) => make("li", { class: "fpw-wrap" }, note)));
  }
  parts.notes.hidden = !notes.length;
  parts.bars.forEach((bar, index) => bar.draw((state.bars ?? [])[index]));
  const grows = Boolean(state.clip_offered && state.so_far);
  parts.grow.hidden = !grows;
  setText(parts.clip, state.clip_open ? "Hide the clip so far" : "Show the clip so far");
  parts.clip.setAttribute("aria-expanded", String(Boolean(state.clip_open)));
  parts.clip.title = "Downloads each finished section, and plays it below";
  setText(parts.soFar, grows ? `so far: ${state.so_far}, ${state.direction}` : "");
  parts.work.hidden = !(state.bars ?? []).length && !state.detail && !grows;
  parts.asked.hidden = !exists || !asked.length;
}

// "62 % · about 1:48 left · rendering for 2:10"; passed: s since the numbers were true.
function timesOf(state, passed) {
  const texts = [];
  const whole = (state.bars ?? [])[1];
  if (whole) texts.push(whole.text);
  if (typeof state.eta_s === "number" && !state.trouble) {
    const left = state.eta_s - passed;
    if (left >= 1) texts.push(`about ${duration(left)} left`);
    else texts.push(left > -OVERDUE_S ? "a moment left" : "longer than the Studio estimated");
  }
  if (typeof state.elapsed_s === "number") texts.push(`${state.elapsed} ${duration(state.elapsed_s + passed)}`);
  return texts.join(" · ");
}

function render({ model, el }) {
  const view = `v${Math.random().toString(36).slice(2)}`;
  const pressed = new Set(); // shown as heard until Python says what became of it
  let since = null; // when the numbers in `state` were true, by this page's clock; null: not known
  let isLive = false; // a kernel belongs to it, as far as is known
  let timer = null, url = null, inSight = false, told = null;
  const state = () => model.get("state") ?? {};
  const parts = makeParts((name) => {
    if (isDisconnected(el)) return setText(parts.error, NO_KERNEL);
    if (pressed.has(name) || (state().busy ?? []).includes(name)) return;
    if (name !== "clip") pressed.add(name);
    drawButtons(parts, state(), pressed);
    model.send({ kind: "press", name, job: state().job });
  });
  el.append(parts.root);

  function drawTimes() {
    if (isLive && isDisconnected(el)) { // nobody says any more whether it goes on
      isLive = false;
      since = null;
      setText(parts.error, NO_KERNEL);
      runTimer();
    }
    const passed = since !== null && state().counting ? (performance.now() - since) / 1000 : 0;
    setText(parts.times, timesOf(state(), passed));
  }

  function runTimer() {
    const counts = isLive && state().counting && told === true;
    if (counts && timer === null) timer = setInterval(drawTimes, 1000);
    if (!counts && timer !== null) {
      clearInterval(timer);
      timer = null;
    }
  }

  function dropPicture() {
    if (url !== null) URL.revokeObjectURL(url);
    url = null;
    parts.image.hidden = true;
    parts.image.removeAttribute("src");
  }

  function draw() {
    drawState(parts, state(), model.get("asked") ?? []);
    drawButtons(parts, state(), pressed);
    if (state().state !== "running") dropPicture();
    drawTimes();
    runTimer();
  }

  function drawAsked() {
    parts.asked.replaceChildren(parts.asked.firstChild, makeTable(model.get("asked") ?? []));
    draw();
  }

  function drawFound() {
    const found = model.get("found") ?? {};
    const exists = Boolean(found.rows);
    parts.found.hidden = !exists;
    parts.found.replaceChildren(...(exists ? makeFound(found) : []));
  }

  function drawError() {
    setText(parts.error, model.get("trouble") ?? "");
  }

  function news() {
    isLive = true;
    since = performance.now();
    pressed.clear();
    draw();
  }

  function reveal(message) {
    if (message?.kind !== "reveal") return;
    const smooth = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    // Two frames: the box around it may be unfolded by a message of the same moment.
    requestAnimationFrame(() => requestAnimationFrame(() =>
      parts.root.scrollIntoView({ block: "nearest", behavior: smooth ? "smooth" : "auto" })));
  }

  function picture(message, buffers) {
    if (message?.kind !== "preview" || state().state !== "running") return;
    const next = URL.createObjectURL(new Blob([buffers[0]], { type: message.mime }));
    const seen = () => {
      if (told) model.send({ kind: "seen", number: message.number });
    };
    parts.image.onload = () => {
      // A strip of several pictures side by side gets a line of its own.
      parts.image.classList.toggle("fpw-job-strip", parts.image.naturalWidth > 2.5 * parts.image.naturalHeight);
      seen();
    };
    parts.image.onerror = () => {
      parts.image.hidden = true;
      seen();
    };
    const before = url;
    url = next;
    parts.image.src = next;
    parts.image.hidden = false;
    if (before !== null) URL.revokeObjectURL(before);
  }

  function look() {
    const visible = inSight && document.visibilityState === "visible";
    if (visible === told) return;
    told = visible;
    isLive ||= visible && !isDisconnected(el); // by now it is in the page
    model.send({ kind: "look", view, visible });
    drawTimes();
    runTimer();
  }

  const watcher = new IntersectionObserver((entries) => {
    inSight = entries[entries.length - 1].isIntersecting;
    look();
  });
  const listeners = [
    ["change:state", news], ["change:asked", drawAsked], ["change:found", drawFound],
    ["change:trouble", drawError], ["msg:custom", picture], ["msg:custom", reveal],
  ];
  for (const [event, listener] of listeners) model.on(event, listener);
  document.addEventListener("visibilitychange", look);
  drawAsked();
  drawFound();
  drawError();
  watcher.observe(el);

  return () => {
    for (const [event, listener] of listeners) model.off(event, listener);
    document.removeEventListener("visibilitychange", look);
    watcher.disconnect();
    if (timer !== null) clearInterval(timer);
    dropPicture();
    try {
      model.send({ kind: "look", view, visible: false, gone: true });
    } catch {
      // the widget itself is closed: nobody is left to be told
    }
  };
}

export default { render };

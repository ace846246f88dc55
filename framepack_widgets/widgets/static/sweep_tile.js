// One tile of a run: its picture, how its point stands, stars, why it failed.
const STATE_MARKS = {
  planned: "·", waiting: "…", sending: "…", sent: "…", running: "▶", fetching: "▶", done: "✓",
  failed: "✖", lost: "✖", unsure: "?", cancelled: "⊘", deleted: "⊘", refused: "✖",
};
const BAD_STATES = new Set(["failed", "lost", "unsure", "refused"]);

// does: {click(key, event), toggle(key), rate(key, stars), retry(key), focus(key), over(key), out(key)}
function sweepTile(key, does) {
  const image = make("img", { alt: "", draggable: false });
  const preview = make("img", { alt: "latent preview", class: "fpw-tile-preview" });
  const picture = make("span", { class: "fpw-picture" }, image, preview);
  const mark = make("span", { class: "fpw-mark", "aria-hidden": "true", title: "Select, or not", onclick: (event) => {
    event.stopPropagation();
    does.toggle(key);
  } });
  const bar = make("span", { class: "fpw-tile-bar", "aria-hidden": "true" }, make("span"));
  const state = make("span", { class: "fpw-tile-state" });
  const stars = make("span", { class: "fpw-tile-stars", "aria-hidden": "true", title: "Stars: click", onclick: (event) => {
    const n = [...stars.children].indexOf(event.target) + 1;
    if (!n) return;
    event.stopPropagation();
    does.rate(key, n === now.stars ? 0 : n);
  } });
  const caption = make("span", { class: "fpw-tile-caption" });
  const error = make("span", { class: "fpw-tile-error" });
  const retry = make("button", { type: "button", class: "fpw-tile-retry", title: "Render this point again", onkeydown: (event) => event.stopPropagation(), onclick: (event) => {
    event.stopPropagation();
    does.retry(key);
  } }, "retry");
  const element = make("div", { class: "fpw-tile", role: "option", tabIndex: -1, "data-key": key },
    make("span", { class: "fpw-picture-box" }, picture, mark), bar,
    make("span", { class: "fpw-tile-line" }, state, stars), caption, error);
  const box = make("div", { class: "fpw-tile-box" }, element, retry);
  element.addEventListener("click", (event) => does.click(key, event));
  element.addEventListener("focus", () => does.focus(key));
  element.addEventListener("pointerenter", () => does.over(key));
  element.addEventListener("pointerleave", () => does.out(key));
  let now = { stars: 0, labels: {} };
  let url = null; // of the preview
  let shownAxes = [];

  function drawCaption() {
    caption.textContent = shownAxes.filter((axis) => axis in now.labels).map((axis) => (shownAxes.length > 1 ? `${axis} ${now.labels[axis]}` : now.labels[axis])).join(", ");
    caption.hidden = !caption.textContent;
    const name = Object.entries(now.labels).map(([axis, label]) => `${axis} ${label}`).join(", ") || "a point";
    const rated = now.has_clip ? `, ${now.stars} of 5 stars` : "";
    element.setAttribute("aria-label", `${name}: ${now.word ?? ""}${rated}${now.error ? `, ${now.error}` : ""}`);
    element.title = [name, now.error].filter(Boolean).join("\n");
    retry.setAttribute("aria-label", `retry ${name}`);
  }
  function showPreview(next) {
    if (url) URL.revokeObjectURL(url);
    url = next;
    preview.hidden = !url;
    if (url) preview.src = url;
    else preview.removeAttribute("src");
  }
  showPreview(null);
  retry.hidden = error.hidden = caption.hidden = bar.hidden = true;
  return {
    key, element, box, picture, image,
    get tile() { return now; },
    fill(tile) {
      const other = tile.job !== now.job;
      now = tile;
      if (other) image.removeAttribute("src");
      element.dataset.state = tile.state;
      state.textContent = `${STATE_MARKS[tile.state] ?? ""} ${tile.word}`;
      state.classList.toggle("fpw-error", BAD_STATES.has(tile.state));
      state.classList.toggle("fpw-good", tile.state === "done");
      error.textContent = tile.error;
      error.hidden = !tile.error;
      retry.hidden = !tile.can_retry;
      retry.textContent = tile.state === "done" ? "render whole" : "retry";
      bar.hidden = tile.fraction === null;
      bar.firstChild.style.width = `${(tile.fraction ?? 0) * 100}%`;
      stars.hidden = !tile.has_clip;
      stars.replaceChildren(...[1, 2, 3, 4, 5].map((n) => make("span", {}, n <= tile.stars ? "★" : "☆")));
      if (tile.state !== "running") showPreview(null);
      drawCaption();
      return other;
    },
    name(axes) {
      shownAxes = axes;
      drawCaption();
    },
    select(yes) {
      element.setAttribute("aria-selected", String(yes));
      mark.textContent = yes ? "☑" : "☐";
    },
    preview(next) { // it may come after the end of its render
      if (now.state === "running") showPreview(next);
      else URL.revokeObjectURL(next);
    },
    end() {
      showPreview(null);
      box.remove();
    },
  };
}

// A grid video or a report of the run above: its name, how far it is written, where it is.
const FILE_WORDS = { grid: "Grid video", report: "Report" };
const GRID_ENDINGS = [[".mp4", "MP4 video"], [".gif", "GIF"], [".webp", "animated WebP"]];

export default {
  render({ model, el }) {
    el.classList.add("fpw", "fpw-files");
    el.setAttribute("data-lm-suppress-shortcuts", "true"); // Jupyter's own keys stay out
    const abort = new AbortController();
    let shown = ""; // the offer that the form was filled with
    let linked = ""; // the files that are drawn
    let answered = model.get("offer").asked; // the click that opened the form

    const title = make("strong");
    const name = make("input", { type: "text", class: "fpw-file-name", spellcheck: false, oninput: endingOf, onkeydown: (event) => {
      if (event.key === "Enter") write(false);
    } });
    const ending = make("select", { title: "What kind of file", onchange: () => {
      name.value = name.value.replace(/\.(mp4|gif|webp)$/i, "") + ending.value;
    } }, ...GRID_ENDINGS.map(([value, text]) => make("option", { value }, text)));
    const endingLabel = make("label", { class: "fpw-choice" }, make("span", {}, "kind"), ending);
    const one = make("input", { type: "checkbox" });
    const oneText = make("span");
    const oneLabel = make("label", { class: "fpw-choice" }, one, oneText);
    const about = make("div", { class: "fpw-quiet fpw-wrap" });
    const go = make("button", { type: "button", class: "fpw-main", onclick: () => write(false) });
    const hide = make("button", { type: "button", title: "Write nothing", onclick: () => model.send({ kind: "hide" }) }, "not now");
    const taken = make("div", { class: "fpw-row", role: "alert" });
    const trouble = make("div", { class: "fpw-error fpw-wrap", role: "alert" });
    const form = make("div", { class: "fpw-file-form", role: "group" }, title,
      make("label", { class: "fpw-choice fpw-file-line" }, make("span", {}, "file"), name),
      make("div", { class: "fpw-row" }, endingLabel, oneLabel), about, taken, trouble,
      make("div", { class: "fpw-row" }, go, hide));

    const told = make("div", { class: "fpw-wrap", role: "status" });
    const bar = make("progress", { max: 1, "aria-label": "How far it is written" });
    const stop = make("button", { type: "button", title: "Write no more; nothing half is left", onclick: () => model.send({ kind: "cancel" }) }, "cancel");
    const wrong = make("div", { class: "fpw-wrap", role: "alert" });
    const files = make("div", { class: "fpw-file-list" });
    const notes = make("div", { class: "fpw-quiet fpw-wrap" });
    const result = make("div", { class: "fpw-file-result" }, make("div", { class: "fpw-row" }, told, bar, stop), wrong, files, notes);
    el.append(form, result);

    function write(replace) {
      if (model.get("work").state === "writing") return;
      model.send({ kind: "write", what: model.get("opened"), name: name.value, one_file: one.checked, replace });
    }
    function endingOf() {
      const found = GRID_ENDINGS.find(([value]) => name.value.toLowerCase().endsWith(value));
      if (found) [ending.value] = found;
    }
    function drawForm() {
      const kind = model.get("opened");
      const offer = model.get("offer");
      form.hidden = !kind;
      if (!kind) {
        shown = "";
        return;
      }
      const now = `${kind}\n${offer.run}\n${offer.name}`;
      if (now !== shown) { // what was typed stays while the view above changes
        shown = now;
        name.value = offer.name;
        one.checked = offer.one_file;
        endingOf();
      }
      const isGrid = kind === "grid";
      title.textContent = `${FILE_WORDS[kind]} of ${offer.run}`;
      form.setAttribute("aria-label", title.textContent);
      endingLabel.hidden = !isGrid;
      oneLabel.hidden = isGrid;
      oneText.textContent = `all in one file (clips of ${sizeText(offer.size)}); else they lie in a folder beside it`;
      const layout = isGrid && offer.layout ? `${offer.layout}, as shown above\n` : "";
      about.textContent = `${layout}in ${offer.folder}`;
      go.textContent = isGrid ? "Write the grid video" : "Write the report";
      const work = model.get("work");
      go.setAttribute("aria-disabled", String(work.state === "writing"));
      const there = work.state === "taken" && work.kind === kind ? work.taken : [];
      taken.hidden = !there.length;
      taken.replaceChildren(...(there.length ? [
        make("span", { class: "fpw-error fpw-wrap" }, `✖ ${there.slice(0, 3).join(", ")}${there.length > 3 ? ", …" : ""} ${there.length > 1 ? "are" : "is"} there already. Choose another name, or`),
        make("button", { type: "button", onclick: () => write(true) }, there.length > 1 ? "replace them" : "replace it"),
      ] : []));
      trouble.textContent = model.get("trouble") ? `✖ ${model.get("trouble")}` : "";
    }
    function drawWork() {
      const work = model.get("work");
      const what = FILE_WORDS[work.kind];
      const isWriting = work.state === "writing";
      result.hidden = !["writing", "done", "cancelled", "failed"].includes(work.state);
      if (result.hidden) return;
      told.textContent = {
        writing: `${what} ${work.name}: ${work.text}`, done: `${what} of ${work.run} is written:`,
      }[work.state] ?? "";
      bar.hidden = stop.hidden = !isWriting;
      if (work.share === null) bar.removeAttribute("value");
      else bar.value = work.share ?? 0;
      wrong.textContent = ["cancelled", "failed"].includes(work.state) ? `${work.state === "failed" ? "✖ " : ""}${work.text}` : "";
      wrong.classList.toggle("fpw-error", work.state === "failed");
      notes.textContent = (work.notes ?? []).map((note) => `⚠ ${note}`).join("\n");
      drawFiles(work.files ?? []);
      for (const button of files.querySelectorAll("[data-plays]")) {
        const isShown = button.dataset.plays === model.get("playing");
        button.textContent = isShown ? "hide the player" : "play below";
        button.setAttribute("aria-pressed", String(isShown));
      }
    }
    function drawFiles(all) {
      const now = JSON.stringify(all);
      if (now === linked) return;
      linked = now;
      files.replaceChildren(...all.map(fileLine));
    }
    function fileLine(file) {
      const copied = make("span", { class: "fpw-quiet", role: "status" });
      const path = make("code", { class: "fpw-wrap", tabIndex: -1 }, file.path);
      const copy = make("button", { type: "button", title: `Copy the path of ${file.name}`, onclick: async () => {
        try {
          await navigator.clipboard.writeText(file.path);
          copied.textContent = "copied";
        } catch { // refused, or no https: the user's own Ctrl-C does it
          getSelection().selectAllChildren(path);
          copied.textContent = "The path is selected: press Ctrl+C (⌘C).";
        }
      } }, "copy path");
      const play = file.plays ? make("button", { type: "button", "data-plays": file.path, onclick: () => {
        model.send({ kind: "play", path: model.get("playing") === file.path ? "" : file.path });
      } }) : null;
      const line = make("div", { class: "fpw-file" }, path, make("div", { class: "fpw-row" }, copy, play, copied));
      offerLink(file, line);
      return line;
    }
    // Only where the notebook server really hands that file out.
    async function offerLink(file, line) {
      const address = file.route === null || !file.size ? null : addressOf(file);
      if (address === null) {
        if (file.why) line.append(make("span", { class: "fpw-quiet fpw-wrap" }, `No link to it: ${file.why}.`));
        return;
      }
      try {
        await part(address, 0, 1, file.size, abort.signal);
      } catch {
        return;
      }
      const title = `Open ${file.name} in a new tab`;
      line.lastChild.prepend(file.plays
        ? make("button", { type: "button", title, onclick: () => openVideoTab(address, file.name) }, "open")
        : make("a", { href: address, target: "_blank", rel: "noopener", title }, "open"));
      if (/\.(gif|webp)$/i.test(file.name)) line.append(make("img", { src: address, alt: file.name, class: "fpw-file-picture" }));
    }
    // The server puts what it hands out into a sandbox, in which a browser plays no video, and hands
    // nothing out to a page without an address: so this one fetches it for an empty page.
    async function openVideoTab(address, name) {
      const tab = window.open("about:blank", "_blank");
      if (!tab) return;
      tab.document.title = name;
      Object.assign(tab.document.body.style, { margin: 0, height: "100vh", display: "flex", color: "#fff", background: "#111" });
      try {
        const answer = await fetch(address, { cache: "no-store" });
        if (!answer.ok) throw new Error(`the notebook server does not hand it out (HTTP ${answer.status})`);
        const url = URL.createObjectURL(await answer.blob());
        tab.addEventListener("pagehide", () => URL.revokeObjectURL(url));
        const video = make("video", { src: url, controls: true, loop: true, muted: true, autoplay: true, title: name });
        Object.assign(video.style, { maxWidth: "100%", maxHeight: "100%", margin: "auto" });
        tab.document.body.append(video);
      } catch (error) {
        tab.document.body.append(`✖ ${name}: ${error.message}`);
      }
    }
    function draw() {
      drawForm();
      drawWork();
      goThere();
    }
    function goThere() { // somebody has asked for the form
      const { asked } = model.get("offer");
      if (asked === answered || form.hidden) return;
      answered = asked;
      if (!el.checkVisibility()) return;
      el.scrollIntoView({ block: "nearest" });
      name.focus();
      name.setSelectionRange(0, name.value.replace(/\.[^.]*$/, "").length);
    }
    const sizeText = (bytes) => (bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.max(1, Math.round(bytes / 1e6))} MB`);
    const traits = ["opened", "offer", "work", "playing", "trouble"].map((trait) => `change:${trait}`);
    for (const trait of traits) model.on(trait, draw);
    draw();
    return () => {
      abort.abort(new Error("not shown any more"));
      for (const trait of traits) model.off(trait, draw);
    };
  },
};

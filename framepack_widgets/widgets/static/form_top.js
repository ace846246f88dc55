// The top of the form: a file that brings settings, dropped anywhere on the form or chosen here.
export default () => {
  let upload;
  return {
    initialize({ model }) {
      upload = uploads(model);
      return () => upload.end();
    },
    render({ model, el }) {
      const file = make("input", {
        type: "file", hidden: true, accept: ".mp4,.json,.png,.zip",
        onchange: () => { if (file.files[0]) upload.start(file.files[0]); file.value = ""; },
      });
      const browse = make("button", {
        type: "button", textContent: "Settings from a file…", onclick: () => file.click(),
        title: "A clip or JSON of framepack-widgets; a Studio's .json, .png, queue.json or exported queue (.zip). "
          + "Or drop it anywhere on this form.",
      });
      const hint = make("span", { class: "fpw-quiet", textContent: "or drop it anywhere on the form" });
      const bar = make("progress", { max: 1, value: 0, "aria-label": "Settings file: upload" });
      const stop = make("button", { type: "button", textContent: "cancel upload", onclick: () => upload.cancel() });
      const words = make("span", { class: "fpw-quiet fpw-wrap", role: "status" });
      const trouble = make("div", { class: "fpw-error fpw-wrap", role: "alert" });
      const notes = make("div", { class: "fpw-top-notes", role: "status" });
      el.append(make("div", { class: "fpw-top" },
        make("div", { class: "fpw-row" }, browse, hint, bar, stop, words), trouble, notes, file));

      function drawUpload() {
        const state = upload.state();
        bar.hidden = stop.hidden = state.running === null;
        hint.hidden = browse.hidden = state.running !== null;
        if (state.running) bar.value = state.running.size ? state.running.done / state.running.size : 0;
        words.textContent = state.text === "Uploaded." ? "" : state.text;
        words.classList.toggle("fpw-error", state.isError);
      }

      function jobs() {
        const titles = model.get("jobs");
        if (!titles.length) return null;
        const select = make("select", {
          class: "fpw-top-jobs", "aria-label": "Job of this queue", title: "Which job's settings fill the form",
          onchange: () => model.send({ kind: "choose", index: select.selectedIndex }),
        }, ...titles.map((title) => make("option", { textContent: title })));
        select.selectedIndex = model.get("chosen");
        return make("label", { class: "fpw-row" }, make("span", { textContent: "Job" }), select);
      }

      function note(which, { title, parts }) {
        const isBrought = which === "brought";
        const undo = isBrought && model.get("can_undo")
          ? make("button", {
            type: "button", textContent: "back to before", onclick: () => model.send({ kind: "undo" }),
            title: "Bring back the settings that were here before the file",
          }) : null;
        const away = make("button", {
          type: "button", textContent: "put away", title: "Show this note no more",
          onclick: () => { model.send({ kind: "dismiss", which }); browse.focus(); },
        });
        const lists = parts.map(([heading, lines]) => make("div", {},
          make("div", { textContent: heading }),
          make("ul", {}, ...lines.map((line) => make("li", { class: "fpw-wrap", textContent: line })))));
        return make("div", { class: `fpw-top-note fpw-top-${which}` },
          make("div", { class: "fpw-row" }, make("strong", { class: "fpw-wrap", textContent: title }), undo, away),
          isBrought ? jobs() : null, ...lists);
      }

      let drawn = "";
      function draw() {
        trouble.textContent = model.get("trouble") ? `✖ ${model.get("trouble")}` : "";
        const now = ["notes", "jobs", "chosen", "can_undo"].map((trait) => model.get(trait));
        if (JSON.stringify(now) === drawn) return;
        drawn = JSON.stringify(now);
        const focused = document.activeElement;
        const place = notes.contains(focused) ? focused.tagName : "";
        notes.replaceChildren(...Object.entries(model.get("notes")).map(([which, told]) => note(which, told)));
        if (place) (notes.querySelector(place.toLowerCase()) ?? browse).focus();
      }

      // Whatever is dropped on a frame picker stays there: it stops the event.
      const home = () => el.closest(".fpw-form") ?? el;
      let leaving = 0;
      const over = (isOver) => home().classList.toggle("fpw-form-over", isOver);
      const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
      const dragged = (event) => {
        if (!home().contains(event.target) || !hasFiles(event)) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = "copy";
        over(true);
        clearTimeout(leaving);
        leaving = setTimeout(over, 250, false);
      };
      const dropped = (event) => {
        if (!home().contains(event.target) || !hasFiles(event)) return;
        event.preventDefault();
        event.stopPropagation();
        over(false);
        const { files } = event.dataTransfer;
        if (!files.length) return;
        upload.start(files[0]);
        if (files.length > 1) upload.say(`Only the first of these ${files.length} files is taken.`);
      };
      for (const kind of ["dragenter", "dragover"]) document.addEventListener(kind, dragged);
      document.addEventListener("drop", dropped);

      model.on("change", draw);
      const ends = [upload.watch(drawUpload), tellPresence(model, el)];
      draw();
      return () => {
        clearTimeout(leaving);
        for (const kind of ["dragenter", "dragover"]) document.removeEventListener(kind, dragged);
        document.removeEventListener("drop", dropped);
        model.off("change", draw);
        for (const end of ends) end();
      };
    },
  };
};

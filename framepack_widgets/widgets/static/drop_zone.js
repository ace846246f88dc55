const megabytes = (bytes) => (bytes / 1e6).toFixed(1);

export default () => {
  let shown;
  let upload;
  return {
    initialize({ model }) {
      shown = pictures(model);
      upload = uploads(model);
      return () => {
        upload.end();
        shown.end();
      };
    },
    render({ model, el }) {
      el.classList.add("fpw-drop-zone");
      const what = () => (model.get("accept").startsWith("video") ? "video" : "picture");
      const file = make("input", {
        type: "file", hidden: true, accept: model.get("accept"),
        onchange: () => { if (file.files[0]) upload.start(file.files[0]); file.value = ""; },
      });

      const image = make("img", { draggable: false });
      const keep = make("div", { class: "fpw-drop-keep" });
      const frame = make("div", { class: "fpw-drop-frame" }, image, keep);
      const hint = make("p", { class: "fpw-drop-hint" });
      const zone = make("div", { class: "fpw-drop", tabIndex: 0, role: "group" }, frame, hint);
      const name = make("div", { class: "fpw-drop-name" });
      const facts = make("div", { class: "fpw-quiet" });
      const kept = make("div", { class: "fpw-quiet" });
      const note = make("div", { class: "fpw-quiet fpw-warning" });
      const browse = make("button", { type: "button", onclick: () => file.click() }, "upload…");
      const remove = make("button", { type: "button", onclick: () => drop() }, "remove");
      const bar = make("progress", { max: 1, value: 0 });
      const amount = make("span", { class: "fpw-quiet" });
      const stop = make("button", { type: "button", onclick: () => upload.cancel() }, "cancel upload");
      const running = make("div", { class: "fpw-row" }, bar, amount, stop);
      const words = make("div", { class: "fpw-quiet fpw-wrap", role: "status" });
      const title = make("div", { class: "fpw-drop-title" });
      el.append(
        title, make("div", { class: "fpw-drop-body" }, zone, make("div", { class: "fpw-drop-side" },
          name, facts, kept, note, make("div", { class: "fpw-row" }, browse, remove), running, words)),
        file,
      );

      function drop() {
        model.send({ kind: "remove" });
        zone.focus();
      }

      function drawFacts() {
        const label = model.get("label");
        title.textContent = label;
        zone.setAttribute("aria-label",
          `${label}: drop a ${what()} here, paste it with Ctrl+V, or press Enter to upload one`);
        zone.title = `Drop a ${what()} here, or paste it (Ctrl+V). Enter: choose a file of this computer.`;
        browse.title = `Choose a ${what()} on the computer that shows this page (${label})`;
        remove.title = `Choose no ${what()} (${label})`;
        bar.setAttribute("aria-label", `${label}: upload`);
        name.textContent = model.get("name");
        name.title = model.get("name");
        facts.textContent = model.get("facts");
        kept.textContent = model.get("kept_text") && `→ ${model.get("kept_text")}`;
        kept.title = "The server scales the picture until it covers the clip, and cuts off the rest.";
        note.textContent = model.get("note");
        remove.hidden = !model.get("name");
        const [left, top, right, bottom] = model.get("kept");
        keep.hidden = left === undefined || image.hidden;
        if (left !== undefined) {
          const percent = (fraction) => `${fraction * 100}%`;
          Object.assign(keep.style, {
            left: percent(left), top: percent(top), width: percent(right - left), height: percent(bottom - top),
          });
        }
      }

      function drawPicture(fits) {
        frame.hidden = !fits;
        hint.hidden = fits;
        hint.textContent = model.get("name") ? "" : `drop or paste a ${what()} here`;
        drawFacts();
      }

      function drawUpload() {
        const state = upload.state();
        running.hidden = state.running === null;
        browse.hidden = state.running !== null;
        if (state.running) {
          const { done, size } = state.running;
          bar.value = size ? done / size : 0;
          amount.textContent = `${megabytes(done)} of ${megabytes(size)} MB`;
        }
        words.textContent = state.text;
        words.classList.toggle("fpw-error", state.isError);
      }

      function take(files) {
        if (!files.length) {
          upload.say(`That was no file. Drop or paste a ${what()} file.`, true);
          return;
        }
        upload.start(files[0]);
        if (files.length > 1) upload.say(`Only the first of these ${files.length} files is taken.`);
      }

      const dragged = (event) => {
        event.preventDefault();
        event.stopPropagation();
        el.classList.toggle("fpw-drop-over", event.type === "dragenter" || event.type === "dragover");
        if (event.type === "drop") take(event.dataTransfer?.files ?? []);
      };
      for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) el.addEventListener(kind, dragged);

      // A paste goes to whatever holds the selection, which need not be what has the focus.
      const pasted = (event) => {
        const focused = el.getRootNode().activeElement;
        if (!focused || !el.contains(focused)) return;
        event.preventDefault();
        event.stopPropagation();
        take(event.clipboardData?.files ?? []);
      };
      document.addEventListener("paste", pasted, true);
      listenForKeys(zone, { open: () => file.click(), remove: () => model.get("name") && drop() });

      const traits = ["label", "accept", "name", "facts", "note", "kept", "kept_text"];
      const redraw = () => drawPicture(!image.hidden);
      for (const trait of traits) model.on(`change:${trait}`, redraw);
      const ends = [shown.show(image, drawPicture), upload.watch(drawUpload)];
      return () => {
        document.removeEventListener("paste", pasted, true);
        for (const trait of traits) model.off(`change:${trait}`, redraw);
        for (const end of ends) end();
      };
    },
  };
};

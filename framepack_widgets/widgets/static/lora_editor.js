// Note, trigger words and weight of one LoRA, edited in place. keep(typed) tells the kernel, which
// answers with the id of what was typed: `answered({ id, error })`.
function loraEditor(name, keep, closed) {
  let asked = null; // the id of what is being kept
  const onkeydown = (event) => { if (event.key === "Enter") save.click(); };
  const note = make("textarea", { rows: 2, maxLength: 2000, "aria-label": `Note about ${name}`, placeholder: "what it does" });
  const triggers = make("input", {
    type: "text", "aria-label": `Trigger words of ${name}, with commas between them`, placeholder: "word, another word", spellcheck: false, onkeydown,
  });
  const weight = make("input", {
    type: "text", class: "fpw-number", inputMode: "decimal", autocomplete: "off", "aria-label": `Weight of ${name} that you like`,
    title: "Taken when the LoRA is turned on; empty: the Studio's own", placeholder: "own", onkeydown,
  });
  const trouble = make("div", { class: "fpw-error fpw-wrap", role: "alert" });
  const save = make("button", {
    type: "button", textContent: "Save", title: `Keep this about ${name}, in the Library`,
    onclick: () => {
      if (asked) return;
      asked = Math.random().toString(36).slice(2);
      trouble.textContent = "";
      keep({ id: asked, note: note.value, triggers: triggers.value, weight: weight.value });
    },
  });
  const cancel = make("button", { type: "button", textContent: "Cancel", title: "Keep nothing of this", onclick: () => close() });
  const element = make("div", { class: "fpw-lora-editor", role: "group", "aria-label": `Notes of ${name}`, hidden: true },
    make("label", {}, "note", note), make("label", {}, "trigger words, with commas between them", triggers),
    make("div", { class: "fpw-row" }, make("label", { class: "fpw-lora-weight" }, "weight I like", weight), save, cancel), trouble);
  function close() {
    asked = null;
    element.hidden = true;
    closed();
  }
  return {
    element,
    open(about) {
      note.value = about.note ?? "";
      triggers.value = (about.triggers ?? []).map((word) => (Array.isArray(word) ? word[0] : word)).join(", ");
      weight.value = about.weight ?? "";
      trouble.textContent = "";
      asked = null;
      element.hidden = false;
      note.focus();
    },
    close,
    answered({ id, error }) {
      if (!asked || id !== asked) return;
      asked = null;
      if (error) trouble.textContent = `✖ ${error}`;
      else close();
    },
  };
}

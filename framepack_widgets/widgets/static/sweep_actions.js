// What is said of the selected points, and what can be done with them.
// does: {act(action), rate(stars), none()}
function sweepActions(model, does) {
  const title = make("strong", { class: "fpw-wrap" });
  const facts = make("div", { class: "fpw-sweep-facts" });
  const why = make("div", { class: "fpw-error fpw-wrap" });
  const button = (text, tip, action) => make("button", { type: "button", title: tip, onclick: () => does.act(action) }, text);
  const use = button("use settings", "Fill the form with the settings of this point", "settings");
  const open = button("open in a player", "Show its clip larger, below", "open");
  const compare = button("compare selected", "Play 2 to 16 selected clips in step, below", "compare");
  const enough = button("stop early", "End this render now and keep what there is", "end");
  const retry = button("retry", "Render the selected points again", "retry");
  const promote = button("render in full", "Render the selected points of this draft in full, in a run of their own", "promote");
  const none = make("button", { type: "button", onclick: () => does.none() }, "select none");
  const rate = make("span", { role: "group", "aria-label": "Stars for the selected points" }, ...[0, 1, 2, 3, 4, 5].map((n) => make("button", {
    type: "button", class: "fpw-star", title: n ? `Give the selected clips ${n} of 5 stars (key ${n})` : "Take the stars of the selected clips away (key 0)",
    "aria-label": n ? `${n} of 5 stars` : "no stars", onclick: () => does.rate(n),
  }, n ? `${n}★` : "✕")));
  const details = make("div", { class: "fpw-sweep-details", role: "region", "aria-label": "Selected points" },
    title, why, facts, rate, make("div", { class: "fpw-row" }, use, open, compare, enough, retry, promote, none));
  const what = make("strong");
  const hide = make("button", { type: "button", onclick: () => does.act("hide") }, "hide");
  const below = make("div", { class: "fpw-row" }, what, hide);
  const trouble = make("div", { class: "fpw-error fpw-wrap", role: "alert" });
  return {
    elements: [trouble, details, below],
    // tiles: what is known of the selected ones.
    draw(tiles, isDraft) {
      const clips = tiles.filter((tile) => tile.has_clip).length;
      const one = tiles.length === 1;
      details.hidden = !model.get("selected").length;
      use.hidden = !one || !model.get("can_settings");
      open.hidden = !one || !clips;
      compare.hidden = clips < 2 || clips > 16;
      rate.hidden = !clips;
      enough.hidden = !tiles.some((tile) => tile.can_stop);
      retry.hidden = !tiles.some((tile) => tile.can_retry);
      promote.hidden = !isDraft || !tiles.length;
      trouble.textContent = model.get("trouble") ? `✖ ${model.get("trouble")}` : "";
      below.hidden = !model.get("below");
      what.textContent = model.get("below");
    },
    details(told) {
      title.textContent = told.title;
      why.textContent = told.error ? `✖ ${told.error}` : "";
      const cells = (values, tag) => make("tr", {}, ...values.map((text, n) => make(n ? tag : "th", {}, text)));
      facts.replaceChildren(make("table", {}, make("tbody", {},
        ...(told.head.length ? [cells(told.head, "th")] : []), ...told.rows.map((row) => cells(row, "td")))));
      facts.tabIndex = facts.scrollWidth > facts.clientWidth + 1 || facts.scrollHeight > facts.clientHeight + 1 ? 0 : -1; // it scrolls then
    },
  };
}

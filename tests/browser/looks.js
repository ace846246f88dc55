// Measures what is below `root`; called by looks.py, one function a call.
const canvas = document.createElement("canvas");
canvas.width = canvas.height = 1;
const brush = canvas.getContext("2d", { willReadFrequently: true });

function rgba(colour) {
  brush.clearRect(0, 0, 1, 1);
  brush.fillStyle = "#000";
  brush.fillStyle = colour;
  brush.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = brush.getImageData(0, 0, 1, 1).data;
  return [r, g, b, a / 255];
}
const mix = (top, under, share) => top.map((value, i) => value * share + under[i] * (1 - share));
const over = (colour, under) => mix(colour.slice(0, 3), under, colour[3]);

function luminance(colour) {
  const [r, g, b] = colour.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

// The colours of a text and of its ground as they arrive on the screen.
function painted(element, colour) {
  const chain = [];
  for (let each = element; each; each = each.parentElement) chain.unshift(each);
  const paint = (index, under) => {
    const style = getComputedStyle(chain[index]);
    const ground = over(rgba(style.backgroundColor), under);
    const [text, back] =
      index === chain.length - 1 ? [over(rgba(colour), ground), ground] : paint(index + 1, ground);
    const share = Number(style.opacity);
    return [mix(text, under, share), mix(back, under, share)];
  };
  const dark = getComputedStyle(document.documentElement).colorScheme === "dark";
  return paint(0, dark ? [18, 18, 18] : [255, 255, 255]);
}

function named(element) {
  const classes = [...element.classList].slice(0, 3).map((name) => `.${name}`).join("");
  return `<${element.tagName.toLowerCase()}${classes}> ${called(element)}`.trim();
}

function called(element) {
  const label = element.labels?.[0]?.textContent;
  const described = (element.getAttribute("aria-labelledby") ?? "")
    .split(" ").map((id) => document.getElementById(id)?.textContent ?? "").join(" ");
  const texts = [element.getAttribute("aria-label"), described, label, element.textContent,
    element.title, element.placeholder];
  return (texts.find((text) => text?.trim()) ?? "").trim().replace(/\s+/g, " ").slice(0, 60);
}

const seen = (element) =>
  element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
  element.getBoundingClientRect().width > 1 && element.getBoundingClientRect().height > 1;
const off = (element) => element.closest(":disabled, [aria-disabled='true'], [disabled]") !== null;

function* inscriptions(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.closest("option, style, script, textarea")) continue;
    range.selectNodeContents(walker.currentNode);
    if (![...range.getClientRects()].some((box) => box.width > 1 && box.height > 1)) continue;
    yield [element, walker.currentNode.data, getComputedStyle(element).color];
  }
  const silent = "[type=range], [type=checkbox], [type=radio], [type=color], [type=file], [type=hidden]";
  for (const element of root.querySelectorAll("input, textarea, select")) {
    if (element.matches(silent)) continue;
    const text = element.matches("select") ? element.selectedOptions[0]?.text : element.value;
    if (text?.trim()) yield [element, text, getComputedStyle(element).color];
    else if (element.placeholder)
      yield [element, element.placeholder, getComputedStyle(element, "::placeholder").color];
  }
}

function texts(root) {
  const found = [];
  for (const [element, text, colour] of inscriptions(root)) {
    if (!seen(element) || off(element)) continue;
    const [front, back] = painted(element, colour);
    const [high, low] = [luminance(front), luminance(back)].sort((a, b) => b - a);
    const show = (values) => `rgb(${values.map(Math.round).join(" ")})`;
    found.push({
      text: text.trim().slice(0, 80),
      ratio: Math.round(((high + 0.05) / (low + 0.05)) * 100) / 100,
      colours: `${show(front)} on ${show(back)}`,
      element: named(element),
    });
  }
  return found;
}

function wide(root, allow) {
  const found = [];
  const spared = (element) => allow && element.closest(allow) !== null;
  const scrolls = (element) =>
    element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0 &&
    ["auto", "scroll"].includes(getComputedStyle(element).overflowX);
  const tell = (element, what) => found.push(`${named(element)}: ${what}`);
  for (let each = root; each; each = each.parentElement) {
    if (scrolls(each)) tell(each, `scrolls: ${each.scrollWidth} px in ${each.clientWidth}`);
  }
  const edges = root.getBoundingClientRect();
  for (const element of root.querySelectorAll("*")) {
    if (spared(element) || !seen(element) || element.matches("input, textarea, select")) continue;
    if (scrolls(element)) tell(element, `scrolls: ${element.scrollWidth} px in ${element.clientWidth}`);
    const box = element.getBoundingClientRect();
    if ((box.right > edges.right + 1 || box.left < edges.left - 1) && !clipped(element, root)) {
      tell(element, `sticks out: ${Math.round(box.left)} to ${Math.round(box.right)}, its place ` +
        `is ${Math.round(edges.left)} to ${Math.round(edges.right)}`);
    }
  }
  return found.slice(0, 20);
}

function clipped(element, root) {
  for (let each = element.parentElement; each; each = each.parentElement) {
    if (getComputedStyle(each).overflowX !== "visible") return true;
    if (each === root) return false;
  }
  return false;
}

// ------------------------------------------------------------------ the way of the Tab key

const AROUND = 3; // an element's focus may be drawn by the boxes that hold it
const LINES = ["outlineStyle", "outlineWidth", "outlineColor", "boxShadow", "borderColor",
  "borderWidth", "backgroundColor", "textDecorationLine"];

function drawing(element, root) {
  const found = [];
  for (let each = element, i = 0; i < AROUND && each && each !== root; each = each.parentElement, i++) {
    const style = getComputedStyle(each);
    const lines = Object.fromEntries(LINES.map((name) => [name, style[name]]));
    if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) === 0 ||
        rgba(style.outlineColor)[3] < 0.2) lines.outlineStyle = lines.outlineWidth = lines.outlineColor = "";
    found.push(lines);
  }
  return JSON.stringify(found);
}

function beginTabs(root) {
  if (!document.getElementById("framepack-still")) {
    const still = document.createElement("style");
    still.id = "framepack-still"; // a focus ring that fades in would be measured too early
    still.textContent = "* { transition: none !important; animation: none !important; }";
    document.head.append(still);
  }
  document.activeElement?.blur();
  const before = new Map();
  for (const element of root.querySelectorAll("*")) before.set(element, drawing(element, root));
  const had = root.getAttribute("tabindex");
  root.setAttribute("tabindex", "-1");
  root.focus({ preventScroll: true });
  if (had === null) root.addEventListener("blur", () => root.removeAttribute("tabindex"), { once: true });
  else root.setAttribute("tabindex", had);
  window.framepackTabs = { before, stops: new Set() };
}

// null: the focus has left the root; false: still in the same element, or in one it was in before.
function tabbed(root) {
  const { before, stops } = window.framepackTabs;
  const element = document.activeElement;
  if (!root.contains(element) || element === root) return null;
  if (stops.has(element)) return false;
  stops.add(element);
  return {
    element: named(element),
    name: called(element),
    drawn: before.has(element) && before.get(element) !== drawing(element, root),
  };
}

function unreached(root) {
  const { stops } = window.framepackTabs;
  const groups = new Set([...stops].filter((e) => e.type === "radio").map((e) => e.name));
  const controls = "a[href], button, input:not([type=hidden]), select, textarea, summary, video[controls], " +
    "audio[controls], [role=button], [role=slider], [role=tab], [role=checkbox], [contenteditable=true]";
  return [...root.querySelectorAll(controls)]
    .filter((e) => seen(e) && !off(e) && !stops.has(e))
    .filter((e) => !(e.type === "radio" && groups.has(e.name)))
    .filter((e) => !(e.matches("[role=tab]") && [...stops].some((s) => s.matches("[role=tab]"))))
    .map(named);
}

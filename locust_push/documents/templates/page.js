"use strict";
// Everything here is a convenience: the page is complete without it.

function order(row, column) {
  const cell = row.cells[column];
  return cell.dataset.order === undefined ? cell.textContent : Number(cell.dataset.order);
}

function compare(a, b) {
  if (typeof a === "string" || typeof b === "string") return String(a).localeCompare(String(b), undefined, { numeric: true });
  return a - b;
}

function sort(table, column) {
  const head = table.tHead.rows[0].cells[column];
  const numeric = head.hasAttribute("align");
  // Numbers begin with the largest: that is what one looks for.
  const first = numeric ? "descending" : "ascending";
  const other = numeric ? "ascending" : "descending";
  const direction = head.getAttribute("aria-sort") === first ? other : first;
  for (const cell of table.tHead.rows[0].cells) cell.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", direction);
  const sign = direction === "ascending" ? 1 : -1;
  const missing = (row) => Number.isNaN(order(row, column));
  const rows = [...table.tBodies[0].rows];
  rows.sort((a, b) => missing(a) - missing(b) || sign * compare(order(a, column), order(b, column)) || 0);
  table.tBodies[0].append(...rows);
}

function makeSortable(table) {
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(table, column));
    head.append(button);
  });
}

function makeFilterable(table) {
  const box = document.createElement("div");
  box.className = "filter";
  const label = document.createElement("label");
  const input = document.createElement("input");
  const count = document.createElement("output");
  input.type = "search";
  label.append("Filter ", input);
  box.append(label, count);
  table.parentElement.before(box);
  input.addEventListener("input", () => {
    const wanted = input.value.toLowerCase();
    const rows = [...table.tBodies[0].rows];
    for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    const shown = rows.filter((row) => !row.hidden).length;
    count.textContent = wanted ? `${shown} of ${rows.length}` : "";
  });
}

function showTips() {
  const tip = document.createElement("div");
  tip.id = "tip";
  tip.hidden = true;
  document.body.append(tip);
  for (const zone of document.querySelectorAll(".zones rect")) {
    const title = zone.querySelector("title");
    zone.dataset.tip = title.textContent;
    title.remove();
  }
  document.addEventListener("pointermove", (event) => {
    const text = event.target.dataset && event.target.dataset.tip;
    tip.hidden = !text;
    if (!text) return;
    tip.textContent = text;
    const left = Math.min(event.clientX + 14, window.innerWidth - tip.offsetWidth - 8);
    tip.style.left = `${left}px`;
    tip.style.top = `${event.clientY + 14}px`;
  });
}

const requests = document.querySelector("section[aria-labelledby=requests] table");
if (requests) makeChoosable(requests);
for (const table of document.querySelectorAll("table:not(.plain)")) {
  makeSortable(table);
  if (table.tBodies[0].rows.length > 8) makeFilterable(table);
}
showTips();

function makeChoosable(table) {
  const extra = ["min", "p90", "p99.9", "failed %"];
  const heads = [...table.tHead.rows[0].cells];
  const box = document.createElement("fieldset");
  box.className = "columns";
  const legend = document.createElement("legend");
  legend.textContent = "Columns";
  box.append(legend);
  heads.forEach((head, column) => {
    if (column === 0) return;
    const label = document.createElement("label");
    const input = document.createElement("input");
    input.type = "checkbox";
    input.checked = !extra.some((name) => head.textContent.startsWith(name));
    const show = () => {
      for (const row of table.rows) row.cells[column].hidden = !input.checked;
    };
    input.addEventListener("change", show);
    show();
    label.append(input, ` ${head.textContent}`);
    box.append(label);
  });
  table.parentElement.before(box);
}

// All charts over time have one view and one cursor.
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400];
const timed = [...document.querySelectorAll("figure > svg[data-seconds]")].map((svg) => {
  const plot = svg.querySelector(".plot");
  return { svg, plot, seconds: Number(svg.dataset.seconds), whole: plot.viewBox.baseVal.width, left: plot.viewBox.baseVal.x };
});
const view = { from: 0, to: 1 };
let at = -1;

function clock(seconds) {
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

function drawTicks({ svg, seconds, whole, left }) {
  const [low, high] = [view.from * seconds, view.to * seconds];
  const step = STEPS.find((one) => (high - low) / one <= 7) || Math.ceil((high - low) / 7 / 86400) * 86400;
  const group = svg.querySelector(".x");
  const y = group.firstElementChild ? group.firstElementChild.getAttribute("y") : svg.viewBox.baseVal.height - 8;
  group.replaceChildren();
  for (let second = Math.ceil(low / step) * step; second <= high; second += step) {
    const text = document.createElementNS(svg.namespaceURI, "text");
    text.setAttribute("x", left + (whole * (second - low)) / (high - low));
    text.setAttribute("y", y);
    text.setAttribute("text-anchor", "middle");
    text.textContent = clock(second);
    group.append(text);
  }
}

function setView(from, to) {
  const width = Math.min(1, Math.max(to - from, 0.005));
  view.from = Math.min(Math.max(from, 0), 1 - width);
  view.to = view.from + width;
  for (const chart of timed) {
    const { plot, whole, left } = chart;
    plot.setAttribute("viewBox", `${left + view.from * whole} 0 ${width * whole} ${plot.viewBox.baseVal.height}`);
    drawTicks(chart);
    for (const mark of chart.svg.querySelectorAll(".mark")) mark.setAttribute("visibility", width < 1 ? "hidden" : "visible");
  }
}

function zoom(factor, middle = (view.from + view.to) / 2) {
  setView(middle - (middle - view.from) * factor, middle + (view.to - middle) * factor);
}

function pan(share) {
  const width = view.to - view.from;
  setView(view.from + share * width, view.from + share * width + width);
}

function setCursor(index) {
  at = index;
  for (const { svg, plot } of timed) {
    const zones = plot.querySelectorAll(".zones rect");
    const zone = zones[Math.min(index, zones.length - 1)];
    const readout = svg.parentElement.querySelector("output");
    let line = plot.querySelector(".cursor");
    if (!line) {
      line = document.createElementNS(svg.namespaceURI, "path");
      line.setAttribute("class", "cursor");
      line.setAttribute("stroke", "#808080");
      line.setAttribute("vector-effect", "non-scaling-stroke");
      plot.querySelector(".lines").before(line);
    }
    const shown = zone && index >= 0;
    line.setAttribute("visibility", shown ? "visible" : "hidden");
    readout.textContent = shown ? zone.dataset.tip.replaceAll("\n", " · ") : "";
    if (!shown) continue;
    const x = zone.x.baseVal.value + zone.width.baseVal.value / 2;
    line.setAttribute("d", `M${x} ${zone.y.baseVal.value}v${zone.height.baseVal.value}`);
  }
}

function share({ plot, whole, left }, event) {
  const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(plot.getScreenCTM().inverse());
  return Math.min(Math.max((point.x - left) / whole, 0), 1);
}

function makeZoomable(chart) {
  const { svg, plot, whole, left } = chart;
  const readout = document.createElement("output");
  readout.className = "readout";
  svg.parentElement.append(readout);
  svg.setAttribute("tabindex", "0");
  const band = document.createElementNS(svg.namespaceURI, "rect");
  let began = null;
  svg.addEventListener("pointerdown", (event) => {
    if (event.button === 0) began = share(chart, event);
  });
  svg.addEventListener("pointermove", (event) => {
    setCursor([...plot.querySelectorAll(".zones rect")].indexOf(event.target));
    if (began === null) return;
    const now = share(chart, event);
    band.setAttribute("class", "chosen");
    band.setAttribute("x", left + Math.min(began, now) * whole);
    band.setAttribute("width", Math.abs(now - began) * whole);
    band.setAttribute("height", plot.viewBox.baseVal.height);
    plot.append(band);
  });
  window.addEventListener("pointerup", (event) => {
    if (began === null) return;
    const [low, high] = [began, share(chart, event)].sort((a, b) => a - b);
    began = null;
    band.remove();
    if (high - low > 0.01 * (view.to - view.from)) setView(low, high);
  });
  svg.addEventListener("pointerleave", () => setCursor(-1));
  svg.addEventListener("dblclick", () => setView(0, 1));
  svg.addEventListener("keydown", (event) => {
    const last = plot.querySelectorAll(".zones rect").length - 1;
    const keys = {
      "+": () => zoom(0.5),
      "-": () => zoom(2),
      0: () => setView(0, 1),
      ArrowLeft: () => (event.shiftKey ? pan(-0.25) : setCursor(Math.max(at - 1, 0))),
      ArrowRight: () => (event.shiftKey ? pan(0.25) : setCursor(Math.min(at + 1, last))),
      Escape: () => setCursor(-1),
    };
    if (!keys[event.key]) return;
    keys[event.key]();
    event.preventDefault();
  });
}

function addTools() {
  const tools = document.createElement("div");
  tools.className = "tools";
  tools.setAttribute("role", "toolbar");
  tools.setAttribute("aria-label", "Zoom of all charts over time");
  const actions = { "Zoom in": () => zoom(0.5), "Zoom out": () => zoom(2), Earlier: () => pan(-0.5), Later: () => pan(0.5), "Whole run": () => setView(0, 1) };
  for (const [name, act] of Object.entries(actions)) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.addEventListener("click", act);
    tools.append(button);
  }
  const hint = document.createElement("small");
  hint.textContent = "Or drag over a chart; double-click shows the whole run. Keys: + - 0, arrows.";
  tools.append(hint);
  document.querySelector(".charts").before(tools);
}

timed.forEach(makeZoomable);
if (timed.length) addTools();

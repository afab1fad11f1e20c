"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const svg = document.querySelector("svg.picture");
  const panel = document.getElementById("panel");
  const empty = [...panel.childNodes];
  const layer = svg.querySelector("#flows");
  const cells = [...document.querySelectorAll("tbody tr")].map((row) => [...row.querySelectorAll("td")]);
  const [ALLOWED, UNKNOWN] = ["ALLOWED", "UNKNOWN"].map((each) => data.verdicts.indexOf(each));
  const at = (list, id) => list.indexOf(id);
  let chosen = null; // the id of the selected node, or [source, destination]

  // The cells of a pair: endpoint, verdict, kind, hops, reasons; texts are [text, place].
  function answers(source, destination) {
    const [row, column] = [at(data.sources, source), at(data.destinations, destination)];
    if (row < 0 || column < 0) return [];
    const found = [];
    const numbers = data.cells[row][column];
    for (let n = 0; n < numbers.length; n += 3) {
      const [kind, hops, reasons] = data.whys[numbers[n + 2]];
      found.push({
        endpoint: data.endpoints[numbers[n]],
        verdict: numbers[n + 1],
        kind: data.kinds[kind],
        hops: hops.map((each) => data.texts[each]),
        reasons: reasons.map((each) => data.texts[each]),
      });
    }
    return found;
  }

  const open = (source, destination) =>
    source === destination ? [] : answers(source, destination).filter((each) => each.verdict === ALLOWED);

  function peers(id, direction) {
    const ends = direction === "out" ? data.destinations : data.sources;
    return ends
      .map((end) => [end, direction === "out" ? open(id, end) : open(end, id)])
      .filter(([, found]) => found.length);
  }

  // ---- flows in the picture -------------------------------------------------------------
  const SVG = "http://www.w3.org/2000/svg";
  const node = (id) => svg.querySelector(`[data-node="${CSS.escape(id)}"]`);
  const direction = () => document.querySelector("input[name=direction]:checked").value;

  function box(id) {
    const rect = node(id)?.querySelector("rect");
    if (!rect) return null;
    const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(rect.getAttribute(name)));
    // Lines from above and below meet a box near its right side, since headings are on the left.
    return { x, y, width, height, middleX: x + width - Math.min(26, width / 2), middleY: y + height / 2 };
  }

  function drawn(name, look, d) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", `${name} ${look}`);
    path.setAttribute("d", d);
    path.dataset.flow = "";
    layer.append(path);
  }

  function tip(x, y, across, down, look) {
    const [backX, backY] = [x - 8 * across, y - 8 * down];
    const [sideX, sideY] = [4.5 * down, 4.5 * across];
    drawn("flow-tip", look, `M${x} ${y}L${backX + sideX} ${backY + sideY}L${backX - sideX} ${backY - sideY}Z`);
  }

  function curve(from, to, look) {
    const [one, other] = [box(from), box(to)];
    if (!one || !other) return;
    if (Math.abs(one.middleY - other.middleY) > 40) {
      const way = other.middleY > one.middleY ? 1 : -1;
      const [y1, y2] = way > 0 ? [one.y + one.height, other.y - 2] : [one.y, other.y + other.height + 2];
      const bend = Math.max(24, Math.abs(y2 - y1) * 0.45) * way;
      drawn("flow", look, `M${one.middleX} ${y1}C${one.middleX} ${y1 + bend} ${other.middleX} ${y2 - bend} ${other.middleX} ${y2 - 6 * way}`);
      tip(other.middleX, y2, 0, way, look);
    } else {
      const way = other.middleX > one.middleX ? 1 : -1;
      const [x1, x2] = way > 0 ? [one.x + one.width, other.x - 2] : [one.x, other.x + other.width + 2];
      const dip = Math.abs(x2 - x1) > 60 ? 38 : 0; // below the cards in between
      drawn("flow", look, `M${x1} ${one.middleY}C${x1 + 30 * way} ${one.middleY + dip} ${x2 - 30 * way} ${other.middleY + dip} ${x2 - 6 * way} ${other.middleY}`);
      tip(x2, other.middleY, way, 0, look);
    }
  }

  function look(source, destination, found) {
    const [row, column] = [at(data.sources, source), at(data.destinations, destination)];
    if (cells[row]?.[column]?.classList.contains("broken")) return "broken";
    return found.every((each) => each.kind === "published port") ? "port" : "";
  }

  function clear() {
    svg.classList.remove("choosing");
    for (const each of svg.querySelectorAll(".at, .hit")) each.classList.remove("at", "hit");
    for (const each of layer.querySelectorAll("[data-flow]")) each.remove();
    for (const each of document.querySelectorAll(".cross")) each.classList.remove("cross");
  }

  function mark(id, how) {
    node(id)?.classList.add(how);
    if (how === "at") {
      for (const each of svg.querySelectorAll(`.socket[data-card="${CSS.escape(id)}"]`)) each.classList.add("at");
    }
  }

  function headings(ids) {
    for (const each of document.querySelectorAll("th[data-node]")) {
      each.classList.toggle("cross", ids.includes(each.dataset.node));
    }
  }

  function showNode(id) {
    clear();
    svg.classList.add("choosing");
    mark(id, "at");
    headings([id]);
    for (const way of direction() === "both" ? ["in", "out"] : [direction()]) {
      for (const [peer, found] of peers(id, way)) {
        mark(peer, "hit");
        const [from, to] = way === "out" ? [id, peer] : [peer, id];
        curve(from, to, look(from, to, found));
      }
    }
  }

  function showPair(source, destination) {
    clear();
    svg.classList.add("choosing");
    mark(source, "at");
    mark(destination, "hit");
    headings([source, destination]);
    const found = open(source, destination);
    if (found.length) curve(source, destination, look(source, destination, found));
  }

  function show() {
    if (Array.isArray(chosen)) showPair(...chosen);
    else if (chosen) showNode(chosen);
    else clear();
  }

  // ---- the panel --------------------------------------------------------------------------
  function made(name, attributes, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }

  const placed = ([text, place]) => (place ? [`${text} `, made("span", { class: "place" }, place)] : [text]);
  const port = (endpoint) => (endpoint === "any" ? "any port" : endpoint);

  function list(id, way) {
    const found = peers(id, way);
    const items = found.map(([peer, open]) => {
      const button = made("button", { type: "button" }, data.names[peer]);
      button.addEventListener("click", () => choose(way === "out" ? [id, peer] : [peer, id]));
      const named = open.filter((each) => each.endpoint !== "any");
      const ports = (named.length ? named : open).map((each) => port(each.endpoint)).join(", ");
      const kinds = [...new Set(open.map((each) => each.kind))].join(", ");
      return made("li", {}, button, made("span", { class: "ports" }, ports), made("span", { class: "why" }, kinds));
    });
    const title = way === "out" ? "Reaches" : "Reached by";
    return [
      made("h3", {}, `${title} (${found.length})`),
      items.length ? made("ul", {}, ...items) : made("p", { class: "hint" }, "none"),
    ];
  }

  function tellNode(id) {
    const about = data.about[id];
    panel.replaceChildren(made("h2", {}, data.names[id]));
    if (about) panel.append(made("p", { class: "hint" }, about.split("; ").slice(1).join("; ")));
    if (data.sources.includes(id)) panel.append(...list(id, "out"));
    if (data.destinations.includes(id)) panel.append(...list(id, "in"));
  }

  function tellPair(source, destination) {
    panel.replaceChildren(made("h2", {}, `${data.names[source]} → ${data.names[destination]}`));
    const found = answers(source, destination);
    if (!found.length) panel.append(made("p", {}, "Both are outside: not part of this stack."));
    for (const each of found) {
      const word = data.verdicts[each.verdict];
      const kind = each.kind === "none" ? "" : ` · ${each.kind}`;
      const only = each.endpoint === "any" && found.length > 1 ? "any other port" : port(each.endpoint);
      panel.append(made("h3", {}, `${only}: `, made("span", { class: `verdict ${word}` }, word), kind));
      if (each.hops.length) {
        panel.append(made("ol", {}, ...each.hops.map((hop, n) => made("li", {}, `${n + 1}. `, ...placed(hop)))));
      }
      panel.append(...each.reasons.map((reason) => made("p", { class: "why" }, ...placed(reason))));
    }
    const other = [destination, source];
    if (data.sources.includes(destination) && data.destinations.includes(source)) {
      const button = made("button", { type: "button", class: "show" }, "reverse direction");
      button.addEventListener("click", () => choose(other));
      panel.append(made("p", {}, button));
    }
  }

  function choose(what) {
    chosen = what;
    for (const each of svg.querySelectorAll("[aria-pressed]")) {
      each.setAttribute("aria-pressed", String(each.dataset.node === what));
    }
    if (Array.isArray(what)) tellPair(...what);
    else if (what) tellNode(what);
    else panel.replaceChildren(...empty);
    show();
    const address = what ? `#show=${[what].flat().map(encodeURIComponent).join("/")}` : " ";
    try {
      history.replaceState(null, "", what ? address : location.pathname + location.search);
    } catch { /* the page has no address of its own */ }
  }

  for (const each of svg.querySelectorAll("[data-node]")) {
    const id = each.dataset.node;
    each.addEventListener("mouseenter", () => showNode(id));
    each.addEventListener("mouseleave", show);
    each.addEventListener("focus", () => { if (each.matches(":focus-visible")) showNode(id); });
    each.addEventListener("blur", show);
    each.addEventListener("click", () => choose(chosen === id ? null : id));
    each.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      choose(chosen === id ? null : id);
    });
  }
  for (const each of document.querySelectorAll("th[data-node]")) {
    each.addEventListener("mouseenter", () => showNode(each.dataset.node));
    each.addEventListener("mouseleave", show);
    each.addEventListener("click", () => choose(each.dataset.node));
  }
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") choose(null); });
  document.getElementById("direction").addEventListener("change", show);

  // ---- the matrix: one tab stop, arrow keys inside --------------------------------------
  let current = [0, 0];
  const pair = (row, column) => [data.sources[row], data.destinations[column]];

  function said(row, column) {
    const [source, destination] = pair(row, column);
    const found = answers(source, destination);
    const ports = found.filter((each) => each.verdict === ALLOWED).map((each) => port(each.endpoint));
    const doubt = found.some((each) => each.verdict === UNKNOWN);
    const broken = cells[row][column].classList.contains("broken") ? ", breaks an assertion" : "";
    const verdict = ports.length ? `open: ${ports.join(", ")}` : doubt ? "unknown" : "closed";
    return `${data.names[source]} to ${data.names[destination]}: ${verdict}${broken}`;
  }

  function moveTo(row, column) {
    cells[current[0]][current[1]].tabIndex = -1;
    current = [row, column];
    cells[row][column].tabIndex = 0;
  }

  cells.forEach((line, row) => line.forEach((cell, column) => {
    cell.setAttribute("aria-label", said(row, column));
    cell.title = said(row, column);
    cell.addEventListener("mouseenter", () => showPair(...pair(row, column)));
    cell.addEventListener("mouseleave", show);
    cell.addEventListener("focus", () => { moveTo(row, column); showPair(...pair(row, column)); });
    cell.addEventListener("blur", show);
    cell.tabIndex = -1;
    cell.addEventListener("click", () => { cell.focus(); choose(pair(row, column)); });
  }));
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  document.querySelector("table").addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      choose(pair(...current));
    } else if (steps[event.key]) {
      event.preventDefault();
      const [row, column] = [current[0] + steps[event.key][0], current[1] + steps[event.key][1]];
      if (cells[row]?.[column]) {
        moveTo(row, column);
        cells[row][column].focus();
      }
    }
  });
  if (cells.length) moveTo(0, 0);

  // ---- findings, search, theme ----------------------------------------------------------------
  for (const each of document.querySelectorAll(".show[data-cards]")) {
    each.addEventListener("click", () => {
      const flow = each.dataset.flow?.split(" ");
      const cards = each.dataset.cards.split(" ");
      const known = flow && data.sources.includes(flow[0]) && data.destinations.includes(flow[1]);
      choose(known ? flow : cards[0]);
      if (!known && cards.length > 1) {
        clear();
        svg.classList.add("choosing");
        cards.forEach((card) => mark(card, "hit"));
      }
      node(cards[0])?.scrollIntoView({ block: "center" });
    });
  }

  const find = document.getElementById("find");
  function matching() {
    const text = find.value.trim().toLowerCase();
    return text ? data.sources.filter((id) => data.names[id].toLowerCase().includes(text)) : [];
  }
  find.addEventListener("input", () => {
    const found = matching();
    clear();
    if (!find.value.trim()) return show();
    svg.classList.add("choosing");
    found.forEach((id) => mark(id, "hit"));
    return undefined;
  });
  find.addEventListener("keydown", (event) => {
    const [first] = matching();
    if (event.key !== "Enter" || !first) return;
    choose(first);
    node(first)?.scrollIntoView({ block: "center" });
  });

  const theme = document.getElementById("theme");
  const themes = ["system", "light", "dark"];
  function paint(name) {
    if (name === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = name;
    theme.textContent = `Theme: ${name}`;
    theme.dataset.theme = name;
  }
  const kept = (value) => {
    try {
      if (value === undefined) return localStorage.getItem("causeway-theme");
      localStorage.setItem("causeway-theme", value);
    } catch { /* a local file may have no storage */ }
    return null;
  };
  const known = kept();
  paint(themes.includes(known) ? known : "system");
  theme.addEventListener("click", () => {
    const next = themes[(themes.indexOf(theme.dataset.theme) + 1) % themes.length];
    paint(next);
    kept(next);
  });

  // ---- the selection kept across a refresh, and the refresh itself ---------------------------------
  const before = location.hash.match(/^#show=(.+)$/);
  if (before) {
    const ids = before[1].split("/").map(decodeURIComponent);
    if (ids.every((id) => id in data.names)) choose(ids.length > 1 ? ids : ids[0]);
  }

  const seconds = Number(document.body.dataset.refresh);
  if (seconds) {
    const live = document.getElementById("live");
    let version = null;
    const ask = async () => {
      try {
        const answer = await (await fetch("/state", { cache: "no-store" })).json();
        live.classList.toggle("late", Boolean(answer.problem));
        live.textContent = answer.problem || "live";
        if (version !== null && answer.version !== version) location.reload();
        version = answer.version;
      } catch {
        live.classList.add("late");
        live.textContent = "the server does not answer";
      }
      setTimeout(ask, seconds * 1000);
    };
    ask();
  }
})();

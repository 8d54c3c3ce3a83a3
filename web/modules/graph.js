// An object and what is around it, drawn from what the API says of it. The table below says the same, and is there without this.
// The object is in the middle; around it are sectors, one for each type, the nearer objects further in. Where an object stands is worked
// out once and never moves, so that there is nothing to wait for, and the same graph looks the same again.

const SVG = "http://www.w3.org/2000/svg";
// A shape says what sort of thing it is, the letters in it the type. Letters are drawn 7 high and 9 wide, and every shape has room for them.
const SHAPES = {
  who: "M8 0A8 8 0 1 1-8 0A8 8 0 1 1 8 0Z",
  what: "M-7.2-7.2H7.2V7.2H-7.2Z",
  how: "M0-8.6L8.4-1.8 6.4 7.4H-6.4L-8.4-1.8Z",
  seen: "M0-10L10 0 0 10-10 0Z",
  against: "M-5.2-9H5.2V-5.2H9V5.2H5.2V9H-5.2V5.2H-9V-5.2H-5.2Z",
  said: "M-5-7.4H5L9.2 0 5 7.4H-5L-9.2 0Z",
};
const KINDS = {
  who: { CA: "campaign", ID: "identity", IS: "intrusion-set", LO: "location", TA: "threat-actor" },
  what: { IF: "infrastructure", MA: "malware", MN: "malware-analysis", TO: "tool" },
  how: { AP: "attack-pattern", VU: "vulnerability", XT: "x-mitre-tactic" },
  seen: {
    AR: "artifact", AS: "autonomous-system", DI: "directory", DN: "domain-name", EA: "email-addr", EM: "email-message", FI: "file", IC: "incident",
    IN: "indicator", I4: "ipv4-addr", I6: "ipv6-addr", MC: "mac-addr", MX: "mutex", NT: "network-traffic", OD: "observed-data", PR: "process",
    SI: "sighting", SW: "software", UR: "url", UA: "user-account", WR: "windows-registry-key", XC: "x509-certificate", XD: "x-mitre-data-source",
    XP: "x-mitre-data-component",
  },
  against: { CO: "course-of-action" },
  said: {
    ED: "extension-definition", GR: "grouping", LC: "language-content", MD: "marking-definition", NO: "note", OP: "opinion", RL: "relationship",
    RE: "report", XL: "x-mitre-collection", XM: "x-mitre-matrix",
  },
};
const KNOWN = new Map(Object.entries(KINDS).flatMap(([shape, types]) => Object.entries(types).map(([letters, type]) => [type, { shape, letters }])));
const shapeOf = (type) => SHAPES[KNOWN.get(type)?.shape ?? "seen"];

// The letters of each type in a picture. Types that nobody here knows get some that no other has: initials, else letters of the word, else a number.
function lettersOf(types) {
  const letters = new Map(types.filter((type) => KNOWN.has(type)).map((type) => [type, KNOWN.get(type).letters]));
  const taken = new Set(letters.values());
  for (const type of types.filter((type) => !KNOWN.has(type)).sort()) {
    const words = type.replace(/^x-/, "").toUpperCase().split("-").filter(Boolean);
    const word = words.join("") || "X";
    const tries = [words.slice(0, 2).map((word) => word[0]).join(""), ...[...word].slice(1).map((letter) => word[0] + letter), ...Array.from({ length: 99 }, (_, at) => String(at + 1).padStart(2, "0"))];
    const found = tries.find((two) => two.length === 2 && !taken.has(two)) ?? "";
    taken.add(found);
    letters.set(type, found);
  }
  return letters;
}
const sign = (type, letters) => [svg("path", { class: "shape", d: shapeOf(type) }), svg("text", { class: "letters", y: 2.7, "text-anchor": "middle" }, letters.get(type))];

// With so many objects or fewer all are labelled, and with fewer still relations have their words.
const LABELLED = 40;
const WORDED = 14;

const svg = (name, attributes = {}, ...children) => {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
};
const cut = (text, most) => { const letters = [...text]; return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : text; };
const nameOf = (node) => node.object?.name ?? node.id;
const round = (number) => Math.round(number * 10) / 10;

// Where each object stands; all of it fits into `width`.
function layout(nodes, width) {
  const others = nodes.slice(1);
  const groups = [...Map.groupBy(others, (node) => node.type)].sort(([one], [other]) => one.localeCompare(other));
  const few = others.length <= LABELLED;
  const wide = others.length <= WORDED;
  // Labels stand beside: a few need more room than many.
  const room = Math.min(width / 2 - (few ? Math.min(190, width * 0.24) : 24), Math.max(210, (innerHeight - 330) / 2));
  let step = wide ? 60 : few ? 40 : 25;
  for (;; step *= 0.92) {
    const gap = groups.length > 1 ? Math.min(0.1, 1.6 / groups.length) : 0;
    const weight = (count) => Math.max(count, others.length / 40);
    const all = groups.reduce((sum, [, members]) => sum + weight(members.length), 0);
    const inner = others.length <= 4 ? 110 : wide ? 150 : few ? Math.max(130, others.length * step / (2 * Math.PI)) : 96;
    const places = new Map([[nodes[0], { x: 0, y: 0, r: 0, angle: 0 }]]);
    let [start, outer] = [-Math.PI, inner];
    const sectors = [];
    for (const [type, members] of groups) {
      const angle = (2 * Math.PI - gap * groups.length) * weight(members.length) / all;
      members.sort((one, other) => one.distance - other.distance || nameOf(one).localeCompare(nameOf(other)));
      let [r, at] = [inner, 0];
      while (at < members.length) {
        const near = members.findIndex((node, place) => place >= at && node.distance !== members[at].distance);
        const end = near < 0 ? members.length : near;
        const count = Math.min(end - at, Math.max(1, Math.floor(angle * r / step)));
        for (let place = 0; place < count; place++) {
          const turned = start + angle * (place + 0.5) / count;
          places.set(members[at + place], { x: r * Math.cos(turned), y: r * Math.sin(turned), r, angle: turned });
        }
        at += count;
        outer = Math.max(outer, r);
        r += step * 1.12;
      }
      sectors.push({ type, count: members.length, middle: start + angle / 2 });
      start += angle + gap;
    }
    if (outer <= room || step < 13) return { places, sectors, outer, few, wide, step };
  }
}

function draw(place, graph, reading) {
  const width = Math.max(280, place.clientWidth);
  const { places, sectors, outer, few, wide, step } = layout(graph.nodes, width);
  const letters = lettersOf([...new Set(graph.nodes.map((node) => node.type))]);
  // As large as there is room between them.
  const size = few ? 1.3 : Math.min(1.15, step / 19);
  const reach = 9 * size;
  const height = 2 * outer + 72;
  const middle = { x: width / 2, y: height / 2 };
  const at = (node) => { const spot = places.get(node); return { x: middle.x + spot.x, y: middle.y + spot.y }; };
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const edges = graph.edges.map((edge) => ({ ...edge, one: byId.get(edge.from), other: byId.get(edge.to) })).filter((edge) => edge.one && edge.other && edge.one !== edge.other);
  const around = new Map(graph.nodes.map((node) => [node, edges.filter((edge) => edge.one === node || edge.other === node)]));

  const picture = svg("svg", { viewBox: `0 0 ${width} ${round(height)}`, width, height: round(height), role: "group", "aria-label": place.dataset.title });
  picture.append(svg("defs", {}, svg("marker", { id: "arrow", viewBox: "0 0 8 8", refX: round(reach + 9), refY: 4, markerWidth: 8, markerHeight: 8, orient: "auto-start-reverse", markerUnits: "userSpaceOnUse" }, svg("path", { d: "M0 .8 7 4 0 7.2z", class: "arrow" }))));

  // Relations: from the middle outwards straight, between others bent towards the middle.
  const lines = svg("g", { class: edges.length > 150 ? "edges many" : "edges" });
  for (const edge of edges) {
    const [one, other] = [at(edge.one), at(edge.other)];
    const isStraight = edge.one === graph.nodes[0] || edge.other === graph.nodes[0];
    const bend = { x: (one.x + other.x) / 2 * 0.5 + middle.x * 0.5, y: (one.y + other.y) / 2 * 0.5 + middle.y * 0.5 };
    const path = isStraight ? `M${round(one.x)} ${round(one.y)}L${round(other.x)} ${round(other.y)}` : `M${round(one.x)} ${round(one.y)}Q${round(bend.x)} ${round(bend.y)} ${round(other.x)} ${round(other.y)}`;
    edge.line = svg("path", { d: path, class: edge.revoked ? "edge revoked" : "edge", ...(few ? { "marker-end": "url(#arrow)" } : {}) });
    lines.append(edge.line);
  }
  picture.append(lines);

  // What each sector is of: at the sides where there is room, and below where there is none.
  const beside = middle.x - outer > 150;
  const signs = svg("g", { class: "sectors", "aria-hidden": "true" });
  const [boxes, fixed] = [[], []];
  if (beside && !few) {
    for (const side of [-1, 1]) {
      const mine = sectors.filter((sector) => (Math.cos(sector.middle) >= 0 ? 1 : -1) === side);
      for (const sector of mine) sector.y = middle.y + (outer + 16) * Math.sin(sector.middle);
      mine.sort((one, other) => one.y - other.y);
      mine.forEach((sector, number) => { if (number) sector.y = Math.max(sector.y, mine[number - 1].y + 20); });
      // What ran out below moves up again.
      for (let [number, limit] = [mine.length - 1, height - 12]; number >= 0; number--) { mine[number].y = Math.min(mine[number].y, limit); limit = mine[number].y - 20; }
      for (const sector of mine) {
        const from = { x: middle.x + (outer + 12) * Math.cos(sector.middle), y: middle.y + (outer + 12) * Math.sin(sector.middle) };
        const x = middle.x + side * (outer + 30);
        signs.append(svg("path", { class: "leader", d: `M${round(from.x)} ${round(from.y)}L${round(x - side * 4)} ${round(sector.y)}` }));
        signs.append(svg("g", { transform: `translate(${round(x + side * 8)} ${round(sector.y)})` }, ...sign(sector.type, letters)));
        const text = svg("text", { x: round(x + side * 22), y: round(sector.y + 4), "text-anchor": side > 0 ? "start" : "end" }, cut(sector.type, 24), svg("tspan", { class: "count" }, ` ${sector.count}`));
        signs.append(text);
        const long = (cut(sector.type, 24).length + 5) * 7.5;
        fixed.push({ left: side > 0 ? x : x - long - 20, right: side > 0 ? x + long + 20 : x, top: sector.y - 9, bottom: sector.y + 9 });
      }
    }
  }
  picture.append(signs);

  const words = svg("g", { class: "words", "aria-hidden": "true" });
  const points = svg("g", { class: "nodes" });
  const labels = svg("g", { class: "labels", "aria-hidden": "true" });
  const order = [graph.nodes[0], ...graph.nodes.slice(1).sort((one, other) => places.get(one).angle - places.get(other).angle || places.get(one).r - places.get(other).r)];
  const describe = (edge, node) => edge.one === node ? `${edge.word} → ${nameOf(edge.other)}` : `${nameOf(edge.one)} ${edge.word} →`;
  for (const [number, node] of order.entries()) {
    const { x, y } = at(node);
    const isFocus = node === graph.nodes[0];
    const said = [node.type, nameOf(node), ...around.get(node).slice(0, 5).map((edge) => describe(edge, node))].join(", ");
    const classes = ["node", isFocus && "focus", !node.object && "absent", node.object?.revoked && "revoked"].filter(Boolean).join(" ");
    const [shape, two] = sign(node.type, letters);
    node.link = svg("a", { class: classes, tabindex: number ? -1 : 0, "aria-label": cut(said, 400) }, svg("circle", { class: "touch", r: isFocus ? 9 : round(12 / size) }), shape);
    // What is not here has no page.
    if (node.object) node.link.setAttribute("href", `/collections/objects/${encodeURIComponent(node.id)}`);
    else node.link.setAttribute("role", "img");
    // The letters are beside the link: they are no words of its name.
    two.setAttribute("aria-hidden", "true");
    points.append(svg("g", { transform: `translate(${round(x)} ${round(y)}) scale(${(isFocus ? 1.7 : size).toFixed(2)})` }, node.link, two));
  }
  picture.append(words, points, labels);
  place.replaceChildren(picture);
  if (!beside || few) place.append(legend(sectors, letters));

  // A label stands outwards of its object where nothing else is, and does not stand at all where there is no room.
  const canvas = document.createElement("canvas").getContext("2d");
  // Not the whole shorthand: it is empty where figures are tabular.
  const style = getComputedStyle(place);
  const measure = (text, weight = 400) => { canvas.font = `${weight} ${style.fontSize} ${style.fontFamily}`; return canvas.measureText(text).width; };
  const spots = graph.nodes.map((node) => ({ node, ...at(node) }));
  const hits = (box) => boxes.some((other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom);
  // Where many are dimmed, a label may lie on those, and not on one that is lit.
  function label(node, lit) {
    const isFocus = node === graph.nodes[0];
    // In the middle of many there is as much room as they leave.
    const room = isFocus && !few ? 150 : 400;
    let letters = isFocus ? 48 : 30;
    let text = cut(nameOf(node), letters);
    while (letters > 8 && measure(text, isFocus ? 600 : 400) > room) text = cut(nameOf(node), letters -= 2);
    const [{ x, y }, long] = [at(node), measure(text, isFocus ? 600 : 400) + 6];
    const side = places.get(node).x >= -1 ? 1 : -1;
    const tries = isFocus ? [[-0.5, 32], [-0.5, -23]] : [[side > 0 ? 0 : -1, 4], [-0.5, reach + 14], [-0.5, -reach - 5], [side > 0 ? -1 : 0, 4]];
    for (const [shift, down] of tries) {
      const left = Math.max(2, Math.min(width - long - 2, x + (shift === -0.5 ? -long / 2 : shift < 0 ? -long - reach - 4 : reach + 4)));
      const box = { left, right: left + long, top: y + down - 12, bottom: y + down + 4 };
      const covers = (spot) => spot.node !== node && spot.x > box.left - reach && spot.x < box.right + reach && spot.y > box.top - reach + 1 && spot.y < box.bottom + reach - 1;
      if (hits(box) || spots.some((spot) => (!lit || lit.has(spot.node)) && covers(spot))) continue;
      boxes.push(box);
      labels.append(svg("text", { x: round(left + 2), y: round(y + down), class: isFocus ? "label-of focus" : "label-of" }, text));
      return;
    }
  }
  function word(edge) {
    const [one, other] = [at(edge.one), at(edge.other)];
    // Nearer to what is further out: in the middle all come together.
    const [inner, out] = places.get(edge.one).r < places.get(edge.other).r ? [one, other] : [other, one];
    const [x, y, long] = [inner.x + (out.x - inner.x) * 0.56, inner.y + (out.y - inner.y) * 0.56, measure(edge.word)];
    const box = { left: x - long / 2, right: x + long / 2, top: y - 8, bottom: y + 6 };
    if (hits(box)) return;
    boxes.push(box);
    words.append(svg("text", { x: round(x), y: round(y + 3), "text-anchor": "middle" }, cut(edge.word, 24)));
  }
  function rest() {
    boxes.splice(0, boxes.length, ...fixed);
    labels.replaceChildren();
    words.replaceChildren();
    label(graph.nodes[0], new Set());
    if (few) for (const node of graph.nodes.slice(1).sort((one, other) => one.distance - other.distance)) label(node);
    if (wide) edges.forEach(word);
    picture.classList.remove("lit");
    for (const lit of picture.querySelectorAll(".on")) lit.classList.remove("on");
    reading.textContent = reading.dataset.hint;
  }
  function light(node) {
    rest();
    const mine = around.get(node);
    picture.classList.add("lit");
    node.link.classList.add("on");
    for (const edge of mine) { edge.line.classList.add("on"); edge.one.link.classList.add("on"); edge.other.link.classList.add("on"); }
    if (!few) {
      boxes.splice(0, boxes.length, ...fixed);
      labels.replaceChildren();
      const lit = new Set(mine.flatMap((edge) => [edge.one, edge.other]));
      label(node, new Set());
      if (node !== graph.nodes[0]) for (const edge of mine.slice(0, 24)) label(edge.one === node ? edge.other : edge.one, lit);
    }
    const strong = document.createElement("strong");
    strong.textContent = cut(nameOf(node), 120);
    const code = document.createElement("code");
    code.textContent = node.type;
    const told = [...new Set(mine.slice(0, 4).map((edge) => cut(describe(edge, node), 90)))];
    if (mine.length > 4) told.push(`+ ${mine.length - 4}`);
    const state = [node.object ? node.object.label : place.dataset.absent, ...(node.object?.markings ?? []), node.object?.revoked && place.dataset.revoked].filter(Boolean);
    reading.replaceChildren(code, " ", strong, ` · ${[...state, ...told].join(" · ")}`);
  }
  for (const node of order) {
    node.link.addEventListener("pointerenter", () => light(node));
    node.link.addEventListener("focus", () => light(node));
  }
  picture.addEventListener("pointerleave", () => { const focused = order.find((node) => node.link === document.activeElement); if (focused) light(focused); else rest(); });
  picture.addEventListener("focusout", (event) => { if (!picture.contains(event.relatedTarget)) rest(); });
  picture.addEventListener("keydown", (event) => {
    const here = order.findIndex((node) => node.link === document.activeElement);
    if (here < 0) return;
    const type = order[here].type;
    const further = (step) => { let next = here; while (order[next + step] && order[next].type === type) next += step; return next; };
    const to = { ArrowRight: here + 1, ArrowLeft: here - 1, ArrowDown: further(1), ArrowUp: further(-1), Home: 0, End: order.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = order[(to + order.length) % order.length];
    for (const node of order) node.link.setAttribute("tabindex", node === next ? 0 : -1);
    next.link.focus();
  });
  rest();
}

function legend(sectors, letters) {
  const list = document.createElement("ul");
  list.className = "legend";
  for (const sector of sectors) {
    const item = document.createElement("li");
    item.append(svg("svg", { viewBox: "-11 -11 22 22", width: 22, height: 22, "aria-hidden": "true" }, ...sign(sector.type, letters)), ` ${sector.type} ${sector.count}`);
    list.append(item);
  }
  return list;
}

async function begin(place) {
  const reading = document.querySelector("[data-reading]");
  place.hidden = reading.hidden = false;
  try {
    const answer = await fetch(place.dataset.graph, { headers: { accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.statusText);
    const graph = await answer.json();
    let width = 0;
    // Drawn anew where its place has another width.
    const fit = () => { if (place.clientWidth && Math.abs(place.clientWidth - width) > 1) { width = place.clientWidth; draw(place, graph, reading); } };
    fit();
    new ResizeObserver(fit).observe(place);
  } catch {
    place.hidden = true;
    reading.textContent = place.dataset.broken;
    reading.parentElement.querySelector("details").open = true;
  }
}

const place = document.querySelector("[data-graph]");
if (place) begin(place);

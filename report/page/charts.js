"use strict";
// Draws each chart over its still picture. A chart that cannot be drawn keeps the picture.
(() => {
  const symbols = (place) => [...place.querySelectorAll('[role="graphics-symbol"][aria-label]')];

  // Arrow keys go from point to point; what a point says stands below the chart, for eyes and for screen readers.
  const walk = (place, said) => {
    let at = -1;
    place.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      const points = symbols(place);
      if (!step || !points.length) return;
      event.preventDefault();
      at = at < 0 ? (step > 0 ? 0 : points.length - 1) : (at + step + points.length) % points.length;
      points.forEach((point, number) => point.classList.toggle("chosen", number === at));
      said.textContent = points[at].getAttribute("aria-label");
    });
    place.addEventListener("blur", () => {
      symbols(place).forEach((point) => point.classList.remove("chosen"));
      said.textContent = "";
    });
  };

  document.querySelectorAll("figure.chart").forEach(async (figure) => {
    const place = figure.querySelector(".live");
    const spec = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
    figure.classList.add("drawn");
    try {
      // ast: expressions are interpreted, so that the page allows no code made from text
      await vegaEmbed(place, { ...spec, width: "container" }, { renderer: "svg", ast: true, actions: false, tooltip: { theme: "page" } });
      walk(place, figure.querySelector(".said"));
    } catch (error) {
      figure.classList.remove("drawn");
      console.error(error);
    }
  });
})();

// Draws the Vega and Vega-Lite charts of a post: each stands as JSON in a script beside the element it is for.
for (const script of document.querySelectorAll("script[data-vega-for]")) {
  const place = document.getElementById(script.dataset.vegaFor);
  const options = { actions: false, renderer: "svg" };
  vegaEmbed(place, JSON.parse(script.textContent), options).catch((error) => {
    place.textContent = `This chart could not be drawn: ${error.message}`;
  });
}

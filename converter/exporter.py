"""nbconvert's door to the pipeline: `jupyter nbconvert --to jekyll` and JupyterLab's *Save and Export Notebook As*."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from nbconvert.exporters.exporter import Exporter
from traitlets import default

from converter import config, convert, discover, text
from converter.errors import ConfigError

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from converter.model import Source


class JekyllExporter(Exporter):
    """Export a notebook, as it is stored, to the post that `nbpress build` would write.

    Settings come from the `_config.yml` above the notebook; without one the defaults hold. Images are handed to
    nbconvert's writer under their paths within the blog.
    """

    export_from_notebook = "Jekyll post"
    output_mimetype = "text/html"

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(  # type: ignore[override]  # nbconvert's own exporters return str, too
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kwargs: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the post that *nb* becomes, and nbconvert's *resources* with its images among the outputs."""
        nb, resources = super().from_notebook_node(nb, resources, **kwargs)
        source, settings = self._place(resources.get("metadata") or {})
        post = convert.notebook(nb, source, settings)
        for finding in post.findings:
            self.log.warning("%s", finding)
        resources["outputs"] = {**(resources.get("outputs") or {}), **{str(a.path): a.content for a in post.assets}}
        return post.text, resources

    @staticmethod
    def _place(metadata: dict[str, Any]) -> tuple[Source, config.Config]:
        """Return where the notebook lies, and the settings that hold there; of a pair, the text is the notebook."""
        name = str(metadata.get("name") or "notebook")
        file = Path(str(metadata.get("path") or ".")).resolve() / f"{name}.ipynb"
        try:
            settings = config.load(config.site_root(file.parent))
        except ConfigError:
            if any((folder / config.FILE).is_file() for folder in file.parents):
                raise
            settings = config.Config(root=file.parent, source=PurePosixPath("."))
        texts = (file.with_suffix(suffix) for suffix in text.SUFFIXES)
        return discover.source(next(filter(text.is_notebook, texts), file), settings), settings

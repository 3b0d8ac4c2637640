"""Label Studio's page as a person uses it: a task opened, regions chosen, the mouse moved, the annotation handed in.

All places are pixels of the photo. The mouse stands on whole pixels of the screen, so what it is asked for and where it
goes differ a little: each step returns where it went.
"""

import contextlib
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page

from benchmarks.label.studio_server import PASSWORD, USER, Project
from dataset.idmap import Mask

WINDOW = {"width": 1500, "height": 950}
STEPS = 12  # of the mouse from one place to the next
PATIENCE_MS = 60_000
SETTLE_MS = 700  # for what the page draws after it has answered
PAINTED = {"brush-tool": 15.0, "eraser": 10.0}  # width of a stroke, in pixels of the screen
TINT = 12  # grey levels by which a region changes what is seen
CANVAS = ".konvajs-content canvas"

Place = tuple[float, float]  # x, y


class LabellingPage:
    """One task that is open."""

    def __init__(self, tab: Page, project: Project) -> None:
        self.tab, self.project = tab, project
        self.size_hw = (0, 0)

    def open(self, task: int, size_hw: tuple[int, int], regions: int) -> None:
        """Open a task and wait for its regions; the whole photo is shown, which it is not at first."""
        self.size_hw = size_hw
        self.tab.goto(f"{self.project.tool.address}/projects/{self.project.number}/data?task={task}")
        self.tab.wait_for_selector(CANVAS)
        if regions:
            self.tab.locator(".lsf-tree__node").nth(regions - 1).wait_for()
        self.tab.wait_for_timeout(2 * SETTLE_MS)
        self.tab.keyboard.press("Shift+1")
        self.tab.wait_for_timeout(SETTLE_MS)

    def scale(self) -> float:
        """Return how many pixels of the screen a pixel of the photo is; raise ValueError unless all of it is seen."""
        box, (height, width) = self.canvas(), self.size_hw
        if abs(box["width"] / box["height"] - width / height) > 0.01:
            raise ValueError(f"the canvas {box} does not show the whole photo of {self.size_hw} pixels")
        return box["width"] / width

    def canvas(self) -> dict[str, float]:
        """Return where the photo is on the screen."""
        box = self.tab.locator(CANVAS).first.bounding_box()
        if box is None:
            raise ValueError("no photo is open")
        return {"x": box["x"], "y": box["y"], "width": box["width"], "height": box["height"]}

    def on_screen(self, place: Place) -> tuple[int, int]:
        """Return the pixel of the screen that shows a place."""
        box, scale = self.canvas(), self.scale()
        return round(box["x"] + place[0] * scale), round(box["y"] + place[1] * scale)

    def on_photo(self, point: tuple[int, int]) -> Place:
        """Return the place that a pixel of the screen shows."""
        box, scale = self.canvas(), self.scale()
        return (point[0] - box["x"]) / scale, (point[1] - box["y"]) / scale

    def choose(self, number: int) -> None:
        """Choose a region by its place in the list, from 1."""
        self.tab.locator(".lsf-tree__node").nth(number - 1).click()
        self.tab.wait_for_timeout(SETTLE_MS)

    def take(self, tool: str) -> None:
        """Take a tool by its name."""
        self.tab.locator(f"button[aria-label={tool}]").first.click()

    def drag(self, places: Sequence[Place]) -> list[Place]:
        """Press the button, go from place to place, let go; return where the mouse went."""
        points = [self.on_screen(place) for place in places]
        self.tab.mouse.move(*points[0])
        self.tab.mouse.down()
        for point in points[1:]:
            self.tab.mouse.move(*point, steps=STEPS)
        self.tab.mouse.up()
        self.tab.wait_for_timeout(SETTLE_MS)
        return [self.on_photo(point) for point in points]

    def stroke(self, tool: str, places: Sequence[Place]) -> tuple[list[Place], float]:
        """Draw with the brush or the eraser; return where it went, and how far it reaches to either side."""
        self.take(tool)
        return self.drag(places), PAINTED[tool] / 2 / self.scale()

    def delete_chosen(self) -> None:
        """Delete the region that is chosen."""
        self.tab.locator("button[aria-label='Delete selected region']").click()
        self.tab.wait_for_timeout(SETTLE_MS)

    def submit(self) -> None:
        """Hand the annotation in."""
        with self.tab.expect_response(lambda answer: "/annotations" in answer.url and answer.ok):
            self.tab.get_by_test_id("bottombar-submit-button").click()
        self.tab.wait_for_timeout(SETTLE_MS)

    def wait_for_draft(self, places: Sequence[Place]) -> None:
        """Draw with the brush, and wait until the page keeps it as a draft by itself."""
        with self.tab.expect_response(lambda answer: "/drafts" in answer.url and answer.ok):
            self.stroke("brush-tool", places)

    def take_smart(self, tool: str, key: str) -> None:
        """Take a smart tool, and a label by its key."""
        toggle = self.tab.get_by_test_id("bottombar-auto-annotation-toggle")
        if not toggle.is_checked():
            toggle.dispatch_event("click")
        self.tab.locator(".lsf-tool_smart").first.hover()
        self.tab.locator(f".lsf-tool_smart[aria-label={tool}]").click()
        self.press_label(key)

    def press_label(self, key: str) -> None:
        """Choose a label by its key; Label Studio forgets it after each region."""
        self.tab.keyboard.press("Escape")
        self.tab.keyboard.press(key)
        self.tab.wait_for_timeout(SETTLE_MS)

    def ask(self, places: Sequence[Place], *held: str) -> None:
        """Click at a place, or draw a box from one to another, and wait for the answer of the model. held: keys."""
        for key in held:
            self.tab.keyboard.down(key)
        with self.tab.expect_response(lambda answer: "interactive-annotating" in answer.url and answer.ok):
            if len(places) == 1:
                self.tab.mouse.click(*self.on_screen(places[0]))
            else:
                self.drag(places)
        for key in held:
            self.tab.keyboard.up(key)
        self.tab.wait_for_timeout(SETTLE_MS)

    def accept(self) -> None:
        """Accept what the model suggests."""
        button = self.tab.get_by_test_id("bottombar-accept-suggestions-button")
        button.click()
        button.wait_for(state="hidden")
        self.tab.wait_for_timeout(SETTLE_MS)

    def seen(self) -> Mask:
        """Return the pixels (H, W) of the photo that its regions colour, as the screen shows them."""
        shown = self.picture()
        self.tab.locator("button[aria-label='Hide all regions']").click()
        self.tab.wait_for_timeout(SETTLE_MS)
        bare = self.picture()
        self.tab.locator("button[aria-label='Show all regions']").click()
        self.tab.wait_for_timeout(SETTLE_MS)
        return np.asarray(np.abs(shown - bare).max(-1) > TINT)

    def picture(self) -> NDArray[np.int16]:
        """Return the photo as the screen shows it, (H, W, 3), of its own size."""
        box = self.canvas()
        clip = {"x": box["x"], "y": box["y"], "width": box["width"], "height": box["height"]}
        with Image.open(io.BytesIO(self.tab.screenshot(clip=clip))) as found:  # type: ignore[arg-type]  # playwright's own table
            return np.asarray(found.convert("RGB").resize(self.size_hw[::-1], Image.Resampling.BOX)).astype(np.int16)

    def save_screen(self, path: Path) -> None:
        """Write what the screen shows."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.tab.screenshot(path=path)


@contextlib.contextmanager
def logged_in(chrome: Browser, address: str) -> Iterator[Page]:
    """Yield a tab of a user who is logged in."""
    context = chrome.new_context(viewport=WINDOW)  # type: ignore[arg-type]  # playwright's own table
    tab = context.new_page()
    tab.set_default_timeout(PATIENCE_MS)
    tab.goto(f"{address}/user/login/")
    tab.fill("input[name=email]", USER)
    tab.fill("input[name=password]", PASSWORD)
    tab.click("button[type=submit]")
    tab.wait_for_url(f"{address}/**")
    tab.wait_for_load_state("networkidle")
    try:
        yield tab
    finally:
        context.close()

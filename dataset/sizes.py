"""When an object is small or large, for scores and for splits alike."""

# COCO's bounds, 32 and 96 pixels squared, as shares of a photo of 640 x 480: pixels mean little across cameras
SMALL, LARGE = 32**2 / (640 * 480), 96**2 / (640 * 480)  # 0.33 % and 3 % of the photo

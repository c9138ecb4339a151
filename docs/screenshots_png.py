"""Makes a picture of a page small: as a PNG with 256 colours at most, by the browser that took it."""
# ruff: noqa: INP001 a script, in no package

from __future__ import annotations

import base64
import struct
import zlib
from typing import Final

from playwright.sync_api import Page

# The 256 colours that are seen most, after each channel was rounded to five bits; the others become the nearest of them.
# Rows of palette numbers, each behind a zero (no filter), deflated: what a PNG holds.
QUANTIZE: Final = """async (png) => {
  const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const { width, height } = image, canvas = new OffscreenCanvas(width, height), drawn = canvas.getContext("2d");
  drawn.drawImage(image, 0, 0);
  const pixels = drawn.getImageData(0, 0, width, height).data;
  const seen = new Map(), key = (at) => (pixels[at] >> 3) << 10 | (pixels[at + 1] >> 3) << 5 | pixels[at + 2] >> 3;
  for (let at = 0; at < pixels.length; at += 4) {
    const one = seen.get(key(at)) ?? { n: 0, rgb: [pixels[at], pixels[at + 1], pixels[at + 2]] };
    one.n += 1;
    seen.set(key(at), one);
  }
  const kept = [...seen.values()].sort((a, b) => b.n - a.n).slice(0, 256).map((one) => one.rgb);
  const far = (a, b) => (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2;
  const number = new Map([...seen].map(([of, { rgb }]) =>
    [of, kept.reduce((best, one, at) => (far(one, rgb) < far(kept[best], rgb) ? at : best), 0)]));
  const rows = new Uint8Array((width + 1) * height);
  for (let y = 0, at = 0, to = 0; y < height; y++) {
    to++;
    for (let x = 0; x < width; x++, at += 4) rows[to++] = number.get(key(at));
  }
  const text = async (bytes) => {
    const url = await new Promise((done) => {
      const reader = new FileReader();
      reader.onload = () => done(reader.result);
      reader.readAsDataURL(new Blob([bytes]));
    });
    return url.slice(url.indexOf(",") + 1);
  };
  const deflated = new Blob([rows]).stream().pipeThrough(new CompressionStream("deflate"));
  return { width, height, kept: kept.flat(), rows: await text(await new Response(deflated).arrayBuffer()) };
}"""


def small(page: Page, png: bytes) -> bytes:
    """The same picture with 256 colours at most; ``page`` is an empty one of any browser."""
    found = page.evaluate(QUANTIZE, base64.b64encode(png).decode())
    head = struct.pack(">IIBBBBB", found["width"], found["height"], 8, 3, 0, 0, 0)  # eight bits, a palette
    rows = zlib.compress(zlib.decompress(base64.b64decode(found["rows"])), 9)
    parts = ((b"IHDR", head), (b"PLTE", bytes(found["kept"])), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in parts
    )

// The picture: asks for a moment, one question at a time, always the newest one, and draws what changed.
import { ask, show } from "./common.js";

export class Picture {
  #canvas;
  #state;
  #base;
  #have = 0;
  #asking = false;
  #next = null;

  constructor(canvas, state, base) {
    [this.#canvas, this.#state, this.#base] = [canvas, state, base];
  }

  async to(ms) {
    this.#next = Math.round(ms);
    if (this.#asking) return;
    this.#asking = true;
    try {
      while (this.#next !== null) {
        const wanted = this.#next;
        this.#next = null;
        await this.#draw(wanted);
      }
    } catch (error) {
      this.#veil(error.message);
    } finally {
      this.#asking = false;
    }
  }

  async #draw(ms) {
    const answer = await ask(`${this.#base}/picture?ms=${ms}&have=${this.#have}`);
    const body = await answer.arrayBuffer();
    const length = new DataView(body).getUint32(0);
    const head = JSON.parse(new TextDecoder().decode(new Uint8Array(body, 4, length)));
    if (head.seen === "picture") await this.#paint(head, body, 4 + length);
    else this.#veil(head.why ?? "No picture yet: nothing was recorded before this moment.");
    this.#canvas.dataset.at = ms;
    this.#canvas.dataset.seen = head.seen;
  }

  async #paint(head, body, start) {
    const tiles = [];
    for (const [x, y, , , bytes] of head.rects) {
      tiles.push(createImageBitmap(new Blob([new Uint8Array(body, start, bytes)], { type: "image/png" })).then((tile) => [tile, x, y]));
      start += bytes;
    }
    const drawn = await Promise.all(tiles);
    const canvas = this.#canvas;
    if (canvas.width !== head.width || canvas.height !== head.height) [canvas.width, canvas.height] = [head.width, head.height];
    const context = canvas.getContext("2d", { alpha: false });
    for (const [tile, x, y] of drawn) {
      context.drawImage(tile, x, y);
      tile.close();
    }
    this.#have = head.have;
    this.#state.hidden = true;
    canvas.classList.remove("veiled");
  }

  #veil(text) {
    show(this.#state, text);
    this.#canvas.classList.add("veiled");
  }
}

// The moment that is watched: playing at a speed, with idle time left out, and jumps.

// Of idle time this much is played before and after, milliseconds.
const LEAD = 700;

export class Clock {
  constructor(end, idle, moved) {
    Object.assign(this, { end, idle, moved, ms: 0, speed: 1, skip: true, playing: false, last: 0 });
  }

  to(ms) {
    this.ms = Math.min(Math.max(0, ms), this.end);
    if (this.ms === this.end) this.playing = false;
    this.moved(this.ms);
  }

  toggle() {
    this.playing = !this.playing;
    if (this.playing) {
      if (this.ms >= this.end) this.ms = 0;
      this.last = performance.now();
      requestAnimationFrame((now) => this.#tick(now));
    }
    this.moved(this.ms);
  }

  #tick(now) {
    if (!this.playing) return;
    const passed = Math.max(0, now - this.last) * this.speed;
    this.last = now;
    this.to(this.#past(this.ms + passed));
    requestAnimationFrame((next) => this.#tick(next));
  }

  // The moment, or the end of the idle time that it lies in.
  #past(ms) {
    if (!this.skip) return ms;
    const idle = this.idle.find(([from, to]) => ms > from + LEAD && ms < to - LEAD);
    return idle ? idle[1] - LEAD : ms;
  }
}

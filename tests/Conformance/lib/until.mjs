// Waiting, in two forms that both say who waited for what.
import { setTimeout as delay } from 'node:timers/promises';

/** Asks `probe` until it answers something truthy, and returns that. */
export async function until(what, probe, milliseconds = 10_000) {
  const deadline = Date.now() + milliseconds;
  let last;
  for (;;) {
    try {
      const answer = await probe();
      if (answer) {
        return answer;
      }
      last = answer;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`Waited ${milliseconds} ms for ${what}; last: ${last?.stack ?? JSON.stringify(last)}`);
    }
    await delay(25);
  }
}

/** The promise's value, or an error that names what did not come in time. */
export async function within(what, promise, milliseconds = 10_000) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${milliseconds} ms for ${what}`)), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The first event of that name, as what its listener is given. */
export function event(what, emitter, name, milliseconds = 10_000) {
  return within(what, new Promise((resolve) => emitter.once(name, resolve)), milliseconds);
}

/** A first-in-first-out list that can be waited on. */
export class Inbox {
  #items = [];
  #waiting = [];

  add(item) {
    const waiter = this.#waiting.shift();
    if (waiter) {
      waiter(item);
    } else {
      this.#items.push(item);
    }
  }

  next(what, milliseconds = 10_000) {
    const first = this.#items.length > 0
      ? Promise.resolve(this.#items.shift())
      : new Promise((resolve) => this.#waiting.push(resolve));
    return within(what, first, milliseconds);
  }

  get size() {
    return this.#items.length;
  }
}

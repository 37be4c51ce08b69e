// Waiting, in two forms that both say who waited for what.
import { setTimeout as delay } from 'node:timers/promises';

// For one step of one device. A hub at work takes milliseconds; the rest is for machines that do much else at the time.
export const patience = 30_000;

/** Asks `probe` until it answers something truthy, and returns that. */
export async function until(what, probe, milliseconds = patience) {
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
export async function within(what, promise, milliseconds = patience) {
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
export function event(what, emitter, name, milliseconds = patience) {
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

  next(what, milliseconds = patience) {
    const first = this.#items.length > 0
      ? Promise.resolve(this.#items.shift())
      : new Promise((resolve) => this.#waiting.push(resolve));
    return within(what, first, milliseconds);
  }

  get size() {
    return this.#items.length;
  }
}

/** Runs work for one key after the other, in order of arrival, so that a retry never overlaps what it retries. */
export interface Turns {
  run<T>(key: string, work: () => Promise<T>): Promise<T>
}

export function takeTurns(): Turns {
  const tails = new Map<string, Promise<unknown>>()
  return {
    run(key, work) {
      const result = (tails.get(key) ?? Promise.resolve()).then(work)
      const tail = result
        .catch(() => undefined)
        .finally(() => {
          if (tails.get(key) === tail) tails.delete(key)
        })
      tails.set(key, tail)
      return result
    },
  }
}

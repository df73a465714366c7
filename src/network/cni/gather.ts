/**
 * Turns single requests into few big ones: what comes while one is under way goes into the next, together. For work that
 * costs the same for one as for many.
 */
export function gather<T>(work: (all: readonly T[]) => Promise<void>): (one: T) => Promise<void> {
  let waiting: T[] = []
  let running = Promise.resolve()
  let next: Promise<void> | undefined

  return (one) => {
    waiting.push(one)
    next ??= running.then(() => {
      const all = waiting
      waiting = []
      next = undefined
      const done = work(all)
      running = done.catch(() => undefined)
      return done
    })
    return next
  }
}
